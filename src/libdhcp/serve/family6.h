/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/answer_options.h"
#include "serve/family.h"

/*
 * The pieces of the DHCPv6 dialect, put together in family6.c. Where DHCPv4 has one lease a DHCPv6
 * message has bindings: an IA_NA or IA_PD each.
 */
#define BINDINGS_MAX 16 /* IAs of a message that are served; more get a status code */
#define LEASES_MAX6 8   /* of one IA */

/* A lease that an IA gets. */
struct given {
	struct lease lease;
	const struct pool *pool;
	const struct lease *old; /* what is stored at its address, NULL if nothing */
	struct client_key key;   /* of its claim; zero: none was needed */
	bool reused;             /* confirmed without a change */
};

struct binding {
	struct ia6 ia;              /* as the client sent it; its items are its hints */
	enum lease_type type;       /* LEASE_NA, LEASE_PD */
	const struct binding *twin; /* the message names this IA twice: the first one says it all; else NULL */
	struct lease *mine;         /* what it has on the link, what is in use first */
	unsigned n_mine;
	struct given *given; /* what it gets */
	unsigned n_given;
	bool has_status;
	uint16_t status; /* STATUS6_* */
	const char *text;
};

enum verdict recall6(struct request *req);
enum verdict bind6_solicit(struct request *req);
enum verdict bind6_request(struct request *req);
enum verdict bind6_renew(struct request *req);
enum verdict bind6_rebind(struct request *req);
enum verdict bind6_confirm(struct request *req);
enum verdict bind6_release(struct request *req);
enum verdict bind6_decline(struct request *req);
enum verdict bind6_inform(struct request *req);
enum verdict bind6_register(struct request *req);
/* The registration is stored: its claim has done its work. */
void register6_stored(const struct request *req);
/* What the answer to a registration holds. */
void answer6_register(struct answer_opts *s);
enum verdict answer6(struct request *req);
enum verdict pack6(struct request *req);
/*
 * The name that the client gives itself in option 39 (RFC 4704), as it is kept with its leases; "" if it gives none.
 * In the request's arena.
 */
const char *name6_of(struct request *req);
/* Option 39 of a response that assigns something. */
void name6_send(struct answer_opts *s);
/* True if the client lists the code in its option request (RFC 9915 21.7). */
bool is_requested6(const struct request *req, uint16_t code);
