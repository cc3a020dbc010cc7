/* SPDX-License-Identifier: MPL-2.0 */
#include "kea-dhcp-ddns/stats.h"

const char *const d2_stat_names[] = {
	[D2_NCR_RECEIVED] = "ncr-received",     [D2_NCR_INVALID] = "ncr-invalid",
	[D2_NCR_ERROR] = "ncr-error",           [D2_QUEUE_FULL] = "queue-mgr-queue-full",
	[D2_UPDATE_SIGNED] = "update-signed",   [D2_UPDATE_UNSIGNED] = "update-unsigned",
	[D2_UPDATE_SENT] = "update-sent",       [D2_UPDATE_SUCCESS] = "update-success",
	[D2_UPDATE_TIMEOUT] = "update-timeout", [D2_UPDATE_ERROR] = "update-error",
};
