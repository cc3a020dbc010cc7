/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ddns/dns.h"
#include "ddns/ncr.h"

/*
 * What a name change request needs from the DNS, as a table (update.c): each step is one UPDATE message (RFC 2136),
 * whose prerequisites depend on the mode (RFC 4703), and the response decides on the next step.
 *
 *	for (step = update_first(ncr, false); step < UPDATE_N; step = update_next(step, rcode)) {
 *		update_write(step, ncr, &zone, &owner, id, &w);
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
 * Writes the message of a step. owner is the name of the records: the request's name, or that of its address. It must
 * be under zone. The writer is at the start of the message; UPDATE_MESSAGE_MAX bytes suffice, with a signature too.
 */
#define UPDATE_MESSAGE_MAX 4096
void update_write(enum update_step step, const struct ncr *ncr, const struct dname *zone, const struct dname *owner,
		  uint16_t id, struct writer *w);

/* The TSIG record of a message. */
struct dns_tsig {
	bool is_there;
	size_t offset; /* of the record in the message: what is signed ends there */
	struct dname key, algorithm;
	int64_t time_sec;
	uint16_t fudge, original_id, error;
	struct bytes mac, other; /* in the message */
};

struct dns_response {
	unsigned rcode;
	bool is_truncated;
	struct dns_tsig tsig;
};

/* Reads the response to the update with this id. -E_INVAL if it is malformed or a response to something else. */
int dns_response_parse(struct bytes msg, uint16_t id, struct dns_response *ret);
