/* SPDX-License-Identifier: MPL-2.0 */
#include "api/option.h"

#include "base/err.h"
#include "root/config.h"
#include "wire/codec.h"

const struct config *object_config(const struct kea_object *object)
{
	return object->call->hook->req->cfg;
}

static bool next_vendor(struct reader *r, struct sub_opt *ret)
{
	size_t len;

	if (reader_left(r) == 0)
		return false;
	ret->code = read_u32(r);
	len = read_u8(r);
	ret->data = bytes_of(read_bytes(r, len), len);
	return !r->err;
}

bool level_next(const struct level *level, struct reader *r, struct sub_opt *ret)
{
	struct opt opt;

	if (level->kind == LEVEL_VENDORS)
		return next_vendor(r, ret);
	if (!(level->kind == LEVEL_SUB6 ? opt_next6(r, &opt) : opt_next4(r, level->has_pads, &opt)))
		return false;
	*ret = (struct sub_opt){ opt.code, opt.data };
	return true;
}

static bool is_v4(const struct config *cfg)
{
	return config_digit(cfg) == 4;
}

bool opt_is_of_vendor(const struct config *cfg, uint32_t code)
{
	return !is_v4(cfg) && (code == OPT6_VENDOR_CLASS || code == OPT6_VENDOR_OPTS);
}

bool opt_matches_vendor(struct bytes data, uint32_t enterprise)
{
	struct reader r = reader_of(data);

	return read_u32(&r) == enterprise && !r.err;
}

/* The kind of level that the option is, and the space of the options in it. False: it contains no options. */
static bool kind_of(const struct config *cfg, const char *space, uint32_t code, struct level *ret,
		    const struct optdef **ret_def)
{
	bool is_main = space && !strcmp(space, dict_main_space(cfg->dict));
	const struct optdef *def = space && code <= UINT16_MAX ? dict_by_code(cfg->dict, space, (uint16_t)code) : NULL;

	*ret = (struct level){
		.kind = is_v4(cfg) ? LEVEL_SUB4 : LEVEL_SUB6,
		.has_pads = is_v4(cfg) && is_main && code == OPT4_VENDOR_ENCAPSULATED_OPTIONS,
	};
	*ret_def = def;
	if (is_v4(cfg) && is_main && (code == OPT4_VIVCO_SUBOPTIONS || code == OPT4_VIVSO_SUBOPTIONS)) {
		ret->kind = LEVEL_VENDORS;
		*ret_def = NULL;
		return true;
	}
	if (!def)
		return true;
	ret->space = def->encapsulate;
	return def->encapsulate || def->more || def->type == OPT_EMPTY || ret->has_pads;
}

bool level_open(const struct config *cfg, const char *space, uint32_t code, struct bytes data, struct bytes *ret_head,
		struct level *ret)
{
	const struct optdef *def;

	if (!kind_of(cfg, space, code, ret, &def))
		return false;
	*ret_head = bytes_of(data.data, 0);
	ret->data = data;
	if (!def || def->type == OPT_EMPTY || def->type == OPT_BINARY)
		return true;
	if (codec_sub_options(def, data, &ret->data) < 0)
		return false;
	*ret_head = bytes_of(data.data, data.len - ret->data.len);
	return true;
}

bool level_new(const struct config *cfg, const char *space, uint32_t code, struct level *ret)
{
	const struct optdef *def;

	return kind_of(cfg, space, code, ret, &def) && (!def || def->type == OPT_EMPTY || def->type == OPT_BINARY);
}

/* The vendor's instance of option 16 or 17, after the number. */
static bool open_vendor(uint32_t code, struct bytes data, struct level *ret)
{
	*ret = (struct level){ .kind = LEVEL_SUB6, .data = bytes_of(data.data + 4, data.len - 4) };
	return code == OPT6_VENDOR_OPTS;
}

/* Finds the nth option that the path leads to, from one in a level. *nth counts down. */
static bool find(const struct config *cfg, const struct level *level, const uint32_t *path, unsigned depth,
		 unsigned *nth, struct bytes *ret)
{
	struct reader r = reader_of(level->data);
	struct sub_opt sub;

	while (level_next(level, &r, &sub)) {
		struct bytes head;
		struct level inner;

		if (sub.code != path[0])
			continue;
		if (depth == 1) {
			if (!(*nth)--) {
				*ret = sub.data;
				return true;
			}
		} else if (level->kind == LEVEL_VENDORS) {
			inner = (struct level){ .kind = LEVEL_SUB4, .data = sub.data };
			if (find(cfg, &inner, path + 1, depth - 1, nth, ret))
				return true;
		} else if (level_open(cfg, level->space, sub.code, sub.data, &head, &inner) &&
			   find(cfg, &inner, path + 1, depth - 1, nth, ret)) {
			return true;
		}
	}
	return false;
}

