/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "wire/packet4.h"

/*
 * Decides where packet4_write() writes each option of a DHCPv4 packet: all in the options field if they fit,
 * otherwise also in file and sname if these contain no names (RFC 2131 4.1), each option complete if possible,
 * otherwise in consecutive parts in the order options, file, sname (RFC 3396 section 5).
 */
enum field4 { FIELD_OPTIONS, FIELD_FILE, FIELD_SNAME, FIELDS };

enum { LAYOUT4_OPTS_MAX = 512 }; /* options in one packet to write */

struct layout4 {
	bool plain;                      /* all in the options field, as nearly always; place is then unused */
	bool has_relay_info;             /* option 82 is written, as the last one */
	bool used[FIELDS];               /* used for options */
	size_t room[FIELDS];             /* bytes left */
	uint8_t place[LAYOUT4_OPTS_MAX]; /* a field, IN_PARTS or OMITTED */
	struct parts4 {
		unsigned opt;       /* index in the packet's list */
		size_t len[FIELDS]; /* bytes of its value in each field */
	} parts[FIELDS];
	unsigned n_parts;
};

/*
 * The packet may have `size` bytes. ret_omitted receives the options that must be left out, later ones before
 * earlier ones; NULL: none may be. -E_SPACE if it does not fit.
 */
int layout4_make(const struct packet4 *pkt, const struct packet4_limits *limits, size_t size,
		 struct opts_omitted *ret_omitted, struct layout4 *ret);
/* Writes the options of a field, in the order of the packet's list. */
void layout4_write(const struct layout4 *layout, const struct opts *opts, enum field4 field, struct writer *w);
