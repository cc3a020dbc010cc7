/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>

struct request;

/*
 * No subnet on the client's link had an address, or with `prefixes` a prefix, for it: counted, and logged. Where the
 * pools are full, expired leases are looked for soon.
 */
void report_exhausted(struct request *req, bool prefixes);
/* The client asks for more than max-leases-per-client: counted, and logged. */
void report_max_leases(struct request *req);
