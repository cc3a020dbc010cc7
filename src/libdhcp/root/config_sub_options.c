/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Sub-options: added to the options that encapsulate their space, or instances of such an option. If some of them are
 * for clients of a class only, that is done when the option is sent.
 */
#include "root/config_values.h"

#define DEPTH_MAX 8 /* nesting of sub-options */

static bool find_sub_option(const struct build *b, struct bytes subs, uint16_t code, struct bytes *ret)
{
	struct reader r = reader_of(subs);
	struct opt opt;

	while (value_next_sub(b, &r, &opt))
		if (opt.code == code) {
			*ret = opt.data;
			return true;
		}
	return false;
}

/* Adds a sub-option's own sub-options. False, with an error, if it is too long. */
static bool complete_sub_option(struct values *values, struct value *value, unsigned depth)
{
	struct build *b = values->b;
	bool is_wide = b->cfg->family == KEY_6;
	size_t max = is_wide ? UINT16_MAX : UINT8_MAX, len;

	add_sub_options(values, value, depth);
	value->is_used = true;
	len = optcond_size(value->val.data, &value->cond, is_wide);
	if (len <= max)
		return true;
	diag_error(b->diag, value_pos(value, "data"), "sub-option %s has %zu bytes; the limit is %zu",
		   value_text(b, value), len, max);
	return false;
}

static bool is_in_space(const struct value *value, const char *space)
{
	return !strcmp(value->space, space) && !value->val.never_send && !value->val.no_value;
}

/* True if the part, or one inside it, is not for every client. */
static bool is_conditional(const struct optpart *part)
{
	return part->cond.guard.n || part->cond.n_parts;
}

static void warn_of_other_value(struct build *b, const struct value *outer, const struct value *value)
{
	diag_warn(b->diag, value_pos(value, NULL), "sub-option %s is not sent in option %s", value_text(b, value),
		  value_text(b, outer));
	diag_note(b->diag, value_pos(outer, "data"), "these bytes have another value for it");
}

/* Returns the values of the space that outer encapsulates as its parts, each with its own sub-options. */
static struct optcond parts_of(struct values *values, const struct value *outer, unsigned depth)
{
	const char *space = outer->val.def->encapsulate;
	struct build *b = values->b;
	struct optcond cond = { .is_wide = b->cfg->family == KEY_6 };
	struct optpart *parts = arena_new_array(b->cfg->arena, struct optpart, values->n);
	unsigned i;

	cond.parts = parts;
	for (i = 0; i < values->n; i++) {
		struct value *value = &values->v[i];
		struct bytes given;
		bool is_given;

		if (strcmp(value->space, space) != 0)
			continue;
		/*
		 * A configuration written by Kea has sub-options twice: in the bytes of the containing option and as
		 * separate values. Those in the bytes take precedence.
		 */
		is_given = find_sub_option(b, outer->subs, value->val.code, &given);
		if (is_in_space(value, space)) {
			if (!complete_sub_option(values, value, depth))
				return (struct optcond){ .n_parts = 0 };
			if (is_given && !bytes_equal(given, value->val.data))
				warn_of_other_value(b, outer, value);
		}
		if (!is_given)
			parts[cond.n_parts++] = (struct optpart){
				.code = value->val.code,
				.never_send = value->val.never_send,
				.no_value = value->val.no_value,
				.data = value->val.data,
				.cond = value->cond,
			};
	}
	return cond;
}

static bool depends_on_classes(const struct optcond *cond)
{
	unsigned i;

	for (i = 0; i < cond->n_parts; i++)
		if (is_conditional(&cond->parts[i]))
			return true;
	return false;
}

void add_sub_options(struct values *values, struct value *outer, unsigned depth)
{
	struct build *b = values->b;
	const struct optdef *def = outer->val.def;
	struct optcond cond;

	if (!def || !def->encapsulate || outer->val.raw || outer->is_used)
		return;
	/* Top-level options do not also become sub-options: those of leasequery would contain themselves. */
	if (!strcmp(def->encapsulate, main_space(b)))
		return;
	if (depth == DEPTH_MAX) {
		diag_error(b->diag, value_pos(outer, NULL),
			   "option %s: sub-options are nested more than %d deep, or contain themselves", def->name,
			   DEPTH_MAX);
		return;
	}
	cond = parts_of(values, outer, depth + 1);
	if (!cond.n_parts)
		return;
	if (optcond_size(outer->val.data, &cond, cond.is_wide) > UINT16_MAX) {
		diag_error(b->diag, value_pos(outer, NULL), "option %s with its sub-options is longer than 65535 bytes",
			   def->name);
		return;
	}
	if (depends_on_classes(&cond)) {
		cond.guard = outer->cond.guard;
		outer->cond = cond;
		return;
	}
	(void)optcond_encode(outer->val.data, &cond, cond.is_wide, NULL, b->cfg->arena, &outer->val.data);
}

/* --- sub-options as separate instances -------------------------------------- */

