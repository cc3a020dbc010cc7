/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Finds the changes that make unmatched brackets match, with a beam search: a state is one interpretation of the
 * text up to a token; its cost covers the changes it needs and how odd the result looks. A definite error (a ']'
 * in a map, a key in a list) costs a change; something merely suspicious (a key that is indented less than its
 * neighbors, or that is only known in an outer map) costs a little, and marks a position where a bracket may be
 * missing although nothing is wrong yet. The cheapest state at the end wins.
 */
#include "json/repair_int.h"

#include <string.h>

enum {
	COST_CHANGE = 10,   /* a bracket inserted or replaced */
	COST_REMOVE = 11,   /* omissions are the more common mistake */
	COST_REOPEN = 9,    /* a closing bracket removed because the following text belongs inside */
	COST_KIND = 5,      /* a map where the key is known to hold a list, ... */
	COST_EOF = 1,       /* each open bracket at the end after the first: all are one mistake */
	COST_COMMA = 2,     /* a comma missing together with the bracket before it */
	COST_SEPARATOR = 8, /* a comma or colon missing alone */
	COST_VALUE = 6,     /* another error that the reader will report */
	COST_EXTRA = 5,     /* an extra comma */
	COST_UNKNOWN = 4,   /* a key not known in this map, but in an outer one */
	COST_ITEM = 3,      /* indentation differs from the neighbors */
	COST_CLOSER = 2,    /* indentation differs from the opening line */
	MARGIN = 45,        /* states that cost this much more than the best are dropped */
	STATES_MAX = 24,
	STATES_MAX_LONG = 4, /* for a text with more than TOKENS_LONG tokens */
	TOKENS_LONG = 200000,
	CLOSERS_MAX = 4,  /* inserted at one position */
	KEYS_MAX = 20,    /* keys compared with those of the preceding map */
	CHANGES_MAX = 30, /* beyond this it is unclear what was meant */
};

/* An open bracket. Immutable once other states may share it. */
struct frame {
	const struct frame *up;
	const void *scope;   /* scope from the shape; NULL if unknown */
	enum json_kind kind; /* of the items of a list */
	size_t opener;       /* token index */
	char type;           /* '{', '[', 't' for the top level of a file, 'f' for that of an included one */
	int indent;          /* of the opener's line */
	int items;           /* indentation of the members; -1 if none begins a line */
	unsigned depth;
	uint64_t hash;
};

enum expect { ITEM, COLON, VALUE, AFTER };

/* One error: what is inserted or removed, and the brackets concerned. */
struct edit {
	const struct edit *before;
	size_t token;    /* where the error was noticed */
	size_t at, drop; /* offset in the text */
	char insert[8];  /* with drop: "" = removed */
	size_t openers[CLOSERS_MAX];
	unsigned n_openers, n;
	const struct frame *unclosed; /* at the end: all open brackets */
};

struct state {
	int cost;
	enum expect expect;
	const struct frame *top;
	const void *inner; /* scope and kind of the next value */
	enum json_kind kind;
	size_t last_bracket;        /* opener of the preceding member; SIZE_MAX if it was not a bracket */
	const struct frame *closed; /* frame closed by the last token, or before the last comma; NULL if none */
	size_t closed_by;
	const struct edit *edits;
	bool skips_comma; /* the next token is a comma, which is removed */
};

typedef VEC(struct state) states;

struct search {
	struct text *t;
	const struct json_shape *shape;
	struct arena *arena;
	states now, next;
};

static const struct token *token(const struct search *s, size_t i)
{
	return &s->t->tokens.v[i];
}

static bool is_open(const struct token *t)
{
	return t->kind == TOKEN_OPEN_MAP || t->kind == TOKEN_OPEN_LIST;
}

static bool is_close(const struct token *t)
{
	return t->kind == TOKEN_CLOSE_MAP || t->kind == TOKEN_CLOSE_LIST;
}

static char opener_of(const struct token *closer)
{
	return closer->kind == TOKEN_CLOSE_MAP ? '{' : '[';
}

static char closer_of(char opener)
{
	return opener == '{' ? '}' : ']';
}

static bool is_bracket(const struct frame *f)
{
	return f->type == '{' || f->type == '[';
}

/* --- states --- */

