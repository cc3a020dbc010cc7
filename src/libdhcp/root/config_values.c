/* SPDX-License-Identifier: MPL-2.0 */
/*
 * option-data: encodes each value by its definition, then adds sub-options to the options that contain them. Each list
 * stands alone: sub-options of different lists are never mixed.
 */
#include "root/config_build.h"
#include "root/option_names.h"
#include "wire/codec.h"
#include "wire/dict4.h"
#include "wire/dict6.h"
#include "wire/option.h"

#define DEPTH_MAX 8 /* nesting of sub-options */

/* A value that is being added to the list. */
struct value {
	struct optval val;
	const char *space;
	const struct option_data_conf *conf;
	struct bytes subs;   /* sub-options within the configured bytes */
	struct optcond cond; /* its guard, and sub-options that depend on classes */
	unsigned rank;       /* index of the first value of the option with the same guard, or less for never-send */
	bool is_used;        /* in the list, or inside an option that is */
};

struct values {
	struct build *b;
	struct value *v;
	unsigned n;
	bool has_guards;
};

static struct pos pos_of(const struct value *value, const char *key)
{
	return conf_pos(&value->conf->node, key);
}

/* --- spaces ---------------------------------------------------------------- */

/* "vendor-4491" -> 4491; 0 for any other space. */
static uint32_t vendor_of_space(const char *space)
{
	unsigned long n;
	char *end;

	if (strncmp(space, "vendor-", 7) != 0 || space[7] < '1' || space[7] > '9')
		return 0;
	n = strtoul(space + 7, &end, 10);
	return *end || n > UINT32_MAX ? 0 : (uint32_t)n;
}

static const char *built_in_space(const struct build *b, const char *space)
{
	return dict_vendor_space(b->dict, vendor_of_space(space));
}

static const struct optdef *def_by_name(const struct build *b, const char *space, const char *name)
{
	const struct optdef *def = dict_by_name(b->dict, space, name);
	const char *other = built_in_space(b, space);

	return def || !other ? def : dict_by_name(b->dict, other, name);
}

static const struct optdef *def_by_code(const struct build *b, const char *space, uint16_t code)
{
	const struct optdef *def = dict_by_code(b->dict, space, code);
	const char *other = built_in_space(b, space);

	return def || !other ? def : dict_by_code(b->dict, other, code);
}

/* True if the value may refer to an invalid definition, which has been reported. */
static bool may_be_bad(const struct build *b, const char *space, const struct option_data_conf *conf)
{
	unsigned i;

	/* Definitions are missing altogether. */
	if (CONF_BAD(b->root, option_def) && !CONF_SET(b->root, option_def))
		return true;
	for (i = 0; i < b->n_bad_defs; i++) {
		const struct option_def_conf *def = b->bad_defs[i];
		const char *def_space = CONF_SET(def, space) ? def->space : main_space(b);

		if (!CONF_BAD(def, space) && strcmp(def_space, space) != 0)
			continue;
		if (CONF_SET(conf, name) && (!CONF_SET(def, name) || !strcmp(def->name, conf->name)))
			return true;
		if (CONF_SET(conf, code) && (!CONF_SET(def, code) || def->code == conf->code))
			return true;
	}
	return false;
}

static bool may_be_bad_space(const struct build *b, const char *space)
{
	unsigned i;

	for (i = 0; i < b->n_bad_defs; i++) {
		const struct option_def_conf *def = b->bad_defs[i];

		if (CONF_BAD(def, space) || CONF_BAD(def, encapsulate) ||
		    (CONF_SET(def, space) && !strcmp(def->space, space)) ||
		    (def->encapsulate && !strcmp(def->encapsulate, space)))
			return true;
	}
	return false;
}

static bool check_space(struct build *b, const struct option_data_conf *conf, const char *space)
{
	const char **names;
	size_t n;

	if (CONF_BAD(conf, space) || (CONF_SET(conf, space) && !check_option_name(b, &conf->node, "space", space)))
		return false;
	if (vendor_of_space(space) || dict_has_space(b->dict, space))
		return true;
	if (may_be_bad_space(b, space))
		return true;
	diag_error(b->diag, conf_pos(&conf->node, "space"),
		   "unknown option space \"%s\": no option-def is in it or encapsulates it", space);
	names = dict_spaces(b->dict, b->cfg->arena, &n);
	(void)diag_help_near(b->diag, space, names, n);
	return false;
}

