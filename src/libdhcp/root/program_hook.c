/* SPDX-License-Identifier: MPL-2.0 */
/* Where a hook library is loaded from. */
#include "root/program.h"

#include "base/file.h"
#include "hook/library.h"
#include "root/config.h"

#include <errno.h>
#include <unistd.h>

/*
 * Returns the path of the library: in the directory of libraries, whatever directory the configuration of another
 * server names, or with -X where it says. NULL after an error.
 */
static const char *hook_path(const struct program_build *pb, const struct hooks_library_conf *conf, const char *name)
{
	const char *env = "KEA_HOOKS_PATH", *directory = getenv(env) ? getenv(env) : KEA_HOOKS_DIR, *path;
	struct pos pos = conf_pos(&conf->node, "library");

	path = arena_printf(pb->arena, "%s/%s", directory, name);
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return path;
	if (pb->flags & CONFIG_RELAXED && name != conf->library && access(conf->library, F_OK) == 0) {
		diag_warn(pb->diag, pos, "invalid path specified: \"%s\" is outside %s", conf->library, directory);
		return conf->library;
	}
	diag_error(pb->diag, pos, "\"hooks-libraries\": there is no library %s in %s", name, directory);
	if (name != conf->library && access(conf->library, F_OK) == 0)
		diag_help(pb->diag, "invalid path specified: libraries are loaded from %s only, or set %s", directory,
			  env);
	return NULL;
}

bool program_hook(const struct program_build *pb, const struct hooks_library_conf *conf, unsigned digit,
		  struct hooks **hooks)
{
	struct hook_load load = {
		.path = hook_path(pb, conf, file_name(conf->library)),
		.parameters = conf->parameters,
		.digit = digit,
		.is_check = !(pb->flags & CONFIG_SERVE),
		.is_relaxed = pb->flags & CONFIG_RELAXED,
		.diag = pb->diag,
		.pos = conf_pos(&conf->node, "library"),
	};

	if (!load.path)
		return false;
	if (!*hooks)
		*hooks = hooks_new(pb->arena);
	return hooks_load(*hooks, &load);
}
