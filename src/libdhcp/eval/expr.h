/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"
#include "json/read.h"
#include "wire/dict.h"
#include "wire/packet4.h"
#include "wire/packet6.h"

/*
 * Expressions over packets, as the "test" of a class has them: compiled at load, evaluated for each packet.
 *
 *	expr = eval_compile(&env, value, EVAL_BOOL);
 *	...
 *	struct eval ev = { .q4 = &req->q, .iface = "eth0", .src = from, .dst = to, .len = len, .scratch = scratch };
 *	eval_begin(&ev);
 *	if (eval_test(expr, &ev))
 *		add_class(req);
 *
 * Text is bytes. What is absent from the packet is the empty text, and so is the result of an operator whose argument
 * has the wrong length, so evaluation cannot fail. It calls no malloc. Any thread may use an expression; a scratch
 * belongs to one worker.
 */
enum eval_type { EVAL_TEXT, EVAL_BOOL };

enum {
	EVAL_DEPTH_MAX = 100,   /* nested operators */
	EVAL_NODES_MAX = 4096,  /* of one expression */
	EVAL_TEXT_MAX = 65536,  /* bytes of text made for one packet */
	EVAL_WORK_MAX = 262144, /* bytes and options looked at for one packet, by all expressions */
};

struct eval_expr;
struct eval_scratch;

/* What the names in an expression are looked up in. */
struct eval_env {
	unsigned digit;          /* of the family: 4 or 6 */
	const struct dict *dict; /* built-in and custom option definitions */
	void *ctx;               /* for the functions */
	/*
	 * The number of a class, which is its bit in eval.classes; negative: there is no such class. KNOWN, UNKNOWN and
	 * ALL are not asked for.
	 */
	int (*find_class)(void *ctx, const char *name);
	/* The names of all classes, to suggest from; *ret_n of them. NULL: there are none. */
	const char *const *(*class_names)(void *ctx, size_t *ret_n);
	/* What else is meant by a name that no option has: a name of the same space, or NULL. May be NULL. */
	const char *(*other_name)(void *ctx, const char *space, const char *name);
	struct arena *arena; /* of the configuration, without a cap: expressions live here */
	struct diag *diag;
};

/*
 * Compiles the text of a JSON string. Errors and warnings are in diag, with their place in the string. NULL after an
 * error.
 */
const struct eval_expr *eval_compile(const struct eval_env *env, struct json_object *value, enum eval_type type);
/* True if its value depends on the host reservation having been looked up: known, unknown. */
bool eval_needs_host(const struct eval_expr *expr);
/* True if it has "match": then the scratch needs room for it. */
bool eval_has_match(const struct eval_expr *expr);
/* The classes it asks for, by their numbers: *ret_n of them, in the order of the text, each at least once. */
const unsigned *eval_classes(const struct eval_expr *expr, size_t *ret_n);

/* Evaluation of expressions over one packet. */
struct eval {
	const struct packet4 *q4; /* one of these; the other is NULL */
	const struct packet6 *q6;
	const char *iface; /* where it was received */
	struct ip src, dst;
	uint32_t len;            /* bytes of the datagram */
	const uint64_t *classes; /* a bit for each class the packet is a member of; NULL: none */
	bool is_known;           /* the client has a reservation */
	struct eval_scratch *scratch;

	/* set by eval_begin() */
	bool is_exceeded; /* a limit was reached: the packet is hostile and should be dropped */
	uint32_t work_left;
	uint32_t text_used;
	uint64_t found_valid; /* a bit for each slot of the scratch's table of options found */
};

/* with_match: false if no expression has "match", which saves 140 KB. */
struct eval_scratch *eval_scratch_new(bool with_match);
void eval_scratch_free(struct eval_scratch *scratch); /* NULL is fine */

/* To be called once for each packet, before the first expression; the options must not change afterwards. */
void eval_begin(struct eval *ev);
/*
 * The value of an EVAL_BOOL expression. False from the moment a limit is reached: classes evaluated after that do not
 * count, so what they guard must not be decided by them; see is_exceeded.
 */
bool eval_test(const struct eval_expr *expr, struct eval *ev);
/* The value of an EVAL_TEXT expression; borrowed from packet, expression or scratch until the next evaluation. */
struct bytes eval_text(const struct eval_expr *expr, struct eval *ev);

enum { EVAL_VERSION_MAX = 64 };
/* Of PCRE2, "10.42 2022-12-11"; returns buf. */
const char *eval_regex_version(char buf[EVAL_VERSION_MAX]);
/* The operators as a manual, in Markdown. */
void eval_print_reference(unsigned digit, FILE *to);
/*
 * For completion: calls fn for each word that may begin an operand or follow one ("substring", "and") and, if `after`
 * is such a word, what may follow its dot ("option": "hex").
 */
void eval_each_word(unsigned digit, const char *after, void (*fn)(void *ctx, const char *word, const char *doc),
		    void *ctx);
