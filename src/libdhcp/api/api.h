/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * The functions that hook libraries receive: what the table in include/kea/hooks.h says, over the objects of the
 * server.
 */

/* Makes the table available to libraries. Once, at startup, before a configuration is loaded. */
void api_init(void);

struct ctl;
struct hooks;
/* Makes the commands of these libraries available, instead of those of others. Main thread. */
void api_use_commands(struct ctl *ctl, const struct hooks *hooks);

struct leasedb;
struct duid;
/* The lease database that searches of libraries ask, NULL: none; and the server's DUID, NULL: none. Main thread. */
void api_use_database(struct leasedb *db, const struct duid *duid);
