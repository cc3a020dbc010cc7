/* SPDX-License-Identifier: MPL-2.0 */
/* A library that rejects every configuration and does not say why. */
#include <kea/hooks.h>

KEA_HOOK_LIBRARY

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	(void)lib;
	(void)api;
	return KEA_E_INVAL;
}
