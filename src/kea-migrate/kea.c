/* SPDX-License-Identifier: MPL-2.0 */
/*
 * An older Kea's configuration, edited as text. The rows of keys say which names are old (replaced_by). No edit adds or
 * removes a line, so positions in the result are those of the source.
 */
#include "kea-migrate/kea.h"

#include "base/ip.h"
#include "base/vec.h"
#include "json/limits.h"
#include "root/config.h"

#include <stdlib.h>

#define ROUNDS_MAX 100

/* A value in the text, and its key if it is a member of a map. */
struct part {
	enum { PART_MAP, PART_LIST, PART_SCALAR } kind;
	size_t key_from, key_to, from, to; /* key_to 0: it has no key */
	const char *key;                   /* without quotes; NULL in lists */
	struct part *parent, *first, *last, *next;
};

struct edit {
	size_t from, to, order;
	const char *text;
};

struct work {
	struct arena *arena;
	struct report *rep;
	const char *text;
	size_t len, at;
	uint32_t file;
	unsigned family;
	VEC(struct edit) edits;
	size_t known_at; /* the position of this byte is known */
	struct pos known;
};

/* --- the structure of the text --- */

static void skip_blank(struct work *w)
{
	while (w->at < w->len) {
		const char *p = w->text + w->at;
		size_t left = w->len - w->at;

		if (strchr(" \t\r\n", *p) && *p) {
			w->at++;
		} else if (*p == '#' || (left > 1 && p[0] == '/' && p[1] == '/')) {
			while (w->at < w->len && w->text[w->at] != '\n')
				w->at++;
		} else if (left > 1 && p[0] == '/' && p[1] == '*') {
			const char *end = left > 3 ? strstr(p + 2, "*/") : NULL;

			w->at = end ? (size_t)(end + 2 - w->text) : w->len;
		} else if (left > 1 && p[0] == '<' && p[1] == '?') {
			const char *end = strstr(p, "?>");

			w->at = end ? (size_t)(end + 2 - w->text) : w->len;
		} else {
			return;
		}
	}
}

static bool skip_string(struct work *w)
{
	for (w->at++; w->at < w->len && w->text[w->at] != '"'; w->at++)
		if (w->text[w->at] == '\\' || w->text[w->at] == '\n')
			w->at += w->text[w->at] == '\\';
	if (w->at >= w->len)
		return false;
	w->at++;
	return true;
}

static struct part *read_value(struct work *w, unsigned depth);

static bool read_members(struct work *w, struct part *part, char end, unsigned depth)
{
	w->at++;
	for (;;) {
		size_t key_from, key_to = 0;
		struct part *child;

		skip_blank(w);
		if (w->at >= w->len)
			return false;
		if (w->text[w->at] == end) {
			w->at++;
			return true;
		}
		if (w->text[w->at] == ',') {
			w->at++;
			continue;
		}
		key_from = w->at;
		if (end == '}') {
			if (w->text[w->at] != '"' || !skip_string(w))
				return false;
			key_to = w->at;
			skip_blank(w);
			if (w->at >= w->len || w->text[w->at++] != ':')
				return false;
			skip_blank(w);
		}
		child = read_value(w, depth + 1);
		if (!child)
			return false;
		child->key_from = key_from;
		child->key_to = key_to;
		child->key = key_to ? arena_strndup(w->arena, w->text + key_from + 1, key_to - key_from - 2) : NULL;
		child->parent = part;
		if (part->last)
			part->last->next = child;
		else
			part->first = child;
		part->last = child;
		w->rep->statements += key_to != 0;
	}
}

static struct part *read_value(struct work *w, unsigned depth)
{
	struct part *part = arena_new_obj(w->arena, struct part);
	char c = w->at < w->len ? w->text[w->at] : '\0';

	if (!c || depth > JSON_DEPTH_MAX)
		return NULL;
	part->from = w->at;
	part->kind = c == '{' ? PART_MAP : c == '[' ? PART_LIST : PART_SCALAR;
	if (c == '"') {
		if (!skip_string(w))
			return NULL;
	} else if (part->kind != PART_SCALAR) {
		if (!read_members(w, part, c == '{' ? '}' : ']', depth))
			return NULL;
	} else {
		while (w->at < w->len && !strchr(" \t\r\n,]}#/", w->text[w->at]))
			w->at++;
		if (w->at == part->from)
			return NULL;
	}
	part->to = w->at;
	return part;
}

