/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/engine.h"

/*
 * The fake twin of the sockets, for tests: two queues in memory. Put datagrams in, run the worker,
 * take the answers out. Thread-safe, so it also serves tests with real worker threads.
 */
struct fake_io;

struct fake_io *fake_io_new(void);
struct io_engine *fake_io_engine(struct fake_io *fake); /* io_free on it frees the fake */
/* Copy a datagram into the receive queue; buf and len are the payload. */
void fake_io_put(struct fake_io *fake, const struct dgram *dgram);
/* The oldest datagram that was sent: copied into ret, whose buf and size the caller sets. False: none. */
bool fake_io_take(struct fake_io *fake, struct dgram *ret);
unsigned fake_io_sent(struct fake_io *fake); /* waiting to be taken */
/* The next n datagrams sent are dropped as if the socket were full. */
void fake_io_fail_sends(struct fake_io *fake, unsigned n);
