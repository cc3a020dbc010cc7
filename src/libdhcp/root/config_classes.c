/* SPDX-License-Identifier: MPL-2.0 */
/* client-classes: numbers, expressions, order, and the values a class sets for its clients. */
#include "root/config_build.h"
#include "root/config_lenient.h"
#include "root/option_names.h"

static const char *const built_in_names[CLASS_BITS_BUILT_IN] = {
	[CLASS_BIT_ALL] = "ALL",   [CLASS_BIT_KNOWN] = "KNOWN", [CLASS_BIT_UNKNOWN] = "UNKNOWN",
	[CLASS_BIT_DROP] = "DROP", [CLASS_BIT_BOOTP] = "BOOTP", [CLASS_BIT_SKIP_DDNS] = "SKIP_DDNS",
};

/* Prefixes of classes that servers and hook libraries create. */
static const char *const prefixes[] = { VENDOR_CLASS_PREFIX, "HA_", SPAWN_PREFIX, "AFTER_", "EXTERNAL_" };

static bool has_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix)) && name[strlen(prefix)];
}

bool is_built_in_class(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (has_prefix(name, prefixes[i]))
			return true;
	for (i = 0; i < CLASS_BITS_BUILT_IN; i++)
		if (i != CLASS_BIT_DROP && !strcmp(name, built_in_names[i]))
			return true;
	return false;
}

/* --- numbers --------------------------------------------------------------- */

static unsigned add_class(struct build *b, const char *name)
{
	return class_add(&b->cfg->classes, b->cfg->arena, name);
}

static void open_classes(struct build *b)
{
	unsigned i;

	for (i = 0; i < CLASS_BITS_BUILT_IN; i++)
		(void)add_class(b, built_in_names[i]);
}

static int number_of(const struct build *b, const char *name)
{
	return class_by_name(&b->cfg->classes, name);
}

/* Returns the number of a class that is referred to; negative if it does not exist. */
static int find_class(void *ctx, const char *name)
{
	struct build *b = ctx;
	int number;

	if (!b->cfg->classes.n)
		open_classes(b);
	number = number_of(b, name);
	if (number >= 0 && (b->cfg->classes.v[number].conf || number <= CLASS_BIT_UNKNOWN))
		return number;
	if (left_out_class(b->left_out, name))
		return -1;
	if (number >= 0 && is_built_in_class(name))
		return number;
	return is_built_in_class(name) ? (int)add_class(b, arena_strdup(b->cfg->arena, name)) : -1;
}

static const char *const *class_names(void *ctx, size_t *ret_n)
{
	struct build *b = ctx;
	const struct classes *classes = &b->cfg->classes;
	const char **names = arena_new_array(b->cfg->arena, const char *, classes->n);
	unsigned i;

	*ret_n = 0;
	for (i = 0; i < classes->n; i++)
		if (i != CLASS_BIT_DROP || classes->v[i].conf)
			names[(*ret_n)++] = classes->v[i].name;
	return names;
}

static bool is_empty_class(void *ctx, int number)
{
	const struct build *b = ctx;
	const struct client_class *class = &b->cfg->classes.v[number];

	return class->test && eval_is_never(class->test) && !host_class(b, class->name);
}

static const char *other_name(void *ctx, const char *space, const char *name)
{
	struct build *b = ctx;
	const struct option_names *row = !strcmp(space, main_space(b)) ? option_names_find(name) : NULL;

	return row ? option_names_in(row, config_digit(b->cfg)) : NULL;
}

