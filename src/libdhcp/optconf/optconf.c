/* SPDX-License-Identifier: MPL-2.0 */
#include "optconf/optconf.h"

#include "base/arena.h"
#include "base/err.h"
#include "wire/codec.h"

#include <stdlib.h>

static int by_code(const void *x, const void *y)
{
	const struct optval *a = x, *b = y;

	return (int)a->code - (int)b->code;
}

void optlist_sort(struct optlist *list)
{
	if (list->n > 1)
		qsort(list->v, list->n, sizeof(*list->v), by_code);
}

const struct optval *optlist_find(const struct optlist *list, uint16_t code)
{
	unsigned lo = 0, hi = list->n;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (list->v[mid].code < code)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < list->n && list->v[lo].code == code ? &list->v[lo] : NULL;
}

static int encode_hex(const struct optdef *def, const char *text, struct arena *arena, struct bytes *ret,
		      const char **reterr_why)
{
	int err = codec_encode_hex(text, arena, ret, reterr_why);

	if (err < 0)
		return err;
	if (def && codec_check(def, *ret) < 0) {
		*reterr_why = arena_printf(arena, "%zu bytes do not make a value of option %s", ret->len, def->name);
		return -E_INVAL;
	}
	return 0;
}

int optconf_encode(const struct optdef *def, const char *text, bool csv, struct arena *arena,
		   struct bytes *ret, const char **reterr_why)
{
	if (!csv || !def)
		return encode_hex(def, text, arena, ret, reterr_why);
	return codec_encode_text(def, text, arena, ret, reterr_why);
}
