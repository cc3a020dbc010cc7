/* SPDX-License-Identifier: MPL-2.0 */
/* One value of option-data: its option, its bytes and its guard. */
#include "root/config_values.h"

#include "root/option_names.h"
#include "wire/codec.h"
#include "wire/dict4.h"
#include "wire/dict6.h"

#include <stdlib.h>

/* --- spaces ---------------------------------------------------------------- */

uint32_t option_space_vendor(const char *space)
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
	return dict_vendor_space(b->dict, option_space_vendor(space));
}

const struct optdef *option_def_by_name(const struct build *b, const char *space, const char *name)
{
	const struct optdef *def = dict_by_name(b->dict, space, name);
	const char *other = built_in_space(b, space);

	return def || !other ? def : dict_by_name(b->dict, other, name);
}

const struct optdef *option_def_by_code(const struct build *b, const char *space, uint16_t code)
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
	if (option_space_vendor(space) || dict_has_space(b->dict, space))
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
	const char *ours = row ? option_names_in(row, config_digit(b->cfg)) : NULL;
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
		def = option_def_by_name(b, value->space, conf->name);
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
		def = option_def_by_code(b, value->space, (uint16_t)conf->code);
	code = def ? def->code : (unsigned)conf->code;
	if (!def && !check_option_code(b, &conf->node, value->space, code))
		return false;
	value->val = (struct optval){
		.vendor = option_space_vendor(value->space),
		.code = (uint16_t)code,
		.def = def,
		.always_send = conf->always_send,
		.never_send = conf->never_send,
	};
	return true;
}

const char *value_text(struct build *b, const struct value *value)
{
	return value->val.def ? value->val.def->name : arena_printf(b->cfg->arena, "%u", value->val.code);
}

static bool encode_raw(struct build *b, struct value *value)
{
	const char *why = NULL;

	value->val.raw = true;
	if (CONF_SET(value->conf, data)) {
		diag_error(b->diag, value_pos(value, "data-hex"), "set either \"data\" or \"data-hex\", not both");
		return false;
	}
	if (optconf_encode(NULL, value->conf->data_hex, false, b->cfg->arena, &value->val.data, &why) < 0) {
		diag_error(b->diag, value_pos(value, "data-hex"), "value of option %s: %s", value_text(b, value),
			   why ? why : "invalid");
		return false;
	}
	/* Clients identify the server by this option. */
	if (b->cfg->family == KEY_4 && !strcmp(value->space, main_space(b)) &&
	    value->val.code == OPT4_DHCP_SERVER_IDENTIFIER && value->val.data.len != 4) {
		diag_error(b->diag, value_pos(value, "data-hex"), "value of option %s: expected 4 bytes, found %zu",
			   value_text(b, value), value->val.data.len);
		return false;
	}
	return true;
}

bool value_next_sub(const struct build *b, struct reader *r, struct opt *ret)
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
	while (value_next_sub(b, &r, &opt))
		;
	if (!r.err)
		value->subs = subs;
}

static bool encode(struct build *b, struct value *value)
{
	struct option_data_conf *conf = value->conf;
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
		diag_error(b->diag, conf_pos(&conf->node, "data"), "value of option %s: %s", value_text(b, value),
			   why ? why : "invalid");
		if (csv && def->encapsulate)
			diag_help(b->diag, "its sub-options belong in space \"%s\"", def->encapsulate);
		return false;
	}
	if (why)
		diag_warn(b->diag, conf_pos(&conf->node, "data"), "value of option %s: %s", value_text(b, value), why);
	if (def && codec_is_list(def) && !value->val.data.len) {
		value->val.no_value = true;
		diag_warn(b->diag, conf_pos(&conf->node, "data"), "option %s has no value: it is not sent",
			  value_text(b, value));
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

/* --- guard ----------------------------------------------------------------- */

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

bool value_read(struct build *b, struct option_data_conf *conf, struct value *ret)
{
	*ret = (struct value){ .conf = conf, .space = CONF_SET(conf, space) ? conf->space : main_space(b) };
	set_guard(b, ret);
	if (!check_space(b, conf, ret->space) || !find_option(b, ret) || !encode(b, ret))
		return false;
	warn_of_role(b, ret);
	return true;
}