/* Returns the space of a configured or built-in definition with this name, or NULL. */
static const char *space_of_name(const struct build *b, const char *name)
{
	const struct optdef *rows = b->cfg->family == KEY_6 ? dict6 : dict4;
	unsigned n = b->cfg->family == KEY_6 ? dict6_n : dict4_n, i;
	const struct option_def_conf *defs = b->root->option_def.v;

	for (i = 0; i < b->root->option_def.n; i++)
		if (CONF_SET(&defs[i], name) && !strcmp(defs[i].name, name))
			return CONF_SET(&defs[i], space) ? defs[i].space : main_space(b);
	for (i = 0; i < n; i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].space;
	return NULL;
}

static bool is_of_other_family(const struct build *b, const char *name)
{
	const struct optdef *rows = b->cfg->family == KEY_6 ? dict4 : dict6;
	unsigned n = b->cfg->family == KEY_6 ? dict4_n : dict6_n, i;

	for (i = 0; i < n; i++)
		if (!strcmp(rows[i].space, b->cfg->family == KEY_6 ? "dhcp4" : "dhcp6") && !strcmp(rows[i].name, name))
			return true;
	return false;
}

/* Returns a similar option name in the space. */
static const char *near_name(const struct build *b, const char *name, const char *space)
{
	const char *other = built_in_space(b, space), *near;
	size_t n;
	const char **names = dict_names(b->dict, space, b->cfg->arena, &n);

	near = diag_suggest(name, names, n);
	if (near || !other)
		return near;
	names = dict_names(b->dict, other, b->cfg->arena, &n);
	return diag_suggest(name, names, n);
}

static void help_option_name(struct build *b, const char *name, const char *space)
{
	const char *kind = b->cfg->family == KEY_6 ? "DHCPv6" : "DHCPv4", *near, *other = space_of_name(b, name);
	const struct option_names *row = !strcmp(space, main_space(b)) ? option_names_find(name) : NULL;
	const char *ours = row ? option_names_in(row, b->cfg->family == KEY_6 ? 6 : 4) : NULL;
	unsigned code = 0;
	char rest;

	if (!strcmp(space, main_space(b)) && sscanf(name, "option-%u%c", &code, &rest) == 1)
		diag_help(b->diag, "write \"code\": %u", code);
	else if (other && strcmp(other, space) != 0)
		diag_help(b->diag, "it is in space \"%s\": set \"space\"", other);
	else if (ours)
		diag_help(b->diag, "did you mean \"%s\"?", ours);
	else if (row)
		diag_help(b->diag, "%s has no such option%s%s", kind, row->instead ? ": " : "",
			  row->instead ? row->instead : "");
	else if ((near = near_name(b, name, space)))
		diag_help(b->diag, "did you mean \"%s\"?", near);
	else if (is_of_other_family(b, name))
		diag_help(b->diag, "%s has no such option", kind);
}

static void unknown_option(struct build *b, const struct option_data_conf *conf, const char *space)
{
	if (may_be_bad(b, space, conf))
		return;
	diag_error(b->diag, conf_pos(&conf->node, "name"), "unknown option \"%s\" in space %s", conf->name, space);
	help_option_name(b, conf->name, space);
}

/* --- one value ------------------------------------------------------------- */

/*
 * Kea accepts a value for any option. Warns if the option has no meaning in a server's message, or if the server's own
 * value takes precedence.
 */
static void warn_of_role(struct build *b, const struct value *value)
{
	const struct option_data_conf *conf = value->conf;
	struct pos pos = conf_pos(&conf->node, CONF_SET(conf, name) ? "name" : "code");
	const struct optdef *def = value->val.def;

	switch (def ? def->role : OPT_PLAIN) {
	case OPT_PLAIN:
		break;
	case OPT_NO_SERVER:
		if (!conf->never_send)
			diag_warn(b->diag, pos,
				  "option %u %s has no meaning in a server's message; it is sent as configured",
				  def->code, def->name);
		break;
	case OPT_FALLBACK:
		if (!conf->never_send && !value->val.raw)
			diag_warn(
				b->diag, pos,
				"option %u %s: the configured value is sent only where the server has none of its own",
				def->code, def->name);
		break;
	case OPT_MADE:
		diag_warn(b->diag, pos, "option %u %s is set by the server itself; the configured value is not sent",
			  def->code, def->name);
		break;
	}
}

