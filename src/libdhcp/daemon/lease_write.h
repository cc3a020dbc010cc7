/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "daemon/commands.h"

/*
 * Writes all leases to a file in the format of lease files, from any lease database: to a temporary file, which is
 * synced and renamed, in a thread of its own. Responds when that is done; ends without a file if the server stops. path
 * is in the call's arena.
 */
void lease_write_respond(struct ctl_call *call, const char *path);
