/* SPDX-License-Identifier: MPL-2.0 */
/* The same functions measure and copy: without memory they only count. */
#include "host/copy.h"

#include <stdalign.h>

struct room {
	uint8_t *base; /* NULL: only measure */
	size_t used;
};

static void *take(struct room *room, size_t size, size_t align)
{
	size_t at = (room->used + align - 1) & ~(align - 1);

	room->used = at + size;
	return room->base ? room->base + at : NULL;
}

static const void *copy(struct room *room, const void *data, size_t size, size_t align)
{
	void *to = take(room, size, align);

	if (to && size)
		memcpy(to, data, size);
	return to;
}

/* A copy of an array that is not NULL even if it is empty, as readers compare addresses. */
#define COPY_ARRAY(room, v, n) ((v) ? copy(room, v, (n) * sizeof(*(v)), alignof(__typeof__(*(v)))) : NULL)

static const char *copy_text(struct room *room, const char *text)
{
	return text ? copy(room, text, strlen(text) + 1, 1) : NULL;
}

static struct bytes copy_bytes(struct room *room, struct bytes bytes)
{
	return bytes_of(copy(room, bytes.data, bytes.len, 1), bytes.len);
}

static const char *const *copy_texts(struct room *room, const char *const *v, unsigned n)
{
	const char **to = take(room, n * sizeof(*v), alignof(const char *));

	for (unsigned i = 0; i < n; i++) {
		const char *text = copy_text(room, v[i]);

		if (to)
			to[i] = text;
	}
	return to;
}

/* --- options ------------------------------------------------------------------------ */

/* Values that share a guard are recognized by its address. They are adjacent, so the last one is remembered. */
struct shared {
	const unsigned *from, *to;
};

static struct class_refs copy_guard(struct room *room, const struct class_refs *guard, struct shared *shared)
{
	if (guard->v && guard->v != shared->from) {
		shared->from = guard->v;
		shared->to = COPY_ARRAY(room, guard->v, guard->n);
	}
	return (struct class_refs){ guard->v ? shared->to : NULL, guard->n };
}

static struct optcond copy_cond(struct room *room, const struct optcond *cond, struct shared *shared)
{
	struct optpart *parts = take(room, cond->n_parts * sizeof(*parts), alignof(struct optpart));
	struct shared inner = { NULL, NULL };
	struct optcond to = *cond;

	to.guard = copy_guard(room, &cond->guard, shared);
	to.parts = cond->parts ? parts : NULL;
	for (unsigned i = 0; i < cond->n_parts; i++) {
		struct optpart part = cond->parts[i];

		part.data = copy_bytes(room, part.data);
		part.cond = copy_cond(room, &cond->parts[i].cond, &inner);
		if (parts)
			parts[i] = part;
	}
	return to;
}

static struct optlist copy_options(struct room *room, const struct optlist *list)
{
	struct optval *v = take(room, list->n * sizeof(*v), alignof(struct optval));
	struct shared shared = { NULL, NULL };
	struct optlist to = *list;

	to.v = v;
	for (unsigned i = 0; i < list->n; i++) {
		struct optval val = list->v[i];

		val.data = copy_bytes(room, val.data);
		if (val.cond) {
			struct optcond *cond = take(room, sizeof(*cond), alignof(struct optcond));
			struct optcond copied = copy_cond(room, val.cond, &shared);

			if (cond)
				*cond = copied;
			val.cond = cond;
		}
		if (v)
			v[i] = val;
	}
	return to;
}

/* --- hosts -------------------------------------------------------------------------- */

static const struct host_texts *copy_for_commands(struct room *room, const struct host_texts *texts)
{
	struct host_texts *to = take(room, sizeof(*to), alignof(struct host_texts)), copied = *texts;
	struct host_option *options = take(room, texts->n_options * sizeof(*options), alignof(struct host_option));

	for (unsigned i = 0; i < texts->n_options; i++) {
		struct host_option opt = texts->options[i];

		opt.space = copy_text(room, opt.space);
		opt.text = copy_text(room, opt.text);
		opt.data = copy_bytes(room, opt.data);
		opt.classes = copy_texts(room, opt.classes, opt.n_classes);
		opt.user_context = copy_text(room, opt.user_context);
		if (options)
			options[i] = opt;
	}
	copied.options = options;
	copied.user_context = copy_text(room, texts->user_context);
	copied.auth_key = copy_text(room, texts->auth_key);
	if (to)
		*to = copied;
	return to;
}

static const struct host_extra *copy_extra(struct room *room, const struct host *host)
{
	struct host_extra *to = take(room, sizeof(*to), alignof(struct host_extra)), extra = *host->extra;

	extra.classes = copy_texts(room, extra.classes, extra.n_classes);
	extra.opts = copy_options(room, &host->extra->opts);
	extra.excluded = COPY_ARRAY(room, extra.excluded, host->n_places);
	extra.server_hostname = copy_text(room, extra.server_hostname);
	extra.boot_file = copy_text(room, extra.boot_file);
	if (extra.texts)
		extra.texts = copy_for_commands(room, extra.texts);
	if (to)
		*to = extra;
	return to;
}

static struct host copy_host(struct room *room, const struct host *host)
{
	struct host to = *host;

	to.id.value = copy_bytes(room, host->id.value);
	to.places = COPY_ARRAY(room, host->places, host->n_places);
	to.hostname = copy_text(room, host->hostname);
	if (host->extra)
		to.extra = copy_extra(room, host);
	return to;
}

static const struct host *const *copy_all(struct room *room, const struct host *const *v, unsigned n)
{
	const struct host **list = take(room, n * sizeof(*v), alignof(max_align_t));
	struct host *hosts = take(room, n * sizeof(*hosts), alignof(struct host));

	for (unsigned i = 0; i < n; i++) {
		struct host host = copy_host(room, v[i]);

		if (!list)
			continue;
		hosts[i] = host;
		list[i] = &hosts[i];
	}
	return list;
}

size_t host_copy_size(const struct host *const *v, unsigned n)
{
	struct room room = { NULL, 0 };

	(void)copy_all(&room, v, n);
	return room.used;
}

const struct host *const *host_copy(const struct host *const *v, unsigned n, void *room)
{
	struct room copies = { room, 0 };

	return copy_all(&copies, v, n);
}
