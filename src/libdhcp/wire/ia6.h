/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"
#include "wire/option.h"

/*
 * Identity associations: IA_NA (3), IA_TA (4), IA_PD (25) and their content: addresses (5), prefixes (26),
 * status codes (13), RFC 9915 21.4 to 21.22; excluded prefixes (67), RFC 6603.
 *
 * Reading walks over the bytes without building a structure. packet6_parse has checked the options, so these
 * walks cannot fail.
 *
 *	struct ia6 ia;
 *	struct ia6_item item;
 *
 *	for (unsigned pos = 0; ia6_next(&req->q.opts, &pos, &ia);) {
 *		struct reader r = reader_of(ia.subs);
 *
 *		while (ia6_next_item(&ia, &r, &item))
 *			hint(ia.iaid, &item.prefix);
 *	}
 */
struct ia6 {
	uint16_t code; /* OPT6_IA_NA, OPT6_IA_TA or OPT6_IA_PD */
	uint32_t iaid;
	uint32_t t1, t2; /* s; 0 in an IA_TA, which has neither */
	struct bytes subs;
};

struct ia6_item {
	struct prefix prefix;      /* an address has length 128; bits after the length are zero */
	uint32_t preferred, valid; /* s */
	struct bytes subs;
};

struct status6_value {
	uint16_t code;     /* STATUS6_* */
	struct bytes text; /* unchecked: any bytes */
};

/*
 * Returns NULL for an option that is not an IA and for a well-formed IA: fixed parts and options complete,
 * prefixes of at most 128 bits. Otherwise returns what is wrong.
 */
const char *ia6_check(const struct opt *opt);
/* Returns the number of bytes before the options inside an IA, address or prefix; 0 for other options. */
size_t ia6_fixed_len(uint16_t code);
/* Returns the next IA of any type after *pos, which starts at 0 and is advanced; false after the last one. */
bool ia6_next(const struct opts *opts, unsigned *pos, struct ia6 *ret);
unsigned ia6_count(const struct opts *opts);
/* Returns the next address of an IA_NA or IA_TA, or prefix of an IA_PD; other options are skipped. */
bool ia6_next_item(const struct ia6 *ia, struct reader *r, struct ia6_item *ret);
/* Reads the content of option 5 outside of an IA (RFC 9686); what a short one lacks is zero. */
void ia6_read_address(struct bytes data, struct ia6_item *ret);
/* Returns the status code in an IA or item. False if there is none, which means STATUS6_SUCCESS. */
bool ia6_status(struct bytes subs, struct status6_value *ret);
/* Reads the content of option 13; false if it is too short. */
bool status6_read(struct bytes data, struct status6_value *ret);

/*
 * Builds the IAs of a response: all of them share one block of the list's arena; each becomes an option of the
 * list when it is closed. Errors are sticky until then; an IA with an error is left out completely, and the next
 * one can be tried.
 *
 *	struct ia6_builder b;
 *
 *	if (ia6_builder_init(&b, &req->a.opts, 4096) < 0)
 *		return -E_NOMEM;
 *	ia6_open(&b, OPT6_IA_NA, ia.iaid, t1, t2);
 *	ia6_add(&b, &address, preferred, valid);
 *	err = ia6_close(&b);
 *	ia6_open(&b, OPT6_IA_PD, ia.iaid, 0, 0);
 *	ia6_add_status(&b, STATUS6_NO_PREFIX_AVAIL, "no prefixes left");
 *	err = ia6_close(&b);
 */
struct ia6_builder {
	struct writer w;
	struct opts *opts;
	uint16_t code; /* of the open IA */
	size_t start;  /* start of its fixed part */
	size_t item;   /* mark of the open item; 0: none */
};

/* Sizes of an address or prefix without sub-options, and of an IA without any, including the header. */
enum { IA6_SIZE = 16, IA6_ADDR_SIZE = 28, IA6_PREFIX_SIZE = 29 };

/* `room`: total bytes for all IAs of the response. */
int ia6_builder_init(struct ia6_builder *b, struct opts *opts, size_t room);
void ia6_open(struct ia6_builder *b, uint16_t code, uint32_t iaid, uint32_t t1, uint32_t t2);
/* Adds an address (length 128, in IA_NA and IA_TA) or a prefix (in an IA_PD). */
void ia6_add(struct ia6_builder *b, const struct prefix *prefix, uint32_t preferred, uint32_t valid);
/* Same, with options inside: add them with ia6_add_*, then end the item. */
void ia6_begin_item(struct ia6_builder *b, const struct prefix *prefix, uint32_t preferred, uint32_t valid);
void ia6_end_item(struct ia6_builder *b);
/* Adds an option to the open item, or otherwise to the open IA. text may be NULL. */
void ia6_add_status(struct ia6_builder *b, uint16_t status, const char *text);
void ia6_add_option(struct ia6_builder *b, uint16_t code, struct bytes data);
void ia6_add_exclude(struct ia6_builder *b, uint8_t delegated_len, const struct prefix *excluded);
/* Returns 0; -E_SPACE if the room or 65535 bytes are exceeded, -E_NOMEM. */
int ia6_close(struct ia6_builder *b);
/* Adds an option 13 for the message itself to the list. -E_SPACE, -E_NOMEM. */
int ia6_message_status(struct ia6_builder *b, uint16_t status, const char *text);

/*
 * Writes option 67: the excluded prefix without the bits it shares with the delegated one, so it is the same for
 * all prefixes of a pool (RFC 6603 4.2). The excluded prefix must be longer than the delegated one; otherwise
 * the writer's error is set.
 */
void pd_exclude_write(struct writer *w, uint8_t delegated_len, const struct prefix *excluded);
/* Returns -E_INVAL if the bytes are not valid for a prefix of this length. */
int pd_exclude_read(struct bytes data, const struct prefix *delegated, struct prefix *ret);
