/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Checks at load time: how long the values of an expression can be, and which comparisons can therefore never be true.
 * Options are assumed to be well-formed, with the length their type requires.
 */
#include "eval/expr_int.h"

#include <inttypes.h>

static uint32_t at_most(uint64_t len)
{
	return len < LEN_ANY ? (uint32_t)len : LEN_ANY;
}

static struct eval_len len_between(uint64_t min, uint64_t max)
{
	return (struct eval_len){ at_most(min), at_most(max), 0, false };
}

static uint32_t min_of(struct eval_len len)
{
	return len.or_empty ? 0 : len.min;
}

static bool is_fixed(struct eval_len len)
{
	return len.min == len.max && !len.or_empty;
}

struct eval_len len_of_literal(const struct eval_node *node)
{
	return LEN(at_most(node->literal.len));
}

struct eval_len len_of_first(const struct eval_node *node)
{
	return node->first->len;
}

struct eval_len len_of_concat(const struct eval_node *node)
{
	uint64_t min = 0, max = 0;
	const struct eval_node *arg;

	for (arg = node->first; arg; arg = arg->next) {
		min += min_of(arg->len);
		max += arg->len.max;
	}
	return len_between(min, max);
}

struct eval_len len_of_choice(const struct eval_node *node)
{
	const struct eval_len *a = &node->first->next->len, *b = &node->first->next->next->len;
	uint32_t a_min = min_of(*a), b_min = min_of(*b);

	return len_between(a_min < b_min ? a_min : b_min, a->max > b->max ? a->max : b->max);
}

struct eval_len len_of_substring(const struct eval_node *node)
{
	struct eval_len in = node->first->len;
	int64_t max = in.max, start = node->start, before, after, length = node->length;

	if (start < 0)
		start += max;
	/* Assumes the longest possible text: a shorter one never gives a longer result. */
	if (is_fixed(in) && (start < 0 || start >= max))
		return LEN(0);
	before = is_fixed(in) ? start : max;
	after = node->start < 0 ? -(int64_t)node->start : max - start;
	if (after < 0)
		after = 0;
	if (after > max)
		after = max;
	if (node->is_rest)
		max = after;
	else if (length >= 0)
		max = length < after ? length : after;
	else
		max = -length < before ? -length : before;
	return is_fixed(in) ? LEN((uint32_t)max) : len_between(0, (uint64_t)max);
}

struct eval_len len_of_split(const struct eval_node *node)
{
	return node->start < 1 ? LEN(0) : LEN_UP_TO(node->first->len.max);
}

/* Two digits per byte, plus the separators. */
struct eval_len len_of_hexstring(const struct eval_node *node)
{
	struct eval_len in = node->first->len, sep = node->first->next->len;
	uint64_t min = min_of(in), max = in.max;

	if (min)
		min = 2 * min + (min - 1) * min_of(sep);
	if (max)
		max = 2 * max + (max - 1) * sep.max;
	return len_between(min, max);
}

/* An address as text or as bytes: the length follows from the operand. */
struct eval_len len_of_address(const struct eval_node *node)
{
	struct eval_len in;

	if (!node->first || eval_is_place(node->first)) /* pkt.src: the family is set by check_node() */
		return (struct eval_len){ 4, 16, 12, false };
	in = node->first->len;
	if (is_fixed(in) && in.min == 4)
		return len_between(7, 15);
	if (is_fixed(in) && in.min == 16)
		return len_between(2, 45);
	return LEN_UP_TO(45);
}

static bool is_number_or_address(const struct optdef *def)
{
	return opt_type_size(def->type) && !def->encapsulate && !def->more;
}

struct eval_len len_of_option(const struct eval_node *node)
{
	const struct optdef *def = node->first->def;
	struct eval_len len;

	/* Options that encapsulate others or repeat can be longer: RFC 3396 concatenates repeated options. */
	if (!def || !is_number_or_address(def))
		return LEN_UP_TO(LEN_ANY);
	len = LEN(opt_type_size(def->type));
	len.or_empty = true;
	if (def->array) {
		len.step = len.min;
		len.max = LEN_ANY / len.min * len.min;
	}
	return len;
}

struct eval_len len_of_option_text(const struct eval_node *node)
{
	(void)node;
	return LEN_UP_TO(LEN_ANY);
}

/* --- comparisons ---------------------------------------------------------------- */

static bool has_len(struct eval_len set, uint32_t len)
{
	if (!len && set.or_empty)
		return true;
	return len >= set.min && len <= set.max && (!set.step || (len - set.min) % set.step == 0);
}

