/* SPDX-License-Identifier: MPL-2.0 */
/* Splits the text of an expression into tokens, one at a time. Recognizes and corrects syntax from other languages. */
#include "eval/expr_int.h"

static int peek(const struct parser *p, uint32_t n)
{
	return p->at + n < p->len ? (unsigned char)p->text[p->at + n] : -1;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(int c)
{
	return hex_value((char)c) >= 0;
}

static bool is_name(int c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '_';
}

static bool is_address(int c)
{
	return is_hex(c) || c == ':' || c == '.';
}

static uint32_t run(const struct parser *p, bool (*is)(int c))
{
	uint32_t n = 0;

	while (is(peek(p, n)))
		n++;
	return n;
}

static void take(struct parser *p, enum token_kind kind, uint32_t len)
{
	p->token.kind = kind;
	p->at += len;
	p->token.to = p->at;
	p->token.value = bytes_of(p->text + p->token.from, len);
}

static void take_sign(struct parser *p, char sign, uint32_t len)
{
	take(p, TOKEN_SIGN, len);
	p->token.sign = sign;
}

/* 00:1b:44:11:3a:b7 */
static void help_hwaddr(struct parser *p, const char *text, uint32_t len)
{
	const char *digits = "0x";
	uint32_t i;

	for (i = 0; i < len; i += 3) {
		if (i + 2 > len || !is_hex(text[i]) || !is_hex(text[i + 1]) || (i + 2 < len && text[i + 2] != ':'))
			return;
		digits = arena_printf(p->env->arena, "%s%.2s", digits, text + i);
	}
	diag_help(p->env->diag, "a hardware address is written as %s", digits);
}

static void take_address(struct parser *p, uint32_t len)
{
	const struct eval_env *env = p->env;
	struct ip ip;

	take(p, TOKEN_ADDRESS, len);
	if (ip_parse_n(p->text + p->token.from, len, &ip) < 0) {
		parser_error(p, p->token.from, p->token.to, "\"%.*s\" is not an address", (int)len,
			     p->text + p->token.from);
		help_hwaddr(p, p->text + p->token.from, len);
		p->token.is_wrong = true;
		ip = ip_zero6;
	}
	/* ::ffff:192.0.2.1 has 16 bytes, not 4. */
	if (ip_is4(&ip) && !memchr(p->text + p->token.from, ':', len))
		p->token.value = bytes_of(arena_dup(env->arena, ip.b + 12, 4), 4);
	else
		p->token.value = bytes_of(arena_dup(env->arena, ip.b, 16), 16);
}

/* As in Kea, an odd number of digits is padded with a leading zero. */
static void take_hex(struct parser *p)
{
	uint32_t n = run(p, is_name), i, digits = n - 2;
	uint8_t *data;

	for (i = 2; i < n; i++)
		if (!is_hex(peek(p, i)))
			break;
	take(p, TOKEN_HEX, n);
	if (n == 2 || i < n) {
		parser_error(p, p->token.from, p->token.to, "\"%.*s\" is not a hexadecimal number", (int)n,
			     p->text + p->token.from);
		p->token.value = bytes_of("", 0);
		p->token.is_wrong = true;
		return;
	}
	data = arena_alloc(p->env->arena, (digits + 1) / 2);
	for (i = 0; i < digits; i++) {
		uint32_t at = i + (digits & 1);

		data[at / 2] = (uint8_t)(data[at / 2] << 4 | hex_value(p->text[p->token.from + 2 + i]));
	}
	p->token.value = bytes_of(data, (digits + 1) / 2);
}

/* Returns the length of digits and the dots between them; the dot in "60.hex" is not one. */
static uint32_t run_dotted(const struct parser *p, uint32_t *ret_dots)
{
	uint32_t n = 0;

	*ret_dots = 0;
	while (is_digit(peek(p, n)) || (peek(p, n) == '.' && is_digit(peek(p, n + 1))))
		*ret_dots += peek(p, n++) == '.';
	return n;
}

static void take_number(struct parser *p)
{
	uint32_t sign = peek(p, 0) == '-', n, dots = 0;
	int64_t v = 0;

	if (peek(p, 0) == '0' && (peek(p, 1) | 0x20) == 'x') {
		take_hex(p);
		return;
	}
	n = sign ? 0 : run_dotted(p, &dots);
	if (dots) {
		take_address(p, n);
		return;
	}
	for (n = sign; is_digit(peek(p, n)); n++)
		if (v < INT64_MAX / 10 - 10)
			v = v * 10 + peek(p, n) - '0';
	if (is_letter(peek(p, n)) || peek(p, n) == '_') {
		while (is_name(peek(p, n)))
			n++;
		take(p, TOKEN_BAD, n);
		parser_syntax(p, p->token.from, p->token.to, "\"%.*s\" is not a number", (int)n,
			      p->text + p->token.from);
		return;
	}
	take(p, TOKEN_INTEGER, n);
	p->token.number = sign ? -v : v;
}

/* The next quote closes the text: there are no escapes. */
static void take_text(struct parser *p, char quote)
{
	const char *start = p->text + p->at + 1, *end = memchr(start, quote, p->len - p->at - 1);
	uint32_t len = end ? (uint32_t)(end - start) : p->len - p->at - 1;

	if (!end) {
		take(p, TOKEN_BAD, len + 1);
		parser_syntax(p, p->token.from, p->token.to, "text is not closed: %c is missing", quote);
		return;
	}
	take(p, TOKEN_TEXT, len + 2);
	p->token.value = bytes_of(start, len);
	if (quote == '"') {
		parser_error(p, p->token.from, p->token.to, "text must be in single quotes, not in double quotes");
		diag_help(p->env->diag, "write '%.*s'", (int)len, start);
	}
}

/* Foreign syntax and its equivalent here. */
static const struct {
	const char *wrong, *help;
} foreign[] = {
	{ "!=", "write not (A == B)" },
	{ "<>", "write not (A == B)" },
	{ "=~", "write match('REGEX', A)" },
	{ "<=", "values can only be compared with \"==\"" },
	{ ">=", "values can only be compared with \"==\"" },
	{ "<", "values can only be compared with \"==\"" },
	{ ">", "values can only be compared with \"==\"" },
	{ "&&", "did you mean \"and\"?" },
	{ "||", "did you mean \"or\"?" },
	{ "&", "did you mean \"and\"?" },
	{ "|", "did you mean \"or\"?" },
	{ "!", "did you mean \"not\"?" },
	{ "=", "did you mean \"==\"?" },
	{ "{", "did you mean \"(\"?" },
	{ "}", "did you mean \")\"?" },
	{ "~", "write match('REGEX', A)" },
	{ ";", "did you mean \",\"?" },
};

static void take_wrong(struct parser *p)
{
	uint32_t n = 1, i;

	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		n = (uint32_t)strlen(foreign[i].wrong);
		if (p->len - p->at >= n && !memcmp(p->text + p->at, foreign[i].wrong, n)) {
			take(p, TOKEN_BAD, n);
			parser_syntax(p, p->token.from, p->token.to, "\"%s\" is not an operator", foreign[i].wrong);
			diag_help(p->env->diag, "%s", foreign[i].help);
			return;
		}
	}
	for (n = 1; (peek(p, n) & 0xc0) == 0x80 && peek(p, n) > 0; n++)
		;
	take(p, TOKEN_BAD, n);
	if (peek(p, 0) == -1 && p->text[p->token.from] < ' ' && p->text[p->token.from] >= 0)
		parser_syntax(p, p->token.from, p->token.to, "unexpected control character");
	else
		parser_syntax(p, p->token.from, p->token.to, "unexpected character '%.*s'", (int)n,
			      p->text + p->token.from);
}

