/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Builds a tree of operators from tokens and checks types while doing so: precedence climbing over the rows of ops.c.
 * Parsing continues after a wrong name or type, but stops at a syntax error.
 */
#include "eval/expr_int.h"

static struct eval_node *parse_expr(struct parser *p, unsigned precedence);

/* --- errors ------------------------------------------------------------------ */

struct pos parser_pos(const struct parser *p, uint32_t from, uint32_t to)
{
	return json_string_pos(p->env->diag, p->value, from, to - from);
}

static void report(struct parser *p, uint32_t from, uint32_t to, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));
static void report(struct parser *p, uint32_t from, uint32_t to, const char *fmt, va_list ap)
{
	char text[1024];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	diag_error(p->env->diag, parser_pos(p, from, to), "%s", text);
	p->failed = true;
}

void parser_error(struct parser *p, uint32_t from, uint32_t to, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(p, from, to, fmt, ap);
	va_end(ap);
}

void parser_syntax(struct parser *p, uint32_t from, uint32_t to, const char *fmt, ...)
{
	va_list ap;

	if (p->lost)
		return;
	va_start(ap, fmt);
	report(p, from, to, fmt, ap);
	va_end(ap);
	p->lost = true;
}

static void unexpected(struct parser *p, const char *expected)
{
	const struct token *token = &p->token;

	/* The tokenizer has reported it. */
	if (token->kind == TOKEN_BAD)
		p->lost = true;
	parser_syntax(p, token->from, token->to, "expected %s, found %s", expected, token_name(p, token));
}

static bool is_sign(const struct parser *p, char sign)
{
	return p->token.kind == TOKEN_SIGN && p->token.sign == sign;
}

static bool take_sign(struct parser *p, char sign)
{
	bool is = is_sign(p, sign);

	if (is)
		token_next(p);
	return is;
}

/* Expects the closing bracket; the note shows the opening one. */
static bool close_bracket(struct parser *p, char sign, uint32_t opened)
{
	if (take_sign(p, sign))
		return true;
	if (p->token.kind == TOKEN_BAD)
		return false;
	if (p->lost)
		return false;
	parser_syntax(p, p->token.from, p->token.to, "missing \"%c\" before %s", sign, token_name(p, &p->token));
	diag_note(p->env->diag, parser_pos(p, opened, opened + 1), "\"%c\" is not closed", p->text[opened]);
	return false;
}

static void too_deep(struct parser *p)
{
	parser_syntax(p, p->token.from, p->token.to, "nested more than %u deep", (unsigned)EVAL_DEPTH_MAX);
}

/* --- nodes --------------------------------------------------------------------- */

static struct eval_node *node_new(struct parser *p, const struct eval_op *op, uint32_t from)
{
	struct eval_node *node;

	if (++p->nodes > EVAL_NODES_MAX) {
		parser_syntax(p, from, p->token.to, "the expression is too long: more than %u operators and values",
			      (unsigned)EVAL_NODES_MAX);
		return NULL;
	}
	node = arena_new_obj(p->env->arena, struct eval_node);
	node->op = op;
	node->find = op->find;
	if (op->result == EVAL_BOOL)
		node->test = op->test;
	else
		node->text = op->text;
	node->from = from;
	node->to = p->last_end;
	return node;
}

/* Picks specialized functions for the most frequent kinds of nodes. */
static void specialize(struct eval_node *node)
{
	const struct eval_node *arg = node->first;
	bool is_main = arg && arg->op->find == find_option && !arg->first && !arg->n_alts;

	if (is_main && (node->op->text == text_place || node->op->test == test_exists)) {
		if (node->op->result == EVAL_BOOL)
			node->test = test_main_exists;
		else
			node->text = text_main_option;
		node->index = arg->index;
		node->is_string = arg->is_string;
	}
	if (node->op->test == test_equal && arg && arg->next && arg->next->op->form == FORM_LITERAL) {
		node->test = arg->text == text_main_option ? test_main_equal : test_equal_literal;
		node->literal = arg->next->literal;
		node->index = arg->index;
		node->is_string = arg->is_string;
	}
}

static void add_arg(struct eval_node *node, struct eval_node *arg)
{
	struct eval_node **end = &node->first;

	while (*end)
		end = &(*end)->next;
	*end = arg;
}

static struct eval_node *finish(struct parser *p, struct eval_node *node)
{
	node->to = p->last_end;
	check_node(p, node);
	specialize(node);
	return node;
}

