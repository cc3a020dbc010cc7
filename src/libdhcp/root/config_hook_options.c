/* SPDX-License-Identifier: MPL-2.0 */
/* Options that the parameters of hook libraries name: looked up in the definitions of the configuration. */
#include "root/config_build.h"

#include "hook/library.h"
#include "json/value.h"
#include "wire/dict4.h"
#include "wire/dict6.h"

/* One option, while it is looked up. */
struct lookup {
	struct build *b;
	const struct hook_use *use;
	const struct kea_option *option;
	const struct hook_option *container; /* or NULL */
	const char *space;                   /* NULL: it has none */
	struct pos pos;
};

static struct pos pos_of(const struct hook_use *use, const struct kea_option *option)
{
	struct json_object *at =
		use->positioned ? hook_twin(use->lib->parameters, use->positioned, option->where) : NULL;

	return json_pos(at ? at : use->positioned);
}

/* RFC 3925 4, RFC 9915 21.17: the sub-options follow the number of an enterprise. */
static bool is_of_vendors(const struct lookup *l)
{
	return l->container && l->container->depth == 1 &&
	       l->container->path[0] == (l->b->cfg->family == KEY_6 ? OPT6_VENDOR_OPTS : OPT4_VIVSO_SUBOPTIONS);
}

/* False after an error. */
static bool check_container(const struct lookup *l)
{
	const struct optdef *def = l->container->def;

	if (def && !def->encapsulate && !def->more && def->type != OPT_EMPTY && !is_of_vendors(l)) {
		diag_error(l->b->diag, l->pos, "%s: option %s (%u) has no sub-options", l->use->lib->name, def->name,
			   def->code);
		return false;
	}
	if (is_of_vendors(l) && !(l->space && option_space_vendor(l->space))) {
		diag_error(l->b->diag, l->pos, "%s: sub-options of option %u need \"space\": \"vendor-NUMBER\"",
			   l->use->lib->name, (unsigned)l->container->path[0]);
		return false;
	}
	if (l->space || (!l->option->name && !l->option->is_csv))
		return true;
	diag_error(l->b->diag, l->pos, "%s: \"space\" is missing: option %u is not defined", l->use->lib->name,
		   (unsigned)l->container->path[l->container->depth - 1]);
	return false;
}

static const struct optdef *find_def(const struct lookup *l)
{
	const struct kea_option *option = l->option;
	const struct optdef *def;
	const char **names;
	size_t n;

	if (!l->space)
		return NULL;
	if (!option->name) {
		def = option_def_by_code(l->b, l->space, (uint16_t)option->code);
		if (!def && option->is_csv)
			diag_error(l->b->diag, l->pos, "%s: option %u of space %s is not defined, so it has no text",
				   l->use->lib->name, (unsigned)option->code, l->space);
		return def;
	}
	def = option_def_by_name(l->b, l->space, option->name);
	if (!def) {
		diag_error(l->b->diag, l->pos, "%s: no option \"%s\" in space %s", l->use->lib->name, option->name,
			   l->space);
		names = dict_names(l->b->dict, l->space, l->b->cfg->arena, &n);
		(void)diag_help_near(l->b->diag, option->name, names, n);
	} else if (option->code && option->code != def->code) {
		diag_error(l->b->diag, l->pos, "%s: option \"%s\" has code %u, not %u", l->use->lib->name, option->name,
			   def->code, (unsigned)option->code);
	}
	return def;
}

static const char *space_of(const struct lookup *l)
{
	if (l->option->space)
		return l->option->space;
	if (!l->container)
		return main_space(l->b);
	return l->container->def ? l->container->def->encapsulate : NULL;
}

void build_hook_options(struct build *b, struct hook_use *use)
{
	size_t n = use->lib->options.n;

	if (n)
		use->options = arena_new_array(b->cfg->arena, struct hook_option, n);
	/* A container was declared before. */
	for (size_t i = 0; i < n; i++) {
		const struct kea_option *option = use->lib->options.v[i];
		struct hook_option *found = &use->options[i];
		struct lookup l = {
			.b = b,
			.use = use,
			.option = option,
			.container = option->container ? &use->options[option->container->index] : NULL,
			.pos = pos_of(use, option),
		};

		l.space = space_of(&l);
		if (l.container && !l.container->depth)
			continue;
		if (l.container && !check_container(&l))
			continue;
		found->def = find_def(&l);
		if (option->name && !found->def)
			continue;
		if (l.container)
			*found = (struct hook_option){ .def = found->def, .depth = l.container->depth };
		for (unsigned d = 0; d < found->depth; d++)
			found->path[d] = l.container->path[d];
		if (is_of_vendors(&l))
			found->path[found->depth++] = option_space_vendor(l.space);
		found->path[found->depth++] = found->def ? found->def->code : option->code;
	}
}