static void begin(struct parser *p)
{
	p->last_end = p->token.to;
	while (peek(p, 0) == ' ' || peek(p, 0) == '\t' || peek(p, 0) == '\n' || peek(p, 0) == '\r')
		p->at++;
	p->token = (struct token){ .kind = TOKEN_END, .from = p->at, .to = p->at };
}

static bool is_ipv6_here(const struct parser *p)
{
	uint32_t n, colons = 0;

	for (n = 0; is_address(peek(p, n)); n++)
		colons += peek(p, n) == ':';
	return colons >= 2;
}

static bool is_word(const char *word, uint32_t len)
{
	unsigned i;

	for (i = 0; i < n_eval_ops; i++)
		if (strlen(eval_ops[i].name) == len && !memcmp(eval_ops[i].name, word, len))
			return true;
	return len == 3 && !memcmp(word, "all", 3);
}

/*
 * As in Kea, words need no space between them: "notmember" is two words. Applies only if the whole run splits into
 * words, or a number follows.
 */
static uint32_t word_len(const char *word, uint32_t len, unsigned depth)
{
	uint32_t n;

	if (len > 64 || depth > 4 || is_word(word, len))
		return len;
	for (n = len - 1; n > 1; n--) {
		const char *rest = word + n;

		if (is_word(word, n) &&
		    (is_digit(*rest) || is_word(rest, len - n) || word_len(rest, len - n, depth + 1) < len - n))
			return n;
	}
	return len;
}

void token_next(struct parser *p)
{
	int c;

	begin(p);
	c = peek(p, 0);
	if (c < 0)
		return;
	if (c == '=' && peek(p, 1) == '=')
		take_sign(p, '=', 2);
	else if (strchr("()[].,+*", c) && c)
		take_sign(p, (char)c, 1);
	else if (c == '\'' || c == '"')
		take_text(p, (char)c);
	else if ((is_hex(c) || c == ':') && is_ipv6_here(p))
		take_address(p, run(p, is_address));
	else if (is_letter(c))
		take(p, TOKEN_WORD, word_len(p->text + p->at, run(p, is_name), 0));
	else if (is_digit(c) || (c == '-' && is_digit(peek(p, 1))))
		take_number(p);
	else
		take_wrong(p);
}

void token_next_name(struct parser *p)
{
	uint32_t n, i;

	begin(p);
	n = run(p, is_name);
	for (i = 0; i < n && is_digit(peek(p, i)); i++)
		;
	if (!n || i == n || peek(p, 0) == '-' || (peek(p, 0) == '0' && peek(p, 1) == 'x')) {
		p->at = p->token.from;
		p->token.to = p->last_end;
		token_next(p);
		return;
	}
	take(p, TOKEN_WORD, n);
}

const char *token_name(const struct parser *p, const struct token *token)
{
	if (token->kind == TOKEN_END)
		return "the end of the expression";
	return arena_printf(p->env->arena, "\"%.*s\"", (int)(token->to - token->from), p->text + token->from);
}
