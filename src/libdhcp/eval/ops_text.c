/* SPDX-License-Identifier: MPL-2.0 */
/* Text and boolean operators, and the limits on their cost. None of them can fail: see expr.h. */
#include "eval/expr_int.h"

#include <arpa/inet.h>

static const struct bytes empty = { (const uint8_t *)"", 0 };

uint8_t *eval_room(struct eval *ev, size_t len)
{
	uint8_t *room;

	if (len > EVAL_TEXT_MAX - ev->text_used) {
		ev->is_exceeded = true;
		return NULL;
	}
	if (!eval_charge(ev, len))
		return NULL;
	room = ev->scratch->text + ev->text_used;
	ev->text_used += (uint32_t)len;
	return room;
}

void eval_begin(struct eval *ev)
{
	ev->is_exceeded = false;
	ev->work_left = EVAL_WORK_MAX;
	ev->text_used = 0;
	ev->found_valid = 0;
}

/* Releases the texts built by the previous expression. */
bool eval_test(const struct eval_expr *expr, struct eval *ev)
{
	bool is_true;

	if (ev->is_exceeded)
		return false;
	ev->text_used = 0;
	is_true = node_test(expr->root, ev);
	return is_true && !ev->is_exceeded;
}

struct bytes eval_text(const struct eval_expr *expr, struct eval *ev)
{
	struct bytes text;

	if (ev->is_exceeded)
		return empty;
	ev->text_used = 0;
	text = node_text(expr->root, ev);
	return ev->is_exceeded ? empty : text;
}

struct eval_scratch *eval_scratch_new(bool with_match)
{
	struct eval_scratch *scratch = xcalloc(1, sizeof(*scratch));

	if (with_match)
		scratch->regex = regex_scratch_new();
	return scratch;
}

void eval_scratch_free(struct eval_scratch *scratch)
{
	if (!scratch)
		return;
	regex_scratch_free(scratch->regex);
	free(scratch);
}

/* --- boolean operators ----------------------------------------------------------- */

bool test_not(const struct eval_node *node, struct eval *ev)
{
	return !node_test(node->first, ev);
}

bool test_and(const struct eval_node *node, struct eval *ev)
{
	const struct eval_node *arg;

	for (arg = node->first; arg; arg = arg->next)
		if (!node_test(arg, ev))
			return false;
	return true;
}

bool test_or(const struct eval_node *node, struct eval *ev)
{
	const struct eval_node *arg;

	for (arg = node->first; arg; arg = arg->next)
		if (node_test(arg, ev))
			return true;
	return false;
}

bool test_equal(const struct eval_node *node, struct eval *ev)
{
	struct bytes a = node_text(node->first, ev), b = node_text(node->first->next, ev);

	return a.len == b.len && eval_charge(ev, a.len / 16) && bytes_equal(a, b);
}

bool test_equal_literal(const struct eval_node *node, struct eval *ev)
{
	struct bytes text = node_text(node->first, ev);

	return text.len == node->literal.len && eval_charge(ev, text.len / 16) &&
	       (!text.len || !memcmp(text.data, node->literal.data, text.len));
}

/* --- text ------------------------------------------------------------------------- */

struct bytes text_literal(const struct eval_node *node, struct eval *ev)
{
	(void)ev;
	return node->literal;
}

/* Evaluates arguments before reserving room: texts they build come first in the scratch. */
struct bytes text_concat(const struct eval_node *node, struct eval *ev)
{
	struct bytes sum = node_text(node->first, ev);
	const struct eval_node *arg;

	for (arg = node->first->next; arg; arg = arg->next) {
		struct bytes text = node_text(arg, ev);
		uint8_t *room;

		if (!text.len)
			continue;
		if (!sum.len) {
			sum = text;
			continue;
		}
		room = eval_room(ev, sum.len + text.len);
		if (!room)
			return empty;
		memcpy(room, sum.data, sum.len);
		memcpy(room + sum.len, text.data, text.len);
		sum = bytes_of(room, sum.len + text.len);
	}
	return sum;
}

struct bytes text_choice(const struct eval_node *node, struct eval *ev)
{
	const struct eval_node *yes = node->first->next;

	return node_text(node_test(node->first, ev) ? yes : yes->next, ev);
}

struct bytes text_substring(const struct eval_node *node, struct eval *ev)
{
	struct bytes text = node_text(node->first, ev);
	int64_t len = (int64_t)text.len, start = node->start, n = node->length;

	if (start < 0)
		start += len;
	if (start < 0 || start >= len)
		return empty;
	if (node->is_rest) {
		n = len - start;
	} else if (n < 0) {
		/* Backwards: the bytes before the start. */
		n = -n < start ? -n : start;
		start -= n;
	} else if (n > len - start) {
		n = len - start;
	}
	return bytes_of(text.data + start, (size_t)n);
}

