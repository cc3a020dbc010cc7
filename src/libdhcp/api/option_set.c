/* SPDX-License-Identifier: MPL-2.0 */
/* Writing options: the option of the packet that contains the path is built anew, in the memory of the packet. */
#include "api/option.h"

#include "base/err.h"
#include "root/config.h"

enum edit { EDIT_SET, EDIT_ADD, EDIT_DELETE };

struct editing {
	const struct config *cfg;
	enum edit edit;
	struct bytes value;
	unsigned n; /* options written or deleted */
	int err;    /* 0, or why it is not possible */
};

static void write_sub(struct editing *e, struct writer *w, const struct level *level, uint32_t code, struct bytes data)
{
	size_t max = level->kind == LEVEL_SUB6 ? UINT16_MAX : UINT8_MAX;

	if (data.len > max || (level->kind != LEVEL_VENDORS && code > max) ||
	    (level->has_pads && (code == OPT4_PAD || code == OPT4_END))) {
		e->err = -E_RANGE;
		return;
	}
	switch (level->kind) {
	case LEVEL_SUB4:
		write_u8(w, (uint8_t)code);
		break;
	case LEVEL_SUB6:
		opt_write6(w, (uint16_t)code, data);
		return;
	case LEVEL_VENDORS:
		write_u32(w, code);
		break;
	}
	write_u8(w, (uint8_t)data.len);
	write_bytes(w, data.data, data.len);
}

static void edit_level(struct editing *e, struct arena *arena, const struct level *level, const uint32_t *path,
		       unsigned depth, struct writer *w);

/* Writes the content of a level, edited, after a head. Returns it in memory of the packet; empty after an error. */
static struct bytes edited(struct editing *e, struct arena *arena, struct bytes head, const struct level *level,
			   const uint32_t *path, unsigned depth)
{
	size_t size = head.len + level->data.len + e->value.len + 8 * (size_t)depth;
	uint8_t *buf = arena_room(arena, size);
	struct writer w;

	if (!buf) {
		e->err = -E_NOMEM;
		return bytes_of(NULL, 0);
	}
	w = writer_init(buf, size);
	write_bytes(&w, head.data, head.len);
	edit_level(e, arena, level, path, depth, &w);
	if (w.err && !e->err)
		e->err = -E_SPACE;
	return bytes_of(buf, writer_len(&w));
}

/* An option on the path: edits what it contains. */
static struct bytes edit_inside(struct editing *e, struct arena *arena, const struct level *level,
				const struct sub_opt *sub, const uint32_t *path, unsigned depth)
{
	struct bytes head = bytes_of(NULL, 0);
	struct level inner;

	if (level->kind == LEVEL_VENDORS) {
		inner = (struct level){ .kind = LEVEL_SUB4, .data = sub->data };
	} else if (!level_open(e->cfg, level->space, sub->code, sub->data, &head, &inner)) {
		e->err = -E_INVAL;
		return sub->data;
	}
	return edited(e, arena, head, &inner, path + 1, depth - 1);
}

/* Writes the rest of the path, of which nothing exists. */
static struct bytes create(struct editing *e, struct arena *arena, const struct level *level, const uint32_t *path,
			   unsigned depth)
{
	struct level inner;

	if (depth == 1)
		return e->value;
	if (level->kind == LEVEL_VENDORS) {
		inner = (struct level){ .kind = LEVEL_SUB4 };
	} else if (!level_new(e->cfg, level->space, path[0], &inner)) {
		e->err = -E_INVAL;
		return bytes_of(NULL, 0);
	}
	return edited(e, arena, bytes_of(NULL, 0), &inner, path + 1, depth - 1);
}

static void edit_level(struct editing *e, struct arena *arena, const struct level *level, const uint32_t *path,
		       unsigned depth, struct writer *w)
{
	struct reader r = reader_of(level->data);
	bool is_done = false; /* a container for the value was found, or the value was set */
	struct sub_opt sub;

	while (!e->err && level_next(level, &r, &sub)) {
		if (sub.code != path[0]) {
			write_sub(e, w, level, sub.code, sub.data);
		} else if (depth > 1) {
			if (e->edit == EDIT_DELETE || !is_done)
				sub.data = edit_inside(e, arena, level, &sub, path, depth);
			is_done = true;
			write_sub(e, w, level, sub.code, sub.data);
		} else if (e->edit == EDIT_ADD) {
			write_sub(e, w, level, sub.code, sub.data);
		} else if (e->edit == EDIT_DELETE) {
			e->n++;
		} else if (!is_done) {
			is_done = true;
			e->n++;
			write_sub(e, w, level, sub.code, e->value);
		}
	}
	if (e->err || is_done || e->edit == EDIT_DELETE)
		return;
	e->n++;
	write_sub(e, w, level, path[0], create(e, arena, level, path, depth));
}

/* --- the list of the packet --- */

#define NO_CODE 0

/* Returns the index of the first instance from `from`; opts->n if there is none. */
static unsigned find(const struct opts *opts, uint32_t code, unsigned from)
{
	while (from < opts->n && opts->v[from].code != code)
		from++;
	return from;
}

static void remove_at(struct opts *opts, unsigned i)
{
	opts->n--;
	memmove(&opts->v[i], &opts->v[i + 1], (opts->n - i) * sizeof(*opts->v));
}

