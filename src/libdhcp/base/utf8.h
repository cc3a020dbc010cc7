/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the character at `text`, of which `len` bytes follow (at least 1). Returns its length in bytes, and its code
 * in *ret (NULL: not wanted); 0 if it is not valid UTF-8: truncated, overlong, a surrogate, or above U+10FFFF (RFC
 * 3629).
 */
size_t utf8_decode(const char *text, size_t len, uint32_t *ret);
