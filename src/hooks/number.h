/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <kea/hooks.h>

#include <stdint.h>

extern const struct kea_api *kea; /* of the library */

/* Returns a field; 0 if the object, which may be NULL, does not have it. */
static inline int64_t number_of(const struct kea_object *object, enum kea_field field)
{
	int64_t number = 0;

	if (object)
		(void)kea->get_int(object, field, &number);
	return number;
}