static const char *type_name(enum eval_type type)
{
	return type == EVAL_BOOL ? "true or false" : "text";
}

static void help_type(struct parser *p, const struct eval_node *node, enum eval_type type)
{
	bool is_option = node->op->form == FORM_MEMBER && node->op->from == AT_OPTION;
	const char *text = arena_printf(p->env->arena, "%.*s", (int)(node->to - node->from), p->text + node->from);
	const char *dot = strrchr(text, '.');

	if (type == EVAL_BOOL && is_option && dot)
		diag_help(p->env->diag, "write %.*s.exists, or compare it with \"==\"", (int)(dot - text), text);
	else if (type == EVAL_BOOL)
		diag_help(p->env->diag, "compare it with \"==\"");
	else if (is_option && dot)
		diag_help(p->env->diag, "did you mean %.*s.hex?", (int)(dot - text), text);
}

/* Reports an argument of the wrong type, once; fmt describes the argument. */
static void expect_type(struct parser *p, struct eval_node *node, enum eval_type type, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void expect_type(struct parser *p, struct eval_node *node, enum eval_type type, const char *fmt, ...)
{
	char what[128];
	va_list ap;

	if (!node || node->is_wrong || node->op->result == type)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	parser_error(p, node->from, node->to, "%s must be %s, but this is %s", what, type_name(type),
		     type_name(node->op->result));
	help_type(p, node, type);
	node->is_wrong = true;
}

/* --- places: option[60].hex ------------------------------------------------------ */

static bool take_number(struct parser *p, struct eval_node *node, const char *what, int64_t min, int64_t max,
			int64_t *ret)
{
	const struct token *token = &p->token;

	if (token->kind != TOKEN_INTEGER) {
		unexpected(p, arena_printf(p->env->arena, "%s %s", strchr("aeiou", what[0]) ? "an" : "a", what));
		return false;
	}
	*ret = token->number;
	if (token->number < min || token->number > max) {
		parser_error(p, token->from, token->to, "%s %.*s is not in %lld..%lld", what,
			     (int)(token->to - token->from), p->text + token->from, (long long)min, (long long)max);
		node->is_wrong = true;
		*ret = min;
	}
	token_next(p);
	return true;
}

/* Returns the space of options at this place; NULL if its names are unknown. */
static const char *space_at(struct parser *p, const struct eval_node *node)
{
	const struct eval_node *before = node->first;

	if (node->op->index == INDEX_RELAY_OPTION)
		return "dhcp-agent-options-space";
	if (!before || before->op->to == AT_RELAY)
		return dict_main_space(p->env->dict);
	if (before->op->to == AT_VENDOR)
		return before->is_any ? NULL : names_vendor_space(p, before->index);
	return before->space;
}

static bool take_option(struct parser *p, struct eval_node *node)
{
	if (p->token.kind != TOKEN_INTEGER && p->token.kind != TOKEN_WORD) {
		unexpected(p, "the code or name of an option");
		return false;
	}
	node->is_wrong = !names_set_option(p, node, space_at(p, node));
	token_next(p);
	return true;
}

static bool take_index(struct parser *p, struct eval_node *node)
{
	int64_t v = 0;

	switch (node->op->index) {
	case INDEX_OPTION:
	case INDEX_RELAY_OPTION:
		return take_option(p, node);
	case INDEX_HOP:
		if (!take_number(p, node, "relay number", -PACKET6_RELAYS_MAX, PACKET6_RELAYS_MAX - 1, &v))
			return false;
		node->start = (int32_t)v;
		return true;
	case INDEX_DATA:
		if (!take_number(p, node, "index", 0, 255, &v))
			return false;
		node->start = (int32_t)v;
		return true;
	case INDEX_ENTERPRISE:
		if (take_sign(p, '*')) {
			node->is_any = true;
			return true;
		}
		if (!take_number(p, node, "enterprise number", 0, UINT32_MAX, &v))
			return false;
		node->index = (uint32_t)v;
		return true;
	case INDEX_NONE:
		break;
	}
	return false;
}

/* Parses the index, with the cursor after the name. Returns false after a syntax error. */
static bool parse_index(struct parser *p, struct eval_node *node)
{
	const struct eval_op *op = node->op;
	uint32_t opened = p->token.from;

	if (op->index == INDEX_NONE)
		return true;
	if (!is_sign(p, '[')) {
		if (op->may_omit_index)
			return true;
		unexpected(p, arena_printf(p->env->arena, "\"[\" after \"%s\"", op->name));
		return false;
	}
	if (op->index == INDEX_OPTION || op->index == INDEX_RELAY_OPTION)
		token_next_name(p);
	else
		token_next(p);
	node->has_index = true;
	return take_index(p, node) && close_bracket(p, ']', opened);
}

static const struct eval_op *find_after(const struct parser *p, enum eval_at from)
{
	const char *word = p->text + p->token.from;
	size_t len = p->token.to - p->token.from;
	const struct eval_op *op = eval_op_find(FORM_MEMBER, from, word, len);

	return op ? op : eval_op_find(FORM_PLACE, from, word, len);
}

static bool fits_family(struct parser *p, const struct eval_op *op)
{
	if (eval_op_is_for(op, p->env->digit))
		return true;
	parser_syntax(p, p->token.from, p->token.to, "\"%s\" is only for DHCPv%u", op->name,
		      p->env->digit == 6 ? 4u : 6u);
	if (p->env->digit == 6 && !strcmp(op->name, "relay4"))
		diag_help(p->env->diag, "write relay6[0].option[...]");
	if (p->env->digit == 4 && !strcmp(op->name, "relay6"))
		diag_help(p->env->diag, "write relay4[...]");
	return false;
}

static void no_such_member(struct parser *p, const struct eval_node *place)
{
	const struct token *token = &p->token;
	enum eval_at from = place->op->to;

	if (token->kind != TOKEN_WORD) {
		unexpected(p, names_of_members(p, from));
		return;
	}
	parser_syntax(p, token->from, token->to, "%s has no member \"%.*s\"", place->op->name,
		      (int)(token->to - token->from), p->text + token->from);
	names_help_member(p, from, arena_strndup(p->env->arena, p->text + token->from, token->to - token->from));
}

/* Reports a sub-option of an option that cannot have any. */
static void check_subs(struct parser *p, const struct eval_node *parent, struct eval_node *sub)
{
	size_t i;

	if (parent->op->to != AT_OPTION || parent->is_wrong || sub->is_wrong)
		return;
	sub->verdict = parent->verdict;
	if (parent->verdict == NEVER_TRUE || parent->subs >= 0)
		return;
	for (i = 0; i < parent->n_alts; i++)
		if (parent->alts[i].subs >= 0)
			return;
	sub->verdict = NEVER_TRUE;
	diag_warn(p->env->diag, parser_pos(p, parent->from, parent->to),
		  "option %u has no sub-options: \"%.*s\" is never present", parent->index, (int)(sub->to - sub->from),
		  p->text + sub->from);
	if (!parent->def)
		diag_help(p->env->diag, "define it with \"option-def\" and \"encapsulate\"");
}

/* Parses the next name of the path; NULL after a syntax error. */
static struct eval_node *parse_step(struct parser *p, struct eval_node *place)
{
	enum eval_at from = place->op->to;
	const struct eval_op *op;
	struct eval_node *node;

	if (!take_sign(p, '.')) {
		unexpected(p, arena_printf(p->env->arena, "\".\" and %s", names_of_members(p, from)));
		return NULL;
	}
	op = p->token.kind == TOKEN_WORD ? find_after(p, from) : NULL;
	if (!op) {
		no_such_member(p, place);
		return NULL;
	}
	if (!fits_family(p, op))
		return NULL;
	if ((op->needs_index && !place->has_index) || (op->no_index && place->has_index)) {
		parser_syntax(p, p->token.from, p->token.to, "%s%s has no member \"%s\"", place->op->name,
			      place->has_index ? "[...]" : "", op->name);
		diag_help(p->env->diag, "write %s%s.%s", place->op->name, op->needs_index ? "[...]" : "", op->name);
		return NULL;
	}
	node = node_new(p, op, place->from);
	if (!node)
		return NULL;
	node->first = place;
	node->is_wrong = place->is_wrong;
	token_next(p);
	if (op->form == FORM_PLACE && !parse_index(p, node))
		return NULL;
	node->is_wrong |= place->is_wrong;
	node->to = p->last_end;
	if (op->form == FORM_PLACE)
		check_subs(p, place, node);
	return node;
}

static bool is_complete(const struct eval_node *node)
{
	return node->op->form == FORM_MEMBER || node->op->to == AT_DATA;
}

static struct eval_node *parse_place(struct parser *p, const struct eval_op *op)
{
	struct eval_node *node = node_new(p, op, p->token.from);
	unsigned depth;

	if (!node)
		return NULL;
	token_next(p);
	if (!parse_index(p, node))
		return NULL;
	node->to = p->last_end;
	for (depth = 1; node && !is_complete(node); depth++) {
		if (depth > EVAL_DEPTH_MAX) {
			too_deep(p);
			return NULL;
		}
		node = parse_step(p, node);
	}
	return node ? finish(p, node) : NULL;
}

/* --- functions ---------------------------------------------------------------------- */

/* Returns the operator for a word that begins an operand, or NULL. */
static const struct eval_op *find_operand(const struct parser *p)
{
	static const enum eval_form forms[] = { FORM_FUNCTION, FORM_PLACE, FORM_WORD, FORM_PREFIX };
	const struct eval_op *op = NULL;
	unsigned i;

	for (i = 0; i < 4 && !op; i++)
		op = eval_op_find(forms[i], AT_START, p->text + p->token.from, p->token.to - p->token.from);
	return op;
}

static bool parse_regex(struct parser *p, struct eval_node *node)
{
	const char *why = NULL;
	size_t at = 0;

	if (p->token.kind != TOKEN_TEXT) {
		unexpected(p, "a regular expression in single quotes");
		return false;
	}
	p->expr->has_match = true;
	p->expr->work += REGEX_WORK;
	node->regex = regex_compile(p->token.value, REGEX_WHOLE, p->env->arena, &why, &at);
	if (!node->regex) {
		/* The error starts after the opening quote and the part that was read. */
		uint32_t from = p->token.from + 1 + (uint32_t)at;

		parser_error(p, from < p->token.to ? from : p->token.to - 1, p->token.to, "regular expression: %s",
			     why);
	}
	token_next(p);
	return true;
}

static bool parse_length(struct parser *p, struct eval_node *node)
{
	int64_t v;

	if (p->token.kind == TOKEN_WORD && p->token.value.len == 3 && !memcmp(p->token.value.data, "all", 3)) {
		node->is_rest = true;
		token_next(p);
		return true;
	}
	if (p->token.kind != TOKEN_INTEGER) {
		unexpected(p, "a length or \"all\"");
		return false;
	}
	if (!take_number(p, node, "length", INT32_MIN, INT32_MAX, &v))
		return false;
	node->length = (int32_t)v;
	return true;
}

/* Parses one argument; false after a syntax error. */
static bool parse_arg(struct parser *p, struct eval_node *node, enum eval_arg kind, unsigned number)
{
	struct eval_node *arg;
	int64_t v;

	switch (kind) {
	case ARG_TEXT:
	case ARG_BOOL:
		arg = parse_expr(p, 0);
		if (!arg)
			return false;
		expect_type(p, arg, kind == ARG_BOOL ? EVAL_BOOL : EVAL_TEXT, "argument %u of \"%s\"", number,
			    node->op->name);
		add_arg(node, arg);
		return true;
	case ARG_NUMBER:
		if (!take_number(p, node, "number", INT32_MIN, INT32_MAX, &v))
			return false;
		node->start = (int32_t)v;
		return true;
	case ARG_LENGTH:
		return parse_length(p, node);
	case ARG_REGEX:
		return parse_regex(p, node);
	case ARG_CLASS:
		if (p->token.kind != TOKEN_TEXT) {
			unexpected(p, "the name of a class in single quotes");
			if (p->token.kind == TOKEN_WORD && !find_operand(p))
				diag_help(p->env->diag, "write '%.*s'", (int)p->token.value.len,
					  (const char *)p->token.value.data);
			return false;
		}
		node->is_wrong |= !names_set_class(p, node);
		token_next(p);
		return true;
	case ARG_NONE:
		break;
	}
	return false;
}

static unsigned count_args(const struct eval_op *op)
{
	unsigned n = 0;

	while (n < EVAL_ARGS_MAX && op->args[n] != ARG_NONE)
		n++;
	return n;
}

static struct eval_node *parse_function(struct parser *p, const struct eval_op *op)
{
	struct eval_node *node = node_new(p, op, p->token.from);
	unsigned n = count_args(op), i;
	uint32_t opened;

	if (!node)
		return NULL;
	token_next(p);
	opened = p->token.from;
	if (!take_sign(p, '(')) {
		unexpected(p, arena_printf(p->env->arena, "\"(\" after \"%s\"", op->name));
		return NULL;
	}
	for (i = 0; i < n; i++) {
		if (i && !take_sign(p, ',')) {
			if (is_sign(p, ')'))
				parser_syntax(p, p->token.from, p->token.to, "\"%s\" needs %u arguments, but has %u",
					      op->name, n, i);
			else
				unexpected(p, "\",\" and the next argument");
			return NULL;
		}
		if (!parse_arg(p, node, op->args[i], i + 1))
			return NULL;
	}
	if (is_sign(p, ',')) {
		parser_syntax(p, p->token.from, p->token.to, "\"%s\" takes %u argument%s", op->name, n,
			      n == 1 ? "" : "s");
		return NULL;
	}
	return close_bracket(p, ')', opened) ? finish(p, node) : NULL;
}

/* --- operands and operators ------------------------------------------------------------ */

static struct eval_node *parse_literal(struct parser *p)
{
	const struct token token = p->token;
	struct eval_node *node =
		node_new(p, token.kind == TOKEN_INTEGER ? &eval_op_integer : &eval_op_literal, token.from);
	struct writer w;

	if (!node)
		return NULL;
	node->literal = token.value;
	node->is_wrong = token.is_wrong;
	if (token.kind == TOKEN_INTEGER) {
		node->is_wrong = token.number < 0 || token.number > UINT32_MAX;
		if (node->is_wrong)
			parser_error(p, token.from, token.to, "%.*s is not in 0..4294967295",
				     (int)(token.to - token.from), p->text + token.from);
		w = writer_init(arena_alloc(p->env->arena, 4), 4);
		write_u32(&w, (uint32_t)token.number);
		node->literal = bytes_of(w.start, 4);
	} else if (token.kind == TOKEN_TEXT) {
		node->literal = bytes_of(arena_dup(p->env->arena, token.value.data, token.value.len), token.value.len);
	}
	token_next(p);
	return finish(p, node);
}

static struct eval_node *parse_prefix(struct parser *p, const struct eval_op *op)
{
	struct eval_node *node = node_new(p, op, p->token.from), *arg;

	if (!node)
		return NULL;
	token_next(p);
	arg = parse_expr(p, op->precedence);
	if (!arg)
		return NULL;
	expect_type(p, arg, op->args[0] == ARG_BOOL ? EVAL_BOOL : EVAL_TEXT, "what follows \"%s\"", op->name);
	node->first = arg;
	return finish(p, node);
}

static struct eval_node *parse_word(struct parser *p)
{
	const char *word = p->text + p->token.from;
	size_t len = p->token.to - p->token.from;
	const struct eval_op *op = find_operand(p);
	struct eval_node *node;

	if (!op) {
		if (eval_op_find(FORM_INFIX, AT_START, word, len))
			parser_syntax(p, p->token.from, p->token.to, "nothing before \"%.*s\"", (int)len, word);
		else {
			parser_syntax(p, p->token.from, p->token.to, "unknown word \"%.*s\"", (int)len, word);
			names_help_operator(p, arena_strndup(p->env->arena, word, len));
		}
		return NULL;
	}
	if (!fits_family(p, op))
		return NULL;
	if (op->form == FORM_FUNCTION)
		return parse_function(p, op);
	if (op->form == FORM_PLACE)
		return parse_place(p, op);
	if (op->form == FORM_PREFIX)
		return parse_prefix(p, op);
	p->expr->needs_host |= op->test == test_known || op->test == test_unknown;
	node = node_new(p, op, p->token.from);
	if (!node)
		return NULL;
	token_next(p);
	return finish(p, node);
}

static struct eval_node *parse_brackets(struct parser *p)
{
	uint32_t opened = p->token.from;
	struct eval_node *node;

	token_next(p);
	node = parse_expr(p, 0);
	if (!node || !close_bracket(p, ')', opened))
		return NULL;
	node->from = opened;
	node->to = p->last_end;
	return node;
}

static struct eval_node *parse_operand(struct parser *p)
{
	switch (p->token.kind) {
	case TOKEN_TEXT:
	case TOKEN_HEX:
	case TOKEN_INTEGER:
	case TOKEN_ADDRESS:
		return parse_literal(p);
	case TOKEN_WORD:
		return parse_word(p);
	case TOKEN_SIGN:
		if (p->token.sign == '(')
			return parse_brackets(p);
		break;
	case TOKEN_END:
	case TOKEN_BAD:
		break;
	}
	unexpected(p, "a value");
	return NULL;
}

static const struct eval_op *infix_here(const struct parser *p)
{
	if (p->token.kind != TOKEN_WORD && p->token.kind != TOKEN_SIGN)
		return NULL;
	return eval_op_find(FORM_INFIX, AT_START, p->text + p->token.from, p->token.to - p->token.from);
}

/* A chain of the same operator is one node of any length, evaluated without recursion. */
static struct eval_node *parse_chain(struct parser *p, struct eval_node *left, const struct eval_op *op)
{
	enum eval_type type = op->args[0] == ARG_BOOL ? EVAL_BOOL : EVAL_TEXT;
	struct eval_node *node = node_new(p, op, left->from), *last = left;

	if (!node)
		return NULL;
	expect_type(p, left, type, "the left side of \"%s\"", op->name);
	node->first = left;
	while (infix_here(p) == op) {
		struct eval_node *right;

		token_next(p);
		right = parse_expr(p, op->precedence + 1);
		if (!right)
			return NULL;
		expect_type(p, right, type, "the right side of \"%s\"", op->name);
		last->next = right;
		last = right;
		if (op->test == test_equal)
			break;
	}
	return finish(p, node);
}

static struct eval_node *parse_expr(struct parser *p, unsigned precedence)
{
	const struct eval_op *op;
	struct eval_node *node;

	if (++p->depth > EVAL_DEPTH_MAX) {
		too_deep(p);
		return NULL;
	}
	node = parse_operand(p);
	while (node && (op = infix_here(p)) && op->precedence >= precedence)
		node = parse_chain(p, node, op);
	p->depth--;
	return node;
}

/* Reports unexpected text after the expression. */
static void check_end(struct parser *p, const struct eval_node *root)
{
	const struct token *token = &p->token;

	if (token->kind == TOKEN_END || token->kind == TOKEN_BAD || p->lost)
		return;
	if (is_sign(p, ')')) {
		parser_syntax(p, token->from, token->to, "\")\" without \"(\"");
		return;
	}
	if (is_sign(p, '.')) {
		parser_syntax(p, token->from, token->to, "unexpected \".\" after a value");
		return;
	}
	parser_syntax(p, token->from, token->to, "expected an operator before %s", token_name(p, token));
	if (is_sign(p, '(') && root->op->form == FORM_WORD)
		diag_help(p->env->diag, "\"%s\" takes no arguments: write it without \"()\"", root->op->name);
	if (token->kind != TOKEN_WORD)
		return;
	if (find_operand(p))
		diag_help(p->env->diag, "is %s missing?",
			  root->op->result == EVAL_BOOL ? "\"and\" or \"or\"" : "\"==\"");
	else
		names_help_infix(p, arena_strndup(p->env->arena, p->text + token->from, token->to - token->from));
}

const struct eval_expr *eval_compile(const struct eval_env *env, struct json_object *value, enum eval_type type)
{
	struct eval_expr *expr = arena_new_obj(env->arena, struct eval_expr);
	struct parser p = { .env = env, .value = value, .expr = expr };
	struct eval_node *root;

	p.text = json_object_get_string(value);
	p.len = (uint32_t)json_object_get_string_len(value);
	token_next(&p);
	if (p.token.kind == TOKEN_END) {
		parser_syntax(&p, 0, p.len, "the expression is empty");
		return NULL;
	}
	root = parse_expr(&p, 0);
	if (root)
		check_end(&p, root);
	if (!p.lost && type != EVAL_ANY)
		expect_type(&p, root, type, "the expression");
	if (p.failed || !root)
		return NULL;
	check_root(&p, root);
	expr->root = root;
	/* Values take none, and some places are examined by what contains them. */
	expr->work += p.nodes / 2;
	return expr;
}

enum eval_type eval_type_of(const struct eval_expr *expr)
{
	return expr->root->op->result;
}

size_t eval_work(const struct eval_expr *expr)
{
	return expr->work;
}

bool eval_needs_host(const struct eval_expr *expr)
{
	return expr->needs_host;
}

bool eval_is_never(const struct eval_expr *expr)
{
	return expr->root->op->result == EVAL_BOOL && expr->root->verdict == NEVER_TRUE;
}

bool eval_has_match(const struct eval_expr *expr)
{
	return expr->has_match;
}

const unsigned *eval_classes(const struct eval_expr *expr, size_t *ret_n)
{
	*ret_n = expr->n_classes;
	return expr->classes;
}