static int edit_list(struct editing *e, struct opts *opts, uint16_t code)
{
	unsigned i = find(opts, code, 0), n = opts->n;

	if (e->edit == EDIT_ADD || (e->edit == EDIT_SET && i == opts->n))
		return opts_add(opts, code, e->value);
	if (e->edit == EDIT_DELETE) {
		opts_remove(opts, code);
		return (int)(n - opts->n);
	}
	/* The others come after it, so its index stays. */
	opts->v[i].code = NO_CODE;
	opts_remove(opts, code);
	opts->v[i] = (struct opt){ code, e->value };
	return 0;
}

/* Options 16 and 17: the instance of the enterprise. */
static int edit_vendor(struct editing *e, struct opts *opts, const uint32_t *path, unsigned depth)
{
	unsigned i = find(opts, path[0], 0);
	struct level level = { .kind = LEVEL_SUB6 };
	struct bytes data, head;
	uint8_t *number;

	while (i < opts->n && !opt_matches_vendor(opts->v[i].data, path[1]))
		i = find(opts, path[0], i + 1);
	if (i == opts->n && e->edit == EDIT_DELETE)
		return 0;
	if (depth == 2 && e->edit == EDIT_DELETE) {
		remove_at(opts, i);
		return 1;
	}
	if (depth > 2 && path[0] != OPT6_VENDOR_OPTS)
		return -E_INVAL;
	number = arena_room(opts->arena, 4 + e->value.len);
	if (!number)
		return -E_NOMEM;
	for (unsigned k = 0; k < 4; k++)
		number[k] = (uint8_t)(path[1] >> (24 - 8 * k));
	head = bytes_of(number, 4);
	if (depth == 2) {
		if (e->value.len)
			memcpy(number + 4, e->value.data, e->value.len);
		data = bytes_of(number, 4 + e->value.len);
		e->n++;
	} else {
		if (i < opts->n)
			level.data = bytes_of(opts->v[i].data.data + 4, opts->v[i].data.len - 4);
		data = edited(e, opts->arena, head, &level, path + 2, depth - 2);
	}
	if (e->err)
		return e->err;
	if (i == opts->n || (depth == 2 && e->edit == EDIT_ADD))
		return opts_add(opts, (uint16_t)path[0], data);
	opts->v[i].data = data;
	return e->edit == EDIT_DELETE ? (int)e->n : 0;
}

static int edit_container(struct editing *e, struct opts *opts, const uint32_t *path, unsigned depth)
{
	const char *space = dict_main_space(e->cfg->dict);
	unsigned i = find(opts, path[0], 0);
	struct bytes head = bytes_of(NULL, 0), data;
	struct level level;

	if (i == opts->n) {
		if (e->edit == EDIT_DELETE)
			return 0;
		if (!level_new(e->cfg, space, path[0], &level))
			return -E_INVAL;
	} else if (!level_open(e->cfg, space, path[0], opts->v[i].data, &head, &level)) {
		return e->edit == EDIT_DELETE ? 0 : -E_INVAL;
	}
	data = edited(e, opts->arena, head, &level, path + 1, depth - 1);
	if (e->err)
		return e->err;
	if (i == opts->n)
		return opts_add(opts, (uint16_t)path[0], data);
	opts->v[i].data = data;
	return e->edit == EDIT_DELETE ? (int)e->n : 0;
}

static int edit_packet(struct kea_object *packet, enum edit edit, const uint32_t *path, unsigned depth,
		       const void *value, size_t len)
{
	struct opts *opts = object_opts(packet);
	struct editing e = { .edit = edit };
	bool is_v4;

	if (!opts || !packet->is_writable)
		return -E_UNSUPPORTED;
	e.cfg = object_config(packet);
	is_v4 = config_digit(e.cfg) == 4;
	if (!depth || (is_v4 && (path[0] == OPT4_DHCP_MESSAGE_TYPE || path[0] == OPT4_END || path[0] == OPT4_PAD)))
		return -E_INVAL;
	if (!path[0] || path[0] > (is_v4 ? (uint32_t)UINT8_MAX : (uint32_t)UINT16_MAX) || len > UINT16_MAX)
		return -E_RANGE;
	e.value = bytes_of(len ? arena_dup(opts->arena, value, len) : (const void *)"", len);
	if (!e.value.data)
		return -E_NOMEM;
	if (depth > 1 && opt_is_of_vendor(e.cfg, path[0]))
		return edit_vendor(&e, opts, path, depth);
	return depth == 1 ? edit_list(&e, opts, (uint16_t)path[0]) : edit_container(&e, opts, path, depth);
}

int api_option_set(struct kea_object *packet, const uint32_t *path, unsigned depth, const void *data, size_t len)
{
	return edit_packet(packet, EDIT_SET, path, depth, data, len);
}

int api_option_add(struct kea_object *packet, const uint32_t *path, unsigned depth, const void *data, size_t len)
{
	return edit_packet(packet, EDIT_ADD, path, depth, data, len);
}

int api_option_delete(struct kea_object *packet, const uint32_t *path, unsigned depth)
{
	return edit_packet(packet, EDIT_DELETE, path, depth, NULL, 0);
}
