/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "eval/expr.h"

/*
 * Internals of expressions: tokens (token.c), parser (parse.c), names (names.c), load-time checks (check.c), the
 * operator table (ops.c) and the operators' functions (ops_text.c, ops_packet.c, regex.c).
 */

/* --- operators ------------------------------------------------------------- */

enum { FAM_4 = 1, FAM_6 = 2, FAM_46 = 3 };

enum eval_form {
	FORM_LITERAL,
	FORM_INFIX,
	FORM_PREFIX,
	FORM_FUNCTION, /* name(arguments) */
	FORM_WORD,     /* name */
	FORM_PLACE,    /* name[index], or .name[index] after another place: part of a packet */
	FORM_MEMBER,   /* .name after a place: its value */
};

/* The operand before the dot. */
enum eval_at { AT_START, AT_OPTION, AT_RELAY, AT_VENDOR, AT_VENDOR_CLASS, AT_PKT, AT_PKT4, AT_PKT6, AT_DATA, AT_ALL };

enum eval_index { INDEX_NONE, INDEX_OPTION, INDEX_RELAY_OPTION, INDEX_HOP, INDEX_ENTERPRISE, INDEX_DATA };

enum eval_arg { ARG_NONE, ARG_TEXT, ARG_BOOL, ARG_NUMBER, ARG_LENGTH, ARG_REGEX, ARG_CLASS };

/* The letters a text can contain. */
enum eval_letters { LETTERS_ANY, LETTERS_LOWER, LETTERS_UPPER, LETTERS_HEX /* plus those of the separator */ };

enum { EVAL_ARGS_MAX = 3, LEN_ANY = 65535 };

/* Possible lengths of a text in bytes: min, min + step ... max, or zero. */
struct eval_len {
	uint32_t min, max;
	uint32_t step; /* 0 means 1 */
	bool or_empty;
};

#define LEN(N) ((struct eval_len){ (N), (N), 0, false })
#define LEN_UP_TO(N) ((struct eval_len){ 0, (N), 0, false })
#define LEN_OR_NONE(N) ((struct eval_len){ (N), (N), 0, true })

enum eval_verdict { MAYBE_TRUE, NEVER_TRUE, ALWAYS_TRUE };

struct eval_node;

/* How an option is decoded for the members of a class. */
struct eval_alt {
	unsigned class_id;
	const struct optdef *def;
	int32_t subs; /* as in struct eval_node */
	bool is_string;
};

struct eval_op {
	const char *name;
	enum eval_form form;
	enum eval_type result; /* unused for places */
	uint8_t families;
	uint8_t precedence;         /* infix and prefix operators: higher binds tighter */
	enum eval_at from, to;      /* places and members */
	enum eval_index index;      /* places */
	bool may_omit_index;        /* vendor.enterprise */
	bool needs_index, no_index; /* members: [index] of the preceding place */
	enum eval_arg args[EVAL_ARGS_MAX];
	bool (*test)(const struct eval_node *node, struct eval *ev);
	struct bytes (*text)(const struct eval_node *node, struct eval *ev);
	bool (*find)(const struct eval_node *node, struct eval *ev, struct bytes *ret);
	struct eval_len len;
	struct eval_len (*len_of)(const struct eval_node *node); /* replaces len */
	enum eval_letters letters;
	const char *syntax; /* for the reference; NULL: built from name and arguments */
	const char *doc;
};

/* In the order of the reference. */
extern const struct eval_op eval_ops[];
extern const unsigned n_eval_ops;

extern const struct eval_op eval_op_literal, eval_op_integer;