static uint64_t mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * 1099511628211u ^ h >> 29;
}

static const struct frame *with_items(struct search *s, const struct frame *f, int items)
{
	struct frame *copy = arena_dup(s->arena, f, sizeof(*f));

	copy->items = items;
	return copy;
}

/* Returns the kind that the shape expects in this state. */
static enum json_kind expected_kind(const struct state *st)
{
	return st->top->type == '{' ? st->kind : st->top->kind;
}

static void push(struct search *s, struct state *st, char type, size_t opener)
{
	struct frame *f = arena_new_obj(s->arena, struct frame);
	enum json_kind kind = expected_kind(st);

	*f = (struct frame){
		.up = st->top,
		.scope = st->top->type == '{' ? st->inner : st->top->scope,
		.kind = type == '[' && kind == JSON_MAPS      ? JSON_MAP
			: type == '[' && kind == JSON_SCALARS ? JSON_SCALAR
							      : JSON_ANY,
		.opener = opener,
		.type = type,
		.indent = (int)token(s, opener)->indent,
		.items = -1,
		.depth = st->top->depth + 1,
	};
	f->hash = mix(mix(st->top->hash, (uint64_t)type), (uint64_t)f->indent);
	st->top = f;
	st->expect = ITEM;
	st->last_bracket = SIZE_MAX;
	st->closed = NULL;
}

static void pop(struct state *st)
{
	st->last_bracket = st->top->opener;
	st->closed = NULL;
	st->top = st->top->up;
	st->expect = AFTER;
}

static struct edit *edit(struct search *s, struct state *st, size_t noticed, size_t at, const char *insert)
{
	struct edit *e = arena_new_obj(s->arena, struct edit);

	*e = (struct edit){ .before = st->edits, .token = noticed, .at = at, .n = st->edits ? st->edits->n + 1 : 1 };
	(void)snprintf(e->insert, sizeof(e->insert), "%s", insert);
	st->edits = e;
	return e;
}

static void keep(struct search *s, struct state st)
{
	*vec_push(&s->next) = st;
}

static void keep_at(struct search *s, struct state st, enum expect expect)
{
	st.expect = expect;
	keep(s, st);
}

/* --- correct text --- */

/* Adds a cost if the member that begins here is not indented like its neighbors. */
static void check_indent(struct search *s, struct state *st, size_t i)
{
	const struct token *t = token(s, i);

	if (!t->is_first || !is_bracket(st->top))
		return;
	if (st->top->items == (int)t->indent)
		return;
	if (st->top->items >= 0)
		st->cost += COST_ITEM;
	/* Compare the following members with this one, so that an odd block costs only once. */
	st->top = with_items(s, st->top, (int)t->indent);
}

static const char *string_text(const struct search *s, size_t i, size_t *ret_len)
{
	const struct token *t = token(s, i);
	const char *text = s->t->text + t->at;
	size_t len = t->len;

	if (len && (*text == '"' || *text == '\'')) {
		text++;
		len--;
	}
	if (len && (text[len - 1] == '"' || text[len - 1] == '\''))
		len--;
	*ret_len = len;
	return text;
}

static enum json_kind key_kind(const struct search *s, const void *scope, size_t i, const void **ret_inner)
{
	size_t len;
	const char *text = string_text(s, i, &len);

	*ret_inner = NULL;
	return s->shape && scope ? s->shape->key(scope, text, len, ret_inner) : JSON_ANY;
}

/* Returns how many frames must be closed for the key to be known; 0 if it is known here, or nowhere. */
static unsigned misplaced(const struct search *s, const struct state *st, size_t i)
{
	const struct frame *f;
	const void *inner;
	unsigned n = 0;

	if (key_kind(s, st->top->scope, i, &inner) != JSON_UNKNOWN)
		return 0;
	for (f = st->top; f && f->scope; f = f->up, n++)
		if (n && f->type == '{' && key_kind(s, f->scope, i, &inner) != JSON_UNKNOWN)
			return n;
	return 0;
}

static void take_key(struct search *s, struct state st, size_t i)
{
	check_indent(s, &st, i);
	st.kind = key_kind(s, st.top->scope, i, &st.inner);
	if (st.kind == JSON_UNKNOWN) {
		st.cost += COST_UNKNOWN;
		st.kind = JSON_ANY;
	}
	st.last_bracket = SIZE_MAX;
	st.closed = NULL;
	keep_at(s, st, COLON);
}

