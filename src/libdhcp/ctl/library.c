/* SPDX-License-Identifier: MPL-2.0 */
#include "ctl/library.h"

#include "base/file.h"

#include <stddef.h>
#include <string.h>

/* Those without a provider have no commands; `refused` is what is not supported. */
static const struct {
	const char *name, *provider, *refused;
} libraries[] = {
	{ .name = "libdhcp_class_cmds.so", .provider = "class_cmds" },
	{ .name = "libdhcp_host_cache.so", .provider = "host_cache" },
	{ .name = "libdhcp_host_cmds.so", .provider = "host_cmds" },
	{ .name = "libdhcp_lease_cmds.so", .provider = "lease_cmds" },
	{ .name = "libdhcp_stat_cmds.so", .provider = "stat_cmds" },
	{ .name = "libdhcp_subnet_cmds.so", .provider = "subnet_cmds" },
	{ .name = "libdhcp_mysql.so" },
	{ .name = "libdhcp_pgsql.so" },
	{ .name = "libdhcp_cb_cmds.so", .refused = "configuration databases are" },
	{ .name = "libdhcp_mysql_cb.so", .refused = "configuration databases are" },
	{ .name = "libdhcp_pgsql_cb.so", .refused = "configuration databases are" },
	{ .name = "libdhcp_ha.so", .refused = "high availability is" },
	{ .name = "libdhcp_radius.so", .refused = "RADIUS is" },
	{ .name = "libddns_gss_tsig.so", .refused = "GSS-TSIG is" },
	{ .name = "libdhcp_rbac.so", .refused = "access control by role is" },
};

static size_t row_of(const char *path)
{
	const char *base = file_name(path);
	size_t i = 0;

	while (i < sizeof(libraries) / sizeof(libraries[0]) && strcmp(base, libraries[i].name) != 0)
		i++;
	return i;
}

const char *ctl_library_provider(const char *path)
{
	size_t i = row_of(path);

	return i < sizeof(libraries) / sizeof(libraries[0]) ? libraries[i].provider : NULL;
}

bool ctl_library_is_built_in(const char *path)
{
	size_t i = row_of(path);

	return i < sizeof(libraries) / sizeof(libraries[0]) && !libraries[i].refused;
}

const char *ctl_library_refused(const char *path)
{
	size_t i = row_of(path);

	return i < sizeof(libraries) / sizeof(libraries[0]) ? libraries[i].refused : NULL;
}

const char *ctl_library_name(const char *provider)
{
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		if (libraries[i].provider && !strcmp(provider, libraries[i].provider))
			return libraries[i].name;
	return NULL;
}
