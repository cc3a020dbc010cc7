/* SPDX-License-Identifier: MPL-2.0 */
/* hooks-libraries. */
#include "root/config_build.h"

#include "base/file.h"
#include "ctl/library.h"
#include "hook/library.h"

/* --- built in ---------------------------------------------------------------------- */

struct host_cache_conf {
	struct conf_node node;
	uint32_t maximum;
};

static const struct key host_cache_keys[] = {
	K_INT(struct host_cache_conf, maximum, "maximum", .def = "0", .max = 1000000000, .since = "4.2.0",
	      .doc = "number of reservations that are cached; 0: any number"),
};
static const struct scope host_cache_scope = SCOPE("parameters", struct host_cache_conf, host_cache_keys);

static void build_host_cache(struct build *b, const struct hooks_library_conf *conf)
{
	const struct scope *const all[] = { &host_cache_scope, NULL };
	const struct conf_reader rd = { .diag = b->diag, .all = all, .family = b->cfg->family, .arena = b->cfg->arena };
	struct host_cache_conf cache = { .maximum = 0 };

	if (conf->parameters)
		(void)conf_read(&rd, &host_cache_scope, conf->parameters, &cache);
	if (!has_host_databases(b))
		diag_warn(b->diag, conf_pos(&conf->node, "library"),
			  "libdhcp_host_cache.so caches reservations of \"hosts-databases\", and there are none");
	b->cfg->keeps_hosts = true;
	b->cfg->max_kept_hosts = cache.maximum;
}

/* A library of Kea whose commands or whose work is built in: nothing is loaded. */
static void check_built_in(struct build *b, const struct hooks_library_conf *conf, const char *name)
{
	if (!strcmp(name, "libdhcp_host_cache.so"))
		build_host_cache(b, conf);
	else if (conf->parameters && json_object_object_length(conf->parameters))
		diag_warn(b->diag, conf_pos(&conf->node, "parameters"), "\"parameters\" is ignored: %s has none", name);
}

static bool load_library(struct build *b, const struct hooks_library_conf *conf)
{
	const struct program_build pb = program_of(b);

	b->has_hooks = true;
	return program_hook(&pb, conf, config_digit(b->cfg), &b->cfg->hooks);
}

void build_hooks(struct build *b)
{
	const struct hooks_library_conf *libraries = b->root->hooks_libraries.v;

	for (unsigned i = 0; i < b->root->hooks_libraries.n; i++) {
		const struct hooks_library_conf *conf = &libraries[i];
		const char *name = conf->library ? file_name(conf->library) : NULL, *why;
		bool ok = true;

		if (!conf->library)
			continue;
		why = ctl_library_refused(name);
		if (why) {
			diag_error(b->diag, conf_pos(&conf->node, "library"),
				   "\"hooks-libraries\": %s: %s not supported yet", name, why);
			b->has_hooks = true;
			ok = false;
		} else if (ctl_library_is_built_in(name)) {
			check_built_in(b, conf, name);
		} else {
			ok = load_library(b, conf);
		}
		if (!ok)
			conf_mark((struct conf_node *)&b->root->node, CONF_OFFSET(b->root, hooks_libraries),
				  CONF_MARK_BAD);
	}
}

static const struct eval_expr *compile(struct build *b, struct json_object *text, bool is_test)
{
	const struct eval_env env = eval_env_of(b);

	return eval_compile(&env, text, is_test ? EVAL_BOOL : EVAL_TEXT);
}

/* Where errors are reported that a text of a library has. */
struct text_errors {
	struct build *b;
	struct pos pos;
	const char *library, *name;
};

static void report_text(void *ctx, enum diag_kind kind, const char *line)
{
	const struct text_errors *errors = ctx;

	if (kind == DIAG_ERROR)
		diag_error(errors->b->diag, errors->pos, "%s: %s: %s", errors->library, errors->name, line);
	else
		diag_warn(errors->b->diag, errors->pos, "%s: %s: %s", errors->library, errors->name, line);
}

static const struct eval_expr *compile_text(struct build *b, const struct hook_use *use,
					    const struct kea_expression *expression)
{
	struct json_object *where = expression->where && use->positioned
					    ? hook_twin(use->lib->parameters, use->positioned, expression->where)
					    : use->positioned;
	struct text_errors errors = { b, json_pos(where), use->lib->name, expression->name };
	struct eval_env env = eval_env_of(b);
	const struct eval_expr *compiled;

	env.diag = diag_new();
	compiled = eval_compile(&env, expression->text, EVAL_ANY);
	diag_each(env.diag, report_text, &errors);
	diag_free(env.diag);
	return compiled;
}

