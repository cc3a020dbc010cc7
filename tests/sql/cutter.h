/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>

/*
 * A connection that fails at the worst moment: a relay between a client and a database server. One thread; each
 * connection to it is one to the server.
 */
struct cutter;

enum cut {
	CUT_NOTHING,
	CUT_REQUEST,  /* the next request does not reach the server, and the connection is closed */
	CUT_RESPONSE, /* the next request reaches the server, but its response is lost with the connection */
	CUT_ALL,      /* connections are closed, and new ones at once after they are accepted */
};

/* For a server on this port of 127.0.0.1. */
struct cutter *cutter_new(unsigned server_port);
void cutter_free(struct cutter *cutter);
/* The port on 127.0.0.1 to connect to. */
unsigned cutter_port(const struct cutter *cutter);
/* From the next request on whose bytes contain this text, once for the first two. */
void cutter_cut(struct cutter *cutter, enum cut how, const char *text);
/* Whether what was asked for has happened. */
bool cutter_has_cut(struct cutter *cutter);
