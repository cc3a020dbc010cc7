/* SPDX-License-Identifier: MPL-2.0 */
/* hooks-libraries. */
#include "root/config_build.h"

#include "base/file.h"
#include "ctl/library.h"
#include "hook/library.h"

#include <errno.h>
#include <unistd.h>

/* A library of Kea whose commands or whose work is built in: nothing is loaded. */
static void check_built_in(struct build *b, const struct hooks_library_conf *conf, const char *name)
{
	if (conf->parameters && json_object_object_length(conf->parameters))
		diag_warn(b->diag, conf_pos(&conf->node, "parameters"), "\"parameters\" is ignored: %s has none", name);
}

/*
 * Returns the path of the library: in the directory of libraries, whatever directory the configuration of another
 * server names, or with -X where it says. NULL after an error.
 */
static const char *hook_path(struct build *b, const struct hooks_library_conf *conf, const char *name)
{
	const char *env = "KEA_HOOKS_PATH", *directory = getenv(env) ? getenv(env) : KEA_HOOKS_DIR, *path;
	struct pos pos = conf_pos(&conf->node, "library");

	path = arena_printf(b->cfg->arena, "%s/%s", directory, name);
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return path;
	if (b->flags & CONFIG_RELAXED && name != conf->library && access(conf->library, F_OK) == 0) {
		diag_warn(b->diag, pos, "invalid path specified: \"%s\" is outside %s", conf->library, directory);
		return conf->library;
	}
	diag_error(b->diag, pos, "\"hooks-libraries\": there is no library %s in %s", name, directory);
	if (name != conf->library && access(conf->library, F_OK) == 0)
		diag_help(b->diag, "invalid path specified: libraries are loaded from %s only, or set %s", directory,
			  env);
	return NULL;
}

static bool load_library(struct build *b, const struct hooks_library_conf *conf, const char *name)
{
	struct hook_load load = {
		.path = hook_path(b, conf, name),
		.parameters = conf->parameters,
		.digit = config_digit(b->cfg),
		.is_check = !(b->flags & CONFIG_SERVE),
		.is_relaxed = b->flags & CONFIG_RELAXED,
		.diag = b->diag,
		.pos = conf_pos(&conf->node, "library"),
	};

	b->has_hooks = true;
	if (!load.path)
		return false;
	if (!b->cfg->hooks)
		b->cfg->hooks = hooks_new(b->cfg->arena);
	return hooks_load(b->cfg->hooks, &load);
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
			ok = load_library(b, conf, name);
		}
		if (!ok)
			conf_mark((struct conf_node *)&b->root->node, CONF_OFFSET(b->root, hooks_libraries),
				  CONF_MARK_BAD);
	}
}

static void compile(struct build *b, struct hook_use *use)
{
	const struct eval_env env = eval_env_of(b);
	size_t n = use->lib->expressions.n;

	if (!n || !use->positioned)
		return;
	use->expressions = arena_new_array(b->cfg->arena, const void *, n);
	for (size_t i = 0; i < n; i++) {
		const struct kea_expression *expression = use->lib->expressions.v[i];
		struct json_object *text = hook_twin(use->lib->parameters, use->positioned, expression->value);

		use->expressions[i] =
			text ? eval_compile(&env, text, expression->is_test ? EVAL_BOOL : EVAL_TEXT) : NULL;
	}
}

void build_hook_expressions(struct build *b)
{
	for (struct hook_use *use = b->cfg->hooks ? b->cfg->hooks->uses : NULL; use; use = use->next) {
		compile(b, use);
		use->positioned = NULL;
	}
}
