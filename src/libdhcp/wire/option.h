/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"

/*
 * The options of one packet (or the sub-options of one option), in order. The list lives in its
 * arena; the bytes of an option are borrowed from the packet, from a configuration or from the
 * arena, whoever adds them sees to it that they live long enough.
 */
struct opt {
	uint16_t code;
	struct bytes data;
};

struct opts {
	struct opt *v;
	unsigned n, cap;
	struct arena *arena;
};

/* Options that were left out of a packet because they did not fit. */
enum { OMITTED_MAX = 16 };
struct opts_omitted {
	unsigned n;                  /* how many */
	uint16_t codes[OMITTED_MAX]; /* of the first ones */
};

static inline void opts_omit(struct opts_omitted *omitted, uint16_t code)
{
	if (omitted->n < OMITTED_MAX)
		omitted->codes[omitted->n] = code;
	omitted->n++;
}

void opts_init(struct opts *opts, struct arena *arena);
/* The first of that code or NULL; borrowed until the list grows. */
const struct opt *opts_find(const struct opts *opts, uint16_t code);
/* Append; 0 or -E_NOMEM at the arena's cap. */
int opts_add(struct opts *opts, uint16_t code, struct bytes data);
/* Take out all of that code; the others keep their order. */
void opts_remove(struct opts *opts, uint16_t code);

/*
 * DHCPv4 options: code and length of one byte each, PAD (0) skipped, END (255) stops and may be
 * missing. Several of the same code are one option whose bytes are joined in the arena
 * (RFC 3396); it stands where its first part stood. `out` must be initialised with opts_init.
 * -E_INVAL when an option is longer than what is left, -E_NOMEM.
 */
int opts_parse4(struct reader *r, struct arena *arena, struct opts *out);
/*
 * The same over up to three fields as if they were one, each with its own END. *ret_code gets the
 * code of the option that is cut short when the result is -E_INVAL; a lenient reader leaves that
 * option out and what is behind it in its field.
 */
int opts_parse4_fields(struct reader *fields, unsigned n, bool lenient, struct arena *arena, struct opts *out,
		       uint8_t *ret_code);
/*
 * DHCPv6 options, or sub-options of one: code and length of two bytes each; the same code may come
 * more than once. opt_next6 walks over them without a list: false at the end of r, and with r->err
 * set when an option is cut short (ret->code is its code, or 0). opt_find6 is for one sub-option:
 * the first of that code before the end or the first that is cut short.
 *
 *	for (struct reader r = reader_of(subs); opt_next6(&r, &opt);)
 *		look_at(&opt);
 */
bool opt_next6(struct reader *r, struct opt *ret);
bool opt_find6(struct bytes subs, uint16_t code, struct bytes *ret);
int opts_parse6(struct reader *r, struct arena *arena, struct opts *out);

/* Bytes an option of len takes on the wire: one header for each 255 bytes. */
size_t opt_wire_len4(size_t len);
/* One option, split when longer than 255 bytes (RFC 3396). */
void opt_write4(struct writer *w, uint8_t code, struct bytes data);
/* All in order, without END; codes 0 and 255 are skipped. 0, -E_SPACE or -E_RANGE (code > 254). */
int opts_write4(struct writer *w, const struct opts *opts);
/*
 * One DHCPv6 option; or begin, write what is in it with any writer function, nested options too,
 * and end with what begin returned: the length is filled in then. One longer than 65535 bytes sets
 * the writer's error.
 */
void opt_write6(struct writer *w, uint16_t code, struct bytes data);
size_t opt_begin6(struct writer *w, uint16_t code);
void opt_end6(struct writer *w, size_t mark);
/* 0, -E_SPACE, or -E_RANGE for an option longer than 65535 bytes. */
int opts_write6(struct writer *w, const struct opts *opts);
