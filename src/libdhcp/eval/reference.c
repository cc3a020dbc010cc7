/* SPDX-License-Identifier: MPL-2.0 */
/* The operators for people: the reference, and words for completion. */
#include "eval/expr_int.h"

static const char *arg_name(enum eval_arg arg)
{
	static const char *const names[] = {
		[ARG_NONE] = "",         [ARG_TEXT] = "TEXT",     [ARG_BOOL] = "CONDITION", [ARG_NUMBER] = "NUMBER",
		[ARG_LENGTH] = "LENGTH", [ARG_REGEX] = "'REGEX'", [ARG_CLASS] = "'CLASS'",
	};

	return names[arg];
}

static const char *index_text(const struct eval_op *op)
{
	static const char *const texts[] = {
		[INDEX_NONE] = "",   [INDEX_OPTION] = "[CODE or NAME]",    [INDEX_RELAY_OPTION] = "[CODE or NAME]",
		[INDEX_HOP] = "[N]", [INDEX_ENTERPRISE] = "[NUMBER or *]", [INDEX_DATA] = "[N]",
	};

	return texts[op->index];
}

static const char *before_text(enum eval_at from)
{
	static const char *const texts[AT_ALL] = {
		[AT_START] = "",
		[AT_OPTION] = "option[...].",
		[AT_RELAY] = "relay6[N].",
		[AT_VENDOR] = "vendor[...].",
		[AT_VENDOR_CLASS] = "vendor-class[...].",
		[AT_PKT] = "pkt.",
		[AT_PKT4] = "pkt4.",
		[AT_PKT6] = "pkt6.",
	};

	return texts[from];
}

static void print_syntax(const struct eval_op *op, FILE *to)
{
	unsigned i;

	if (op->syntax) {
		fputs(op->syntax, to);
	} else if (op->form == FORM_INFIX) {
		fprintf(to, "A %s B", op->name);
	} else if (op->no_index) {
		fprintf(to, "%s.%s", op->from == AT_VENDOR ? "vendor" : "vendor-class", op->name);
	} else {
		fprintf(to, "%s%s%s", before_text(op->from), op->name, index_text(op));
		for (i = 0; i < EVAL_ARGS_MAX && op->args[i] != ARG_NONE; i++)
			fprintf(to, "%s%s", i ? ", " : "(", arg_name(op->args[i]));
		fputs(i ? ")" : "", to);
	}
}

static const char *result_name(const struct eval_op *op)
{
	if (op->form == FORM_PLACE && !op->text)
		return "";
	return op->result == EVAL_BOOL ? "true or false" : "text";
}

static void print_rows(unsigned digit, bool (*is)(const struct eval_op *op), const char *title, FILE *to)
{
	unsigned i;

	fprintf(to, "## %s\n\n| expression | value | meaning |\n|---|---|---|\n", title);
	for (i = 0; i < n_eval_ops; i++) {
		if (!is(&eval_ops[i]) || !eval_op_is_for(&eval_ops[i], digit))
			continue;
		fputs("| `", to);
		print_syntax(&eval_ops[i], to);
		fprintf(to, "` | %s | %s |\n", result_name(&eval_ops[i]), eval_ops[i].doc);
	}
	fputc('\n', to);
}

static bool is_operator(const struct eval_op *op)
{
	return op->form == FORM_INFIX || op->form == FORM_PREFIX;
}

static bool is_function(const struct eval_op *op)
{
	return op->form == FORM_FUNCTION || op->form == FORM_WORD;
}

static bool is_of_packet(const struct eval_op *op)
{
	return op->form == FORM_PLACE || op->form == FORM_MEMBER;
}

/* Derives the precedence from the rows. */
static void print_precedence(FILE *to)
{
	unsigned precedence, i, n = 0;

	fputs("What binds more tightly comes first: ", to);
	for (precedence = 10; precedence; precedence--)
		for (i = 0; i < n_eval_ops; i++)
			if (is_operator(&eval_ops[i]) && eval_ops[i].precedence == precedence)
				fprintf(to, "%s`%s`", n++ ? ", " : "", eval_ops[i].name);
	fputs(".\n\n", to);
}

void eval_print_reference(unsigned digit, FILE *to)
{
	fprintf(to,
		"# Expressions of kea-dhcp%u\n\n"
		"Made by `kea-dhcp%u --print-expressions` from the table the server reads expressions with.\n\n"
		"A text is any bytes: `'text'` in single quotes, `0x0a0b` (hexadecimal), `258` (an integer: 4 bytes), "
		"an IPv4 address (4 bytes) or an IPv6 address (16 bytes). What is absent from the packet is the empty "
		"text, and so is the result of a function whose argument has the wrong length.\n\n",
		digit, digit);
	print_rows(digit, is_operator, "Operators", to);
	print_precedence(to);
	print_rows(digit, is_function, "Functions", to);
	print_rows(digit, is_of_packet, "Parts of a packet", to);
	fprintf(to,
		"## Limits\n\nAn expression has at most %d operators and values, nested at most %d deep, and makes at "
		"most %d "
		"bytes of text. All expressions together look at no more than %d bytes and options of one packet. "
		"A packet that needs more is dropped; -t warns if ordinary ones would.\n",
		EVAL_NODES_MAX, EVAL_DEPTH_MAX, EVAL_TEXT_MAX, EVAL_WORK_MAX);
}

void eval_each_word(unsigned digit, const char *after, void (*fn)(void *ctx, const char *word, const char *doc),
		    void *ctx)
{
	enum eval_at from = AT_START;
	unsigned i;

	for (i = 0; after && i < n_eval_ops; i++)
		if (eval_ops[i].form == FORM_PLACE && eval_ops[i].from == AT_START && !strcmp(eval_ops[i].name, after))
			from = eval_ops[i].to;
	if (after && from == AT_START)
		return;
	for (i = 0; i < n_eval_ops; i++)
		if (eval_ops[i].from == from && eval_op_is_for(&eval_ops[i], digit))
			fn(ctx, eval_ops[i].name, eval_ops[i].doc);
}
