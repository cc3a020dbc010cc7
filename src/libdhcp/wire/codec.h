/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/str.h"
#include "wire/dict.h"

/*
 * Option values between the text of configurations and the wire. The text is comma-separated
 * values, blanks around them dropped, "\," for a comma inside one; booleans are true and false in any
 * case, or 1 and 0; binary values are hex or text in
 * single quotes; classless routes are "10.0.0.0/8 - 192.0.2.1, ...". Empty values and those beyond the last field
 * are left out, as in Kea, with a warning. Works at load time: the heap is used meanwhile.
 *
 * 0 and the bytes in the arena, and in *ret_why NULL or, for a warning, what was not taken as it is
 * written; or -E_INVAL, -E_RANGE (a number too big) with the reason in *ret_why. It is in the arena.
 */
int codec_encode_text(const struct optdef *def, const char *text, struct arena *arena, struct bytes *ret,
		      const char **ret_why);
/* The form of "csv-format": false and of options without definition: hex, or text in quotes. */
int codec_encode_hex(const char *text, struct arena *arena, struct bytes *ret, const char **ret_why);
/*
 * The text of a value, appended to out (unprintable bytes of strings as \xHH). -E_INVAL, and out as
 * it was, when the bytes do not follow the definition.
 */
int codec_decode_text(const struct optdef *def, struct bytes data, struct str *out);
/* True if the option holds any number of values, so that none is a value too. */
bool codec_is_list(const struct optdef *def);
/* 0 when the bytes follow the definition. */
int codec_check(const struct optdef *def, struct bytes data);
/* The bytes after the value itself: its sub-options. -E_INVAL when the bytes do not follow the definition. */
int codec_sub_options(const struct optdef *def, struct bytes data, struct bytes *ret);
