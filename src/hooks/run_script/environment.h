/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <kea/hooks.h>

#include <stdbool.h>

/*
 * The environment of a script as text: "NAME=VALUE", each ended by NUL. Values are shortened to 8 KiB; their control
 * characters are written as \x0a, so that a client's name is one line whatever it sent. A variable for which there is
 * no room is left out.
 */
struct environment {
	char *text; /* the caller's */
	size_t len, size;
};

/* What a hook point has: the first letters of its variables follow from it. */
enum {
	HAS_QUERY = 1,
	HAS_SUBNET = 2,
	HAS_CLIENT = 4, /* PKT4_ */
	HAS_LEASE = 8,
	HAS_IA = 16,
	HAS_LEASES = 32,
	HAS_REMOVES = 64,
	HAS_REGISTERED = 128,
};

/* Adds the variables of a call at a point that has these. In the thread of the call. */
void environment_add(struct environment *env, struct kea_call *call, unsigned has);
