/* SPDX-License-Identifier: MPL-2.0 */
/* The entries of "interfaces": names, patterns and addresses. */
#include "io/listen.h"
#include "base/err.h"

#include <string.h>

int listen_parse(const char *text, struct listen *ret)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct listen listen = { 0 };

	if (!len)
		return -E_INVAL;
	if (len >= sizeof(listen.name))
		return -E_RANGE;
	memcpy(listen.name, text, len);
	if (slash) {
		if (strchr(listen.name, '*') || ip_parse(slash + 1, &listen.addr) < 0)
			return -E_INVAL;
		listen.has_addr = true;
	}
	*ret = listen;
	return 0;
}

static bool name_fits(const char *pattern, const char *name)
{
	const char *star = NULL, *again = NULL;

	/* Backtracking is only needed to the last of several stars. */
	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			again = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool listen_matches(const struct listen *listen, const char *ifname)
{
	return name_fits(listen->name, ifname);
}
