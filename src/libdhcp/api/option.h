/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "api/api_int.h"

/*
 * Options at every depth. A level is what contains options: the list of a packet, the sub-options of an option, or the
 * enterprises in options 124 and 125. A path leads from the packet to an option, a code for each level.
 */
enum level_kind {
	LEVEL_SUB4,    /* code and length of one byte each */
	LEVEL_SUB6,    /* of two bytes each */
	LEVEL_VENDORS, /* enterprise number of four bytes, length of one */
};

struct level {
	enum level_kind kind;
	bool has_pads;     /* LEVEL_SUB4: code 0 is padding and 255 the end, as in option 43 */
	const char *space; /* of the options in it; NULL if unknown */
	struct bytes data;
};

struct sub_opt {
	uint32_t code;
	struct bytes data;
};

/* Reads the next option of a level; false at its end, or where it is truncated. */
bool level_next(const struct level *level, struct reader *r, struct sub_opt *ret);
/*
 * Opens an option as a level. ret_head receives its own value, before the options in it. False: it contains none, and
 * could not.
 */
bool level_open(const struct config *cfg, const char *space, uint32_t code, struct bytes data, struct bytes *ret_head,
		struct level *ret);
/* The same for an option that does not exist yet; false if it has a value of its own. */
bool level_new(const struct config *cfg, const char *space, uint32_t code, struct level *ret);

/* Options 16 and 17: one instance for each enterprise, whose number is next in the path. */
bool opt_is_of_vendor(const struct config *cfg, uint32_t code);
/* True if this instance is for the enterprise. */
bool opt_matches_vendor(struct bytes data, uint32_t enterprise);

/* The configuration and the main space of an object's options. */
const struct config *object_config(const struct kea_object *object);
