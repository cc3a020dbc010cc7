/* SPDX-License-Identifier: MPL-2.0 */
/* option-def and option-data: definitions into the dictionary, values into encoded lists. */
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "serve/config_build.h"
#include "wire/dict4.h"

static const char *main_space(const struct build *b)
{
	return b->cfg->family == KEY_6 ? "dhcp6" : "dhcp4";
}

/* --- definitions ----------------------------------------------------------- */

static const char *const type_names_for_help[] = {
	"empty", "binary", "boolean", "int8", "int16", "int32", "uint8", "uint16", "uint32", "string",
	"fqdn", "tuple", "ipv4-address", "ipv6-address", "ipv6-prefix", "psid", "record",
};
#define N_TYPES (sizeof(type_names_for_help) / sizeof(type_names_for_help[0]))

static int parse_type(struct build *b, struct pos pos, const char *name)
{
	int type = opt_type_by_name(name);
	const char *near;

	if (type >= 0)
		return type;
	diag_error(b->diag, pos, "\"%s\" is not a type of option data", name);
	near = diag_suggest(name, type_names_for_help, N_TYPES);
	if (near)
		diag_help(b->diag, "did you mean \"%s\"?", near);
	return -E_INVAL;
}

static int parse_record(struct build *b, const struct option_def_conf *conf, struct optdef *def)
{
	struct pos pos = conf_pos(&conf->node, "record-types");
	VEC(enum opt_type) types = { 0 };
	const char *s = conf->record_types.v ? conf->record_types.v : "";
	int err = 0;

	while (*s) {
		size_t len = strcspn(s, ",");
		const char *name;
		int type;

		while (len && *s == ' ') {
			s++;
			len--;
		}
		name = arena_strndup(b->cfg->arena, s, len);
		for (size_t end = len; end && name[end - 1] == ' '; end--)
			((char *)name)[end - 1] = '\0';
		type = parse_type(b, pos, name);
		if (type < 0)
			err = type;
		else if (type == OPT_RECORD || type == OPT_EMPTY) {
			diag_error(b->diag, pos, "a record cannot hold a field of type %s", name);
			err = -E_INVAL;
		} else {
			*vec_push(&types) = (enum opt_type)type;
		}
		s += len;
		if (*s == ',')
			s++;
	}
	if (!types.n && !err) {
		diag_error(b->diag, conf_pos(&conf->node, "type"), "an option of type record needs \"record-types\"");
		err = -E_INVAL;
	}
	def->record = arena_dup(b->cfg->arena, types.v, types.n * sizeof(*types.v));
	def->record_n = (unsigned)types.n;
	vec_free(&types);
	return err;
}

static void add_definition(struct build *b, const struct option_def_conf *conf)
{
	struct optdef def = { 0 };
	int type, max = b->cfg->family == KEY_6 ? 65535 : 254;

	if (!conf->name.set || !conf->code.set || !conf->type.set) {
		diag_error(b->diag, conf_pos(&conf->node, NULL), "an option-def needs \"name\", \"code\" and \"type\"");
		return;
	}
	if (conf->code.v > max) {
		diag_error(b->diag, conf_pos(&conf->node, "code"), "\"code\" is %lld, not in 1..%d",
			   (long long)conf->code.v, max);
		return;
	}
	type = parse_type(b, conf_pos(&conf->node, "type"), conf->type.v);
	if (type < 0)
		return;
	def.name = conf->name.v;
	def.code = (uint16_t)conf->code.v;
	def.type = (enum opt_type)type;
	def.array = conf->array.v;
	def.space = conf->space.set ? conf->space.v : main_space(b);
	if (def.type == OPT_RECORD && parse_record(b, conf, &def) < 0)
		return;
	switch (dict_add(b->cfg->dict, &def)) {
	case 0:
		break;
	case -E_EXIST:
		diag_error(b->diag, conf_pos(&conf->node, "code"),
			   "space %s has an option %u or one named %s already", def.space, def.code, def.name);
		break;
	default:
		diag_error(b->diag, conf_pos(&conf->node, NULL), "this definition of option %s contradicts itself", def.name);
		break;
	}
}

/* --- values ---------------------------------------------------------------- */

static void unknown_option(struct build *b, const struct option_data_conf *conf, const char *space)
{
	const struct optdef *rows = b->cfg->family == KEY_6 ? dict6 : dict4;
	unsigned n = b->cfg->family == KEY_6 ? dict6_n : dict4_n, i, n_names = 0;
	const char **names = xcalloc(n + b->root->option_def.n, sizeof(*names));
	const struct option_def_conf *defs = b->root->option_def.v;
	const char *near;

	for (i = 0; i < n; i++)
		if (!strcmp(rows[i].space, space))
			names[n_names++] = rows[i].name;
	for (i = 0; i < b->root->option_def.n; i++)
		if (defs[i].name.set)
			names[n_names++] = defs[i].name.v;
	diag_error(b->diag, conf_pos(&conf->node, "name"), "there is no option \"%s\" in space %s", conf->name.v, space);
	near = diag_suggest(conf->name.v, names, n_names);
	if (near)
		diag_help(b->diag, "did you mean \"%s\"?", near);
	free(names);
}

