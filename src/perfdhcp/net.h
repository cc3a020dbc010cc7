/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/packets.h"

/*
 * The socket: messages are collected and sent many per system call, and received likewise. UDP as a relay agent
 * (v4, v6 with -A) or a client (v6); with --direct a packet socket that represents all clients on the link.
 * Single-threaded.
 */
struct net;

#define NET_WHY_MAX 256

/* Returns 0, or -E_SYS, -E_INVAL with one line for the user in why. */
int net_open(const struct options *opt, const struct proto *proto, struct net **ret, char *why);
void net_close(struct net *net);
/* The local address, which relay agents put into their messages. */
const struct ip *net_local(const struct net *net);

/*
 * struct writer *w = net_begin(net);
 *	...
 *	net_commit(net, mac);
 *
 * net_begin sends the collected messages when the batch is full. A message whose writer has an error set is
 * dropped. mac: the sender, with --direct.
 */
struct writer *net_begin(struct net *net);
void net_commit(struct net *net, const uint8_t *mac);
void net_flush(struct net *net);
/* Responses the system has dropped so far because they were not read in time. */
uint64_t net_overflows(const struct net *net);
/* Messages the system has rejected so far, and the errno of the last one (NULL: not needed). */
uint64_t net_failures(const struct net *net, int *ret_error);

/*
 * Receives what has arrived, with its monotonic time; borrowed until the next call or wait. v has space for
 * NET_BATCH. Does not wait.
 */
#define NET_BATCH 64u
unsigned net_receive(struct net *net, struct bytes *v, uint64_t *ret_at_ns);
/* Waits until something arrives or ns have passed. */
void net_wait(struct net *net, uint64_t ns);