static bool may_be_equally_long(struct eval_len a, struct eval_len b)
{
	if (is_fixed(a))
		return has_len(b, a.min);
	if (is_fixed(b))
		return has_len(a, b.min);
	if (has_len(a, 0) && has_len(b, 0))
		return true;
	return a.min <= b.max && b.min <= a.max;
}

static const char *len_text(const struct parser *p, struct eval_len len)
{
	if (is_fixed(len) || len.min == len.max)
		return arena_printf(p->env->arena, "has %" PRIu32 " byte%s", len.min, len.min == 1 ? "" : "s");
	if (len.step > 1 && len.max > LEN_ANY - len.step)
		return arena_printf(p->env->arena, "has a multiple of %" PRIu32 " bytes", len.step);
	if (!min_of(len))
		return arena_printf(p->env->arena, "has at most %" PRIu32 " byte%s", len.max, len.max == 1 ? "" : "s");
	if (len.max >= LEN_ANY)
		return arena_printf(p->env->arena, "has at least %" PRIu32 " bytes", len.min);
	return arena_printf(p->env->arena, "has %" PRIu32 " to %" PRIu32 " bytes", len.min, len.max);
}

static void help_integer(struct parser *p, const struct eval_node *number, struct eval_len other)
{
	struct reader r = reader_of(number->literal);
	uint32_t v = read_u32(&r), len = other.step > 1 ? other.step : other.max;

	if ((len == 1 && v <= UINT8_MAX) || (len == 2 && v <= UINT16_MAX))
		diag_help(p->env->diag, "an integer has 4 bytes: write 0x%0*" PRIx32, (int)(2 * len), v);
	else if (other.max > 4)
		diag_help(p->env->diag, "an integer has 4 bytes: the text is '%" PRIu32 "'", v);
}

/* pkt4.mac == '02:00:00:00:00:01' */
static void help_mac(struct parser *p, const struct eval_node *mac, const struct eval_node *literal)
{
	if (mac->op->text == text_mac && literal->op == &eval_op_literal && literal->literal.len > 2 &&
	    literal->literal.data[2] == ':')
		diag_help(p->env->diag, "write hexstring(pkt4.mac, ':')");
}

static void warn_of_lengths(struct parser *p, const struct eval_node *node)
{
	const struct eval_node *a = node->first, *b = a->next;

	diag_warn(p->env->diag, parser_pos(p, node->from, node->to), "never true: the left side %s, the right side %s",
		  len_text(p, a->len), len_text(p, b->len));
	if (b->op == &eval_op_integer)
		help_integer(p, b, a->len);
	else if (a->op == &eval_op_integer)
		help_integer(p, a, b->len);
	help_mac(p, a, b);
	help_mac(p, b, a);
}

static bool may_yield(const struct eval_node *made, uint8_t c)
{
	const struct eval_node *sep;

	switch (made->op->letters) {
	case LETTERS_LOWER:
		return c < 'A' || c > 'Z';
	case LETTERS_UPPER:
		return c < 'a' || c > 'z';
	case LETTERS_HEX:
		sep = made->first->next;
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || sep->op->form != FORM_LITERAL)
			return true;
		return sep->literal.len && memchr(sep->literal.data, c, sep->literal.len) != NULL;
	case LETTERS_ANY:
		break;
	}
	return true;
}

/* hexstring(...) == '0A' */
static bool warn_of_letters(struct parser *p, const struct eval_node *node, const struct eval_node *made,
			    const struct eval_node *literal)
{
	size_t i = 0;
	uint8_t c;

	if (made->op->letters == LETTERS_ANY || literal->op != &eval_op_literal)
		return false;
	while (i < literal->literal.len && may_yield(made, literal->literal.data[i]))
		i++;
	if (i == literal->literal.len)
		return false;
	c = literal->literal.data[i];
	if (c < ' ' || c > '~')
		diag_warn(p->env->diag, parser_pos(p, node->from, node->to),
			  "never true: the result of \"%s\" never has a byte 0x%02x", made->op->name, c);
	else
		diag_warn(p->env->diag, parser_pos(p, node->from, node->to),
			  "never true: the result of \"%s\" never has '%c'", made->op->name, c);
	if (c >= 'A' && c <= 'Z' && may_yield(made, c | 0x20))
		diag_help(p->env->diag, "its letters are lower case");
	else if (c >= 'a' && c <= 'z' && may_yield(made, c & 0xdf))
		diag_help(p->env->diag, "its letters are upper case");
	return true;
}

