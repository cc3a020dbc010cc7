/* SPDX-License-Identifier: MPL-2.0 */
#include "stat/hist.h"

const struct stat_hist_row stat_hist_table[STAT_HIST_N] = {
	[STAT_HIST_WAIT] = { "socket_wait_seconds",
			     "Time that the oldest datagram of each batch has waited in its socket", true, 22, 3 },
	[STAT_HIST_EXCHANGE] = { "exchange_seconds",
				 "Time from reading a message to sending its response, syncs and database included",
				 true, 22, 3 },
	[STAT_HIST_SYNC] = { "lease_sync_seconds",
			     "Time for writing a group of leases to the lease file and syncing it", true, 20, 5 },
	[STAT_HIST_GROUP] = { "lease_group_size", "Transactions that one sync of the lease file made durable", false,
			      14, 0 },
};
