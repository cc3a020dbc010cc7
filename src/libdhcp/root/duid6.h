/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "root/config.h"

/*
 * The server's own DUID (RFC 9915 11): as the configuration wants it, what it leaves open taken from the
 * stored one of that type or made up; without a wish the stored one, or a fresh DUID-LLT. What is new is
 * stored before it is used, unless persist is false. 0, or negative with `why` filled (of `size` bytes).
 */
int duid6_prepare(const struct config *cfg, struct duid *ret, char *why, size_t size);
