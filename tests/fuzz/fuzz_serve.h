/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/engine.h"
#include "serve/family.h"

#undef NDEBUG
#include <assert.h>

/*
 * What fuzz_serve.c needs to know about a family; fuzz_serve4.c and fuzz_serve6.c each define the row for their
 * program.
 */
struct fuzz_family {
	const struct family *family;
	const char *config;      /* with everything configured */
	const char *server_duid; /* NULL: none */
	size_t size_max;         /* maximum input size; longer ones are skipped */

	/* Sets where a datagram comes from and goes to; bit 0x80 of how: much time passes. */
	void (*arrive)(struct dgram *query, uint8_t how);
	/* Asserts the invariants of a response that was sent. The arena is for this input. */
	void (*check)(const struct dgram *answer, const struct dgram *query, struct arena *arena);
};

extern const struct fuzz_family fuzz_family;
