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

static inline bool is_option(const struct optval *val, uint32_t vendor, uint16_t code)
{
	return val->code == code && val->vendor == vendor;
}

/* Returns the first value for the client. */
static inline const struct optval *search(const struct optlist *list, const uint64_t *classes, uint32_t vendor,
					  uint16_t code)
{
	const struct optval *val = list->v + lower_bound(list, vendor, code), *end = list->v + list->n;

	for (; val < end && is_option(val, vendor, code); val++)
		if (optval_is_for(val, classes))
			return val;
	return NULL;
}

static inline const struct optval *find(const struct optlist *list, const uint64_t *classes, uint32_t vendor,
					uint16_t code)
{
	return may_have(list, vendor, code) ? search(list, classes, vendor, code) : NULL;
}

const struct optval *optlist_find(const struct optlist *list, uint16_t code)
{
	return find(list, NULL, 0, code);
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
		const struct optval *val = find(scopes->v[i], scopes->classes, vendor, code);

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

static inline const unsigned *guard_of(const struct optval *val)
{
	return val->cond ? val->cond->guard.v : NULL;
}

const struct optval *opt_scopes_all(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code, unsigned *ret_n)
{
	const struct optlist *list;
	const struct optval *first = find_in_scopes(scopes, vendor, code, &list), *next;

	*ret_n = 0;
	if (!first)
		return NULL;
	for (next = first + 1; next < list->v + list->n && is_option(next, vendor, code); next++)
		if (guard_of(next) != guard_of(first))
			break;
	*ret_n = (unsigned)(next - first);
	return first;
}

bool opt_scopes_forbid(const struct opt_scopes *scopes, uint32_t vendor, uint16_t code)
{
	unsigned i;

	for (i = 0; i < scopes->n; i++) {
		const struct optval *val = find(scopes->v[i], scopes->classes, vendor, code);

		if (val && val->never_send)
			return true;
	}
	return false;
}

/* --- values that depend on classes ------------------------------------------- */

/* True if the client gets the part: no other one of its code is for the client instead, or forbids it. */
static bool part_counts(const struct optcond *cond, unsigned i, const uint64_t *classes)
{
	const struct optpart *part = &cond->parts[i], *end = cond->parts + cond->n_parts, *other = part;

	if (part->never_send || part->no_value || !guard_allows(&part->cond.guard, classes))
		return false;
	while (other > cond->parts && other[-1].code == part->code)
		other--;
	for (; other < end && other->code == part->code; other++) {
		bool is_before = other < part && other->cond.guard.v != part->cond.guard.v;

		if ((is_before || other->never_send) && guard_allows(&other->cond.guard, classes))
			return false;
	}
	return true;
}

static bool is_empty(struct bytes data, const struct optcond *cond, const uint64_t *classes);

static bool is_sent(const struct optcond *cond, unsigned i, const uint64_t *classes)
{
	return part_counts(cond, i, classes) && !is_empty(cond->parts[i].data, &cond->parts[i].cond, classes);
}

/* An option that only contains sub-options is not sent without any. */
static bool is_empty(struct bytes data, const struct optcond *cond, const uint64_t *classes)
{
	unsigned i;

	for (i = 0; i < cond->n_parts; i++)
		if (is_sent(cond, i, classes))
			return false;
	return cond->n_parts && !data.len;
}

static void write_value(struct writer *w, struct bytes data, const struct optcond *cond, bool is_wide,
			const uint64_t *classes);

static void write_part(struct writer *w, const struct optpart *part, bool is_wide, const uint64_t *classes)
{
	uint8_t *at = write_space(w, is_wide ? 4 : 2);
	size_t begin = writer_len(w), len;
	struct writer head;

	write_value(w, part->data, &part->cond, is_wide, classes);
	if (w->err)
		return;
	len = writer_len(w) - begin;
	head = writer_init(at, is_wide ? 4 : 2);
	if (is_wide) {
		write_u16(&head, part->code);
		write_u16(&head, (uint16_t)len);
	} else {
		write_u8(&head, (uint8_t)part->code);
		write_u8(&head, (uint8_t)len);
	}
}

static void write_value(struct writer *w, struct bytes data, const struct optcond *cond, bool is_wide,
			const uint64_t *classes)
{
	unsigned i;

	write_bytes(w, data.data, data.len);
	for (i = 0; i < cond->n_parts; i++)
		if (is_sent(cond, i, classes))
			write_part(w, &cond->parts[i], is_wide, classes);
}

/* Returns the bytes of parts with the same code and guard, from i on; *ret_end is the first part after them. */
static size_t group_size(const struct optcond *cond, unsigned i, bool is_wide, unsigned *ret_end)
{
	const struct optpart *first = &cond->parts[i];
	size_t size = 0;

	for (; i < cond->n_parts && cond->parts[i].code == first->code &&
	       cond->parts[i].cond.guard.v == first->cond.guard.v;
	     i++)
		if (!cond->parts[i].never_send && !cond->parts[i].no_value)
			size += (is_wide ? 4 : 2) + optcond_size(cond->parts[i].data, &cond->parts[i].cond, is_wide);
	*ret_end = i;
	return size;
}

size_t optcond_size(struct bytes data, const struct optcond *cond, bool is_wide)
{
	size_t size = data.len, best = 0;
	unsigned i = 0, begin;

	while (i < cond->n_parts) {
		size_t group;

		begin = i;
		group = group_size(cond, i, is_wide, &i);
		best = group > best ? group : best;
		if (i < cond->n_parts && cond->parts[i].code == cond->parts[begin].code)
			continue;
		size += best;
		best = 0;
	}
	return size;
}

int optcond_encode(struct bytes data, const struct optcond *cond, bool is_wide, const uint64_t *classes,
		   struct arena *arena, struct bytes *ret)
{
	size_t size = optcond_size(data, cond, is_wide);
	uint8_t *buf = arena_room(arena, size + !size);
	struct writer w = writer_init(buf, buf ? size : 0);

	write_value(&w, data, cond, is_wide, classes);
	if (!buf || w.err)
		return -E_NOMEM;
	*ret = bytes_of(buf, writer_len(&w));
	return 0;
}

/* The next part that is an instance of its option. */
static int next_each(const struct optcond *cond, const uint64_t *classes, struct arena *arena, unsigned *pos,
		     struct bytes *ret)
{
	struct optcond one = { .n_parts = 1 };
	int err;

	while (*pos < cond->n_parts && !is_sent(cond, *pos, classes))
		++*pos;
	if (*pos == cond->n_parts)
		return 0;
	one.parts = &cond->parts[(*pos)++];
	err = optcond_encode(bytes_of(NULL, 0), &one, cond->is_wide, classes, arena, ret);
	return err < 0 ? err : 1;
}

int optval_next(const struct optval *val, const uint64_t *classes, struct arena *arena, unsigned *pos,
		struct bytes *ret)
{
	const struct optcond *cond = val->cond;
	int err;

	if (cond && cond->is_each)
		return next_each(cond, classes, arena, pos, ret);
	if ((*pos)++)
		return 0;
	*ret = val->data;
	if (!cond || !cond->n_parts)
		return 1;
	if (is_empty(val->data, cond, classes))
		return 0;
	err = optcond_encode(val->data, cond, cond->is_wide, classes, arena, ret);
	return err < 0 ? err : 1;
}

/* --- encoding ----------------------------------------------------------------- */

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
