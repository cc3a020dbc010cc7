/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "kea-migrate/report.h"

/*
 * A configuration of an older Kea in today's spelling: the text is edited where keys have another name, so comments and
 * layout stay. What the server rejects becomes a comment in its place.
 */
struct kea_input {
	const char *name;
	const char *text;
	size_t len;
};

/* The result is in *out, empty if the text is no configuration. */
void kea_run(const struct kea_input *in, struct report *rep, struct str *out);