static void compile_all(struct build *b, struct hook_use *use)
{
	size_t n = use->lib->expressions.n;

	if (!n)
		return;
	use->expressions = arena_new_array(b->cfg->arena, const void *, n);
	for (size_t i = 0; i < n; i++) {
		const struct kea_expression *expression = use->lib->expressions.v[i];
		struct json_object *text;

		if (expression->map) {
			/* The outer one was declared before. */
			use->expressions[i] = expression->outer ? use->expressions[expression->outer->index] : NULL;
			continue;
		}
		if (expression->text) {
			use->expressions[i] = compile_text(b, use, expression);
			continue;
		}
		text = use->positioned ? hook_twin(use->lib->parameters, use->positioned, expression->value) : NULL;
		use->expressions[i] = text ? compile(b, text, expression->is_test) : NULL;
	}
}

/* --- expressions in user-context -------------------------------------------------- */

static unsigned count_scoped(const struct kea_library *lib)
{
	unsigned n = 0;

	for (size_t i = 0; i < lib->expressions.n; i++)
		n += lib->expressions.v[i]->map != NULL;
	return n;
}

static struct scope_exprs *exprs_new(struct build *b, unsigned n)
{
	struct scope_exprs *exprs = arena_alloc(b->cfg->arena, sizeof(*exprs) + n * sizeof(exprs->v[0]));

	exprs->n = n;
	return exprs;
}

/* Those of the global scope: the outer ones that libraries declared. Numbers them all. */
static void build_outer(struct build *b)
{
	struct scope_exprs *exprs;
	unsigned n = 0;

	for (const struct hook_use *use = b->cfg->hooks->uses; use; use = use->next)
		n += count_scoped(use->lib);
	if (!n)
		return;
	exprs = exprs_new(b, n);
	n = 0;
	for (struct hook_use *use = b->cfg->hooks->uses; use; use = use->next) {
		use->scoped = arena_new_array(b->cfg->arena, unsigned, use->lib->expressions.n);
		for (size_t i = 0; i < use->lib->expressions.n; i++)
			if (use->lib->expressions.v[i]->map) {
				use->scoped[i] = n;
				exprs->v[n++] = use->expressions[i];
			}
	}
	b->cfg->plan.exprs = exprs;
}

void build_hook_expressions(struct build *b)
{
	if (!b->cfg->hooks)
		return;
	for (struct hook_use *use = b->cfg->hooks->uses; use; use = use->next) {
		compile_all(b, use);
		build_hook_options(b, use);
		use->positioned = NULL;
	}
	build_outer(b);
	build_scope_maps(b, OTHER_SCOPE, b->root->user_context);
}

/* Returns what user-context has for the expression; NULL: nothing, or after an error. */
static struct json_object *own_text(struct build *b, struct json_object *user_context,
				    const struct kea_expression *expression)
{
	struct json_object *map, *text;

	if (!expression->map || !json_object_object_get_ex(user_context, expression->map, &map))
		return NULL;
	if (!json_object_is_type(map, json_type_object)) {
		diag_error(b->diag, json_pos(map), "\"%s\": expected a map", expression->map);
		return NULL;
	}
	if (!json_object_object_get_ex(map, expression->key, &text) || json_object_is_type(text, json_type_string))
		return json_object_object_get(map, expression->key);
	diag_error(b->diag, json_pos(text), "\"%s\": expected an expression, in a string", expression->key);
	return NULL;
}

const struct scope_exprs *build_scope_exprs(struct build *b, struct json_object *user_context,
					    const struct scope_exprs *outer)
{
	struct scope_exprs *own = NULL;

	if (!outer || !user_context)
		return outer;
	for (const struct hook_use *use = b->cfg->hooks->uses; use; use = use->next)
		for (size_t i = 0; i < use->lib->expressions.n; i++) {
			const struct kea_expression *expression = use->lib->expressions.v[i];
			struct json_object *text = own_text(b, user_context, expression);

			if (!text)
				continue;
			if (!own) {
				own = exprs_new(b, outer->n);
				memcpy(own->v, outer->v, outer->n * sizeof(own->v[0]));
			}
			own->v[use->scoped[i]] =
				json_object_get_string_len(text) ? compile(b, text, expression->is_test) : NULL;
		}
	return own ? own : outer;
}

void build_scope_maps(struct build *b, enum kea_scope scope, struct json_object *user_context)
{
	const struct hook_check check = { .diag = b->diag,
					  .lease_database = database_type_name(b->root->lease_database) };

	if (!b->cfg->hooks || !user_context)
		return;
	for (const struct hook_use *use = b->cfg->hooks->uses; use; use = use->next)
		hook_check_scope(use->lib, &check, scope, user_context);
}
