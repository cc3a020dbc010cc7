/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "daemon/commands.h"
#include "host/source.h"

/*
 * Responses with reservations. The sources are asked one after the other, and by pages, as fast as the client reads;
 * nothing is kept of what was sent, and nothing waits for a slow database but the response. The configuration in
 * service when the command begins is used to the end.
 */
#define HOST_MEMORY 1u    /* the configuration */
#define HOST_DATABASES 2u /* hosts-databases */

enum host_walk_kind {
	HOST_WALK_ALL,  /* a list of all */
	HOST_WALK_PAGE, /* a list of `limit`, and where the next page starts */
	HOST_WALK_ONE,  /* the first one, as a map */
};

struct host_walk_conf {
	enum host_walk_kind kind;
	unsigned sources;
	struct host_query query; /* what it refers to is in the call's arena; BY_PLACE: at this address exactly */
	/* HOST_WALK_PAGE; the configuration is source 0, databases are 1, 2, ... */
	uint32_t source_index, limit;
};

void host_walk_respond(struct ctl_call *call, const struct host_walk_conf *conf);