/* NULL if the text is not what it should be; the server's own reader says why. */
static struct part *read_text(struct work *w)
{
	w->at = 0;
	w->rep->statements = 0;
	skip_blank(w);
	return read_value(w, 0);
}

static struct part *member(const struct part *map, const char *key)
{
	for (struct part *p = map ? map->first : NULL; p; p = p->next)
		if (p->key && strcmp(p->key, key) == 0)
			return p;
	return NULL;
}

/* Counts on from the last position, as most are in the order of the text. */
static struct pos pos_of(struct work *w, size_t offset)
{
	if (offset < w->known_at || !w->known.line) {
		w->known_at = 0;
		w->known = (struct pos){ w->file, 1, 1, 1 };
	}
	for (; w->known_at < offset && w->known_at < w->len; w->known_at++) {
		if (w->text[w->known_at] == '\n') {
			w->known.line++;
			w->known.col = 1;
		} else if ((w->text[w->known_at] & 0xc0) != 0x80) {
			w->known.col++;
		}
	}
	return w->known;
}

/* --- edits --- */

static void edit(struct work *w, size_t from, size_t to, const char *text)
{
	size_t order = w->edits.n;

	*vec_push(&w->edits) = (struct edit){ from, to, order, text };
}

static int by_place(const void *x, const void *y)
{
	const struct edit *a = x, *b = y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void apply(struct work *w)
{
	struct str s = { 0 };
	size_t at = 0;

	if (w->edits.n)
		qsort(w->edits.v, w->edits.n, sizeof(*w->edits.v), by_place);
	for (size_t i = 0; i < w->edits.n; i++) {
		const struct edit *e = &w->edits.v[i];

		/* What is inside of something that is replaced is gone with it. */
		if (e->from < at)
			continue;
		str_add_n(&s, w->text + at, e->from - at);
		str_add(&s, e->text);
		at = e->to;
	}
	str_add_n(&s, w->text + at, w->len - at);
	w->text = arena_strndup(w->arena, str_text(&s), s.len);
	w->len = strlen(w->text);
	str_free(&s);
	w->edits.n = 0;
	w->known = POS_NONE;
}

/* Returns the end of a part with the comma after it; if it has none, removes the one before the part. */
static size_t cut_comma(struct work *w, size_t from, size_t to, const char *blanks)
{
	size_t end = to + strspn(w->text + to, blanks);

	if (w->text[end] == ',')
		return end + 1;
	for (size_t k = from; k > 0 && strchr(" \t\r\n,", w->text[k - 1]); k--)
		if (w->text[k - 1] == ',') {
			edit(w, k - 1, k, "");
			break;
		}
	return to;
}

static const char *value_text(struct work *w, const struct part *p)
{
	return arena_strndup(w->arena, w->text + p->from, p->to - p->from);
}

static void rename_key(struct work *w, const struct part *p, const char *name)
{
	edit(w, p->key_from, p->key_to, arena_printf(w->arena, "\"%s\"", name));
	report_note(w->rep, REPORT_NOTICE, pos_of(w, p->key_from), "\"%s\" is \"%s\" today", p->key, name);
}

static void wrap(struct work *w, const struct part *p)
{
	edit(w, p->from, p->from, "[ ");
	edit(w, p->to, p->to, " ]");
}

/* Keys that became others. */
static void rewrite(struct work *w, const struct part *p)
{
	static const struct {
		const char *key, *value, *text;
	} rows[] = {
		{ "reservation-mode", "\"all\"", "\"reservations-in-subnet\": true" },
		{ "reservation-mode", "\"global\"",
		  "\"reservations-global\": true, \"reservations-in-subnet\": false" },
		{ "reservation-mode", "\"out-of-pool\"",
		  "\"reservations-in-subnet\": true, \"reservations-out-of-pool\": true" },
		{ "reservation-mode", "\"disabled\"", "\"reservations-in-subnet\": false" },
		{ "reservation-mode", "\"off\"", "\"reservations-in-subnet\": false" },
		{ "ddns-use-conflict-resolution", "true", "\"ddns-conflict-resolution-mode\": \"check-with-dhcid\"" },
		{ "ddns-use-conflict-resolution", "false",
		  "\"ddns-conflict-resolution-mode\": \"no-check-with-dhcid\"" },
	};
	const char *value = value_text(w, p);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].key, p->key) != 0 || strcmp(rows[i].value, value) != 0)
			continue;
		edit(w, p->key_from, p->to, rows[i].text);
		report_note(w->rep, REPORT_NOTICE, pos_of(w, p->key_from), "\"%s\": %s is %s today", p->key, value,
			    rows[i].text);
	}
}

