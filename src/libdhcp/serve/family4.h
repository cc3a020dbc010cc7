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
enum verdict answer4(struct request *req);
enum verdict pack4(struct request *req);

/*
 * Returns the name that the client gives itself, in option 81 (RFC 4702) or else option 12, as stored with a
 * lease for the address; "" if it gives none. In the request's arena.
 */
const char *name4_of(struct request *req, const struct ip *addr);
/* Adds the option that says which name was stored: the same option that the client used. */
void name4_send(struct answer_opts *s);

/*
 * Returns option 54 of our responses: the address that the relay requests (RFC 5107), else the configured one,
 * else the address that received the message.
 */
struct ip server_id4(const struct request *req);
