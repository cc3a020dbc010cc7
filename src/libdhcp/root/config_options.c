/* SPDX-License-Identifier: MPL-2.0 */
/* option-def: adds definitions to the dictionary. Values are in config_values.c. */
#include "base/err.h"
#include "base/vec.h"
#include "root/config_build.h"
#include "wire/dict4.h"

bool check_option_code(struct build *b, const struct conf_node *node, const char *space, int64_t code)
{
	/* RFC 2132 2: 0 is padding and 255 the end of the message's own options; other spaces may use both. */
	bool v6 = b->cfg->family == KEY_6, is_main = !strcmp(space, main_space(b));
	int min = is_main, max = v6 ? UINT16_MAX : is_main ? OPT4_END - 1 : UINT8_MAX;

	if (code >= min && code <= max)
		return true;
	diag_error(b->diag, conf_pos(node, "code"), "\"code\" is %lld, not in %d..%d, the codes of space %s",
		   (long long)code, min, max, space);
	return false;
}

/* --- definitions ----------------------------------------------------------- */

static const char *const type_names_for_help[] = {
	"empty",  "binary", "boolean", "int8",         "int16",        "int32",       "uint8", "uint16", "uint32",
	"string", "fqdn",   "tuple",   "ipv4-address", "ipv6-address", "ipv6-prefix", "psid",  "record",
};
#define N_TYPES (sizeof(type_names_for_help) / sizeof(type_names_for_help[0]))

static int parse_type(struct build *b, struct pos pos, const char *name)
{
	int type = opt_type_by_name(name);

	if (type >= 0)
		return type;
	diag_error(b->diag, pos, "\"%s\" is not an option data type", name);
	(void)diag_help_near(b->diag, name, type_names_for_help, N_TYPES);
	return -E_INVAL;
}

/* Parses record-types; false after an error. */
static bool parse_record(struct build *b, const struct option_def_conf *conf, struct optdef *def)
{
	struct pos pos = conf_pos(&conf->node, "record-types");
	VEC(enum opt_type) types = { 0 };
	const char *s = conf->record_types ? conf->record_types : "";
	bool ok = true;

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
		s += len;
		if (*s == ',')
			s++;
		if (!len) { /* as in Kea, several commas in a row count as one */
			diag_warn(b->diag, pos, "a field is empty: it is skipped");
			continue;
		}
		type = parse_type(b, pos, name);
		if (type == OPT_RECORD || type == OPT_EMPTY)
			diag_error(b->diag, pos, "a record cannot contain a field of type %s", name);
		ok &= type >= 0 && type != OPT_RECORD && type != OPT_EMPTY;
		*vec_push(&types) = (enum opt_type)type;
	}
	if (!types.n && !CONF_BAD(conf, record_types))
		diag_error(b->diag, conf_pos(&conf->node, "type"), "an option of type record needs \"record-types\"");
	ok &= types.n != 0;
	def->record = arena_dup(b->cfg->arena, types.v, types.n * sizeof(*types.v));
	def->record_n = (unsigned)types.n;
	vec_free(&types);
	return ok;
}

bool is_option_name(const char *name)
{
	size_t len = strlen(name), i;

	for (i = 0; i < len; i++) {
		char c = name[i];
		bool is_alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!is_alnum && ((c != '-' && c != '_') || !i || i + 1 == len))
			return false;
	}
	return len > 0;
}

bool check_option_name(struct build *b, const struct conf_node *node, const char *key, const char *name)
{
	if (is_option_name(name))
		return true;
	diag_error(b->diag, conf_pos(node, key), "invalid %s \"%s\"",
		   !strcmp(key, "name") ? "option name" : "option space", name);
	diag_help(b->diag, "it may have letters, digits, '-' and '_', and must begin and end with a letter or digit");
	return false;
}

