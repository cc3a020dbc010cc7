/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/packets.h"

/*
 * The socket: messages are collected and leave many to a system call, answers arrive likewise. UDP
 * as a relay agent (v4, v6 with -A) or a client (v6); with --direct a packet socket that is every
 * client on the link. One thread.
 */
struct net;

#define NET_WHY_MAX 256

/* 0, or -E_SYS, -E_INVAL with one line for the user in why. */
int net_open(const struct options *opt, const struct proto *proto, struct net **ret, char *why);
void net_close(struct net *net);
/* Our address: what a relay agent puts into its messages. */
const struct ip *net_local(const struct net *net);

/*
 *	struct writer *w = net_begin(net);
 *	...
 *	net_commit(net, mac);
 *
 * net_begin sends what was collected when there is no room for more. A message whose writer has an
 * error set is left out. mac: who sends, with --direct.
 */
struct writer *net_begin(struct net *net);
void net_commit(struct net *net, const uint8_t *mac);
void net_flush(struct net *net);
/* Answers that the system dropped so far because we did not read them in time. */
uint64_t net_overflows(const struct net *net);
/* Messages that the system would not take so far; why the last one (errno; NULL: do not say). */
uint64_t net_failures(const struct net *net, int *ret_error);

/*
 * What has arrived, and when (monotonic); borrowed until the next call or wait. v has room for
 * NET_BATCH. Waits for nothing.
 */
#define NET_BATCH 64u
unsigned net_receive(struct net *net, struct bytes *v, uint64_t *ret_at_ns);
/* Until something arrives or ns have gone by. */
void net_wait(struct net *net, uint64_t ns);
