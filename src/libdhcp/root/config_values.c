/* SPDX-License-Identifier: MPL-2.0 */
/*
 * option-data: lists of values, with their sub-options. Each list is independent: sub-options of different lists are
 * never mixed.
 */
#include "root/config_values.h"

#include <stdlib.h>

/* Only the main space has rules; the contents of other spaces are up to the vendor. */
static bool may_repeat(const struct build *b, const struct value *value)
{
	const struct optdef *def = value->val.def;

	return strcmp(value->space, main_space(b)) != 0 || (def && (def->many || def->each));
}

static int by_space_code(const void *x, const void *y)
{
	const struct value *a = x, *b = y;
	int order = strcmp(a->space, b->space);

	if (order)
		return order;
	if (a->val.code != b->val.code)
		return (int)a->val.code - (int)b->val.code;
	return a->conf < b->conf ? -1 : a->conf > b->conf;
}

static bool is_same_option(const struct value *a, const struct value *b)
{
	return a->val.code == b->val.code && !strcmp(a->space, b->space);
}

static bool is_same_guard(const struct class_refs *a, const struct class_refs *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->v, b->v, a->n * sizeof(*a->v)));
}

static int by_rank(const void *x, const void *y)
{
	const struct value *a = x, *b = y;

	if (!is_same_option(a, b) || a->rank == b->rank)
		return by_space_code(x, y);
	return a->rank < b->rank ? -1 : 1;
}

/* Makes the values of an option that have the same guard adjacent, and share it. */
static void group_by_guard(struct values *values)
{
	unsigned i, k;

	for (i = 0; i < values->n; i++) {
		struct value *value = &values->v[i];

		value->rank = i;
		for (k = i; k && is_same_option(&values->v[k - 1], value) && value->rank == i; k--) {
			const struct value *other = &values->v[k - 1];

			if (!is_same_guard(&other->cond.guard, &value->cond.guard))
				continue;
			value->rank = other->rank;
			value->cond.guard = other->cond.guard;
		}
	}
	qsort(values->v, values->n, sizeof(*values->v), by_rank);
}

/* Values of an option with the same guard. */
static bool is_same_group(const struct value *a, const struct value *b)
{
	return is_same_option(a, b) && a->rank == b->rank;
}

static void warn_of_repeat(struct build *b, const struct value *value, const struct value *next)
{
	const struct optdef *def = next->val.def;

	if (def && (def->many || def->each))
		return;
	if (may_repeat(b, next))
		diag_warn(b->diag, value_pos(next, NULL), "duplicate option %s in space %s: all of them are sent",
			  value_text(b, next), next->space);
	else
		diag_warn(b->diag, value_pos(next, NULL), "duplicate option %s: only the last one is sent",
			  value_text(b, next));
	diag_note(b->diag, value_pos(value, NULL), "the other one is here");
}

static bool covers(const struct class_refs *a, const struct class_refs *b)
{
	unsigned i, k;

	for (i = 0; a->n && i < b->n; i++) {
		for (k = 0; k < a->n && a->v[k] != b->v[i]; k++)
			;
		if (k == a->n)
			return false;
	}
	return !a->n || b->n;
}

/* Warns if all clients of value i get one of another guard that comes before it. */
static void warn_of_hidden(struct values *values, unsigned i)
{
	struct build *b = values->b;
	const struct value *value = &values->v[i];
	unsigned k;

	for (k = i; k && is_same_option(&values->v[k - 1], value) && !value->val.never_send; k--) {
		const struct value *before = &values->v[k - 1];

		if (before->rank == value->rank || !covers(&before->cond.guard, &value->cond.guard))
			continue;
		diag_warn(b->diag, value_pos(value, NULL), "this value of option %s is never sent",
			  value_text(b, value));
		diag_note(b->diag, value_pos(before, NULL), "its clients get this one, which comes before it");
		return;
	}
}

/* Keeps only the last value of each option and guard, unless it may have several instances. */
static void drop_repeats(struct values *values)
{
	unsigned i, n = 0;

	for (i = 0; i < values->n; i++) {
		const struct value *value = &values->v[i], *next = i + 1 < values->n ? &values->v[i + 1] : NULL;
		bool is_repeated = next && is_same_group(value, next);

		if (is_repeated)
			warn_of_repeat(values->b, value, next);
		else if (values->has_guards)
			warn_of_hidden(values, i);
		if (!is_repeated || may_repeat(values->b, value))
			values->v[n++] = *value;
	}
	values->n = n;
}