/* Options the server makes itself; a configured value would never be sent. */
static bool is_servers_own(const struct build *b, unsigned code)
{
	static const uint8_t own4[] = {
		OPT4_DHCP_REQUESTED_ADDRESS, OPT4_DHCP_OPTION_OVERLOAD, OPT4_DHCP_MESSAGE_TYPE,
		OPT4_DHCP_PARAMETER_REQUEST_LIST, OPT4_DHCP_MAX_MESSAGE_SIZE, OPT4_DHCP_CLIENT_IDENTIFIER,
		OPT4_DHCP_LEASE_TIME, OPT4_DHCP_RENEWAL_TIME, OPT4_DHCP_REBINDING_TIME, OPT4_DHCP_AGENT_OPTIONS,
	};
	size_t i;

	for (i = 0; b->cfg->family == KEY_4 && i < sizeof(own4); i++)
		if (own4[i] == code)
			return true;
	return false;
}

static bool build_value(struct build *b, struct option_data_conf *conf, struct optval *ret)
{
	const char *space = conf->space.set ? conf->space.v : main_space(b);
	const struct optdef *def = NULL;
	const char *why = NULL;
	unsigned code;
	bool csv;

	if (!conf->name.set && !conf->code.set) {
		diag_error(b->diag, conf_pos(&conf->node, NULL), "an option needs \"name\" or \"code\"");
		return false;
	}
	if (strcmp(space, main_space(b))) {
		diag_error(b->diag, conf_pos(&conf->node, "space"), "\"space\": options of space %s are not supported yet", space);
		return false;
	}
	if (conf->name.set) {
		def = dict_by_name(b->cfg->dict, space, conf->name.v);
		if (!def && !conf->code.set) {
			unknown_option(b, conf, space);
			return false;
		}
		if (def && conf->code.set && def->code != conf->code.v) {
			diag_error(b->diag, conf_pos(&conf->node, "code"), "option \"%s\" has code %u, not %lld",
				   conf->name.v, def->code, (long long)conf->code.v);
			return false;
		}
	}
	if (!def)
		def = dict_by_code(b->cfg->dict, space, (uint16_t)conf->code.v);
	code = def ? def->code : (unsigned)conf->code.v;
	if (b->cfg->family == KEY_4 && code > 254) {
		diag_error(b->diag, conf_pos(&conf->node, "code"), "\"code\" is %u, not in 1..254", code);
		return false;
	}
	if (is_servers_own(b, code)) {
		diag_error(b->diag, conf_pos(&conf->node, conf->name.set ? "name" : "code"),
			   "option %u%s%s is made by the server and cannot be configured", code, def ? " " : "",
			   def ? def->name : "");
		return false;
	}
	*ret = (struct optval){
		.code = (uint16_t)code,
		.def = def,
		.always_send = conf->always_send.v,
		.never_send = conf->never_send.v,
	};
	if (!conf->data.set && (conf->never_send.v || (def && def->type == OPT_EMPTY)))
		return true;
	csv = conf->csv_format.set ? conf->csv_format.v : def != NULL;
	conf->csv_format.v = csv; /* what it was taken for is what is printed */
	conf->csv_format.set = true;
	if (csv && !def) {
		diag_error(b->diag, conf_pos(&conf->node, "csv-format"),
			   "option %u has no definition, so its value is given in hex with \"csv-format\": false", code);
		return false;
	}
	if (optconf_encode(def, conf->data.v ? conf->data.v : "", csv, b->cfg->arena, &ret->data, &why) < 0) {
		diag_error(b->diag, conf_pos(&conf->node, "data"), "value of option %s: %s",
			   def ? def->name : arena_printf(b->cfg->arena, "%u", code), why ? why : "invalid");
		return false;
	}
	return true;
}

void build_optlist(struct build *b, const struct conf_list *data, struct optlist *ret)
{
	struct option_data_conf *confs = data->v;
	unsigned i, k;

	ret->v = arena_new_array(b->cfg->arena, struct optval, data->n);
	ret->n = 0;
	for (i = 0; i < data->n; i++) {
		struct optval val;

		if (!build_value(b, &confs[i], &val))
			continue;
		for (k = 0; k < ret->n && ret->v[k].code != val.code; k++)
			;
		if (k < ret->n) {
			diag_error(b->diag, conf_pos(&confs[i].node, NULL), "option %u is given twice in one list", val.code);
			continue;
		}
		ret->v[ret->n++] = val;
	}
	optlist_sort(ret);
}

void build_options(struct build *b)
{
	const struct option_def_conf *defs = b->root->option_def.v;
	unsigned i;

	b->cfg->dict = dict_new(b->cfg->arena, b->cfg->family == KEY_6);
	for (i = 0; i < b->root->option_def.n; i++)
		add_definition(b, &defs[i]);
	build_optlist(b, &b->root->option_data, &b->cfg->opts);
}
