/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ddns/names.h"

/*
 * Publishes names in Unbound through its unix control socket: A or AAAA, and PTR records, as local data. Unbound
 * forgets them when it is reloaded or restarted; then everything is sent again. Blocks, for a limited time: not for
 * workers.
 */
struct unbound;

/* path and program, which names the marker in Unbound, are copied; ttl in seconds. */
struct unbound *unbound_new(const char *path, const char *program, uint32_t ttl);
void unbound_free(struct unbound *ub); /* accepts NULL; what was published stays */
/* Continues where `old` stopped, if it is the same Unbound and records have the same TTL: nothing is sent again. */
void unbound_inherit(struct unbound *ub, const struct unbound *old);
/* Asks, at most once a second, whether Unbound still has what was sent. True if not, or if it cannot be reached. */
bool unbound_has_forgotten(struct unbound *ub);
/*
 * Sends the difference between what is published and what was sent; with `all`, everything, as nothing is known. Sets
 * `sent` in the rows. False, with the reason in why, if Unbound cannot be reached or rejects it: then the next call
 * must send everything.
 */
bool unbound_send(struct unbound *ub, struct names *names, bool all, struct str *why);
