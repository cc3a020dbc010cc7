/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Which client was given which address or prefix, for -u. Open addressing; grows by doubling, so
 * an entry costs the same however many there are.
 */
struct owners {
	struct owner *v;
	uint64_t mask, n;
};

void owners_init(struct owners *o);
void owners_done(struct owners *o);
/* False if another client has it; from now on it is this one's. */
bool owners_give(struct owners *o, const struct ip *ip, uint32_t client);
/* It was released. */
void owners_forget(struct owners *o, const struct ip *ip);
