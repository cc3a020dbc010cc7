/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <kea/hooks.h>

#define LABEL_MAX 128

extern const struct kea_api *kea; /* of the library */

/* Returns how log lines name the client whose message a function is called for. */
static inline const char *label_of(struct kea_call *call, char label[LABEL_MAX])
{
	if (kea->get_text(kea->argument(call, KEA_ARG_QUERY, 0), KEA_PACKET_LABEL, label, LABEL_MAX) < 0)
		label[0] = '\0';
	return label;
}