/* Names of clients were configured in dhcp-ddns before Kea 1.7.5. */
static void move_names(struct work *w, const struct part *ddns)
{
	static const char *const old[][2] = {
		{ "override-no-update", "ddns-override-no-update" },
		{ "override-client-update", "ddns-override-client-update" },
		{ "replace-client-name", "ddns-replace-client-name" },
		{ "generated-prefix", "ddns-generated-prefix" },
		{ "qualifying-suffix", "ddns-qualifying-suffix" },
		{ "hostname-char-set", "hostname-char-set" },
		{ "hostname-char-replacement", "hostname-char-replacement" },
	};

	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		const struct part *p = member(ddns, old[i][0]);

		if (!p || member(ddns->parent, old[i][1]))
			continue;
		edit(w, ddns->key_from, ddns->key_from,
		     arena_printf(w->arena, "\"%s\": %s, ", old[i][1], value_text(w, p)));
		/* Not across the end of a line: every line stays. */
		edit(w, p->key_from, cut_comma(w, p->key_from, p->to, " \t"), "");
		report_note(w->rep, REPORT_NOTICE, pos_of(w, p->key_from), "\"%s\" is the global key \"%s\" today",
			    p->key, old[i][1]);
	}
}

static const struct key *find_key(const struct scope *scope, const char *name)
{
	for (unsigned i = 0; scope && i < scope->n; i++)
		if (strcmp(scope->keys[i].name, name) == 0)
			return &scope->keys[i];
	return NULL;
}

static void walk(struct work *w, const struct part *map, const struct scope *scope)
{
	for (const struct part *p = map->first; p; p = p->next) {
		const struct key *key = p->key ? find_key(scope, p->key) : NULL;

		if (!key)
			continue;
		if (key->replaced_by && !member(map, key->replaced_by)) {
			rename_key(w, p, key->replaced_by);
			if (key->type == KEY_STRINGS && p->kind == PART_SCALAR)
				wrap(w, p);
		}
		if (strcmp(p->key, "control-socket") == 0 && p->kind == PART_MAP && !member(map, "control-sockets")) {
			rename_key(w, p, "control-sockets");
			wrap(w, p);
		}
		if (strcmp(p->key, "dhcp-ddns") == 0 && p->kind == PART_MAP)
			move_names(w, p);
		rewrite(w, p);
		if (key->type == KEY_MAP && p->kind == PART_MAP)
			walk(w, p, key->scope);
		for (const struct part *c = p->first; c && key->type == KEY_LIST && p->kind == PART_LIST; c = c->next)
			if (c->kind == PART_MAP)
				walk(w, c, key->scope);
	}
}

/* Since Kea 3.0 every subnet has an id: the ones that are written are those it had. */
static void add_ids(struct work *w, const struct part *map, const struct config *cfg)
{
	for (const struct part *p = map->first; p; p = p->next) {
		const struct part *text = member(p, "subnet");
		struct prefix prefix;

		if (p->kind != PART_SCALAR)
			add_ids(w, p, cfg);
		if (p->kind != PART_MAP || p->key || !text || member(p, "id") || text->to - text->from < 3 ||
		    !map->key || strncmp(map->key, "subnet", 6) != 0)
			continue;
		if (prefix_parse(arena_strndup(w->arena, w->text + text->from + 1, text->to - text->from - 2),
				 &prefix) < 0)
			continue;
		for (size_t i = 0; i < cfg->plan.n; i++)
			if (prefix_equal(&cfg->plan.subs[i].prefix, &prefix))
				edit(w, p->from + 1, p->from + 1,
				     arena_printf(w->arena, " \"id\": %u,", cfg->plan.subs[i].id));
	}
}

