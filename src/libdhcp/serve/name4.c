/* SPDX-License-Identifier: MPL-2.0 */
/* The name a client gives itself in option 12, as it is kept with its lease. */
#include "serve/family4.h"

static bool is_name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* Lower case, without what a name cannot hold and without dots at its ends. */
const char *hostname4(const struct request *req)
{
	const struct opt *opt = opts_find(&req->q.opts, OPT4_HOST_NAME);
	size_t len = opt ? opt->data.len : 0, n = 0, i;
	char *name;

	if (!len || !(name = arena_alloc(req->arena, len + 1)))
		return "";
	for (i = 0; i < len && n < LEASE_HOSTNAME_MAX; i++) {
		uint8_t c = opt->data.data[i];

		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c - 'A' + 'a');
		if (is_name_char(c) && (c != '.' || n))
			name[n++] = (char)c;
	}
	while (n && name[n - 1] == '.')
		n--;
	name[n] = '\0';
	return name;
}
