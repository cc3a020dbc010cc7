/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/family.h"
#include "serve/answer_options.h"

/* The parts of the DHCPv4 dialect; family4.c combines them. */
struct policy;

const struct policy *policy4_discover(const struct request *req, const struct ia *ia);
const struct policy *policy4_request(const struct request *req, const struct ia *ia);
enum verdict bind4_discover(struct request *req);
enum verdict bind4_request(struct request *req);
enum verdict bind4_decline(struct request *req);
enum verdict bind4_release(struct request *req);
enum verdict bind4_inform(struct request *req);
/* See struct family. */
enum verdict without_lease4(struct request *req, struct ia *ia);
void begin4(struct request *req);
enum verdict answer4(struct request *req);
int begin_answer4(struct request *req, unsigned type);
enum verdict pack4(struct request *req);
void explain_header4(const struct request *req, struct json_object *map);

/*
 * Decides about the client's name, from option 81 (RFC 4702) or else option 12, for the lease of the binding; NULL if
 * memory runs out. In the request's arena.
 */
const struct name *name4_of(struct request *req, const struct binding *b);
/* Adds the option with the name and, in option 81, who updates the DNS. */
void name4_send(struct answer_opts *s);

/*
 * Returns option 54 of our responses: the address that the relay requests (RFC 5107), else the configured one,
 * else the address that received the message.
 */
struct ip server_id4(const struct request *req);
