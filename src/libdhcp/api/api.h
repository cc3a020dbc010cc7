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

/* Lets these libraries decide about requests over HTTP, and edit the responses, instead of others. Main thread. */
void api_use_http(struct ctl *ctl, const struct hooks *hooks);

struct feed_readers;
/* What libraries read changes of leases from; NULL: nothing any longer. Main thread. */
void api_use_feed(struct feed_readers *readers);

struct live;
struct duid;
/* What searches of libraries ask, NULL: nothing any longer; and the server's DUID, NULL: none. Main thread. */
void api_use_live(const struct live *live, const struct duid *duid);