/* --- what the server rejects --- */

struct rejecting {
	struct work *w;
	struct part *root;
	bool is_changed;
};

/* Parts that only make sense as a whole. */
static bool is_whole(const struct part *p)
{
	static const char *const lists[] = { "option-data",  "option-def",     "pools",           "pd-pools",
					     "reservations", "client-classes", "hooks-libraries", "loggers" };

	for (size_t i = 0; p->parent && p->parent->key && !p->key && i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(p->parent->key, lists[i]) == 0)
			return true;
	return false;
}

static struct part *find_unit(struct part *root, size_t offset)
{
	struct part *p = root, *unit = NULL;

	while (p) {
		struct part *c = p->first;

		while (c && !(c->key_from <= offset && offset < c->to))
			c = c->next;
		/* Not the map of the program itself. */
		if (c && c->parent != root)
			unit = c;
		if (c && is_whole(c))
			break;
		p = c;
	}
	return unit;
}

static void reject(void *ctx, struct pos pos, const char *error)
{
	struct rejecting *r = ctx;
	struct work *w = r->w;
	size_t to;
	struct part *p;
	struct str s = { 0 };

	report_note(w->rep, REPORT_DECISION, (struct pos){ w->file, pos.line, pos.col, 1 }, "%s", error);
	p = pos.file == 1 && pos.line ? find_unit(r->root, report_offset(w->text, w->len, pos)) : NULL;
	if (!p)
		return;
	r->is_changed = true;
	to = cut_comma(w, p->key_from, p->to, " \t\r\n");
	str_addf(&s, "/* NEEDS A DECISION: %s: ", error);
	str_add_n(&s, w->text + p->key_from, to - p->key_from);
	for (char *star = s.text + 2; (star = strstr(star, "*/")) != NULL;)
		*star = ' ';
	for (char *star = s.text + 2; (star = strstr(star, "/*")) != NULL;)
		star[1] = ' ';
	str_add(&s, " */");
	edit(w, p->key_from, to, arena_strdup(w->arena, s.text));
	str_free(&s);
}

static bool settle(struct work *w)
{
	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		struct diag *diag = NULL;
		struct config *cfg = NULL;
		struct part *root = read_text(w);
		struct rejecting r = { .w = w, .root = root };
		int err = config_load_text(arena_strdup(w->arena, w->rep->paths.v[w->file - 1]), w->text, w->len,
					   w->family, CONFIG_CHECK, &diag, &cfg);

		if (err < 0 && root)
			diag_each_error(diag, reject, &r);
		else if (err < 0) {
			struct str why = { 0 };

			diag_reason(diag, &why);
			report_note(w->rep, REPORT_ERROR, (struct pos){ .file = w->file }, "%s", str_text(&why));
			str_free(&why);
		} else {
			add_ids(w, root, cfg);
		}
		config_free(cfg);
		diag_free(diag);
		apply(w);
		if (err >= 0)
			return true;
		if (!r.is_changed)
			return false;
	}
	return false;
}

void kea_run(const struct kea_input *in, struct report *rep, struct str *out)
{
	struct work w = { .arena = rep->arena, .rep = rep, .text = in->text, .len = in->len };
	struct part *root, *top;

	w.file = report_source(rep, in->name);
	w.text = arena_strndup(w.arena, in->text, in->len);
	w.len = strlen(w.text);
	rep->what = "key";
	root = read_text(&w);
	w.family = member(root, "Dhcp6") ? 6 : 4;
	top = root ? member(root, w.family == 6 ? "Dhcp6" : "Dhcp4") : NULL;
	if (top && top->kind == PART_MAP)
		walk(&w, top, &global_scope);
	if (root && member(root, "Logging"))
		report_note(rep, REPORT_DECISION, pos_of(&w, member(root, "Logging")->key_from),
			    "move \"loggers\" into \"%s\": Kea since 1.7.10 rejects \"Logging\"",
			    top ? top->key : "Dhcp4");
	apply(&w);
	rep->is_unusable = !settle(&w);
	if (!rep->is_unusable)
		str_add_n(out, w.text, w.len);
	vec_free(&w.edits);
}