static bool fits(enum json_kind kind, const struct token *t)
{
	switch (kind) {
	case JSON_SCALAR:
		return !is_open(t);
	case JSON_MAP:
		return t->kind == TOKEN_OPEN_MAP;
	case JSON_SCALARS:
	case JSON_MAPS:
		return t->kind == TOKEN_OPEN_LIST;
	default:
		return true;
	}
}

static void take_value(struct search *s, struct state st, size_t i)
{
	const struct token *t = token(s, i);

	if (st.expect != VALUE)
		check_indent(s, &st, i);
	if (!fits(expected_kind(&st), t))
		st.cost += COST_KIND;
	if (is_open(t)) {
		push(s, &st, t->kind == TOKEN_OPEN_MAP ? '{' : '[', i);
		keep(s, st);
		return;
	}
	st.last_bracket = SIZE_MAX;
	st.closed = NULL;
	keep_at(s, st, AFTER);
}

static bool is_key(const struct search *s, size_t i)
{
	return i + 1 < s->t->tokens.n && (token(s, i)->kind == TOKEN_STRING || token(s, i)->kind == TOKEN_OTHER) &&
	       token(s, i + 1)->kind == TOKEN_COLON;
}

static void take_comma(struct search *s, struct state st)
{
	if (st.expect == ITEM)
		st.cost += COST_EXTRA;
	keep_at(s, st, ITEM);
}

/* Handles everything allowed at the top level of an included file: a value, or members. */
static void feed_fragment(struct search *s, struct state st, size_t i)
{
	const struct token *t = token(s, i);

	if (is_open(t))
		take_value(s, st, i);
	else
		keep(s, st);
}

static void close_top(struct search *s, struct state st, size_t i)
{
	const struct frame *f = st.top;
	const struct token *t = token(s, i);

	if (t->is_first && token(s, f->opener)->line != t->line && (int)t->indent != f->indent)
		st.cost += COST_CLOSER;
	pop(&st);
	st.closed = f;
	st.closed_by = i;
	keep(s, st);
}

/*
 * Accepts a token without a change; false if it is not allowed here. Errors that the reader reports and skips
 * itself are accepted.
 */
static bool feed_plain(struct search *s, struct state st, size_t i)
{
	const struct token *t = token(s, i);
	char type = st.top->type;

	if (type == 'f' && !is_close(t)) {
		feed_fragment(s, st, i);
		return true;
	}
	if (t->kind == TOKEN_INCLUDE) {
		keep_at(s, st, st.expect == ITEM || st.expect == VALUE ? AFTER : st.expect);
		return true;
	}
	if (is_close(t)) {
		if (type != opener_of(t))
			return false;
		if (st.expect == COLON || st.expect == VALUE)
			st.cost += COST_VALUE;
		close_top(s, st, i);
		return true;
	}
	switch (st.expect) {
	case COLON:
		if (t->kind == TOKEN_COLON) {
			keep_at(s, st, VALUE);
			return true;
		}
		if (t->kind == TOKEN_COMMA) {
			st.cost += COST_VALUE;
			keep_at(s, st, ITEM);
			return true;
		}
		st.cost += COST_SEPARATOR;
		st.expect = VALUE;
		take_value(s, st, i);
		return true;
	case VALUE:
		if (t->kind == TOKEN_COMMA || t->kind == TOKEN_COLON) {
			st.cost += COST_VALUE;
			keep_at(s, st, t->kind == TOKEN_COMMA ? ITEM : VALUE);
			return true;
		}
		if (!is_open(t) && is_key(s, i))
			return false;
		take_value(s, st, i);
		return true;
	case AFTER:
		if (t->kind == TOKEN_COMMA && type != 't') {
			take_comma(s, st);
			return true;
		}
		if (type == 't' || t->kind == TOKEN_COLON)
			return false;
		if (type == '{' && (is_open(t) || !is_key(s, i))) {
			if (is_open(t))
				return false;
			/* The reader continues after the next comma. */
			st.cost += COST_VALUE;
			keep(s, st);
			return true;
		}
		if (type == '[' && is_key(s, i))
			return false;
		st.cost += COST_SEPARATOR;
		break;
	case ITEM:
		if (t->kind == TOKEN_COMMA && type != 't') {
			take_comma(s, st);
			return true;
		}
		if (t->kind == TOKEN_COLON || t->kind == TOKEN_COMMA) {
			st.cost += COST_VALUE;
			keep(s, st);
			return true;
		}
		if (type == '{' && is_open(t))
			return false;
		if (type != '{' && is_key(s, i))
			return false;
		if (type == '{' && t->kind != TOKEN_STRING && !is_key(s, i)) {
			st.cost += COST_VALUE;
			keep_at(s, st, AFTER);
			return true;
		}
		break;
	}
	if (type == '{')
		take_key(s, st, i);
	else
		take_value(s, st, i);
	return true;
}

