/* SPDX-License-Identifier: MPL-2.0 */
#include "kea/input.h"

bool input_read(FILE *file, size_t max, struct str *out)
{
	size_t start = out->len, n;
	char buf[4096];

	while (out->len - start <= max && (n = fread(buf, 1, sizeof(buf), file)) > 0)
		str_add_n(out, buf, n);
	return out->len - start <= max && !ferror(file);
}
