/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea/remote.h"

/*
 * The subnets of a server and how full they are, for other views: the fullest first.
 *
 *	struct pool_view *view = pool_view_new(&remote);
 *	pool_view_read(view, stats);	the arguments of statistic-get-all
 *	pool_view_print(view, cli, 10);
 *	pool_view_free(view);
 */
struct pool_view;

/* Reads the prefixes of the subnets. Returns an exit code. */
int pool_view_new(struct remote *remote, struct pool_view **ret);
void pool_view_free(struct pool_view *view); /* NULL is fine */
/* Borrows the statistics until the next call. */
void pool_view_read(struct pool_view *view, struct json_object *stats);
/* Prints a table of at most max rows. */
void pool_view_print(const struct pool_view *view, const struct cli *cli, unsigned max);
/* Returns the same as JSON; the caller puts it. */
struct json_object *pool_view_json(const struct pool_view *view, const struct cli *cli, unsigned max);