/* --- changes --- */

static size_t end_of(const struct search *s, size_t i)
{
	return token(s, i)->at + token(s, i)->len;
}

/*
 * Closes the n innermost brackets before token i, and before a comma that precedes it; if there is no comma and
 * a member follows, the comma is missing too.
 */
static bool insert_closers(struct search *s, struct state *st, size_t i, unsigned n)
{
	bool after_comma = st->expect == ITEM && i && token(s, i - 1)->kind == TOKEN_COMMA;
	struct edit *e;
	char insert[8];
	unsigned k;
	size_t at;

	if (n > CLOSERS_MAX || st->top->depth < n)
		return false;
	at = !i ? 0 : after_comma ? token(s, i - 1)->at : end_of(s, i - 1);
	e = edit(s, st, i, at, "");
	for (k = 0; k < n; k++) {
		if (!is_bracket(st->top))
			return false;
		insert[k] = closer_of(st->top->type);
		e->openers[e->n_openers++] = st->top->opener;
		if (st->expect == COLON || st->expect == VALUE)
			st->cost += COST_VALUE;
		pop(st);
	}
	st->cost += COST_CHANGE * (int)n;
	if (after_comma) {
		st->expect = ITEM;
		st->last_bracket = SIZE_MAX;
	} else if (!is_close(token(s, i)) && token(s, i)->kind != TOKEN_COMMA && token(s, i)->kind != TOKEN_END) {
		insert[k++] = ',';
		st->cost += COST_COMMA;
		st->expect = ITEM;
	}
	insert[k] = '\0';
	memcpy(e->insert, insert, sizeof(insert));
	return true;
}

static void try_closers(struct search *s, struct state st, size_t i, unsigned n)
{
	if (insert_closers(s, &st, i, n))
		(void)feed_plain(s, st, i);
}

static void try_remove(struct search *s, struct state st, size_t i)
{
	struct edit *e = edit(s, &st, i, token(s, i)->at, "");

	e->drop = token(s, i)->len;
	if (is_bracket(st.top))
		e->openers[e->n_openers++] = st.top->opener;
	st.cost += COST_REMOVE;
	/* "}, }," loses its second comma too. */
	if (st.expect == ITEM && is_close(token(s, i)) && token(s, i + 1)->kind == TOKEN_COMMA) {
		e->drop = end_of(s, i + 1) - token(s, i)->at;
		st.skips_comma = true;
	}
	keep(s, st);
}

/* A different closing bracket was meant. */
static void try_exchange(struct search *s, struct state st, size_t i)
{
	const char insert[] = { closer_of(st.top->type), '\0' };
	struct edit *e = edit(s, &st, i, token(s, i)->at, insert);

	e->drop = token(s, i)->len;
	e->openers[e->n_openers++] = st.top->opener;
	st.cost += COST_CHANGE;
	if (st.expect == COLON || st.expect == VALUE)
		st.cost += COST_VALUE;
	pop(&st);
	keep(s, st);
}

/* A bracket is missing before token `first`. */
static bool insert_opener(struct search *s, struct state *st, size_t first, char type)
{
	const char insert[] = { type, '\0' };

	if (!is_bracket(st->top) && st->expect == AFTER)
		return false;
	(void)edit(s, st, first, token(s, first)->at, insert);
	st->cost += COST_CHANGE;
	push(s, st, type, first);
	return true;
}