static bool find_in_option(const struct config *cfg, const struct opt *opt, const uint32_t *path, unsigned depth,
			   unsigned *nth, struct bytes *ret)
{
	struct bytes head;
	struct level level;

	if (opt_is_of_vendor(cfg, opt->code)) {
		if (depth > 1 && !opt_matches_vendor(opt->data, path[1]))
			return false;
		if (depth > 2)
			return open_vendor(opt->code, opt->data, &level) &&
			       find(cfg, &level, path + 2, depth - 2, nth, ret);
		*ret = depth == 2 ? bytes_of(opt->data.data + 4, opt->data.len - 4) : opt->data;
		return !(*nth)--;
	}
	if (depth == 1) {
		*ret = opt->data;
		return !(*nth)--;
	}
	return level_open(cfg, dict_main_space(cfg->dict), opt->code, opt->data, &head, &level) &&
	       find(cfg, &level, path + 1, depth - 1, nth, ret);
}

static bool find_option(const struct kea_object *packet, const uint32_t *path, unsigned depth, unsigned nth,
			struct bytes *ret)
{
	const struct opts *opts = object_opts(packet);

	for (unsigned i = 0; opts && depth && i < opts->n; i++)
		if (opts->v[i].code == path[0] &&
		    find_in_option(object_config(packet), &opts->v[i], path, depth, &nth, ret))
			return true;
	return false;
}

const void *api_option_get(const struct kea_object *packet, const uint32_t *path, unsigned depth, unsigned nth,
			   size_t *ret_len)
{
	struct bytes data;

	*ret_len = 0;
	if (!find_option(packet, path, depth, nth, &data))
		return NULL;
	*ret_len = data.len;
	return data.len ? (const void *)data.data : "";
}

static int report(uint32_t code, struct bytes data, uint32_t *ret_code, const void **ret_data, size_t *ret_len)
{
	if (ret_code)
		*ret_code = code;
	if (ret_data)
		*ret_data = data.data;
	if (ret_len)
		*ret_len = data.len;
	return 1;
}

/* Opens the first option that the path leads to. */
static bool open_path(const struct kea_object *packet, const uint32_t *path, unsigned depth, struct level *ret)
{
	const struct config *cfg = object_config(packet);
	const char *space = depth == 1 ? dict_main_space(cfg->dict) : NULL;
	struct bytes data, head;

	if (!find_option(packet, path, depth, 0, &data))
		return false;
	if (depth == 2 && opt_is_of_vendor(cfg, path[0])) {
		*ret = (struct level){ .kind = LEVEL_SUB6, .data = data };
		return path[0] == OPT6_VENDOR_OPTS;
	}
	if (depth == 2 && is_v4(cfg) && (path[0] == OPT4_VIVCO_SUBOPTIONS || path[0] == OPT4_VIVSO_SUBOPTIONS)) {
		*ret = (struct level){ .kind = LEVEL_SUB4, .data = data };
		return true;
	}
	if (depth == 2) {
		const struct optdef *def = dict_by_code(cfg->dict, dict_main_space(cfg->dict), (uint16_t)path[0]);

		space = def ? def->encapsulate : NULL;
	}
	return level_open(cfg, space, path[depth - 1], data, &head, ret);
}

int api_option_at(const struct kea_object *packet, const uint32_t *path, unsigned depth, unsigned i, uint32_t *ret_code,
		  const void **ret_data, size_t *ret_len)
{
	const struct opts *opts = object_opts(packet);
	struct sub_opt sub;
	struct level level;
	struct reader r;

	if (!opts)
		return 0;
	if (!depth)
		return i < opts->n ? report(opts->v[i].code, opts->v[i].data, ret_code, ret_data, ret_len) : 0;
	if (!open_path(packet, path, depth, &level))
		return 0;
	r = reader_of(level.data);
	while (level_next(&level, &r, &sub))
		if (!i--)
			return report(sub.code, sub.data, ret_code, ret_data, ret_len);
	return 0;
}

int api_option_code(struct kea_call *call, const char *space, const char *name)
{
	const struct config *cfg = call->hook->req ? call->hook->req->cfg : call->hook->cfg;
	const struct optdef *def;

	if (!cfg)
		return -E_UNSUPPORTED;
	def = dict_by_name(cfg->dict, space ? space : dict_main_space(cfg->dict), name);
	return def ? def->code : -E_NOENT;
}
