/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/family.h"
#include "serve/answer_options.h"

/* The pieces of the DHCPv4 dialect, put together in family4.c. */
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
 * The name the client gives itself, in option 81 (RFC 4702) or else 12, as it is kept with a lease for the address; ""
 * if it gives none. In the request's arena.
 */
const char *name4_of(struct request *req, const struct ip *addr);
/* The option that tells the client which name was kept: the one it used itself. */
void name4_send(struct answer_opts *s);

/* Option 54 of our answers: what the relay wants there (RFC 5107), else configured, else the address the message came
 * to. */
struct ip server_id4(const struct request *req);
