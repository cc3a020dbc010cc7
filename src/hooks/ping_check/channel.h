/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "ping_check/probe.h"

#include <kea/hooks.h>

/*
 * A thread that asks the network whether addresses are in use: by ARP where the address is on a link of this host, else
 * by ICMP. It resumes the packets that wait for its results; nothing else waits for it.
 */
struct channel;

struct check;

enum { CHANNEL_CHECKS_MAX = 1024 }; /* at once; further ones are rejected */

struct target {
	unsigned char addr[4];
	unsigned ifindex;                   /* of the link that the address is on; 0: not known, or not by ARP */
	unsigned char client[PROBE_HWADDR]; /* a response from here is the client's own */
	bool has_client;
	unsigned timeout_ms, n_requests; /* each request waits that long for a response */
};

/* Opens sockets and starts the thread. NULL: *ret_why is why, a constant. */
struct channel *channel_new(bool by_arp, const char **ret_why);
/* Resumes what still waits, and ends the thread. NULL is fine. */
void channel_free(struct channel *channel);

/*
 * Any thread: checks the target, then resumes what is parked. Returns what check_is_in_use() and check_release() take;
 * NULL: there are too many checks, and what is parked is the caller's.
 */
struct check *channel_check(struct channel *channel, const struct target *target, struct kea_parked *parked);
/* Once it was resumed. */
bool check_is_in_use(const struct check *check);
/* Any thread: the caller does not use it any longer. NULL is fine. */
void check_release(struct check *check);
