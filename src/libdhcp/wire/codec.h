/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/str.h"
#include "wire/dict.h"

/*
 * Converts option values between configuration text and wire format. The text is comma-separated values; blanks
 * around them are dropped, "\," is a comma inside a value; booleans are true and false, ignoring case, or 1 and
 * 0; binary values are hex or text in single quotes; classless routes are "10.0.0.0/8 - 192.0.2.1, ...". Empty
 * values and those after the last field are dropped, as in Kea, with a warning. For load time: temporarily uses
 * the heap.
 *
 * Returns 0 and the bytes in the arena, with *ret_why NULL or, for a warning, the parts of the text that were
 * ignored or changed; or -E_INVAL, -E_RANGE (a number too large) with the reason in *ret_why. *ret_why is in the
 * arena.
 */
int codec_encode_text(const struct optdef *def, const char *text, struct arena *arena, struct bytes *ret,
		      const char **ret_why);
/* The same in the packet path: all memory is the arena's, and there are no warnings. */
int codec_encode_packet(const struct optdef *def, struct bytes text, struct arena *arena, struct bytes *ret,
			const char **ret_why);
/* Encodes the form used with "csv-format": false and for options without definition: hex, or text in quotes. */
int codec_encode_hex(const char *text, struct arena *arena, struct bytes *ret, const char **ret_why);
/*
 * Appends the text of a value to out (unprintable bytes of strings as \xHH). -E_INVAL, with out unchanged, if
 * the bytes do not match the definition.
 */
int codec_decode_text(const struct optdef *def, struct bytes data, struct str *out);
/* True if the option contains any number of values, so that none is valid too. */
bool codec_is_list(const struct optdef *def);
/* Returns 0 if the bytes match the definition. */
int codec_check(const struct optdef *def, struct bytes data);
/* Returns the bytes after the value itself: its sub-options. -E_INVAL if the bytes do not match the definition. */
int codec_sub_options(const struct optdef *def, struct bytes data, struct bytes *ret);