/* Same for a list, before a complete value in a map. */
static bool insert_list(struct search *s, struct state *st, size_t first)
{
	const void *inner;

	if (first < 2 || token(s, first - 1)->kind != TOKEN_COLON)
		return false;
	st->kind = key_kind(s, st->top->scope, first - 2, &inner);
	st->inner = inner;
	if (st->kind == JSON_UNKNOWN)
		st->kind = JSON_ANY;
	/* The cost for a value that is not a list was added when the value was read. */
	if (st->kind == JSON_MAPS || st->kind == JSON_SCALARS)
		st->cost += fits(st->kind, token(s, first)) ? COST_KIND : -COST_KIND;
	else if (st->kind != JSON_ANY)
		st->cost += COST_KIND;
	return insert_opener(s, st, first, '[');
}

/* Returns the next key from token i on that is not in a nested bracket; SIZE_MAX at the end of the map. */
static size_t next_key(const struct search *s, size_t i, size_t end)
{
	size_t depth = 0;

	for (; i < end; i++) {
		if (is_close(token(s, i)) && !depth)
			break;
		depth += is_open(token(s, i));
		depth -= is_close(token(s, i));
		if (!depth && is_key(s, i))
			return i;
	}
	return SIZE_MAX;
}

static bool has_key(const struct search *s, const struct frame *f, size_t end, size_t key)
{
	size_t len, other_len, i;
	const char *text = string_text(s, key, &len), *other;

	for (i = next_key(s, f->opener + 1, end); i != SIZE_MAX; i = next_key(s, i + 1, end)) {
		other = string_text(s, i, &other_len);
		if (len == other_len && !memcmp(text, other, len))
			return true;
	}
	return false;
}

/* True if the map that would continue at token i has a key that the closed map already has: it is another map. */
static bool has_same_keys(const struct search *s, const struct frame *f, size_t end, size_t i)
{
	unsigned n;

	for (n = 0; i != SIZE_MAX && n < KEYS_MAX; i = next_key(s, i + 1, s->t->tokens.n), n++)
		if (has_key(s, f, end, i))
			return true;
	return false;
}

/* The last closed bracket is still open: key i belongs inside. */
static void try_reopen(struct search *s, struct state st, size_t i)
{
	const struct frame *f = st.closed;
	struct edit *e;
	const void *inner;

	if (!f || f->type != '{' || !is_key(s, i) || key_kind(s, f->scope, i, &inner) == JSON_UNKNOWN ||
	    has_same_keys(s, f, st.closed_by, i))
		return;
	/* In a list, a line indented like the items is an item. */
	if (st.top->type == '[' && token(s, i)->is_first && st.top->items + 1 >= (int)token(s, i)->indent)
		return;
	e = edit(s, &st, st.closed_by, token(s, st.closed_by)->at, "");
	e->drop = 1;
	e->openers[e->n_openers++] = f->opener;
	st.cost += COST_REOPEN;
	st.top = f;
	(void)feed_plain(s, st, i);
}

/* A bracket of the other type was meant. */
static void try_exchange_opener(struct search *s, struct state st, size_t i)
{
	char type = token(s, i)->kind == TOKEN_OPEN_MAP ? '[' : '{';
	const char insert[] = { type, '\0' };
	struct edit *e = edit(s, &st, i, token(s, i)->at, insert);

	e->drop = 1;
	st.cost += COST_CHANGE;
	push(s, &st, type, i);
	keep(s, st);
}

/* The opening bracket is missing before its closing bracket. */
static void try_opener(struct search *s, struct state st, size_t i)
{
	if (insert_opener(s, &st, i, opener_of(token(s, i))))
		(void)feed_plain(s, st, i);
}

/* A closing bracket that does not close the innermost open one. */
static void feed_wrong_closer(struct search *s, struct state st, size_t i)
{
	const struct token *t = token(s, i);
	const struct frame *f = st.top;
	struct state list = st;
	unsigned n = 0;

	for (; is_bracket(f) && n <= CLOSERS_MAX; f = f->up, n++)
		if (n && f->type == opener_of(t)) {
			try_closers(s, st, i, n);
			break;
		}
	if (st.expect == VALUE) /* "pools": ] */
		try_opener(s, st, i);
	try_remove(s, st, i);
	if (!is_bracket(st.top))
		return;
	try_exchange(s, st, i);
	/* "pools": { ... } ]: the list was never opened. */
	if (st.top->type == '{' && st.expect == AFTER && i) {
		size_t first = st.last_bracket != SIZE_MAX ? st.last_bracket : i - 1;

		if (token(s, first)->kind != TOKEN_OPEN_LIST && insert_list(s, &list, first)) {
			list.expect = AFTER;
			(void)feed_plain(s, list, i);
		}
	}
}