static const struct optdef *container_of_value(const struct build *b, const struct value *value)
{
	/* Skips the search for top-level options, which are frequent and have no container. */
	if (value->val.vendor || !strcmp(value->space, main_space(b)))
		return NULL;
	return dict_container(b->dict, value->space);
}

bool is_bare_container(const struct value *value)
{
	const struct optdef *def = value->val.def;

	return def && def->each && !value->val.vendor && !value->val.data.len && !value->val.never_send;
}

void drop_known_bytes(struct values *values)
{
	unsigned i, k;

	for (i = 0; i < values->n; i++) {
		struct value *outer = &values->v[i];
		struct reader r = reader_of(outer->subs);
		struct opt opt;
		bool known = outer->subs.len && outer->val.def->each;

		while (known && value_next_sub(values->b, &r, &opt)) {
			for (k = 0; k < values->n; k++)
				if (is_in_space(&values->v[k], outer->val.def->encapsulate) &&
				    values->v[k].val.code == opt.code && bytes_equal(values->v[k].val.data, opt.data))
					break;
			known = k < values->n;
		}
		if (known)
			outer->val.data = bytes_of(NULL, 0);
	}
}

static bool is_never_sent(const struct values *values, const struct optdef *def)
{
	unsigned i;

	for (i = 0; i < values->n; i++)
		if (values->v[i].val.def == def && values->v[i].val.never_send && !values->v[i].cond.guard.n)
			return true;
	return false;
}

/* True if a value of the same sub-option has never-send. */
static bool is_forbidden(const struct values *values, const struct value *sub)
{
	unsigned i;

	for (i = 0; i < values->n; i++)
		if (values->v[i].val.code == sub->val.code && !strcmp(values->v[i].space, sub->space) &&
		    values->v[i].val.never_send)
			return true;
	return false;
}

bool is_any_guarded(const struct values *values, const struct optdef *def)
{
	unsigned i;

	for (i = 0; i < values->n; i++) {
		const struct value *value = &values->v[i];

		if (value->cond.guard.n && (value->val.def == def || !strcmp(value->space, def->encapsulate)))
			return true;
	}
	return false;
}

/* Adds the instance of the container that one sub-option makes. */
static void add_instance(struct values *values, struct value *sub, const struct optdef *def, struct optlist *ret)
{
	struct build *b = values->b;
	struct optpart part = { .code = sub->val.code };
	struct optcond cond = { .parts = &part, .n_parts = 1, .is_wide = b->cfg->family == KEY_6 };
	struct optval val = { .code = def->code, .def = def, .always_send = sub->val.always_send };
	unsigned i;

	if (!complete_sub_option(values, sub, 1))
		return;
	part.data = sub->val.data;
	part.cond = sub->cond;
	if (optcond_encode(val.data, &cond, cond.is_wide, NULL, b->cfg->arena, &val.data) < 0)
		return;
	for (i = 0; i < values->n; i++)
		if (values->v[i].val.def == def && is_bare_container(&values->v[i])) {
			values->v[i].is_used = true;
			val.always_send |= values->v[i].val.always_send;
		}
	ret->v[ret->n++] = val;
}

const struct optcond *value_cond(struct build *b, const struct optcond *cond)
{
	return cond->guard.n || cond->n_parts ? arena_dup(b->cfg->arena, cond, sizeof(*cond)) : NULL;
}

void add_each(struct values *values, struct value *outer, struct optlist *ret)
{
	const struct class_refs guard = outer->cond.guard;
	unsigned i;

	outer->cond = parts_of(values, outer, 1);
	outer->cond.guard = guard;
	outer->cond.is_each = true;
	outer->is_used = outer->cond.n_parts > 0;
	for (i = 0; i < values->n; i++) {
		const struct value *value = &values->v[i];

		if (!strcmp(value->space, outer->val.def->encapsulate) ||
		    (value->val.def == outer->val.def && value->rank == outer->rank))
			outer->val.always_send |= value->val.always_send;
	}
	outer->val.cond = value_cond(values->b, &outer->cond);
	if (outer->is_used)
		ret->v[ret->n++] = outer->val;
}

static bool has_bare_container(const struct values *values, const struct optdef *def)
{
	unsigned i;

	for (i = 0; i < values->n; i++)
		if (values->v[i].val.def == def && is_bare_container(&values->v[i]))
			return true;
	return false;
}

void add_instances(struct values *values, struct optlist *ret)
{
	unsigned i;

	for (i = 0; i < values->n; i++) {
		struct value *value = &values->v[i];
		const struct optdef *def = container_of_value(values->b, value);
		struct value outer = { .val = { .code = def ? def->code : 0, .def = def } };

		if (!def || !def->each)
			continue;
		if (is_never_sent(values, def)) {
			value->is_used = true;
		} else if (!is_any_guarded(values, def)) {
			if (!is_forbidden(values, value))
				add_instance(values, value, def, ret);
		} else if (!has_bare_container(values, def) && (!i || strcmp(value[-1].space, value->space) != 0)) {
			add_each(values, &outer, ret);
		}
	}
}
