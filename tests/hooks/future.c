/* SPDX-License-Identifier: MPL-2.0 */
/* A library that was built for a later version of the interface. */
#include <kea/hooks.h>

unsigned kea_hook_version(void)
{
	return KEA_HOOKS_VERSION + 1;
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	(void)lib;
	(void)api;
	return 0;
}
