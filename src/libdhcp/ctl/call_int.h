/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"
#include "base/vec.h"
#include "ctl/command.h"
#include "json/write.h"

/* Shared by the files of the room. */

struct ctl_entry {
	const struct command *cmd;
	bool is_available; /* its library is listed */
};

struct ctl_forwarder; /* ctl/forward.h */

struct ctl {
	unsigned family;
	void *user;
	struct ctl_forwarder *forwarder; /* NULL: "service" is ignored */
	VEC(struct ctl_entry) entries;   /* by name */
	VEC(const struct ctl_page *) pages;
	ctl_processed_fn *processed; /* NULL: nobody asks */
	void *processed_ctx;
	const struct ctl_filter *filter; /* NULL: none */
	void *filter_ctx;
};

struct ctl_request {
	struct diag *diag;
	struct json_doc doc;
	bool is_json;
	const char *command;           /* NULL if the request is not valid */
	struct json_object *arguments; /* NULL if there are none; not always a map */
	struct conf_strings service;
};

/* Reports arguments that are no map: reads the whole request again. What was reported before counts once. */
void request_refuse_bare(struct ctl_request *req);

enum call_stage { CALL_PENDING, CALL_HEAD, CALL_ARGUMENTS, CALL_TAIL, CALL_ENDED };

struct ctl_call {
	struct ctl *ctl;
	const struct command *cmd; /* NULL if the request is not valid */
	struct ctl_request *req;
	struct arena *arena;
	char *who;        /* for the log */
	const char *user; /* NULL: none */

	ctl_ready_fn *ready;
	void *ready_ctx;
	bool is_waiting; /* the channel waits for ready() */
	bool is_left;    /* the channel has freed it, the command has not responded yet */

	enum call_stage stage;
	enum ctl_result result;
	const char *text;              /* NULL: none */
	struct json_object *arguments; /* NULL: none */
	struct json_writing writing;
	const struct ctl_cursor *cursor; /* NULL: the response is in arguments */
	void *cursor_state;
	bool has_output; /* of the cursor */
	bool is_whole;   /* the cursor's output is the response, or several, not only its arguments */
	bool is_stream;
	struct ctl_get get;              /* of a page; in the arena */
	const struct ctl_who *page_user; /* while the page runs; else NULL */
	int status;                      /* of a page that was refused; 0: it was not */
	const char *why;
	struct str raw; /* arguments as text */
	size_t raw_sent;

	void (*after)(void *user, void *ctx);
	void *after_ctx;
};

/* Returns a call without a command, which is in stage CALL_PENDING. Takes req. */
struct ctl_call *call_new(struct ctl *ctl, struct ctl_request *req, const struct ctl_who *who, ctl_ready_fn *ready,
			  void *ctx);
/* Responds with a text that lives as long as the process. */
void call_respond_text(struct ctl_call *call, const char *text);
/* Sends the request to the services it names, and responds with their responses. */
void call_forward(struct ctl_call *call);
