/* SPDX-License-Identifier: MPL-2.0 */
/* A library that does nothing at four points. */
#include <kea/hooks.h>

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

static int nothing(struct kea_call *call)
{
	(void)call;
	return KEA_CONTINUE;
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const points[] = { "pkt#_receive", "subnet#_select", "lease#_select", "pkt#_send" };
	int err = 0;

	for (unsigned i = 0; i < sizeof(points) / sizeof(points[0]) && !err; i++)
		err = api->on(lib, points[i], nothing);
	return err;
}