/* The definitions that classes have for an option of the main space. */
static const struct eval_class_def *class_defs(void *ctx, uint16_t code, size_t *ret_n)
{
	struct build *b = ctx;
	const struct classes *classes = &b->cfg->classes;
	const struct optdef *common = dict_by_code(b->cfg->dict, main_space(b), code);
	struct eval_class_def *defs = NULL;
	unsigned i;

	*ret_n = 0;
	for (i = 0; i < b->n_defining; i++) {
		unsigned number = b->defining[i];
		const struct optdef *def = dict_by_code(classes->v[number].dict, main_space(b), code);

		if (!def || def == common)
			continue;
		if (!defs)
			defs = arena_new_array(b->cfg->arena, struct eval_class_def, b->n_defining);
		defs[(*ret_n)++] = (struct eval_class_def){ number, def };
	}
	return defs;
}

/* --- definitions ----------------------------------------------------------- */

void number_classes(struct build *b)
{
	const struct client_class_conf *confs = b->classes.v;
	unsigned i;

	collect_host_classes(b);
	if (b->classes.n || b->n_host_classes || has_host_databases(b))
		open_classes(b);
	for (i = 0; i < b->classes.n; i++) {
		struct client_class *class;
		int number;

		if (!CONF_SET(&confs[i], name))
			continue;
		if (!confs[i].name[0]) {
			diag_error(b->diag, conf_pos(&confs[i].node, "name"), "the name of a class must not be empty");
			continue;
		}
		number = number_of(b, confs[i].name);
		if (number < 0)
			number = (int)add_class(b, confs[i].name);
		class = &b->cfg->classes.v[number];
		if (class->conf) {
			diag_error(b->diag, conf_pos(&confs[i].node, "name"), "duplicate class \"%s\"", confs[i].name);
			diag_note(b->diag, conf_pos(&class->conf->node, "name"), "first defined here");
			continue;
		}
		class->conf = &confs[i];
	}
}

static bool has_test(const struct client_class_conf *conf)
{
	return CONF_SET(conf, test) || CONF_SET(conf, template_test) || CONF_SET(conf, match);
}

/* Its members are known before any test is evaluated. */
static bool has_members_at_once(const struct client_class *class)
{
	return is_built_in_class(class->name) && !has_test(class->conf);
}

/* True if the template of this definition may create the class. */
static bool may_spawn(const struct client_class_conf *conf, const char *name)
{
	return CONF_SET(conf, template_test) && CONF_SET(conf, name) && class_may_spawn(conf->name, name);
}

/* A class that a later template creates is never there in time. */
static void check_template_order(struct build *b, const struct client_class *class, const char *used, struct pos pos)
{
	const struct client_class_conf *confs = b->classes.v;

	for (unsigned i = 0; has_prefix(used, SPAWN_PREFIX) && i < b->classes.n; i++) {
		if (&confs[i] <= class->conf || !may_spawn(&confs[i], used))
			continue;
		diag_warn(b->diag, pos, "class \"%s\" is evaluated before the template that creates class \"%s\"",
			  class->name, used);
		diag_note(b->diag, conf_pos(&confs[i].node, "name"), "the template \"%s\" is here: move it up",
			  confs[i].name);
	}
}

/* Classes are evaluated in order: a test may only refer to earlier classes, or to those that servers assign. */
static void check_order(struct build *b, const struct client_class *class)
{
	size_t n, i, k;
	const unsigned *used = eval_classes(class->test, &n);
	struct pos pos = conf_pos(&class->conf->node, class->is_template ? "template-test" : "test");

	for (i = 0; i < n; i++) {
		const struct client_class *other = &b->cfg->classes.v[used[i]];
		bool is_repeated = false;

		for (k = 0; k < i; k++)
			is_repeated |= used[k] == used[i];
		if (is_repeated)
			continue;
		check_template_order(b, class, other->name, pos);
		if (!other->conf || other->conf < class->conf || has_members_at_once(other))
			continue;
		if (other == class) {
			diag_error(b->diag, pos, "class \"%s\" depends on itself", class->name);
			continue;
		}
		diag_error(b->diag, pos, "class \"%s\" depends on class \"%s\", which is defined after it", class->name,
			   other->name);
		diag_note(b->diag, conf_pos(&other->conf->node, "name"), "class \"%s\" is defined here: move it up",
			  other->name);
	}
}