/* option[93].hex == 7: can be true, but not for a single value of the option. */
static void warn_of_values(struct parser *p, const struct eval_node *node, const struct eval_node *option,
			   const struct eval_node *number)
{
	uint32_t step = option->len.step;

	if (number->op != &eval_op_integer || (step != 1 && step != 2) || option->op->text != text_place)
		return;
	diag_warn(p->env->diag, parser_pos(p, node->from, node->to),
		  "an integer has 4 bytes: these are %" PRIu32 " values of option %u", 4 / step, option->first->index);
	help_integer(p, number, option->len);
}

static bool may_be_string(const struct eval_node *option)
{
	size_t i;

	for (i = 0; i < option->n_alts; i++)
		if (option->alts[i].is_string)
			return true;
	return option->is_string;
}

/* option[93].text: as in Kea, only a string option yields the plain text users expect. */
static void warn_of_description(struct parser *p, const struct eval_node *node)
{
	const struct eval_node *option = node->first;

	if (may_be_string(option))
		return;
	diag_warn(p->env->diag, parser_pos(p, node->from, node->to),
		  "option %u is not a string: its \"text\" is a description, \"type=...\"", option->index);
	diag_help(p->env->diag, "its bytes are %.*s.hex", (int)(option->to - option->from), p->text + option->from);
}

/* option[93].text == '7' */
static bool is_no_description(const struct eval_node *made, const struct eval_node *literal)
{
	return made->op->text == text_of_option && !may_be_string(made->first) && literal->op->form == FORM_LITERAL &&
	       literal->literal.len && (literal->literal.len < 5 || memcmp(literal->literal.data, "type=", 5) != 0);
}

static enum eval_verdict check_equal(struct parser *p, const struct eval_node *node)
{
	const struct eval_node *a = node->first, *b = a->next;

	if (a->op->form == FORM_LITERAL && b->op->form == FORM_LITERAL && bytes_equal(a->literal, b->literal))
		return ALWAYS_TRUE;
	if (!may_be_equally_long(a->len, b->len)) {
		warn_of_lengths(p, node);
		return NEVER_TRUE;
	}
	if (a->op->form == FORM_LITERAL && b->op->form == FORM_LITERAL) {
		diag_warn(p->env->diag, parser_pos(p, node->from, node->to),
			  "never true: these are two different texts");
		return NEVER_TRUE;
	}
	warn_of_values(p, node, a, b);
	warn_of_values(p, node, b, a);
	if (warn_of_letters(p, node, a, b) || warn_of_letters(p, node, b, a))
		return NEVER_TRUE;
	return is_no_description(a, b) || is_no_description(b, a) ? NEVER_TRUE : MAYBE_TRUE;
}

/* --- verdicts ------------------------------------------------------------------- */

static const struct eval_node *known_word(const struct eval_node *node, bool *ret_known)
{
	bool is_not = node->op->test == test_not;

	if (is_not)
		node = node->first;
	if (node->op->test == test_known || (node->op->test == test_member && node->class_kind == CLASS_KNOWN))
		*ret_known = !is_not;
	else if (node->op->test == test_unknown || (node->op->test == test_member && node->class_kind == CLASS_UNKNOWN))
		*ret_known = is_not;
	else
		return NULL;
	return node;
}

static bool is_same_text(const struct parser *p, const struct eval_node *a, const struct eval_node *b)
{
	return a->to - a->from == b->to - b->from && !memcmp(p->text + a->from, p->text + b->from, a->to - a->from);
}

static bool is_opposite(const struct parser *p, const struct eval_node *a, const struct eval_node *b)
{
	return a->op->test == test_not && is_same_text(p, a->first, b);
}

/*
 * True if two terms of an "and" exclude each other: one operand compared with two values, or a term and its opposite.
 */
static bool exclude(const struct parser *p, const struct eval_node *a, const struct eval_node *b)
{
	bool known_a = false, known_b = false;
	const struct eval_node *x, *y;

	if (known_word(a, &known_a) && known_word(b, &known_b))
		return known_a != known_b;
	if (is_opposite(p, a, b) || is_opposite(p, b, a))
		return true;
	if (a->op->test != test_equal || b->op->test != test_equal)
		return false;
	x = a->first;
	y = b->first;
	if (x->next->op->form != FORM_LITERAL || y->next->op->form != FORM_LITERAL)
		return false;
	return is_same_text(p, x, y) && !bytes_equal(x->next->literal, y->next->literal);
}

