/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"
#include "base/str.h"

/*
 * Names for addresses, as they are published without a DNS server that accepts updates (dns-publish): an address has
 * the name of its lease, or else that of its reservation. A name that is reserved for some addresses is not published
 * for another one, whatever a client calls itself. Names have no final dot. One thread.
 *
 *	names_reserve(names, &ip, "printer.example.org");
 *	names_reserved(names);
 *	names_lease(names, &ip, "pc.example.org");
 */
struct names;

struct names_row {
	struct ip addr;
	char *leased, *reserved; /* NULL: none */
	char *sent;              /* what a program that is told of changes knows; NULL: nothing */
};

struct names *names_new(void);
void names_free(struct names *names); /* accepts NULL */
/* Forgets everything but what was sent. */
void names_begin(struct names *names);
/* Adds a reservation; of several for one address, the first counts. After the last one: names_reserved(). */
void names_reserve(struct names *names, const struct ip *addr, const char *name);
void names_reserved(struct names *names);
/* The address has a lease with this name; NULL or "": no lease, or one without a name. */
void names_lease(struct names *names, const struct ip *addr, const char *name);
/* Returns what is published for the row; NULL: nothing. */
const char *names_of(const struct names *names, const struct names_row *row);
/* True if what is published has changed since the last call. */
bool names_have_changed(struct names *names);
/*
 * A walk over all rows: place is 0 at first; NULL at the end. Rows must not be added meanwhile; `sent` may be replaced,
 * names_set_sent().
 */
struct names_row *names_next(struct names *names, size_t *place);
void names_set_sent(struct names_row *row, const char *name);
/*
 * Writes "ADDRESS NAME" lines in ascending order of addresses. Names that are no host names (letters, digits, hyphens,
 * underscores, dots) are left out: such a file cannot have them.
 */
void names_write_hosts(struct names *names, struct str *out);
