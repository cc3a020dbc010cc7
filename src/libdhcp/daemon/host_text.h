/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "host/source.h"
#include "root/config.h"

/*
 * Appends a reservation that the source has found, as a JSON map: as in the configuration, with "subnet-id". One in a
 * database must have been found with texts. Main thread.
 */
void host_add_json(struct str *out, const struct config *cfg, struct host_source *source, const struct host *host);