/* Fields read during evaluation come first. */
struct eval_node {
	union {
		bool (*test)(const struct eval_node *node, struct eval *ev);
		struct bytes (*text)(const struct eval_node *node, struct eval *ev);
	};
	struct eval_node *first; /* first argument; for a place or member, the preceding place */
	struct eval_node *next;  /* next argument of the same operator */
	struct bytes literal;
	uint32_t index;         /* option code, enterprise number */
	bool has_index, is_any; /* [..], [*] */
	bool is_string;         /* string option: see take_value() */
	bool is_rest;           /* length "all" */
	int32_t start, length;  /* substring; start is also a hop, field or element number */
	const struct eval_op *op;

	bool (*find)(const struct eval_node *node, struct eval *ev, struct bytes *ret);
	void *regex;
	const struct eval_pattern *patterns; /* see list.c */
	unsigned n_patterns;
	int class_id; /* for member; negative: see class_kind */
	enum { CLASS_ORDINARY, CLASS_KNOWN, CLASS_UNKNOWN, CLASS_ALL } class_kind;
	const struct optdef *def; /* option definition; NULL if unknown */
	int32_t subs;             /* offset of the sub-options; negative: none */
	bool has_pads;            /* sub-options include PAD and END */
	const struct eval_alt *alts;
	size_t n_alts;

	uint32_t from, to; /* range in the expression's text */
	const char *space; /* space of the sub-options */
	struct eval_len len;
	enum eval_verdict verdict; /* for a place: whether it is present */
	bool is_wrong;             /* error already reported */
};

struct eval_expr {
	const struct eval_node *root;
	bool needs_host, has_match;
	size_t work; /* see eval_work() */
	unsigned *classes;
	unsigned n_classes, max_classes;
};

static inline bool eval_is_place(const struct eval_node *node)
{
	return node->op->form == FORM_PLACE;
}

/* Returns the operator with this name and form in any family, or NULL. */
const struct eval_op *eval_op_find(enum eval_form form, enum eval_at from, const char *name, size_t len);
/* True if the operator is available in the family with this digit. */
static inline bool eval_op_is_for(const struct eval_op *op, unsigned digit)
{
	return op->families & (digit == 6 ? FAM_6 : FAM_4);
}

/* --- tokens ---------------------------------------------------------------- */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_HEX, TOKEN_INTEGER, TOKEN_ADDRESS, TOKEN_SIGN, TOKEN_BAD };

struct token {
	enum token_kind kind;
	uint32_t from, to;
	char sign;          /* one of ( ) [ ] . , + * and '=' for == */
	int64_t number;     /* value of an integer; its range is checked where it is used */
	struct bytes value; /* non-integer literals; in the arena or the text */
	bool is_wrong;      /* error already reported; the value is meaningless */
};

struct parser {
	const struct eval_env *env;
	struct json_object *value;
	const char *text;
	uint32_t len, at;
	struct token token; /* at the cursor */
	uint32_t last_end;  /* end of the previous token */
	unsigned depth, nodes;
	bool failed; /* an error was reported */
	bool lost;   /* after a syntax error: the rest is not parsed */
	struct eval_expr *expr;
};

/* Reads the next token; reports an invalid one and sets TOKEN_BAD. */
void token_next(struct parser *p);
/* Reads an option index, a word or an integer: option names may begin with digits. */
void token_next_name(struct parser *p);
/* Returns the token as named in errors: "\"and\"", "the end of the expression"; in the arena. */
const char *token_name(const struct parser *p, const struct token *token);

/* --- errors ---------------------------------------------------------------- */

