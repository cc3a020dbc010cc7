/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/engine.h"
#include "serve/family.h"

#undef NDEBUG
#include <assert.h>

/*
 * What fuzz_serve.c needs to know of a family; fuzz_serve4.c and fuzz_serve6.c each define the one row of
 * their program.
 */
struct fuzz_family {
	const struct family *family;
	const char *config;      /* everything configured */
	const char *server_duid; /* NULL: it has none */
	size_t size_max;         /* of an input; longer ones are passed over */

	/* Where a datagram comes from and goes to; bit 0x80 of how is taken: much time passes. */
	void (*arrive)(struct dgram *query, uint8_t how);
	/* An answer was sent: asserts what must hold of it. The arena is the one of this input. */
	void (*check)(const struct dgram *answer, const struct dgram *query, struct arena *arena);
};

extern const struct fuzz_family fuzz_family;
