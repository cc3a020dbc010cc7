/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/sock_int.h"

/*
 * Which datagrams the kernel gives to a socket. Changing a filter loses nothing that is in the socket
 * already. Functions that may fail return -1 with errno set.
 */

/* From now on the socket takes nothing. */
int sock_filter_nothing(int fd);

/*
 * From now on it takes what one of its kind takes: its part of the clients and, if sock->keep is not 0, only a
 * share of the messages that begin an exchange. To be called again after one of them has changed.
 */
int sock_filter_raw(const struct sock *sock);
int sock_filter_udp(const struct sock *sock);
int sock_filter_udp6(const struct sock *sock);

/* Divide what is for one only among the n sockets of a group; fd is one of them. */
int sock_divide_raw(int fd, unsigned n);
int sock_divide_udp(int fd, unsigned n);
int sock_divide_udp6(int fd, unsigned n);