/* A bracket where a map expects keys. */
static void feed_anonymous(struct search *s, struct state st, size_t i)
{
	const struct frame *f = st.top;
	struct state list = st;
	unsigned n = 0;

	for (; is_bracket(f) && n <= CLOSERS_MAX; f = f->up, n++)
		if (n && f->type == '[') {
			try_closers(s, st, i, n);
			break;
		}
	/* "pools": { ... }, { ... } ]: the list was never opened. */
	if (st.last_bracket != SIZE_MAX && st.expect == ITEM && token(s, i - 1)->kind == TOKEN_COMMA &&
	    insert_list(s, &list, st.last_bracket)) {
		list.expect = ITEM;
		(void)feed_plain(s, list, i);
	}
	try_remove(s, st, i);
	/* The reader reports and skips it. */
	st.cost += COST_VALUE + COST_REMOVE;
	st.inner = NULL;
	st.kind = JSON_ANY;
	push(s, &st, token(s, i)->kind == TOKEN_OPEN_MAP ? '{' : '[', i);
	keep(s, st);
}

/* A key in a list, as a value, or at the top level. */
static void feed_stray_key(struct search *s, struct state st, size_t i)
{
	const struct frame *f = st.top;
	struct state map = st;
	unsigned n = 0;

	if (insert_opener(s, &map, i, '{'))
		(void)feed_plain(s, map, i);
	try_reopen(s, st, i);
	for (; is_bracket(f) && n <= CLOSERS_MAX; f = f->up, n++)
		if (n && f->type == '{') {
			try_closers(s, st, i, n);
			break;
		}
	if (st.expect == VALUE) {
		st.cost += COST_VALUE + COST_SEPARATOR;
		take_value(s, st, i);
	}
}

/* Text follows the end of the outermost map: it was closed too early. */
static void reopen_top(struct search *s, struct state st, size_t i)
{
	size_t key = token(s, i)->kind == TOKEN_COMMA ? i + 1 : i;
	struct edit *e;

	if (!st.closed || st.closed->type != '{' || st.closed_by + 1 != i || !is_key(s, key))
		return;
	e = edit(s, &st, st.closed_by, token(s, st.closed_by)->at, "");
	e->drop = 1;
	e->openers[e->n_openers++] = st.closed->opener;
	st.cost += COST_REOPEN;
	st.top = st.closed;
	(void)feed_plain(s, st, i);
}

static void feed_wrong(struct search *s, struct state st, size_t i)
{
	const struct token *t = token(s, i);

	if (is_close(t)) {
		feed_wrong_closer(s, st, i);
	} else if (st.top->type == '{' && is_open(t) && st.expect != VALUE) {
		feed_anonymous(s, st, i);
	} else if (is_key(s, i) && (is_bracket(st.top) || st.expect == ITEM)) {
		feed_stray_key(s, st, i);
	} else {
		if (st.top->type == 't')
			reopen_top(s, st, i);
		/* The reader reports and skips it. */
		st.cost += COST_VALUE + COST_CHANGE;
		keep(s, st);
	}
}

/* --- suspicions --- */

/* The closing bracket matches, but its line suggests that it closes another one, or none. */
static void suspect_closer(struct search *s, struct state st, size_t i)
{
	const struct token *t = token(s, i);
	const struct frame *f;
	unsigned n = 1;

	if (!is_bracket(st.top) || !t->is_first || token(s, st.top->opener)->line == t->line ||
	    st.top->indent == (int)t->indent)
		return;
	for (f = st.top->up; is_bracket(f) && n <= CLOSERS_MAX; f = f->up, n++)
		if (f->type == opener_of(t) && f->indent == (int)t->indent)
			try_closers(s, st, i, n);
	try_remove(s, st, i);
}

