/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "daemon/cmdline.h"

enum { REPLAY_SAME = 0, REPLAY_FAILED = 1, REPLAY_DIFFERS = 2 };

/*
 * kea-dhcp4 -c FILE --replay PCAP: runs every request of a capture through the pipeline of a server with this
 * configuration, and prints where its responses differ from those in the capture. The server has no sockets, and its
 * leases are in memory: it begins with none, and those that it grants are there for the requests that follow. Its clock
 * is that of the capture. Returns the exit code.
 */
int replay(const struct family *fam, const struct run_options *opts);
