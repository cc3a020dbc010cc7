/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "wire/packet4.h"

/*
 * Which option of a DHCPv4 packet is written where, for packet4_write(): all in the options field if they fit, else
 * also in file and sname when these hold no names (RFC 2131 4.1), each whole if possible, else in parts that follow
 * each other in the order options, file, sname (RFC 3396 section 5).
 */
enum field4 { FIELD_OPTIONS, FIELD_FILE, FIELD_SNAME, FIELDS };

enum { LAYOUT4_OPTS_MAX = 512 }; /* options in one packet we write */

struct layout4 {
	bool plain;                      /* all in the options field, as nearly always; then place is not filled in */
	bool has_relay_info;             /* option 82 is written, last */
	bool used[FIELDS];               /* by options */
	size_t room[FIELDS];             /* bytes that are left */
	uint8_t place[LAYOUT4_OPTS_MAX]; /* a field, IN_PARTS or OMITTED */
	struct parts4 {
		unsigned opt;       /* its index in the packet's list */
		size_t len[FIELDS]; /* bytes of its value */
	} parts[FIELDS];
	unsigned n_parts;
};

/*
 * The packet may have `size` bytes. ret_omitted gets what must be left out, later options before earlier ones; NULL:
 * nothing may. -E_SPACE when it does not fit.
 */
int layout4_make(const struct packet4 *pkt, const struct packet4_limits *limits, size_t size,
		 struct opts_omitted *ret_omitted, struct layout4 *ret);
/* The options of a field, in the order of the packet's list. */
void layout4_write(const struct layout4 *layout, const struct opts *opts, enum field4 field, struct writer *w);