/* True if it is assigned after the host lookup: it, or the template that creates it, depends on the reservation. */
static bool is_late(const struct build *b, unsigned number)
{
	const struct classes *classes = &b->cfg->classes;
	unsigned i;

	if (number == CLASS_BIT_KNOWN || number == CLASS_BIT_UNKNOWN || classes->v[number].needs_host)
		return true;
	for (i = 0; has_prefix(classes->v[number].name, SPAWN_PREFIX) && i < classes->n; i++)
		if (classes->v[i].needs_host && classes->v[i].is_template &&
		    may_spawn(classes->v[i].conf, classes->v[number].name))
			return true;
	return false;
}

static bool depends_on_host(const struct build *b, const struct eval_expr *test)
{
	size_t n, i;
	const unsigned *used = eval_classes(test, &n);

	for (i = 0; i < n; i++)
		if (is_late(b, used[i]))
			return true;
	return eval_needs_host(test);
}

struct eval_env eval_env_of(struct build *b)
{
	return (struct eval_env){
		.digit = config_digit(b->cfg),
		.dict = b->cfg->dict,
		.ctx = b,
		.find_class = find_class,
		.class_names = class_names,
		.is_empty_class = is_empty_class,
		.other_name = other_name,
		.class_defs = class_defs,
		.arena = b->cfg->arena,
		.diag = b->diag,
	};
}

/* Returns the key that says who is in the class; NULL if there is none, or after an error. */
static const char *key_of_test(struct build *b, const struct client_class_conf *conf, const char *name)
{
	const char *first = CONF_SET(conf, test) ? "test" : CONF_SET(conf, template_test) ? "template-test" : NULL;
	const char *second = CONF_SET(conf, match) ? "match" : CONF_SET(conf, template_test) ? "template-test" : NULL;

	if (!first || !second || first == second)
		return first ? first : second;
	diag_error(b->diag, conf_pos(&conf->node, second), "class \"%s\" has both \"%s\" and \"%s\"", name, first,
		   second);
	return NULL;
}

static void compile_test(struct build *b, unsigned number)
{
	const struct client_class_conf *conf = b->cfg->classes.v[number].conf;
	const struct eval_env env = eval_env_of(b);
	const char *name = b->cfg->classes.v[number].name, *key = key_of_test(b, conf, name);
	bool is_template = key && !strcmp(key, "template-test");
	const struct class_match *match = NULL;
	struct json_object *text = NULL;
	const struct eval_expr *test;

	if (!key)
		return;
	if (number == CLASS_BIT_ALL || number == CLASS_BIT_KNOWN || number == CLASS_BIT_UNKNOWN) {
		diag_error(b->diag, conf_pos(&conf->node, key), "class \"%s\" is built in and cannot have a %s", name,
			   !strcmp(key, "match") ? key : "test");
		return;
	}
	(void)json_object_object_get_ex(conf->node.json, key, &text);
	test = !strcmp(key, "match") ? build_match(b, conf->match, &match)
				     : eval_compile(&env, text, is_template ? EVAL_TEXT : EVAL_BOOL);
	if (!test)
		return;
	/* Index again: compiling may have added classes and moved the array. */
	b->cfg->classes.v[number].test = test;
	if (json_object_is_type(text, json_type_string))
		b->cfg->classes.v[number].test_text = arena_strndup(b->cfg->arena, json_object_get_string(text),
								    (size_t)json_object_get_string_len(text));
	b->cfg->classes.v[number].match = match;
	b->cfg->classes.v[number].is_template = is_template;
	b->cfg->classes.v[number].needs_host = depends_on_host(b, test);
	check_order(b, &b->cfg->classes.v[number]);
}

