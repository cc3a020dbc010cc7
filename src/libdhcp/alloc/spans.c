/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Each node is a prefix that contains those below it; its two children differ in the first bit after its length.
 * A node without marks is not a member: it only separates its two children.
 */
#include "alloc/spans.h"

#include "base/arena.h"

struct spans_node {
	struct ip addr; /* bits after len are zero */
	struct spans_node *child[2];
	uint8_t len;
	uint8_t marks;
};

#define CHUNK 256

struct spans_chunk {
	struct spans_chunk *next;
	struct spans_node nodes[CHUNK];
};

static struct spans_node *node_new(struct spans *s, const struct ip *addr, unsigned len, unsigned marks)
{
	struct spans_node *node = s->spare;

	if (!node) {
		struct spans_chunk *chunk = xcalloc(1, sizeof(*chunk));

		chunk->next = s->chunks;
		s->chunks = chunk;
		for (unsigned i = 0; i < CHUNK; i++) {
			chunk->nodes[i].child[0] = s->spare;
			s->spare = &chunk->nodes[i];
		}
		node = s->spare;
	}
	s->spare = node->child[0];
	*node = (struct spans_node){ .len = (uint8_t)len, .marks = (uint8_t)marks };
	node->addr = prefix_first(&(struct prefix){ *addr, (uint8_t)len });
	return node;
}

static void node_free(struct spans *s, struct spans_node *node)
{
	node->child[0] = s->spare;
	s->spare = node;
}

void spans_done(struct spans *s)
{
	while (s->chunks) {
		struct spans_chunk *next = s->chunks->next;

		free(s->chunks);
		s->chunks = next;
	}
	*s = (struct spans){ 0 };
}

static unsigned bit_of(const struct ip *addr, unsigned i)
{
	return addr->b[i / 8] >> (7 - i % 8) & 1;
}

/* Returns the number of equal leading bits, at most max. */
static unsigned same_bits(const struct ip *a, const struct ip *b, unsigned max)
{
	uint64_t high = ip_half(a, 0) ^ ip_half(b, 0), low = ip_half(a, 1) ^ ip_half(b, 1);
	unsigned n = high ? (unsigned)__builtin_clzll(high) : low ? 64 + (unsigned)__builtin_clzll(low) : 128;

	return n < max ? n : max;
}

static unsigned min_len(const struct spans_node *node, const struct prefix *prefix)
{
	return node->len < prefix->len ? node->len : prefix->len;
}

void spans_mark(struct spans *s, const struct prefix *prefix, unsigned mark)
{
	struct spans_node **place = &s->root, *node, *parent;
	unsigned same = 0;

	while ((node = *place)) {
		same = same_bits(&node->addr, &prefix->addr, min_len(node, prefix));
		if (same < node->len)
			break;
		if (node->len == prefix->len) {
			s->n += !node->marks;
			node->marks |= (uint8_t)mark;
			return;
		}
		place = &node->child[bit_of(&prefix->addr, node->len)];
	}
	s->n++;
	if (!node) {
		*place = node_new(s, &prefix->addr, prefix->len, mark);
		return;
	}
	parent = node_new(s, &prefix->addr, same, same == prefix->len ? mark : 0);
	parent->child[bit_of(&node->addr, same)] = node;
	if (same < prefix->len)
		parent->child[bit_of(&prefix->addr, same)] = node_new(s, &prefix->addr, prefix->len, mark);
	*place = parent;
}

/* Removes a node that is neither a member nor separates two others. */
static void tidy(struct spans *s, struct spans_node **place)
{
	struct spans_node *node = *place;

	if (!node || node->marks || (node->child[0] && node->child[1]))
		return;
	*place = node->child[node->child[0] ? 0 : 1];
	node_free(s, node);
}