/* Each delimiter ends a field, so two in a row enclose an empty one; without delimiters the text is one field. */
struct bytes text_split(const struct eval_node *node, struct eval *ev)
{
	struct bytes text = node_text(node->first, ev), ends = node_text(node->first->next, ev);
	bool is_end[256] = { false };
	int64_t field = 1;
	size_t from = 0, i;

	if (!ends.len)
		return text;
	if (node->start < 1 || !eval_charge(ev, text.len + ends.len))
		return empty;
	for (i = 0; i < ends.len; i++)
		is_end[ends.data[i]] = true;
	for (i = 0; i < text.len; i++) {
		if (!is_end[text.data[i]])
			continue;
		if (field == node->start)
			return bytes_of(text.data + from, i - from);
		field++;
		from = i + 1;
	}
	return field == node->start ? bytes_of(text.data + from, text.len - from) : empty;
}

struct bytes text_hexstring(const struct eval_node *node, struct eval *ev)
{
	static const char digits[] = "0123456789abcdef";
	struct bytes in = node_text(node->first, ev), sep = node_text(node->first->next, ev);
	uint8_t *room, *to;
	size_t len, i;

	if (!in.len)
		return empty;
	len = 2 * in.len + (in.len - 1) * sep.len;
	room = to = eval_room(ev, len);
	if (!room)
		return empty;
	for (i = 0; i < in.len; i++) {
		if (i && sep.len) {
			memcpy(to, sep.data, sep.len);
			to += sep.len;
		}
		*to++ = (uint8_t)digits[in.data[i] >> 4];
		*to++ = (uint8_t)digits[in.data[i] & 15];
	}
	return bytes_of(room, len);
}

struct bytes eval_text_of(struct eval *ev, const char *text)
{
	size_t len = strlen(text);
	uint8_t *room = eval_room(ev, len);

	if (!room)
		return empty;
	memcpy(room, text, len);
	return bytes_of(room, len);
}

struct bytes text_address(const struct eval_node *node, struct eval *ev)
{
	struct bytes in = node_text(node->first, ev);
	char buf[INET6_ADDRSTRLEN];

	if ((in.len != 4 && in.len != 16) || !eval_charge(ev, sizeof(buf)))
		return empty;
	return eval_text_of(ev, inet_ntop(in.len == 4 ? AF_INET : AF_INET6, in.data, buf, sizeof(buf)));
}

/* Reads 1, 2 or 4 bytes, as the operator's name says: int8totext, uint16totext. */
static bool read_number(const struct eval_node *node, struct eval *ev, bool is_signed, int64_t *ret)
{
	const char *name = node->op->name + (is_signed ? 3 : 4);
	size_t len = name[0] == '8' ? 1 : name[0] == '1' ? 2 : 4;
	struct bytes in = node_text(node->first, ev);
	struct reader r = reader_of(in);

	if (in.len != len || !eval_charge(ev, 16))
		return false;
	if (len == 1)
		*ret = is_signed ? (int8_t)read_u8(&r) : read_u8(&r);
	else if (len == 2)
		*ret = is_signed ? (int16_t)read_u16(&r) : read_u16(&r);
	else
		*ret = is_signed ? (int32_t)read_u32(&r) : (int64_t)read_u32(&r);
	return true;
}

static struct bytes text_number(const struct eval_node *node, struct eval *ev, bool is_signed)
{
	char buf[16];
	int64_t v;

	if (!read_number(node, ev, is_signed, &v))
		return empty;
	(void)snprintf(buf, sizeof(buf), "%lld", (long long)v);
	return eval_text_of(ev, buf);
}

struct bytes text_signed(const struct eval_node *node, struct eval *ev)
{
	return text_number(node, ev, true);
}

struct bytes text_unsigned(const struct eval_node *node, struct eval *ev)
{
	return text_number(node, ev, false);
}

static struct bytes change_case(const struct eval_node *node, struct eval *ev, char first, char last)
{
	struct bytes in = node_text(node->first, ev);
	uint8_t *room;
	size_t i;

	room = in.len ? eval_room(ev, in.len) : NULL;
	if (!room)
		return empty;
	for (i = 0; i < in.len; i++)
		room[i] = in.data[i] >= first && in.data[i] <= last ? in.data[i] ^ 0x20 : in.data[i];
	return bytes_of(room, in.len);
}

struct bytes text_lower(const struct eval_node *node, struct eval *ev)
{
	return change_case(node, ev, 'A', 'Z');
}

struct bytes text_upper(const struct eval_node *node, struct eval *ev)
{
	return change_case(node, ev, 'a', 'z');
}