/* True if the indentation differs from that of the preceding members. */
static bool is_indented(const struct search *s, const struct state *st, size_t i, bool less)
{
	const struct token *t = token(s, i);

	return t->is_first && st->top->items >= 0 &&
	       (less ? (int)t->indent < st->top->items : (int)t->indent > st->top->items);
}

/* A member is allowed here, but looks like one of an outer bracket, or of the preceding one. */
static void suspect_member(struct search *s, struct state st, size_t i)
{
	unsigned n, known = 0;
	const struct frame *f;
	const void *inner;

	if ((st.expect != ITEM && st.expect != AFTER) || !is_bracket(st.top))
		return;
	if (st.top->type == '{' && is_key(s, i))
		known = misplaced(s, &st, i);
	if (known)
		try_closers(s, st, i, known);
	if (st.top->type == '{' &&
	    (key_kind(s, st.top->scope, i, &inner) == JSON_UNKNOWN || (st.closed && is_indented(s, &st, i, false))))
		try_reopen(s, st, i);
	if (!is_indented(s, &st, i, true))
		return;
	for (n = 1, f = st.top->up; is_bracket(f) && n <= CLOSERS_MAX; f = f->up, n++)
		if (n != known && f->items == (int)token(s, i)->indent)
			try_closers(s, st, i, n);
}

/* A value of a type that its key does not expect. */
static void suspect_value(struct search *s, struct state st, size_t i)
{
	enum json_kind kind = expected_kind(&st);
	struct state list = st;

	if (fits(kind, token(s, i)) || st.expect == COLON || st.top->type == 'f')
		return;
	if (((kind == JSON_MAPS && token(s, i)->kind == TOKEN_OPEN_MAP) ||
	     (kind == JSON_SCALARS && !is_open(token(s, i)))) &&
	    insert_opener(s, &list, i, '['))
		(void)feed_plain(s, list, i);
	if (!is_open(token(s, i)))
		return;
	if (kind != JSON_SCALAR)
		try_exchange_opener(s, st, i);
	try_remove(s, st, i);
}

static void feed(struct search *s, struct state st, size_t i)
{
	const struct token *t = token(s, i);

	if (st.skips_comma) {
		st.skips_comma = false;
		keep(s, st);
		return;
	}
	if (!feed_plain(s, st, i)) {
		feed_wrong(s, st, i);
		return;
	}
	if (is_close(t)) {
		suspect_closer(s, st, i);
	} else if (t->kind == TOKEN_STRING || t->kind == TOKEN_OTHER || is_open(t)) {
		suspect_member(s, st, i);
		if (is_open(t) || st.expect == VALUE)
			suspect_value(s, st, i);
	}
}

/* --- the search --- */

static uint64_t hash_of(const struct state *st)
{
	return mix(mix(mix(st->top->hash, st->expect), (uint64_t)st->top->items + 1), st->last_bracket);
}

static int by_cost(const void *x, const void *y)
{
	const struct state *a = x, *b = y;

	if (a->cost != b->cost)
		return a->cost - b->cost;
	return (int)(a->edits ? a->edits->n : 0) - (int)(b->edits ? b->edits->n : 0);
}

/* Keeps the cheapest of equivalent states, and the best ones of all. */
static void prune(states *list, size_t max)
{
	size_t i, k, n = 0;

	if (list->n < 2)
		return;
	qsort(list->v, list->n, sizeof(*list->v), by_cost);
	for (i = 0; i < list->n && n < max && list->v[i].cost <= list->v[0].cost + MARGIN; i++) {
		for (k = 0; k < n && hash_of(&list->v[k]) != hash_of(&list->v[i]); k++)
			;
		if (k == n)
			list->v[n++] = list->v[i];
	}
	list->n = n;
}

/* Handles brackets that are still open at the end. */
static void finish(struct search *s, struct state *st, size_t end)
{
	struct edit *e;
	unsigned n = 0;

	if (st->expect == VALUE || st->expect == COLON)
		st->cost += COST_VALUE;
	if (!is_bracket(st->top))
		return;
	e = edit(s, st, end, s->t->len, "");
	e->unclosed = st->top;
	for (; is_bracket(st->top); pop(st), n++)
		if (n < CLOSERS_MAX)
			e->openers[e->n_openers++] = st->top->opener;
	st->cost += COST_CHANGE + COST_EOF * (int)(n - 1);
}

