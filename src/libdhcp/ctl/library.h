/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>

/*
 * Kea's hook libraries whose commands are built in. "hooks-libraries" accepts them by base name, in any directory, and
 * that makes their commands available; nothing is loaded.
 */

/* Returns the provider of the library's commands ("lease_cmds" for ".../libdhcp_lease_cmds.so"); NULL if not built in.
 */
const char *ctl_library_provider(const char *path);
/* Returns the file name of the library; NULL if there is none ("core"). */
const char *ctl_library_name(const char *provider);
