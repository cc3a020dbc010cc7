/* SPDX-License-Identifier: MPL-2.0 */
#include "ctl/library.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *provider, *name;
} libraries[] = {
	{ "class_cmds", "libdhcp_class_cmds.so" },   { "host_cmds", "libdhcp_host_cmds.so" },
	{ "lease_cmds", "libdhcp_lease_cmds.so" },   { "stat_cmds", "libdhcp_stat_cmds.so" },
	{ "subnet_cmds", "libdhcp_subnet_cmds.so" },
};

const char *ctl_library_provider(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		if (!strcmp(base, libraries[i].name))
			return libraries[i].provider;
	return NULL;
}

const char *ctl_library_name(const char *provider)
{
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		if (!strcmp(provider, libraries[i].provider))
			return libraries[i].name;
	return NULL;
}
