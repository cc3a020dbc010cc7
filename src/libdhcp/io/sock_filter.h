/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/sock_int.h"

/*
 * Controls which datagrams the kernel delivers to a socket. Changing a filter does not affect datagrams already
 * queued. Functions that may fail return -1 with errno set.
 */

/* Makes the socket receive nothing. */
int sock_filter_nothing(int fd);

/*
 * Makes the socket receive what its type should: its share of the clients and, if sock->keep is not 0, only a
 * part of the messages that begin an exchange. Call again after one of them has changed.
 */
int sock_filter_raw(const struct sock *sock);
int sock_filter_udp(const struct sock *sock);
int sock_filter_udp6(const struct sock *sock);

/* Divides the traffic among the n sockets of a fan-out group; fd is one of them. */
int sock_divide_raw(int fd, unsigned n);
int sock_divide_udp(int fd, unsigned n);
int sock_divide_udp6(int fd, unsigned n);
