/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

struct family;

/*
 * Called when the configuration is rejected at the start: from here on lines also go to the log files and syslog
 * configured in it, so that an operator who looks there after a failed restart finds the reason. Standard output
 * stays in use; if the loggers themselves are invalid, it is the only output.
 */
void own_log_open(const struct family *fam, const char *config_file, unsigned flags);