static bool is_made(const struct value *value)
{
	return value->val.def && value->val.def->role == OPT_MADE;
}

/* Determines the option's code and definition. */
static bool find_option(struct build *b, struct value *value)
{
	const struct option_data_conf *conf = value->conf;
	const struct optdef *def = NULL;
	unsigned code;

	if (CONF_SET(conf, name) && strchr(conf->name, ' ')) {
		diag_error(b->diag, conf_pos(&conf->node, "name"), "invalid option name \"%s\"", conf->name);
		return false;
	}
	if (!CONF_SET(conf, name) && !CONF_SET(conf, code)) {
		if (conf_lacks(&conf->node, "name") && conf_lacks(&conf->node, "code"))
			diag_error(b->diag, conf_pos(&conf->node, NULL), "an option needs \"name\" or \"code\"");
		return false;
	}
	if (CONF_SET(conf, name)) {
		def = def_by_name(b, value->space, conf->name);
		if (!def && !CONF_SET(conf, code)) {
			unknown_option(b, conf, value->space);
			return false;
		}
		if (def && CONF_SET(conf, code) && def->code != conf->code) {
			diag_error(b->diag, conf_pos(&conf->node, "code"), "option \"%s\" has code %u, not %lld",
				   conf->name, def->code, (long long)conf->code);
			return false;
		}
	}
	if (!def)
		def = def_by_code(b, value->space, (uint16_t)conf->code);
	code = def ? def->code : (unsigned)conf->code;
	if (!def && !check_option_code(b, &conf->node, value->space, code))
		return false;
	value->val = (struct optval){
		.vendor = vendor_of_space(value->space),
		.code = (uint16_t)code,
		.def = def,
		.always_send = conf->always_send,
		.never_send = conf->never_send,
	};
	return true;
}

static const char *option_text(struct build *b, const struct value *value)
{
	return value->val.def ? value->val.def->name : arena_printf(b->cfg->arena, "%u", value->val.code);
}

static bool encode_raw(struct build *b, struct value *value)
{
	const char *why = NULL;

	value->val.raw = true;
	if (CONF_SET(value->conf, data)) {
		diag_error(b->diag, pos_of(value, "data-hex"), "set either \"data\" or \"data-hex\", not both");
		return false;
	}
	if (optconf_encode(NULL, value->conf->data_hex, false, b->cfg->arena, &value->val.data, &why) < 0) {
		diag_error(b->diag, pos_of(value, "data-hex"), "value of option %s: %s", option_text(b, value),
			   why ? why : "invalid");
		return false;
	}
	/* Clients identify the server by this option. */
	if (b->cfg->family == KEY_4 && !strcmp(value->space, main_space(b)) &&
	    value->val.code == OPT4_DHCP_SERVER_IDENTIFIER && value->val.data.len != 4) {
		diag_error(b->diag, pos_of(value, "data-hex"), "value of option %s: expected 4 bytes, found %zu",
			   option_text(b, value), value->val.data.len);
		return false;
	}
	return true;
}

static bool next_sub_option(const struct build *b, struct reader *r, struct opt *ret)
{
	return b->cfg->family == KEY_6 ? opt_next6(r, ret) : opt_next4(r, false, ret);
}

/* Finds the sub-options within the configured bytes, unless a vendor uses a format of its own. */
static void read_sub_options(const struct build *b, struct value *value)
{
	struct bytes subs;
	struct reader r;
	struct opt opt;

	if (codec_sub_options(value->val.def, value->val.data, &subs) < 0)
		return;
	r = reader_of(subs);
	while (next_sub_option(b, &r, &opt))
		;
	if (!r.err)
		value->subs = subs;
}

static bool find_sub_option(const struct build *b, struct bytes subs, uint16_t code, struct bytes *ret)
{
	struct reader r = reader_of(subs);
	struct opt opt;

	while (next_sub_option(b, &r, &opt))
		if (opt.code == code) {
			*ret = opt.data;
			return true;
		}
	return false;
}

