/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Which client has which address or prefix, for -u. Open addressing; doubles as it grows, so the cost per entry
 * is constant.
 */
struct owners {
	struct owner *v;
	uint64_t mask, n;
};

void owners_init(struct owners *o);
void owners_done(struct owners *o);
/* Records the client as owner. False if another client has the address. */
bool owners_give(struct owners *o, const struct ip *ip, uint32_t client);
/* The address was released. */
void owners_forget(struct owners *o, const struct ip *ip);