static struct state search(struct search *s)
{
	size_t end = s->t->tokens.n - 1, i, k;
	size_t max = end > TOKENS_LONG ? STATES_MAX_LONG : STATES_MAX;
	states swap;

	for (i = 0; i < end; i++) {
		s->next.n = 0;
		for (k = 0; k < s->now.n; k++)
			feed(s, s->now.v[k], i);
		prune(&s->next, max);
		swap = s->now;
		s->now = s->next;
		s->next = swap;
	}
	for (k = 0; k < s->now.n; k++)
		finish(s, &s->now.v[k], end);
	prune(&s->now, 1);
	return s->now.v[0];
}

/* --- the result --- */

static const char *token_name(const struct search *s, size_t i, char *buf, size_t size)
{
	const struct token *t = token(s, i);
	const char *text;
	size_t len;

	if (t->kind == TOKEN_STRING) {
		text = string_text(s, i, &len);
		(void)snprintf(buf, size, "\"%.*s%s\"", (int)(len > 40 ? 40 : len), text, len > 40 ? "..." : "");
	} else {
		(void)snprintf(buf, size, "'%.*s'", (int)(t->len > 40 ? 40 : t->len), s->t->text + t->at);
	}
	return buf;
}

static void report(struct search *s, const struct edit *e)
{
	struct text *t = s->t;
	const struct token *at = token(s, e->token);
	struct pos pos = text_pos(t, at, at->at, at->len);
	const char *what = s->t->text + at->at;
	char name[80];
	unsigned i;

	/* A missing opening bracket was reported there. */
	if (at->kind == TOKEN_END && !is_open(token(s, e->openers[0])))
		return;
	if (at->kind == TOKEN_END)
		diag_error(t->diag, pos, "unexpected end of file, expected '%c'", closer_of(e->unclosed->type));
	else if (e->drop && e->insert[0])
		diag_error(t->diag, pos, "unexpected '%c', expected '%c'", *what, e->insert[0]);
	else if (e->drop)
		diag_error(t->diag, pos, "unexpected '%c'", *what);
	else
		diag_error(t->diag, pos, "missing '%s' before %s", e->insert,
			   token_name(s, e->token, name, sizeof(name)));
	for (i = 0; i < e->n_openers; i++) {
		const struct token *opener = token(s, e->openers[i]);

		if (!is_open(opener))
			continue;
		diag_note(t->diag, text_pos(t, opener, opener->at, 1),
			  !e->drop                     ? "opened here and never closed"
			  : e->insert[0]               ? "opened here"
			  : t->text[opener->at] == '{' ? "in the map opened here"
						       : "in the list opened here");
	}
}

static void apply(struct search *s, const struct edit *e)
{
	const struct frame *f;
	struct change *change;

	if (!e)
		return;
	apply(s, e->before);
	report(s, e);
	for (f = e->unclosed; f && is_bracket(f); f = f->up)
		*vec_push(&s->t->tail) = closer_of(f->type);
	if (e->unclosed)
		return;
	change = vec_push(&s->t->changes);
	*change = (struct change){ .at = e->at, .drop = e->drop, .order = (int)e->n };
	/* A quote missing at the same position comes after it. */
	if (e->insert[0] == '{' || e->insert[0] == '[')
		change->order -= 2 * CHANGES_MAX;
	memcpy(change->insert, e->insert, sizeof(change->insert));
}

bool match_brackets(struct text *t, const struct json_shape *shape)
{
	struct search s = { .t = t, .shape = shape, .arena = arena_new(0) };
	struct frame *top = arena_new_obj(s.arena, struct frame);
	struct state best;
	bool ok;

	*top = (struct frame){ .type = t->is_fragment ? 'f' : 't',
			       .scope = shape ? shape->top : NULL,
			       .items = -1,
			       .kind = shape ? JSON_MAP : JSON_ANY };
	*vec_push(&s.now) = (struct state){ .expect = ITEM, .top = top, .last_bracket = SIZE_MAX, .kind = JSON_ANY };
	best = search(&s);
	ok = !best.edits || best.edits->n <= CHANGES_MAX;
	if (ok)
		apply(&s, best.edits);
	vec_free(&s.now);
	vec_free(&s.next);
	arena_free(s.arena);
	return ok;
}
