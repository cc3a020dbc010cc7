/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"

#include <stdint.h>

/*
 * Quotes a line of source, and marks `len` characters of it, from column `col`, in the line below. Of a long
 * line only the part around the mark is shown. Secrets are shown as asterisks (secret.h), terminal control characters
 * as '?'.
 *
 *	     3 | "valid-lifetme": 600,
 *	       | ^^^^^^^^^^^^^^^
 */
void excerpt_add(struct str *out, const char *line, size_t line_len, uint32_t number, uint32_t col, uint32_t len,
		 char mark);
