/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "host/source.h"
#include "root/config.h"

/* Returns a reservation of a database, which was found with texts, as such a map. */
struct json_object *host_to_json(const struct config *cfg, const struct host *host);
/*
 * Appends a reservation that the source has found, as a JSON map: as in the configuration, with "subnet-id". One in a
 * database must have been found with texts. Main thread.
 */
void host_add_json(struct str *out, const struct config *cfg, struct host_source *source, const struct host *host);
