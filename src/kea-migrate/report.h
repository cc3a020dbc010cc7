/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/vec.h"
#include "json/diag.h"

#include <stdbool.h>

/*
 * What a conversion reports: every message has the position of its statement in the source. A statement is converted,
 * or it needs a decision of the administrator; notices do not change that.
 */
enum report_kind { REPORT_NOTICE, REPORT_DECISION, REPORT_ERROR };

struct report_note {
	enum report_kind kind;
	struct pos pos;
	const char *text;
};

struct report {
	struct arena *arena;
	VEC(const char *) paths; /* of the sources; number 1 is the first */
	VEC(struct report_note) notes;
	unsigned statements; /* of the source, all of them */
	unsigned dropped;    /* notes beyond REPORT_MAX */
	unsigned undecided;  /* those of them that are not notices */
	const char *what;    /* "statement"; what is counted */
	bool is_unusable;    /* there is no output */
};

#define REPORT_MAX 20000

void report_init(struct report *rep, struct arena *arena);
void report_done(struct report *rep);
/* Returns the number of the source. path is copied. */
uint32_t report_source(struct report *rep, const char *path);
/* Adds a message; the same text at the same position counts once. True if it is new. */
bool report_note(struct report *rep, enum report_kind kind, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Returns the byte of a position in a text; columns are characters. */
size_t report_offset(const char *text, size_t len, struct pos pos);
/* Returns "FILE:LINE" in the arena. */
const char *report_where(const struct report *rep, struct pos pos);
/* Returns the number of statements that need a decision; errors are among them. */
unsigned report_decisions(const struct report *rep);
/* Prints every message in the order of the source, and a summary: "41 statements converted, 2 need a decision: ...". */
void report_print(const struct report *rep, FILE *to);
/* Returns the exit status: 0, 1 (no output) or 2 (something needs a decision). */
int report_status(const struct report *rep);