struct pos parser_pos(const struct parser *p, uint32_t from, uint32_t to);
void parser_error(struct parser *p, uint32_t from, uint32_t to, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Reports an error that makes parsing the rest pointless. */
void parser_syntax(struct parser *p, uint32_t from, uint32_t to, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* --- names (names.c) -------------------------------------------------------- */

/* Suggests the nearest word allowed here, or lists all of them if none is similar. */
void names_help_operator(struct parser *p, const char *word);
/* Same as above, where an infix operator is expected. */
void names_help_infix(struct parser *p, const char *word);
void names_help_member(struct parser *p, enum eval_at from, const char *word);
/* Returns "text, hex, exists or option", in the arena. */
const char *names_of_members(struct parser *p, enum eval_at from);
/* Sets code, definition and sub-options of an option in `space` (NULL: unknown). Returns false after an error. */
bool names_set_option(struct parser *p, struct eval_node *node, const char *space);
/* Returns "vendor-4491" or the vendor's built-in space; in the arena. */
const char *names_vendor_space(struct parser *p, uint32_t enterprise);
bool names_set_class(struct parser *p, struct eval_node *node);

/* --- load-time checks (check.c) ---------------------------------------------- */

/* Sets length and verdict of a node whose arguments are complete; warns about comparisons that are never true. */
void check_node(struct parser *p, struct eval_node *node);
void check_root(struct parser *p, const struct eval_node *root);
struct eval_len len_of_option(const struct eval_node *node);
struct eval_len len_of_option_text(const struct eval_node *node);
struct eval_len len_of_first(const struct eval_node *node);
struct eval_len len_of_literal(const struct eval_node *node);
struct eval_len len_of_concat(const struct eval_node *node);
struct eval_len len_of_choice(const struct eval_node *node);
struct eval_len len_of_substring(const struct eval_node *node);
struct eval_len len_of_split(const struct eval_node *node);
struct eval_len len_of_hexstring(const struct eval_node *node);
struct eval_len len_of_address(const struct eval_node *node);

/* --- evaluation -------------------------------------------------------------- */

struct found {
	const struct opts *list;
	const struct opt *opt;
	uint16_t code;
};

enum { FOUND_SLOTS = 64 };

struct eval_scratch {
	uint8_t text[EVAL_TEXT_MAX];
	struct found found[FOUND_SLOTS];
	struct regex_scratch *regex; /* NULL if no expression uses "match" */
};

/* Charges work to the packet's budget; returns false, and evaluation ends, if it is exceeded. */
static inline bool eval_charge(struct eval *ev, size_t work)
{
	if (__builtin_expect(ev->work_left < work, 0)) {
		ev->work_left = 0;
		ev->is_exceeded = true;
		return false;
	}
	ev->work_left -= (uint32_t)work;
	return true;
}

static inline bool node_test(const struct eval_node *node, struct eval *ev)
{
	return eval_charge(ev, 1) && node->test(node, ev);
}

static inline struct bytes node_text(const struct eval_node *node, struct eval *ev)
{
	return eval_charge(ev, 1) ? node->text(node, ev) : bytes_of("", 0);
}

static inline bool node_find(const struct eval_node *node, struct eval *ev, struct bytes *ret)
{
	return eval_charge(ev, 1) && node->find(node, ev, ret);
}

/* Reserves room for a text that is being built; NULL if none is left. */
uint8_t *eval_room(struct eval *ev, size_t len);
/* Returns a copy of the text; empty if no room is left. */
struct bytes eval_text_of(struct eval *ev, const char *text);

/* ops_text.c */
struct bytes text_literal(const struct eval_node *node, struct eval *ev);
bool test_not(const struct eval_node *node, struct eval *ev);
bool test_and(const struct eval_node *node, struct eval *ev);
bool test_or(const struct eval_node *node, struct eval *ev);
bool test_equal(const struct eval_node *node, struct eval *ev);
bool test_equal_literal(const struct eval_node *node, struct eval *ev);
struct bytes text_concat(const struct eval_node *node, struct eval *ev);
struct bytes text_choice(const struct eval_node *node, struct eval *ev);
struct bytes text_substring(const struct eval_node *node, struct eval *ev);
struct bytes text_split(const struct eval_node *node, struct eval *ev);
struct bytes text_hexstring(const struct eval_node *node, struct eval *ev);
struct bytes text_address(const struct eval_node *node, struct eval *ev);
struct bytes text_signed(const struct eval_node *node, struct eval *ev);
struct bytes text_unsigned(const struct eval_node *node, struct eval *ev);
struct bytes text_lower(const struct eval_node *node, struct eval *ev);
struct bytes text_upper(const struct eval_node *node, struct eval *ev);

/* ops_packet.c */
bool test_exists(const struct eval_node *node, struct eval *ev);
bool test_member(const struct eval_node *node, struct eval *ev);
bool test_known(const struct eval_node *node, struct eval *ev);
bool test_unknown(const struct eval_node *node, struct eval *ev);
struct bytes text_place(const struct eval_node *node, struct eval *ev);
/* Same as above for options of the message itself, which most expressions read. */
bool test_main_exists(const struct eval_node *node, struct eval *ev);
bool test_main_equal(const struct eval_node *node, struct eval *ev);
struct bytes text_main_option(const struct eval_node *node, struct eval *ev);
struct bytes text_of_option(const struct eval_node *node, struct eval *ev);
bool find_option(const struct eval_node *node, struct eval *ev, struct bytes *ret);
bool find_relay4(const struct eval_node *node, struct eval *ev, struct bytes *ret);
bool find_relay6(const struct eval_node *node, struct eval *ev, struct bytes *ret);
bool find_vendor(const struct eval_node *node, struct eval *ev, struct bytes *ret);
bool find_data(const struct eval_node *node, struct eval *ev, struct bytes *ret);
bool find_packet(const struct eval_node *node, struct eval *ev, struct bytes *ret);
struct bytes text_enterprise(const struct eval_node *node, struct eval *ev);
struct bytes text_relay_peer(const struct eval_node *node, struct eval *ev);
struct bytes text_relay_link(const struct eval_node *node, struct eval *ev);
struct bytes text_iface(const struct eval_node *node, struct eval *ev);
struct bytes text_src(const struct eval_node *node, struct eval *ev);
struct bytes text_dst(const struct eval_node *node, struct eval *ev);
struct bytes text_len(const struct eval_node *node, struct eval *ev);
struct bytes text_mac(const struct eval_node *node, struct eval *ev);
struct bytes text_hlen(const struct eval_node *node, struct eval *ev);
struct bytes text_htype(const struct eval_node *node, struct eval *ev);
struct bytes text_ciaddr(const struct eval_node *node, struct eval *ev);
struct bytes text_giaddr(const struct eval_node *node, struct eval *ev);
struct bytes text_yiaddr(const struct eval_node *node, struct eval *ev);
struct bytes text_siaddr(const struct eval_node *node, struct eval *ev);
struct bytes text_msgtype(const struct eval_node *node, struct eval *ev);
struct bytes text_transid(const struct eval_node *node, struct eval *ev);

/* --- regular expressions (regex.c) -------------------------------------------- */

enum regex_use { REGEX_WHOLE, REGEX_SEARCH }; /* the whole text must match, as in Kea; or a part of it */

#define REGEX_GROUPS 10

/* A match or one of its groups. */
struct regex_span {
	bool is_set;
	size_t first, len;
};

enum { REGEX_MAX = 1024, REGEX_SUBJECT_MAX = 1024 };

enum { REGEX_WORK = 64 + 32 }; /* of one match: the first try, and a text of 32 bytes */
/* Returns NULL after an error: *ret_why (in the arena) is the reason, *ret_at the offset in the pattern. */
void *regex_compile(struct bytes pattern, enum regex_use use, struct arena *arena, const char **ret_why,
		    size_t *ret_at);
/*
 * Finds the first match at or after `from`: the match and its groups. Returns 1; 0 if there is none; -E_RANGE if that
 * takes too many steps.
 */
int regex_find(const void *code, struct regex_scratch *scratch, struct bytes text, size_t from,
	       struct regex_span ret[REGEX_GROUPS]);
struct regex_scratch *regex_scratch_new(void);
void regex_scratch_free(struct regex_scratch *scratch);
bool test_match(const struct eval_node *node, struct eval *ev);
