/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/answer_options.h"
#include "serve/family.h"

/* The parts of the DHCPv6 dialect; family6.c combines them. */
struct policy;

const struct policy *policy6_solicit(const struct request *req, const struct ia *ia);
const struct policy *policy6_request(const struct request *req, const struct ia *ia);
const struct policy *policy6_extend(const struct request *req, const struct ia *ia);
const struct policy *policy6_register(const struct request *req, const struct ia *ia);
/* Returns the client's source address, or its address as seen by the relay next to it. */
struct ip client_address6(const struct request *req);
/* See struct family; for a registration. */
int read_ias6_register(struct request *req);
enum verdict bind6_solicit(struct request *req);
enum verdict bind6_request(struct request *req);
enum verdict bind6_extend(struct request *req); /* Renew, Rebind */
enum verdict bind6_confirm(struct request *req);
enum verdict bind6_give_back(struct request *req); /* Release, Decline */
enum verdict bind6_inform(struct request *req);
/* See struct family. */
enum verdict without_lease6(struct request *req, struct ia *ia);
/*
 * Returns the subnet of the link that contains the address and that the client may use; NULL if there is none. A subnet
 * that it may not use counts as another link, so that clients move when their classes change.
 */
const struct subnet *own_subnet6(const struct request *req, const struct ip *addr);
enum verdict bind6_register(struct request *req);
/* Adds T1 and T2 of the IA, as they are in the response. */
void explain_times6(const struct request *req, const struct ia *ia, struct json_object *map);
/* Adds the content of the response to a registration. */
void answer6_register(struct answer_opts *s);
void begin6(struct request *req);
enum verdict answer6(struct request *req);
int begin_answer6(struct request *req, unsigned type);
enum verdict pack6(struct request *req);
/*
 * Decides about the client's name, from option 39 (RFC 4704), once for the message; returns what of it is stored with
 * the lease of this binding: only that of the first address has records. NULL if there is none. In the request's arena.
 */
const struct name *name6_of(struct request *req, const struct binding *b);
/* Adds option 39 to a response that assigns something. */
void name6_send(struct answer_opts *s);
/* True if the client lists the code in its option request (RFC 9915 21.7). */
bool is_requested6(const struct request *req, uint16_t code);