static void build_class(struct build *b, unsigned number)
{
	const struct client_class_conf *conf = b->cfg->classes.v[number].conf;
	const struct net_params *par = &conf->net.par;
	struct client_class *class;
	struct optlist opts;

	if (b->cfg->classes.v[number].dict)
		b->dict = b->cfg->classes.v[number].dict;
	/* The guards of values may add classes and move the array. */
	BUILD_OPTLIST(b, conf, option_data, &opts);
	b->dict = b->cfg->dict;
	class = &b->cfg->classes.v[number];
	class->opts = opts;
	check_class_lifetimes(b, &conf->node, par, &class->valid, &class->preferred);
	class->is_additional = conf->only_in_additional_list;
	/* As in Kea: only a reservation can assign it. */
	if (!has_test(conf) && !is_built_in_class(class->name))
		class->needs_host = true;
	class->offer_lifetime = par->offer_lifetime;
	class->next_server = par->next_server;
	if (par->server_hostname)
		class->server_hostname = par->server_hostname;
	if (par->boot_file_name)
		class->boot_file_name = par->boot_file_name;
	class->sets = (class->valid ? CLASS_SETS_VALID : 0) | (class->preferred ? CLASS_SETS_PREFERRED : 0) |
		      (CONF_SET(conf, net.par.offer_lifetime) ? CLASS_SETS_OFFER : 0) |
		      (class->next_server ? CLASS_SETS_NEXT_SERVER : 0) |
		      (class->server_hostname[0] ? CLASS_SETS_SERVER_HOSTNAME : 0) |
		      (class->boot_file_name[0] ? CLASS_SETS_BOOT_FILE : 0);
}

/* Returns the number of a definition; negative if it has no unique name, which has been reported. */
static int number_of_conf(const struct build *b, const struct client_class_conf *conf)
{
	int number = conf->name ? number_of(b, conf->name) : -1;

	return number >= 0 && b->cfg->classes.v[number].conf == conf ? number : -1;
}

void build_classes(struct build *b)
{
	const struct client_class_conf *confs = b->classes.v;
	unsigned i;

	b->defining = arena_new_array(b->cfg->arena, unsigned, b->classes.n);
	for (i = 0; i < b->classes.n; i++) {
		int number = number_of_conf(b, &confs[i]);
		struct dict *dict = number >= 0 ? build_class_definitions(b, &confs[i]) : NULL;

		if (!dict)
			continue;
		b->cfg->classes.v[number].dict = dict;
		b->defining[b->n_defining++] = (unsigned)number;
	}
	for (i = 0; i < b->classes.n; i++) {
		int number = number_of_conf(b, &confs[i]);

		if (number >= 0) {
			compile_test(b, (unsigned)number);
			build_class(b, (unsigned)number);
			build_scope_maps(b, KEA_SCOPE_CLASS, confs[i].user_context);
		}
	}
}

/* --- references to classes -------------------------------------------------- */

static void unknown_class(struct build *b, struct pos pos, const char *name)
{
	size_t n;
	const char *const *names = class_names(b, &n);

	diag_error(b->diag, pos, "class \"%s\" is not defined", name);
	(void)diag_help_near(b->diag, name, names, n);
}

/* Like find_class(); also of a class that only reservations name. Those in databases may name any. */
static int find_referred(struct build *b, const char *name)
{
	int number = b->is_complete ? number_of(b, name) : find_class(b, name);

	if (number >= 0 || b->is_complete || (!host_class(b, name) && !has_host_databases(b)))
		return number;
	number = number_of(b, name);
	if (number < 0)
		number = (int)add_class(b, arena_strdup(b->cfg->arena, name));
	b->cfg->classes.v[number].needs_host = true;
	return number;
}

/* Returns a class that "lenient" left out, which nobody is in; negative if it is none. */
static int find_left_out(struct build *b, struct pos pos, const char *name)
{
	int number;

	if (!left_out_class(b->left_out, name))
		return -1;
	number = number_of(b, name);
	diag_warn(b->diag, pos, "class \"%s\" is left out: it admits no client here", name);
	if (number < 0)
		number = (int)add_class(b, name);
	b->cfg->classes.v[number].is_left_out = true;
	return number;
}

