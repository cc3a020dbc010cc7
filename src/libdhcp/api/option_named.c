/* SPDX-License-Identifier: MPL-2.0 */
/* Options that the parameters of a library name: root/config_hook_options.c looks them up for each configuration. */
#include "api/api_int.h"

#include "wire/codec.h"

static char *copy_of(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

struct kea_option *api_option(struct kea_library *lib, const struct kea_json *where, const struct kea_option *container,
			      const char *space, const char *name, uint32_t code, int is_csv)
{
	struct kea_option *option;

	if (!hook_is_loading(lib))
		return NULL;
	if (!lib->digit) {
		(void)api_fail(lib, where, "options are for the DHCP servers");
		return NULL;
	}
	/* The path may have an enterprise, too. */
	if (container && container->depth + 3 > KEA_OPTION_DEPTH)
		return NULL;
	option = xcalloc(1, sizeof(*option));
	*option = (struct kea_option){
		.index = (unsigned)lib->options.n,
		.depth = container ? container->depth + 1 : 0,
		.container = container,
		.space = copy_of(space),
		.name = copy_of(name),
		.code = code,
		.is_csv = is_csv,
		.where = json_of(where),
	};
	*vec_push(&lib->options) = option;
	return option;
}

unsigned api_option_path(struct kea_call *call, const struct kea_option *option, uint32_t *path)
{
	const struct hook_option *found = &call->use->options[option->index];

	memcpy(path, found->path, found->depth * sizeof(*path));
	return found->depth;
}

const void *api_option_encode(struct kea_call *call, const struct kea_option *option, const void *text, size_t len,
			      size_t *ret_len)
{
	const struct hook_option *found = &call->use->options[option->index];
	struct bytes value;
	const char *why;

	if (!found->def || !call_arena(call) ||
	    codec_encode_packet(found->def, bytes_of(text, len), call_arena(call), &value, &why) < 0)
		return NULL;
	*ret_len = value.len;
	return value.data;
}
