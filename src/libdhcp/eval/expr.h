/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"
#include "json/read.h"
#include "wire/dict.h"
#include "wire/packet4.h"
#include "wire/packet6.h"

/*
 * Expressions over packets, such as the "test" of a class: compiled at load time, evaluated for each packet.
 *
 *	expr = eval_compile(&env, value, EVAL_BOOL);
 *	...
 *	struct eval ev = { .q4 = &req->q, .iface = "eth0", .src = from, .dst = to, .len = len, .scratch = scratch };
 *	eval_begin(&ev);
 *	if (eval_test(expr, &ev))
 *		add_class(req);
 *
 * Text is bytes. Data absent from the packet evaluates to the empty text, as does an operator whose argument has the
 * wrong length, so evaluation cannot fail. It never calls malloc. Any thread may use an expression; a scratch belongs
 * to one worker.
 */
enum eval_type {
	EVAL_TEXT,
	EVAL_BOOL,
	EVAL_ANY, /* for eval_compile(): either */
};

enum {
	EVAL_DEPTH_MAX = 100,  /* nested operators */
	EVAL_NODES_MAX = 4096, /* per expression */
	EVAL_TEXT_MAX = 65536, /* bytes of text built per packet */
	EVAL_WORK_MAX = 65536, /* bytes and options examined per packet, by all expressions */
};

struct eval_expr;
struct eval_scratch;

/* A definition of an option for messages of a class. */
struct eval_class_def {
	unsigned class_id;
	const struct optdef *def;
};

/* Resolves the names in an expression. */
struct eval_env {
	unsigned digit;          /* address family: 4 or 6 */
	const struct dict *dict; /* built-in and custom option definitions */
	void *ctx;               /* passed to the functions */
	/*
	 * Returns the number of a class, which is its bit in eval.classes; negative if there is no such class. Not
	 * called for KNOWN, UNKNOWN and ALL.
	 */
	int (*find_class)(void *ctx, const char *name);
	/* Returns the names of all classes, for suggestions, and their number in *ret_n. NULL if there are none. */
	const char *const *(*class_names)(void *ctx, size_t *ret_n);
	/* True if the test of a class found is never true. The function pointer may be NULL. */
	bool (*is_empty_class)(void *ctx, int number);
	/*
	 * Returns the option of the space that an unknown name probably means, or NULL. The function pointer may be
	 * NULL.
	 */
	const char *(*other_name)(void *ctx, const char *space, const char *name);
	/*
	 * Returns the definitions that classes have for a DHCPv4 option, and their number in *ret_n. The function
	 * pointer may be NULL.
	 */
	const struct eval_class_def *(*class_defs)(void *ctx, uint16_t code, size_t *ret_n);
	struct arena *arena; /* the configuration's, without a cap: holds the expressions */
	struct diag *diag;
};

/*
 * Compiles the text of a JSON string. Reports errors and warnings in diag, with their position in the string. Returns
 * NULL after an error.
 */
const struct eval_expr *eval_compile(const struct eval_env *env, struct json_object *value, enum eval_type type);
/* Returns EVAL_TEXT or EVAL_BOOL. */
enum eval_type eval_type_of(const struct eval_expr *expr);
/* True if the value depends on the host reservation lookup: known, unknown. */
bool eval_needs_host(const struct eval_expr *expr);
/* True if no message can make the test true; the compiler warned. */
bool eval_is_never(const struct eval_expr *expr);
/* True if the expression uses "match": the scratch must then have room for it. */
bool eval_has_match(const struct eval_expr *expr);
/* Returns about how much of EVAL_WORK_MAX an ordinary message takes. */
size_t eval_work(const struct eval_expr *expr);
/* Returns the numbers of the classes the expression tests, in text order, each at least once; their count in *ret_n. */
const unsigned *eval_classes(const struct eval_expr *expr, size_t *ret_n);