void print_left_out_classes(const struct classes *classes, struct json_object *list, bool for_kea)
{
	unsigned i;

	for (i = 0; i < classes->n; i++) {
		struct json_object *class;

		if (!classes->v[i].is_left_out)
			continue;
		class = json_object_new_object();
		json_object_object_add(class, "name", json_object_new_string(classes->v[i].name));
		json_object_object_add(class, "test", json_object_new_string("not member('ALL')"));
		if (!for_kea)
			json_object_object_add(class, "only-in-additional-list", json_object_new_boolean(false));
		json_object_array_add(list, class);
	}
}

/* A class that neither the file defines nor a server or hook library creates. */
static bool is_only_of_databases(const struct build *b, unsigned number)
{
	const struct client_class *class = &b->cfg->classes.v[number];

	return has_host_databases(b) && !b->is_complete && !class->conf && !class->is_left_out &&
	       !is_built_in_class(class->name) && !host_class(b, class->name);
}

void build_class_refs(struct build *b, const struct conf_strings *names, struct class_refs *ret)
{
	unsigned *v = arena_new_array(b->cfg->arena, unsigned, names->n), i, n = 0;

	for (i = 0; i < names->n; i++) {
		int number = names->v[i][0] ? find_referred(b, names->v[i]) : -1;

		if (number < 0 && names->v[i][0])
			number = find_left_out(b, names->pos[i], names->v[i]);
		if (number >= 0)
			v[n++] = (unsigned)number;
		else if (names->v[i][0])
			unknown_class(b, names->pos[i], names->v[i]);
		if (number >= 0 && is_only_of_databases(b, (unsigned)number))
			diag_warn(b->diag, names->pos[i],
				  "class \"%s\" is not defined: only reservations in a database can assign it",
				  names->v[i]);
	}
	*ret = (struct class_refs){ v, n };
}

void build_additional(struct build *b, const struct conf_strings *names, struct class_refs *ret)
{
	unsigned i;

	build_class_refs(b, names, ret);
	for (i = 0; i < names->n; i++) {
		int number = number_of(b, names->v[i]);
		const struct client_class *class = number >= 0 ? &b->cfg->classes.v[number] : NULL;

		if (class && !class->conf && !class->is_left_out)
			diag_warn(b->diag, names->pos[i],
				  "nothing is evaluated for class \"%s\": \"client-classes\" does not define it",
				  names->v[i]);
	}
	for (i = 0; i < ret->n; i++) {
		b->cfg->classes.v[ret->v[i]].is_listed = true;
		b->cfg->classes.any_additional = true;
	}
}

void build_guard(struct build *b, const struct conf_strings *names, const char *what, struct class_refs *ret)
{
	bool all_late = true;
	unsigned i;

	build_class_refs(b, names, ret);
	for (i = 0; i < ret->n; i++)
		all_late &= is_late(b, ret->v[i]);
	if (ret->n && all_late && what && !b->root->early_global_reservations_lookup)
		diag_warn(b->diag, names->pos[0],
			  "%s is selected before it is known whether the client has a reservation, so class \"%s\" "
			  "does not select it",
			  what, b->cfg->classes.v[ret->v[0]].name);
}

/* --- after numbering -------------------------------------------------------- */

static void list_by_turn(struct build *b, struct classes *classes)
{
	const struct client_class_conf *confs = b->classes.v;
	unsigned i;

	classes->early = arena_new_array(b->cfg->arena, unsigned, b->classes.n);
	classes->late = arena_new_array(b->cfg->arena, unsigned, b->classes.n);
	for (i = 0; i < b->classes.n; i++) {
		int number = number_of_conf(b, &confs[i]);
		const struct client_class *class = number >= 0 ? &classes->v[number] : NULL;

		/* What was warned about costs nothing. */
		if (!class || !class->test || class->is_additional || eval_is_never(class->test))
			continue;
		if (class->needs_host)
			classes->late[classes->n_late++] = (unsigned)number;
		else
			classes->early[classes->n_early++] = (unsigned)number;
	}
}