static bool encode(struct build *b, struct option_data_conf *conf, struct value *value)
{
	const struct optdef *def = value->val.def;
	const char *why = NULL;
	bool csv;

	if (CONF_BAD(conf, data) || CONF_BAD(conf, data_hex) || CONF_BAD(conf, csv_format))
		return false;
	if (CONF_SET(conf, data_hex))
		return encode_raw(b, value);
	if (!CONF_SET(conf, data) && (conf->never_send || (def && def->type == OPT_EMPTY)))
		return true;
	csv = CONF_SET(conf, csv_format) ? conf->csv_format : def != NULL;
	conf->csv_format = csv; /* config-get shows the effective value */
	conf_mark(&conf->node, CONF_OFFSET(conf, csv_format), CONF_MARK_SET);
	if (csv && !def) {
		if (!may_be_bad(b, value->space, conf))
			diag_error(b->diag, conf_pos(&conf->node, "csv-format"),
				   "option %u has no definition: write its value in hex with \"csv-format\": false",
				   value->val.code);
		return false;
	}
	if (optconf_encode(def, conf->data ? conf->data : "", csv, b->cfg->arena, &value->val.data, &why) < 0) {
		diag_error(b->diag, conf_pos(&conf->node, "data"), "value of option %s: %s", option_text(b, value),
			   why ? why : "invalid");
		if (csv && def->encapsulate)
			diag_help(b->diag, "its sub-options belong in space \"%s\"", def->encapsulate);
		return false;
	}
	if (why)
		diag_warn(b->diag, conf_pos(&conf->node, "data"), "value of option %s: %s", option_text(b, value), why);
	if (def && codec_is_list(def) && !value->val.data.len) {
		value->val.no_value = true;
		diag_warn(b->diag, conf_pos(&conf->node, "data"), "option %s has no value: it is not sent",
			  option_text(b, value));
	}
	/*
	 * An enterprise number alone is followed by the vendor's sub-options; any bytes after it already are
	 * sub-options.
	 */
	value->val.raw = !csv && def && def->more && value->val.data.len > 4;
	if (!csv && def && def->encapsulate)
		read_sub_options(b, value);
	return true;
}

/* --- sub-options ----------------------------------------------------------- */

static void encapsulate(struct values *values, struct value *outer, unsigned depth);