/* Reports every error in the definition. Returns false if there was any, here or when a key was read. */
static bool parse_definition(struct build *b, const struct option_def_conf *conf, struct optdef *def)
{
	const char *space = CONF_SET(conf, space) ? conf->space : main_space(b), *encapsulate = conf->encapsulate,
		   *fault;
	bool ok = CONF_SET(conf, name) && CONF_SET(conf, code) && CONF_SET(conf, type) && !CONF_BAD(conf, space) &&
		  !CONF_BAD(conf, encapsulate) && !CONF_BAD(conf, array) && !CONF_BAD(conf, record_types);
	int type = CONF_SET(conf, type) ? parse_type(b, conf_pos(&conf->node, "type"), conf->type) : -E_INVAL;

	*def = (struct optdef){ .name = conf->name, .code = (uint16_t)conf->code, .space = space };
	def->type = (enum opt_type)type;
	def->array = conf->array;
	def->encapsulate = encapsulate && encapsulate[0] ? encapsulate : NULL;
	ok &= type >= 0;
	if (CONF_SET(conf, name))
		ok &= check_option_name(b, &conf->node, "name", conf->name);
	if (CONF_SET(conf, space))
		ok &= check_option_name(b, &conf->node, "space", space);
	if (def->encapsulate)
		ok &= check_option_name(b, &conf->node, "encapsulate", def->encapsulate);
	if (CONF_SET(conf, code) && !CONF_BAD(conf, space))
		ok &= check_option_code(b, &conf->node, space, conf->code);
	if (type == OPT_RECORD)
		ok &= parse_record(b, conf, def);
	if (def->encapsulate && !CONF_BAD(conf, space) &&
	    (!strcmp(def->encapsulate, space) || !strcmp(def->encapsulate, main_space(b)))) {
		diag_error(b->diag, conf_pos(&conf->node, "encapsulate"),
			   "option %s must not encapsulate space %s, which contains it",
			   CONF_SET(conf, name) ? def->name : "", def->encapsulate);
		ok = false;
	}
	fault = ok ? optdef_fault(def) : NULL;
	if (fault)
		diag_error(b->diag, conf_pos(&conf->node, NULL), "definition of option %s: %s", def->name, fault);
	return ok && !fault;
}

/* As in Kea: options that every vendor or site may use in another way. */
static bool check_class_definition(struct build *b, const struct option_def_conf *conf)
{
	bool is_main = !CONF_SET(conf, space) || !strcmp(conf->space, main_space(b));

	if (is_main && (conf->code == OPT4_VENDOR_ENCAPSULATED_OPTIONS || (conf->code >= 224 && conf->code < OPT4_END)))
		return true;
	diag_error(b->diag, conf_pos(&conf->node, is_main ? "code" : "space"),
		   "a class may define options 43 and 224 to 254 of space %s only", main_space(b));
	diag_help(b->diag, "define others in \"option-def\" of %s", scope_name(&global_scope, b->cfg->family));
	return false;
}

static void add_definition(struct build *b, const struct option_def_conf *conf)
{
	struct optdef def;
	bool of_class = b->dict != b->cfg->dict;
	bool ok = parse_definition(b, conf, &def) && (!of_class || check_class_definition(b, conf));

	if (ok && dict_add(b->dict, &def) < 0) {
		diag_error(b->diag, conf_pos(&conf->node, "code"),
			   "space %s already has an option with code %u or name %s", def.space, def.code, def.name);
		ok = false;
	}
	if (!ok)
		b->bad_defs[b->n_bad_defs++] = conf;
}

static unsigned count_definitions(const struct build *b)
{
	const struct client_class_conf *classes = b->root->client_classes.v;
	unsigned i, n = b->root->option_def.n;

	for (i = 0; i < b->root->client_classes.n; i++)
		n += classes[i].option_def.n;
	return n;
}

void build_definitions(struct build *b)
{
	const struct option_def_conf *defs = b->root->option_def.v;
	unsigned i;

	b->cfg->dict = b->dict = dict_new(b->cfg->arena, b->cfg->family == KEY_6);
	b->bad_defs = arena_new_array(b->cfg->arena, const struct option_def_conf *, count_definitions(b));
	for (i = 0; i < b->root->option_def.n; i++)
		add_definition(b, &defs[i]);
}

struct dict *build_class_definitions(struct build *b, const struct client_class_conf *conf)
{
	const struct option_def_conf *defs = conf->option_def.v;
	struct dict *dict;
	unsigned i;

	if (!conf->option_def.n)
		return NULL;
	dict = b->dict = dict_over(b->cfg->arena, b->cfg->dict);
	for (i = 0; i < conf->option_def.n; i++)
		add_definition(b, &defs[i]);
	b->dict = b->cfg->dict;
	return dict;
}
