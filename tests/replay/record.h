/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/dgram.h"

#include <stdbool.h>

/*
 * Writes what a scenario sends and receives to a file of captured packets (pcapng), as it would be captured at the
 * server. If the path is NULL, all of this does nothing.
 */
void record_open(const char *path);
void record(const struct dgram *dgram, bool is_response);
/* What follows is not what a server does by itself. */
void record_end(void);
bool record_is_open(void);