/* Warns about classes no client can be in and settings without effect. */
static void lint_class(struct build *b, const struct client_class *class)
{
	const struct client_class_conf *conf = class->conf;
	struct pos pos = conf_pos(&conf->node, "name");

	/* Those of "boot" are in use where no inner block replaces theirs. */
	if (conf->is_of_boot || CONF_BAD(conf, test) || CONF_BAD(conf, template_test) || CONF_BAD(conf, match))
		return;
	if (class->is_additional && !class->is_listed && !host_class(b, class->name))
		diag_warn(b->diag, pos, "no client is in class \"%s\": no \"evaluate-additional-classes\" names it",
			  class->name);
	else if (!has_test(conf) && !class->is_listed && !is_built_in_class(class->name) && !host_class(b, class->name))
		diag_warn(b->diag, pos, "class \"%s\" has no \"test\": no client is in it", class->name);
	if (class->is_additional && (class->sets & (CLASS_SETS_VALID | CLASS_SETS_PREFERRED | CLASS_SETS_OFFER)))
		diag_warn(b->diag, pos,
			  "class \"%s\" is evaluated after the client got its lease: its lifetimes have no effect",
			  class->name);
}

/* What all tests of a turn cost is limited for each message: a message that exceeds the limit is dropped. */
static void lint_work(struct build *b, const unsigned *numbers, unsigned n)
{
	const struct classes *classes = &b->cfg->classes;
	size_t work = 0;
	unsigned i;

	for (i = 0; i < n && work <= EVAL_WORK_MAX; i++)
		work += eval_work(classes->v[numbers[i]].test);
	if (work <= EVAL_WORK_MAX)
		return;
	diag_warn(b->diag, conf_pos(&classes->v[numbers[i - 1]].conf->node, "name"),
		  "the tests up to this class cost more than a message may: ordinary messages will be dropped");
	diag_help(b->diag, "use fewer or shorter tests, \"==\" instead of match(), or \"match\" lists");
}

static int by_name(const void *x, const void *y, void *ctx)
{
	const struct classes *classes = ctx;

	return strcmp(classes->v[*(const unsigned *)x].name, classes->v[*(const unsigned *)y].name);
}

void finish_classes(struct build *b)
{
	struct classes *classes = &b->cfg->classes;
	unsigned i;

	if (!classes->n)
		return;
	if (b->n_host_classes) {
		size_t n;
		const char *const *names = class_names(b, &n);

		lint_host_classes(b, names, n);
	}
	classes->n_words = (classes->n + 63) / 64;
	list_by_turn(b, classes);
	lint_work(b, classes->early, classes->n_early);
	lint_work(b, classes->late, classes->n_late);
	classes->vendor = arena_new_array(b->cfg->arena, unsigned, classes->n);
	classes->spawned = arena_new_array(b->cfg->arena, unsigned, classes->n);
	for (i = 0; i < classes->n; i++) {
		if (has_prefix(classes->v[i].name, VENDOR_CLASS_PREFIX))
			classes->vendor[classes->n_vendor++] = i;
		if (has_prefix(classes->v[i].name, SPAWN_PREFIX))
			classes->spawned[classes->n_spawned++] = i;
		if (classes->v[i].conf)
			lint_class(b, &classes->v[i]);
		classes->n_with_opts += classes->v[i].opts.n != 0;
	}
	qsort_r(classes->vendor, classes->n_vendor, sizeof(*classes->vendor), by_name, classes);
	qsort_r(classes->spawned, classes->n_spawned, sizeof(*classes->spawned), by_name, classes);
}
