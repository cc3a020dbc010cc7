/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea/remote.h"

#include <signal.h>

/*
 * The events of a server, one after the other, until the caller has enough, the user ends the program (SIGINT,
 * SIGTERM), or the server is gone.
 */
struct follow {
	uint64_t after; /* resume after this number; 0 with `resumes`: from the oldest that is kept */
	bool resumes;
	char **names; /* only these events; borrowed */
	unsigned n_names;
	/* Called once the server has subscribed the program, before the first event. An exit code; NULL is fine. */
	int (*begin)(void *ctx);
	/* False: it is enough. The event is borrowed; text is the same, as the server sent it. */
	bool (*take)(void *ctx, struct json_object *event, const char *text);
	void *ctx;
};

/* Returns an exit code: EXIT_OK if the caller or the user ended it. */
int follow_events(struct remote *remote, const struct follow *follow);

/* From here on the signals only set follow_is_stopped(), and end what waits for a server. */
void follow_catch(struct remote *remote);
bool follow_is_stopped(void);