void spans_unmark(struct spans *s, const struct prefix *prefix, unsigned mark)
{
	struct spans_node **place = &s->root, **above = &s->root, *node;

	while ((node = *place)) {
		if (same_bits(&node->addr, &prefix->addr, min_len(node, prefix)) < node->len)
			return;
		if (node->len == prefix->len)
			break;
		above = place;
		place = &node->child[bit_of(&prefix->addr, node->len)];
	}
	if (!node || !(node->marks & mark))
		return;
	node->marks &= (uint8_t)~mark;
	if (node->marks)
		return;
	tidy(s, place);
	tidy(s, above);
	/* There may have been many members, and there may never be another. */
	if (!--s->n && s->chunks->next)
		spans_done(s);
}

/* What is looked for: members with one of these marks that do not begin at `except`. */
struct wanted {
	unsigned marks;
	const struct ip *except; /* NULL: any */
};

static bool is_wanted(const struct spans_node *node, const struct wanted *wanted)
{
	return node->marks & wanted->marks && !(wanted->except && ip_equal(&node->addr, wanted->except));
}

/* Returns the first one of the tree. */
static const struct spans_node *first_member(const struct spans_node *node, const struct wanted *wanted)
{
	const struct spans_node *found;

	if (!node || is_wanted(node, wanted))
		return node;
	found = first_member(node->child[0], wanted);
	return found ? found : first_member(node->child[1], wanted);
}

static const struct spans_node *find_overlap(const struct spans *s, const struct prefix *prefix,
					     const struct wanted *wanted)
{
	const struct spans_node *node = s->root;

	while (node) {
		unsigned max = min_len(node, prefix);

		if (same_bits(&node->addr, &prefix->addr, max) < max)
			return NULL;
		if (node->len >= prefix->len)
			return first_member(node, wanted);
		if (is_wanted(node, wanted))
			return node;
		node = node->child[bit_of(&prefix->addr, node->len)];
	}
	return NULL;
}

bool spans_overlap(const struct spans *s, const struct prefix *prefix, unsigned marks, const struct ip *except,
		   struct prefix *ret)
{
	const struct wanted wanted = { marks, except };
	const struct spans_node *node = find_overlap(s, prefix, &wanted);

	if (node)
		*ret = (struct prefix){ node->addr, node->len };
	return node != NULL;
}

struct gap {
	struct prefix prefix;
	bool at_end; /* end of the address space: no address follows */
};

static void move_after(struct gap *gap, const struct ip *last)
{
	struct prefix prefix = { *last, gap->prefix.len };
	struct ip first = prefix_first(&prefix);

	gap->prefix.addr = ip_add_steps(&first, 1, 128u - prefix.len);
	gap->at_end = ip_cmp(&gap->prefix.addr, last) < 0;
}

/* Moves the gap past the members below; true if it fits before the next member. */
static bool find_gap(const struct spans_node *node, struct gap *gap)
{
	struct ip last, gap_last;

	if (!node)
		return false;
	last = prefix_last(&(struct prefix){ node->addr, node->len });
	if (ip_cmp(&last, &gap->prefix.addr) < 0)
		return false;
	gap_last = prefix_last(&gap->prefix);
	if (ip_cmp(&node->addr, &gap_last) > 0)
		return true;
	if (!node->marks)
		return find_gap(node->child[0], gap) || find_gap(node->child[1], gap);
	move_after(gap, &last);
	return gap->at_end;
}

bool spans_next_gap(const struct spans *s, const struct prefix *from, struct ip *ret)
{
	struct gap gap = { .prefix = *from };

	(void)find_gap(s->root, &gap);
	if (!gap.at_end)
		*ret = gap.prefix.addr;
	return !gap.at_end;
}

static void each_below(const struct spans_node *node, void (*fn)(void *, const struct prefix *, unsigned), void *ctx)
{
	if (!node)
		return;
	if (node->marks)
		fn(ctx, &(struct prefix){ node->addr, node->len }, node->marks);
	each_below(node->child[0], fn, ctx);
	each_below(node->child[1], fn, ctx);
}

void spans_each(const struct spans *s, void (*fn)(void *ctx, const struct prefix *prefix, unsigned marks), void *ctx)
{
	each_below(s->root, fn, ctx);
}