/* A text, or the beginning of one, to compare with: in half bytes, so that it can be a block of hardware addresses. */
struct eval_pattern {
	const uint8_t *data; /* a last half byte is in the high bits */
	unsigned n_digits;
	bool is_prefix; /* what follows does not matter */
};

/* Orders patterns; one that covers others is before them. */
int eval_pattern_compare(const struct eval_pattern *a, const struct eval_pattern *b);
/* True if the pattern matches the text with this many half bytes. */
bool eval_pattern_covers(const struct eval_pattern *pattern, const uint8_t *data, size_t n_digits);

/* Compares the value of an expression with a list of patterns. */
struct eval_list {
	const struct eval_expr *text;
	const struct eval_pattern *patterns; /* ordered, and none covers another */
	unsigned n;
	bool is_random; /* instead of patterns: true for a hardware address that the client made up */
};

/*
 * Returns an EVAL_BOOL expression that is true if the value of any list matches one of its patterns. The cost is that
 * of the values and of a binary search in each list.
 */
const struct eval_expr *eval_any_list(struct arena *arena, const struct eval_list *lists, size_t n);

/* State of evaluating expressions on one packet. */
struct eval {
	const struct packet4 *q4; /* one of these is set, the other is NULL */
	const struct packet6 *q6;
	const char *iface; /* receiving interface */
	struct ip src, dst;
	uint32_t len;            /* of the datagram, bytes */
	const uint64_t *classes; /* one bit per class the packet is a member of; NULL: none */
	const uint32_t *order;   /* the same classes in the order of assignment */
	unsigned n_order;
	bool is_known; /* the client has a reservation */
	struct eval_scratch *scratch;

	/* set by eval_begin() */
	bool is_exceeded; /* a limit was exceeded: the packet is hostile and should be dropped */
	uint32_t work_left;
	uint32_t text_used;
	uint64_t found_valid; /* one bit per slot in the scratch's table of found options */
};

/* with_match: false if no expression uses "match"; saves 140 KB. */
struct eval_scratch *eval_scratch_new(bool with_match);
void eval_scratch_free(struct eval_scratch *scratch); /* accepts NULL */

/* Must be called once per packet, before the first expression; the options must not change afterwards. */
void eval_begin(struct eval *ev);
/*
 * Returns the value of an EVAL_BOOL expression. False once a limit is exceeded: classes evaluated after that are
 * unreliable, so they must not decide what they guard; see is_exceeded.
 */
bool eval_test(const struct eval_expr *expr, struct eval *ev);
/*
 * Returns the value of an EVAL_TEXT expression; borrowed from packet, expression or scratch until the next evaluation.
 */
struct bytes eval_text(const struct eval_expr *expr, struct eval *ev);

/* The part of an expression that decided its value. */
struct eval_reason {
	bool value;        /* of the part */
	uint32_t from, to; /* its range in the text of the expression; to 0: it has no text */
	bool has_left;     /* it compares a text with another one */
	struct bytes left; /* the first of them; borrowed as by eval_text() */
};
/*
 * Evaluates an EVAL_BOOL expression and finds what decided: the first operand of "and" that is false, of "or" that is
 * true. For people, who ask why.
 */
struct eval_reason eval_why(const struct eval_expr *expr, struct eval *ev);

enum { EVAL_VERSION_MAX = 64 };
/* Returns the version of PCRE2, "10.42 2022-12-11", in buf. */
const char *eval_regex_version(char buf[EVAL_VERSION_MAX]);
/* Prints the operator reference in Markdown. */
void eval_print_reference(unsigned digit, FILE *to);
/*
 * For completion: calls fn for each word that can begin an operand or follow one ("substring", "and") and, if `after`
 * is such a word, for each word allowed after its dot ("option": "hex").
 */
void eval_each_word(unsigned digit, const char *after, void (*fn)(void *ctx, const char *word, const char *doc),
		    void *ctx);
