/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "host/source.h"

/*
 * A source of reservations for tests that is as bad as a remote one can be: its own threads respond late and in any
 * order; some queries fail, are answered twice or, until the test releases them, never. The reservations are those of
 * another source, so results are correct.
 *
 *	struct host_source *source = slow_source_new(inner, on_respond, ctx);
 *	... workers serve requests ...
 *	slow_source_withhold(source, false);	from here on everything is answered, including what was withheld
 *	host_source_close(source);		answers what is still withheld
 */
/* Called in the responding thread before the first response to a find. fails: all of its results are -E_SYS. */
typedef void slow_respond_fn(void *ctx, const struct host_find *find, bool fails);

/* Closes `inner` when it is closed itself. `responds` may be NULL. Initially nothing fails and nothing is withheld. */
struct host_source *slow_source_new(struct host_source *inner, slow_respond_fn *responds, void *ctx);
/* true: some of the finds from now on are withheld. false: no longer, and those withheld are answered. */
void slow_source_withhold(struct host_source *source, bool withhold);
/* true: some of the finds from now on fail. */
void slow_source_fail(struct host_source *source, bool fail);

struct slow_source_counts {
	unsigned found;         /* answered correctly */
	unsigned failed, twice; /* answered otherwise */
	unsigned withheld;      /* withheld at first */
	unsigned pending;       /* not yet answered, without those that are withheld */
};
struct slow_source_counts slow_source_counts(struct host_source *source);