enum { TERMS_COMPARED = 16 };

static enum eval_verdict check_terms(struct parser *p, const struct eval_node *node)
{
	const struct eval_node *a, *b;
	unsigned n = 0, m;

	for (a = node->first; a && n < TERMS_COMPARED; a = a->next, n++)
		for (b = a->next, m = 0; b && m < TERMS_COMPARED; b = b->next, m++)
			if (exclude(p, a, b)) {
				diag_warn(p->env->diag, parser_pos(p, b->from, b->to),
					  "never true together with what is before it");
				diag_note(p->env->diag, parser_pos(p, a->from, a->to), "this excludes it");
				return NEVER_TRUE;
			}
	return MAYBE_TRUE;
}

static enum eval_verdict verdict_of_terms(const struct eval_node *node, enum eval_verdict decides,
					  enum eval_verdict other)
{
	const struct eval_node *arg;
	bool all = true;

	for (arg = node->first; arg; arg = arg->next) {
		if (arg->verdict == decides)
			return decides;
		all &= arg->verdict == other;
	}
	return all ? other : MAYBE_TRUE;
}

static enum eval_verdict check_member(struct parser *p, const struct eval_node *node)
{
	const struct eval_env *env = p->env;

	if (node->class_kind == CLASS_ALL)
		return ALWAYS_TRUE;
	if (node->class_kind != CLASS_ORDINARY || !env->is_empty_class ||
	    !env->is_empty_class(env->ctx, node->class_id))
		return MAYBE_TRUE;
	diag_warn(env->diag, parser_pos(p, node->from, node->to), "no client is in this class: its test is never true");
	return NEVER_TRUE;
}

static enum eval_verdict verdict_of(struct parser *p, const struct eval_node *node)
{
	enum eval_verdict verdict;

	if (node->op->test == test_equal)
		return check_equal(p, node);
	if (node->op->test == test_not)
		return node->first->verdict == NEVER_TRUE    ? ALWAYS_TRUE
		       : node->first->verdict == ALWAYS_TRUE ? NEVER_TRUE
							     : MAYBE_TRUE;
	if (node->op->test == test_or)
		return verdict_of_terms(node, ALWAYS_TRUE, NEVER_TRUE);
	if (node->op->test == test_and) {
		verdict = verdict_of_terms(node, NEVER_TRUE, ALWAYS_TRUE);
		return verdict == MAYBE_TRUE ? check_terms(p, node) : verdict;
	}
	if (node->op->test == test_exists)
		return node->first->verdict;
	if (node->op->test == test_member)
		return check_member(p, node);
	return MAYBE_TRUE;
}

static bool has_wrong_argument(const struct eval_node *node)
{
	const struct eval_node *arg;

	for (arg = node->first; arg; arg = arg->next)
		if (arg->is_wrong)
			return true;
	return node->is_wrong;
}

void check_node(struct parser *p, struct eval_node *node)
{
	if (has_wrong_argument(node)) {
		/* Nothing more can be checked. */
		node->len = LEN_UP_TO(LEN_ANY);
		return;
	}
	if (node->op->result == EVAL_BOOL) {
		node->verdict = verdict_of(p, node);
		return;
	}
	if (node->op->text == text_of_option)
		warn_of_description(p, node);
	node->len = node->op->len_of ? node->op->len_of(node) : node->op->len;
	if (node->op->form == FORM_MEMBER && node->op->from == AT_PKT && node->op->len_of)
		node->len = p->env->digit == 6 ? LEN(16) : LEN(4);
}

/* True if an earlier warning explains why the node is never true. */
static bool is_reported(const struct eval_node *node)
{
	const struct eval_node *arg;
	bool by_terms = true;

	if (node->op->test != test_and && node->op->test != test_or)
		return node->op->test == test_equal || node->op->test == test_exists || node->op->test == test_member;
	for (arg = node->first; arg; arg = arg->next)
		if (arg->verdict == NEVER_TRUE) {
			by_terms = false;
			if (is_reported(arg))
				return true;
		}
	return by_terms;
}

void check_root(struct parser *p, const struct eval_node *root)
{
	if (root->op->result == EVAL_BOOL && root->verdict == NEVER_TRUE && !is_reported(root))
		diag_warn(p->env->diag, parser_pos(p, root->from, root->to), "this is never true");
}
