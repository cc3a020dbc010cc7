/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "wire/dict.h"

#include <stdint.h>

/* Shared by both directions of the codec. */
struct int_type {
	unsigned size;
	int64_t min, max;
};

const struct int_type *int_type(enum opt_type type);
/* True for an internal option in the format of RFC 3442. */
bool codec_is_routes(const struct optdef *def);
