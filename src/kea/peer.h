/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Requests to a server, each on a connection of its own: over a unix socket, or HTTP and HTTPS. A response is bounded
 * in size, and the whole request in time, whatever the server does.
 */
#define PEER_RESPONSE_MAX (256u << 20) /* bytes */

struct peer {
	char *path; /* unix socket; NULL: HTTP */
	bool is_https;
	char *host, *port, *target; /* HTTP */
	char *authorization;        /* "user:password"; NULL: none */
	const char *ca, *cert, *key;
	uint32_t timeout_sec;
	bool has_timed_out;                /* the last request */
	const volatile sig_atomic_t *stop; /* not 0: what waits ends; NULL: nothing stops it */
};

/* Reads http://HOST:PORT/PATH; false if it is not such a URL. A user and password in it are used. */
bool peer_set_url(struct peer *peer, const char *url);
void peer_done(struct peer *peer);
/* Sends a request and appends the response to ret. Returns 0, or -E_SYS with the reason in why. */
int peer_ask(struct peer *peer, const char *request, size_t len, struct str *ret, struct str *why);
/*
 * Follows a stream: sends a request over a unix socket, or gets a target such as "/events" over HTTP, and passes on
 * what arrives until take() returns false. Ends if nothing arrives for the time of a request. Returns 0 at the end of
 * the stream, -E_SYS with the reason in why.
 */
typedef bool peer_take_fn(void *ctx, const char *text, size_t len);
int peer_follow(struct peer *peer, const char *request, peer_take_fn *take, void *ctx, struct str *why);
