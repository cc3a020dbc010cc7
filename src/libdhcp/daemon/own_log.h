/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

struct family;

/*
 * The configuration is rejected at the start: from here on lines also go to the files and to the syslog that it names,
 * so that whoever looks there after a failed restart finds the reason. Standard output stays; where the loggers
 * themselves are wrong it is all there is.
 */
void own_log_open(const struct family *fam, const char *config_file, unsigned flags);
