/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "wire/dict4.h"

/*
 * The options of one packet (or the sub-options of one option), in order. The list is in its arena; the bytes of
 * an option are borrowed from the packet, a configuration or the arena. Whoever adds an option ensures that its
 * bytes live long enough.
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

/* Options left out of a packet because they did not fit. */
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
/* Returns the first option with that code, or NULL; borrowed until the list grows. */
const struct opt *opts_find(const struct opts *opts, uint16_t code);
/* Appends an option; 0 or -E_NOMEM at the arena's cap. */
int opts_add(struct opts *opts, uint16_t code, struct bytes data);
/* Removes all options with that code; the others keep their order. */
void opts_remove(struct opts *opts, uint16_t code);

/*
 * Parses DHCPv4 options: code and length of one byte each; PAD (0) is skipped, END (255) stops and may be
 * missing. Several options with the same code are one option whose bytes are joined in the arena (RFC 3396), at
 * the position of the first part. `out` must be initialized with opts_init. -E_INVAL if an option is longer than
 * the remaining bytes, -E_NOMEM.
 */
int opts_parse4(struct reader *r, struct arena *arena, struct opts *out);
/*
 * Same, over up to three fields as if they were one, each with its own END. On -E_INVAL, *ret_code is the code
 * of the truncated option; a lenient reader drops that option and everything after it in its field.
 */
int opts_parse4_fields(struct reader *fields, unsigned n, bool lenient, struct arena *arena, struct opts *out,
		       uint8_t *ret_code);
/*
 * Reads the next DHCPv4 option without joining parts: false at the end of r, and with r->err set if the option is
 * truncated (ret->code is its code). Most spaces of sub-options have neither PAD nor END: there, codes 0 and 255 are
 * options like any other.
 */
static inline bool opt_next4(struct reader *r, bool has_pads, struct opt *ret)
{
	uint8_t len;

	do {
		if (!reader_left(r))
			return false;
		ret->code = read_u8(r);
	} while (has_pads && ret->code == OPT4_PAD);
	if (has_pads && ret->code == OPT4_END)
		return false;
	len = read_u8(r);
	ret->data = bytes_of(read_bytes(r, len), len);
	return !r->err;
}

/*
 * DHCPv6 options, or sub-options of one: code and length of two bytes each; the same code may come more than
 * once. opt_next6 walks over them without a list: it returns false at the end of r, and with r->err set if an
 * option is truncated (ret->code is its code, or 0). opt_find6 finds one sub-option: the first with that code
 * before the end or the first truncated option.
 *
 *	for (struct reader r = reader_of(subs); opt_next6(&r, &opt);)
 *		look_at(&opt);
 */
bool opt_next6(struct reader *r, struct opt *ret);
bool opt_find6(struct bytes subs, uint16_t code, struct bytes *ret);
/* The same among DHCPv4 sub-options, which have neither PAD nor END. */
bool opt_find4(struct bytes subs, uint16_t code, struct bytes *ret);
int opts_parse6(struct reader *r, struct arena *arena, struct opts *out);

/* True if a list of codes, of one byte each in DHCPv4, of two in DHCPv6, has the code. */
bool codes4_have(struct bytes codes, uint16_t code);
bool codes6_have(struct bytes codes, uint16_t code);

/* Returns the size on the wire of an option with len bytes: one header for each 255 bytes. */
size_t opt_wire_len4(size_t len);
/* Writes one option, split if longer than 255 bytes (RFC 3396). */
void opt_write4(struct writer *w, uint8_t code, struct bytes data);
/*
 * Writes one DHCPv6 option. Or: begin, write its content with any writer function, including nested options, and
 * end with the result of begin, which fills in the length. An option longer than 65535 bytes sets the writer's
 * error.
 */
void opt_write6(struct writer *w, uint16_t code, struct bytes data);
size_t opt_begin6(struct writer *w, uint16_t code);
void opt_end6(struct writer *w, size_t mark);
/* Returns 0, -E_SPACE, or -E_RANGE for an option longer than 65535 bytes. */
int opts_write6(struct writer *w, const struct opts *opts);