/* Adds a sub-option's own sub-options. False, with an error, if it is too long. */
static bool complete_sub_option(struct values *values, struct value *value, unsigned depth)
{
	struct build *b = values->b;
	bool is_wide = b->cfg->family == KEY_6;
	size_t max = is_wide ? UINT16_MAX : UINT8_MAX, len;

	encapsulate(values, value, depth);
	value->is_used = true;
	len = optcond_size(value->val.data, &value->cond, is_wide);
	if (len <= max)
		return true;
	diag_error(b->diag, pos_of(value, "data"), "sub-option %s has %zu bytes; the limit is %zu",
		   option_text(b, value), len, max);
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

/*
 * A configuration written by Kea has sub-options twice: in the bytes of the containing option and as values of their
 * own. Those in the bytes take precedence.
 */
static bool is_given(const struct build *b, const struct value *outer, const struct value *value)
{
	struct bytes bytes;

	return find_sub_option(b, outer->subs, value->val.code, &bytes);
}

static void warn_of_other_value(struct build *b, const struct value *outer, const struct value *value)
{
	struct bytes bytes;

	if (!find_sub_option(b, outer->subs, value->val.code, &bytes) || bytes_equal(bytes, value->val.data))
		return;
	diag_warn(b->diag, pos_of(value, NULL), "sub-option %s is not sent in option %s", option_text(b, value),
		  option_text(b, outer));
	diag_note(b->diag, pos_of(outer, "data"), "these bytes have another value for it");
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

		if (strcmp(value->space, space) != 0)
			continue;
		if (is_in_space(value, space)) {
			if (!complete_sub_option(values, value, depth))
				return (struct optcond){ .n_parts = 0 };
			warn_of_other_value(b, outer, value);
		}
		if (!is_given(b, outer, value))
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

/* Appends the sub-options of the encapsulated space to the option's value: now, or when it is sent. */
static void encapsulate(struct values *values, struct value *outer, unsigned depth)
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
		diag_error(b->diag, pos_of(outer, NULL),
			   "option %s: sub-options are nested more than %d deep, or contain themselves", def->name,
			   DEPTH_MAX);
		return;
	}
	cond = parts_of(values, outer, depth + 1);
	if (!cond.n_parts)
		return;
	if (optcond_size(outer->val.data, &cond, cond.is_wide) > UINT16_MAX) {
		diag_error(b->diag, pos_of(outer, NULL), "option %s with its sub-options is longer than 65535 bytes",
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

/* True for an option without data of which each sub-option makes an instance. */
static bool is_bare_container(const struct value *value)
{
	const struct optdef *def = value->val.def;

	return def && def->each && !value->val.vendor && !value->val.data.len && !value->val.never_send;
}

/* Drops bytes that only repeat sub-options of this list, as Kea writes them: they are no instance. */
static void drop_known_bytes(struct values *values)
{
	unsigned i, k;

	for (i = 0; i < values->n; i++) {
		struct value *outer = &values->v[i];
		struct reader r = reader_of(outer->subs);
		struct opt opt;
		bool known = outer->subs.len && outer->val.def->each;

		while (known && next_sub_option(values->b, &r, &opt)) {
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

/* True if a sub-option of the container, or a configured container itself, is only for some clients. */
static bool is_any_guarded(const struct values *values, const struct optdef *def)
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

static const struct optcond *keep_cond(struct build *b, const struct optcond *cond)
{
	return cond->guard.n || cond->n_parts ? arena_dup(b->cfg->arena, cond, sizeof(*cond)) : NULL;
}

/* Adds a container of which each sub-option for the client makes an instance. */
static void add_each(struct values *values, struct value *outer, struct optlist *ret)
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
	outer->val.cond = keep_cond(values->b, &outer->cond);
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

/* Adds an instance per sub-option; the container itself has no data and need not be configured. */
static void add_instances(struct values *values, struct optlist *ret)
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

/* --- lists ----------------------------------------------------------------- */

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
		diag_warn(b->diag, pos_of(next, NULL), "duplicate option %s in space %s: all of them are sent",
			  option_text(b, next), next->space);
	else
		diag_warn(b->diag, pos_of(next, NULL), "duplicate option %s: only the last one is sent",
			  option_text(b, next));
	diag_note(b->diag, pos_of(value, NULL), "the other one is here");
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
		diag_warn(b->diag, pos_of(value, NULL), "this value of option %s is never sent", option_text(b, value));
		diag_note(b->diag, pos_of(before, NULL), "its clients get this one, which comes before it");
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
		diag_error(b->diag, pos_of(value, "data"), "sub-option %s has %zu bytes; the limit is %zu",
			   option_text(b, value), len, max);
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
			encapsulate(values, value, 0);
		value->is_used = true;
		check_vendor_length(b, value);
		value->val.cond = keep_cond(b, &value->cond);
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
			diag_warn(b->diag, pos_of(value, NULL),
				  "option %s is not sent: this list has no sub-option of space %s for it",
				  value->val.def->name, value->val.def->encapsulate);
		else
			diag_warn(b->diag, pos_of(value, NULL),
				  "option %s of space %s is not sent: no option in this list encapsulates that space",
				  option_text(b, value), value->space);
	}
}

static int by_number(const void *x, const void *y)
{
	const unsigned *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

/* The classes in the order of their numbers: lists in another order are the same guard. */
static void set_guard(struct build *b, struct value *value)
{
	struct class_refs *guard = &value->cond.guard;
	unsigned *v;

	build_class_refs(b, &value->conf->client_classes, guard);
	if (!guard->n)
		guard->v = NULL;
	if (guard->n < 2)
		return;
	v = arena_dup(b->cfg->arena, guard->v, guard->n * sizeof(*v));
	qsort(v, guard->n, sizeof(*v), by_number);
	guard->v = v;
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

		*value = (struct value){ .conf = &confs[i],
					 .space = CONF_SET(&confs[i], space) ? confs[i].space : main_space(b) };
		if (!check_space(b, &confs[i], value->space) || !find_option(b, value) || !encode(b, &confs[i], value))
			continue;
		warn_of_role(b, value);
		set_guard(b, value);
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
	note_server_ids(b, ret);
}

void build_options(struct build *b)
{
	build_definitions(b);
	BUILD_OPTLIST(b, b->root, option_data, &b->cfg->opts);
}
