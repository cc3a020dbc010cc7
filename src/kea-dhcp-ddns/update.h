/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ddns/ncr.h"

#include <ldns/ldns.h>

/*
 * What a name change request needs from the DNS, as a table (update.c): each step is one UPDATE message (RFC 2136),
 * whose prerequisites depend on the mode (RFC 4703), and the response decides on the next step.
 *
 *	for (step = update_first(ncr, false); step < UPDATE_N; step = update_next(step, rcode)) {
 *		len = message_write(step, ncr, &zone, &owner, id, key, now, buf, &mac);
 *		...
 *	}
 *
 * A request for both directions runs the forward steps, then the reverse ones.
 */
enum update_step {
	/* check-with-dhcid */
	UPDATE_ADD,     /* the name is not in use */
	UPDATE_REPLACE, /* the name is the client's */
	UPDATE_REMOVE_ADDR,
	UPDATE_REMOVE_NAME, /* no address is left */
	/* check-exists-with-dhcid */
	UPDATE_ADD_EXISTS,
	UPDATE_REPLACE_EXISTS,
	UPDATE_REMOVE_ADDR_EXISTS,
	UPDATE_REMOVE_NAME_EXISTS,
	/* no-check-with-dhcid */
	UPDATE_OVERWRITE,
	UPDATE_REMOVE,
	/* no-check-without-dhcid */
	UPDATE_OVERWRITE_PLAIN,
	UPDATE_REMOVE_PLAIN,
	/* reverse */
	UPDATE_REVERSE,
	UPDATE_REVERSE_PLAIN,
	UPDATE_REMOVE_REVERSE,
	UPDATE_N, /* number of steps; in the table: the direction is complete */
	UPDATE_REJECTED,
};

/* What the step does, for the log: "add a name". */
const char *update_step_text(enum update_step step);
/* Returns the first step of a direction. */
enum update_step update_first(const struct ncr *ncr, bool reverse);
/*
 * Returns the step after a response with this code: UPDATE_N if the direction is complete, UPDATE_REJECTED if the
 * server refused the update, or if the records belong to another client.
 */
enum update_step update_next(enum update_step step, unsigned rcode);
/* True if the response means that the prerequisites of the step do not hold, and the server is working properly. */
bool update_is_conflict(unsigned rcode);

/*
 * Returns the message of a step, not signed; the caller frees it. owner is the name of the records: the request's name,
 * or that of its address. It must be under zone.
 */
ldns_pkt *update_new(enum update_step step, const struct ncr *ncr, const struct dname *zone, const struct dname *owner,
		     uint16_t id);
