/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "daemon/daemon.h"

/*
 * Writes the configuration to a file in the directory of the configuration file: to a temporary file, which is synced
 * and renamed, so that the file is always the old or the new one. An existing file keeps its mode and owner. filename
 * NULL: to the configuration file itself. Where that file says the same as the configuration in service, it keeps its
 * text and comments.
 *
 * Returns the number of bytes and sets *ret_path (malloc'd); on failure a negative value, with the reason added to why.
 */
struct str;
int64_t config_file_write(const struct daemon *d, const struct config_text *text, const char *filename, char **ret_path,
			  struct str *why);
