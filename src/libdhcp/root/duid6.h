/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "root/config.h"

/*
 * Prepares the server's DUID (RFC 9915 11) as configured; values that are not set come from a stored DUID of the same
 * type or are generated. Without configuration: the stored DUID, or a new DUID-LLT. A new DUID is stored before it is
 * used, unless persist is false. Returns 0, or a negative error with the reason in `why` (`size` bytes).
 */
int duid6_prepare(const struct config *cfg, struct duid *ret, char *why, size_t size);
