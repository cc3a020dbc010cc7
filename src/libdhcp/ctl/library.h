/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>

/*
 * Kea's hook libraries whose work is built in. "hooks-libraries" accepts them by base name, in any directory; that
 * makes their commands available, and nothing is loaded. Others are refused by name.
 */

/* Returns the provider of the library's commands ("lease_cmds" for ".../libdhcp_lease_cmds.so"); NULL if not built in.
 */
const char *ctl_library_provider(const char *path);
/* True if what the library does is built in, with or without commands. */
bool ctl_library_is_built_in(const char *path);
/* Returns what is not supported (".. are"), if the library is refused by name; NULL if it is not. */
const char *ctl_library_refused(const char *path);
/* Returns the file name of the library; NULL if there is none ("core"). */
const char *ctl_library_name(const char *provider);