/* DHCPv4: concatenates the parts into one option (RFC 3396). */
static void join(struct build *b, struct optval *to, const struct optval *from)
{
	uint8_t *buf = arena_alloc(b->cfg->arena, to->data.len + from->data.len + 1);

	if (!buf)
		return;
	if (to->data.len)
		memcpy(buf, to->data.data, to->data.len);
	if (from->data.len)
		memcpy(buf + to->data.len, from->data.data, from->data.len);
	to->data = bytes_of(buf, to->data.len + from->data.len);
	to->always_send |= from->always_send;
	to->never_send |= from->never_send;
}

/* True if a value of a DHCPv4 option that may be repeated continues the one before it. */
static bool is_joined(const struct optval *before, const struct value *value)
{
	const unsigned *guard = before->cond ? before->cond->guard.v : NULL;

	return before->code == value->val.code && !before->vendor && guard == value->cond.guard.v;
}

/* RFC 3925 4: a vendor's block has a one-byte length, and its sub-options two-byte headers. */
static void check_vendor_length(struct build *b, const struct value *value)
{
	size_t max = UINT8_MAX - 2, len = optcond_size(value->val.data, &value->cond, false);

	if (b->cfg->family == KEY_4 && value->val.vendor && len > max)
		diag_error(b->diag, value_pos(value, "data"), "sub-option %s has %zu bytes; the limit is %zu",
			   value_text(b, value), len, max);
}

static void fill_list(struct values *values, struct optlist *ret)
{
	struct build *b = values->b;
	unsigned i;

	drop_known_bytes(values);
	for (i = 0; i < values->n; i++) {
		struct value *value = &values->v[i];

		if (!value->val.vendor && strcmp(value->space, main_space(b)))
			continue;
		if (is_bare_container(value)) {
			if (is_any_guarded(values, value->val.def) &&
			    (!i || !is_same_group(&values->v[i - 1], value) || !is_bare_container(&values->v[i - 1])))
				add_each(values, value, ret);
			continue;
		}
		if (!value->val.def || !value->val.def->each)
			add_sub_options(values, value, 0);
		value->is_used = true;
		check_vendor_length(b, value);
		value->val.cond = value_cond(b, &value->cond);
		if (ret->n && b->cfg->family == KEY_4 && may_repeat(b, value) && is_joined(&ret->v[ret->n - 1], value))
			join(b, &ret->v[ret->n - 1], &value->val);
		else
			ret->v[ret->n++] = value->val;
	}
	add_instances(values, ret);
}

/* Warns about values that are not sent. Not called for a list with errors, where that is unknown. */
static void warn_of_unsent(struct values *values)
{
	struct build *b = values->b;
	unsigned i;

	for (i = 0; i < values->n; i++) {
		const struct value *value = &values->v[i];

		if (value->is_used || value->val.never_send)
			continue;
		if (is_bare_container(value))
			diag_warn(b->diag, value_pos(value, NULL),
				  "option %s is not sent: this list has no sub-option of space %s for it",
				  value->val.def->name, value->val.def->encapsulate);
		else
			diag_warn(b->diag, value_pos(value, NULL),
				  "option %s of space %s is not sent: no option in this list encapsulates that space",
				  value_text(b, value), value->space);
	}
}

static bool is_made(const struct value *value)
{
	return value->val.def && value->val.def->role == OPT_MADE;
}

void build_optlist(struct build *b, const struct conf_list *data, bool is_bad, struct optlist *ret)
{
	struct option_data_conf *confs = data->v;
	struct values values = { .b = b };
	unsigned i, n_made = 0, n_good;

	*ret = (struct optlist){ .n = 0 };
	if (!data->n)
		return;
	values.v = xcalloc(data->n, sizeof(*values.v));
	for (i = 0; i < data->n; i++) {
		struct value *value = &values.v[values.n];

		if (!value_read(b, &confs[i], value))
			continue;
		values.has_guards |= value->cond.guard.n > 0;
		if (is_made(value))
			n_made++;
		else
			values.n++;
	}
	qsort(values.v, values.n, sizeof(*values.v), by_space_code);
	if (values.has_guards)
		group_by_guard(&values);
	n_good = values.n;
	drop_repeats(&values);
	ret->v = arena_new_array(b->cfg->arena, struct optval, values.n);
	fill_list(&values, ret);
	if (!is_bad && n_good + n_made == data->n)
		warn_of_unsent(&values);
	free(values.v);
	optlist_sort(ret);
	if (!b->is_complete)
		note_server_ids(b, ret);
}

void build_options(struct build *b)
{
	build_definitions(b);
	BUILD_OPTLIST(b, b->root, option_data, &b->cfg->opts);
}
