/* SPDX-License-Identifier: MPL-2.0 */
#include "optconf/optconf.h"

#include "base/arena.h"
#include "base/err.h"
#include "wire/codec.h"

static int order(uint32_t vendor_a, uint16_t code_a, uint32_t vendor_b, uint16_t code_b)
{
	if (vendor_a != vendor_b)
		return vendor_a < vendor_b ? -1 : 1;
	return (int)code_a - (int)code_b;
}

/* Among several values of one code, those with never-send come first; otherwise they keep their order. */
static bool comes_before(const struct optval *a, const struct optval *b)
{
	int by_code = order(a->vendor, a->code, b->vendor, b->code);

	return by_code < 0 || (!by_code && a->never_send && !b->never_send);
}

/* Insertion sort: stable, and the list is nearly sorted already. */
void optlist_sort(struct optlist *list)
{
	for (unsigned i = 1, k; i < list->n; i++) {
		struct optval val = list->v[i];

		for (k = i; k && comes_before(&val, &list->v[k - 1]); k--)
			list->v[k] = list->v[k - 1];
		list->v[k] = val;
	}
	list->n_main = 0;
	list->codes = 0;
	while (list->n_main < list->n && !list->v[list->n_main].vendor)
		list->codes |= 1ULL << list->v[list->n_main++].code % 64;
}

/* Returns the first value at or after vendor and code. */
static unsigned lower_bound(const struct optlist *list, uint32_t vendor, uint16_t code)
{
	unsigned lo = vendor ? list->n_main : 0, hi = vendor ? list->n : list->n_main;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (order(list->v[mid].vendor, list->v[mid].code, vendor, code) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static inline bool may_have(const struct optlist *list, uint32_t vendor, uint16_t code)
{
	return vendor || list->codes >> code % 64 & 1;
}

static const struct optval *search(const struct optlist *list, uint32_t vendor, uint16_t code)
{
	unsigned i = lower_bound(list, vendor, code);

	return i < list->n && list->v[i].vendor == vendor && list->v[i].code == code ? &list->v[i] : NULL;
}

static inline const struct optval *find(const struct optlist *list, uint32_t vendor, uint16_t code)
{
	return may_have(list, vendor, code) ? search(list, vendor, code) : NULL;
}

const struct optval *optlist_find(const struct optlist *list, uint16_t code)
{
	return find(list, 0, code);
}

const struct optval *optlist_vendor(const struct optlist *list, uint32_t vendor, unsigned *ret_n)
{
	unsigned first = lower_bound(list, vendor, 0), end = first;

	while (end < list->n && list->v[end].vendor == vendor)
		end++;
	*ret_n = end - first;
	return end > first ? list->v + first : NULL;
}

/* Fast path: most options are in no list. */
static inline unsigned first_scope(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code)
{
	unsigned i = 0;

	while (i < scopes->n && !may_have(scopes->v[i], vendor, code))
		i++;
	return i;
}

static const struct optval *search_scopes(const struct opt_scopes *scopes, unsigned i, uint32_t vendor, uint16_t code,
					  const struct optlist **ret_list)
{
	const struct optval *first = NULL;

	for (; i < scopes->n; i++) {
		const struct optval *val = find(scopes->v[i], vendor, code);

		if (val && val->never_send)
			return NULL;
		if (val && !first) {
			first = val;
			*ret_list = scopes->v[i];
		}
	}
	return first && first->no_value ? NULL : first;
}

static inline const struct optval *find_in_scopes(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code,
						  const struct optlist **ret_list)
{
	unsigned i = first_scope(scopes, vendor, code);

	return i < scopes->n ? search_scopes(scopes, i, vendor, code, ret_list) : NULL;
}

const struct optval *opt_scopes_find(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code)
{
	const struct optlist *list;

	return find_in_scopes(scopes, vendor, code, &list);
}

const struct optval *opt_scopes_all(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code, unsigned *ret_n)
{
	const struct optlist *list;
	const struct optval *first = find_in_scopes(scopes, vendor, code, &list), *end = first;

	while (first && end < list->v + list->n && end->vendor == vendor && end->code == code)
		end++;
	*ret_n = first ? (unsigned)(end - first) : 0;
	return first;
}

bool opt_scopes_forbid(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code)
{
	unsigned i;

	for (i = 0; i < scopes->n; i++) {
		const struct optval *val = find(scopes->v[i], vendor, code);

		if (val && val->never_send)
			return true;
	}
	return false;
}

static int encode_hex(const struct optdef *def, const char *text, struct arena *arena, struct bytes *ret,
		      const char **ret_why)
{
	int err = codec_encode_hex(text, arena, ret, ret_why);

	if (err < 0 || !def)
		return err;
	if (def->type == OPT_EMPTY && !def->encapsulate && !def->more && ret->len) {
		*ret = bytes_of(ret->data, 0);
		*ret_why = arena_printf(arena, "this option takes none; these bytes are not sent");
	} else if (!def->ours && !(codec_is_list(def) && !ret->len) && codec_check(def, *ret) < 0) {
		*ret_why = arena_printf(arena, "%zu bytes are not a valid value of option %s", ret->len, def->name);
		return -E_INVAL;
	}
	return 0;
}

int optconf_encode(const struct optdef *def, const char *text, bool csv, struct arena *arena, struct bytes *ret,
		   const char **ret_why)
{
	if (!csv || !def)
		return encode_hex(def, text, arena, ret, ret_why);
	return codec_encode_text(def, text, arena, ret, ret_why);
}
