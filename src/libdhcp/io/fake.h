/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/engine.h"

/*
 * A fake engine for tests: two queues in memory instead of sockets. Put datagrams in, run the worker, take the
 * responses out. Thread-safe, so it also works for tests with real worker threads.
 */
struct fake_io;

struct fake_io *fake_io_new(void);
struct io_engine *fake_io_engine(struct fake_io *fake); /* io_free on it also frees the fake */
/* Copies a datagram into the receive queue; buf and len are the payload. */
void fake_io_put(struct fake_io *fake, const struct dgram *dgram);
/* Copies the oldest sent datagram into ret, whose buf and size the caller sets. False if there is none. */
bool fake_io_take(struct fake_io *fake, struct dgram *ret);
unsigned fake_io_sent(struct fake_io *fake); /* number of sent datagrams not taken yet */
/* Drops the next n sent datagrams as if the socket were full. */
void fake_io_fail_sends(struct fake_io *fake, unsigned n);
