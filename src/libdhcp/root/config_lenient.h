/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/vec.h"
#include "json/read.h"
#include "root/config.h"

/* Reservations and classes that "lenient" left out of a configuration. */
struct left_out_item {
	struct pos pos; /* of the error */
	char *text;     /* of the error */
	bool is_class;
	char *name; /* of the class; NULL for reservations */
};

struct left_out {
	VEC(struct left_out_item) items;
	VEC(char *) classes;       /* their names, and those that the reservations would have assigned */
	VEC(struct ip_span) spans; /* what the reservations reserve: for nobody */
	VEC(struct pos) kept;      /* what had to stay although it has an error */
};

/*
 * Removes reservations and classes with errors, those in diag, from the configuration's map. Returns false if there was
 * none: the errors are elsewhere.
 */
bool leave_out(struct left_out *out, struct json_object *root, const struct diag *diag);
/* Lists them as warnings. is_usable: the configuration has no other errors. */
void left_out_report(const struct left_out *out, struct diag *diag, bool is_usable);
/*
 * True if a class that is not defined may be one of those, or one that its template-test would have created. `out` may
 * be NULL.
 */
bool left_out_class(const struct left_out *out, const char *name);
void left_out_done(struct left_out *out);
