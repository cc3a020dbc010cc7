/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/loop.h"

/*
 * Who has disabled the DHCP service: dhcp-disable and dhcp-enable keep one flag for each origin, and the service runs
 * while none is set. Main thread.
 */
enum {
	ORIGIN_USER = 1,
	ORIGIN_DATABASE = 3,
	ORIGIN_LOCAL = 1000,  /* to 1999: commands of this server's own HA */
	ORIGIN_REMOTE = 2000, /* to 2999: commands of an HA partner */
	ORIGIN_MAX = 2999,
};
#define ORIGINS_MAX 64

struct origins;
struct origin {
	struct origins *of;
	uint32_t id;
	struct timer timer; /* enables it again */
};
struct origins {
	struct loop *loop;
	void (*changed)(void *ctx, bool is_disabled); /* called when the service starts or stops */
	void *ctx;
	struct origin v[ORIGINS_MAX]; /* id 0: free */
};

void origins_init(struct origins *origins, struct loop *loop, void (*changed)(void *ctx, bool is_disabled), void *ctx);
void origins_done(struct origins *origins);
/* For max_sec seconds; 0: until it is enabled. False if there are too many origins. */
bool origins_disable(struct origins *origins, uint32_t id, uint32_t max_sec);
void origins_enable(struct origins *origins, uint32_t id);
bool origins_has(const struct origins *origins, uint32_t id);
bool origins_any(const struct origins *origins);
