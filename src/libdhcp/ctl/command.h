/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/ip.h"
#include "conf/key.h"

/*
 * Control commands as table rows. A row has the command's name, families, access class, arguments, meaning and handler;
 * list-commands, argument checks, suggestions and the reference walk the rows. Arguments are a scope of key rows, so
 * they are read like a configuration: types, ranges, all errors at once, with line and column in the request.
 *
 *	struct lease_get_args { struct conf_node node; const char *address; };
 *	static const struct key lease_get_keys[] = {
 *		K_STRING(struct lease_get_args, address, "ip-address", .required = true, .doc = "..."),
 *	};
 *	static const struct scope lease_get_scope = SCOPE("arguments", struct lease_get_args, lease_get_keys);
 *	static const struct command rows[] = {
 *		{ .name = "lease4-get", .families = KEY_4, .access = CTL_READ, .args = &lease_get_scope,
 *		  .provider = "lease_cmds", .since = "4.2.0", .doc = "returns a lease", .run = lease_get },
 *	};
 *	ctl_add(ctl, rows, sizeof(rows) / sizeof(rows[0]));
 *
 * A channel (unix socket, HTTP) passes each request to ctl_dispatch() and then reads the response in pieces, as fast as
 * its client accepts them:
 *
 *	call = ctl_dispatch(ctl, ctl_request_parse(text, len), &who, on_ready, conn);
 *	while (out.len < HIGH_WATER && (more = ctl_call_read(call, &out)) == CTL_MORE)
 *		;
 *	CTL_WAIT: nothing to send until on_ready(conn) is called; CTL_END, CTL_FAILED: ctl_call_free(call)
 *
 * Main thread only.
 */
struct ctl;         /* the commands of a process */
struct ctl_request; /* a request as read */
struct ctl_call;    /* a command being executed, and its response */

enum ctl_access { CTL_READ, CTL_WRITE };

/* Numbers of Kea's protocol. */
enum ctl_result {
	CTL_SUCCESS = 0,
	CTL_ERROR = 1,
	CTL_UNSUPPORTED = 2, /* no such command */
	CTL_EMPTY = 3,       /* done, but nothing was found */
	CTL_CONFLICT = 4,    /* someone else changed it first */
	CTL_FATAL = 5,       /* and the server ends */
};

/* --- for channels --- */

#define CTL_REQUEST_MAX (16u << 20) /* bytes; channels reject longer requests */

/* Who sent a request. Borrowed for the duration of ctl_dispatch(). */
struct ctl_who {
	const char *channel; /* for the log: "unix:/run/kea/kea4.sock", "http:127.0.0.1:8000" */
	const char *from;    /* address of the client; NULL for unix sockets */
	const char *user;    /* authenticated user; NULL if none */
	bool is_read_only;
	const struct conf_strings *commands; /* the only commands allowed; NULL: all */
	const char *rule;   /* what restricts the access, for the error: "user \"stork\""; NULL if nothing does */
	bool takes_streams; /* the channel can send a response that does not end: see ctl_respond_stream() */
};

/*
 * Reads a request. Always returns an object: ctl_dispatch() responds with the errors of one that is not valid. Text is
 * strict JSON; it is copied.
 */
struct ctl_request *ctl_request_parse(const char *text, size_t len);
/* For a request that is not passed to ctl_dispatch(). NULL is fine. */
void ctl_request_free(struct ctl_request *req);
/* The name of the command; NULL if the request is not valid. */
const char *ctl_request_command(const struct ctl_request *req);
/* True if the text is JSON, whatever it says. */
bool ctl_request_is_json(const struct ctl_request *req);
/* Its arguments; borrowed; NULL if it has none. */
struct json_object *ctl_request_arguments(const struct ctl_request *req);
/* The request's map, for "service"; borrowed; NULL if it is not a map. */
struct json_object *ctl_request_json(const struct ctl_request *req);

/*
 * Checks and starts a command; takes req. The response is read with ctl_call_read(); if that returns CTL_WAIT,
 * ready(ctx) is called once there is more, but never from inside these two functions of the same call. Never returns
 * NULL.
 */
typedef void ctl_ready_fn(void *ctx);
struct ctl_call *ctl_dispatch(struct ctl *ctl, struct ctl_request *req, const struct ctl_who *who, ctl_ready_fn *ready,
			      void *ctx);

enum ctl_more {
	CTL_MORE,   /* something was added to out, and there is more */
	CTL_WAIT,   /* no more at the moment */
	CTL_END,    /* the response is complete */
	CTL_FAILED, /* the rest of the response is not available: close the connection */
};

/* Appends the next piece of the response, usually less than 64 KiB, to out: one JSON map in the end. */
struct str;
enum ctl_more ctl_call_read(struct ctl_call *call, struct str *out);
/* The result of the command; valid after CTL_END. */
enum ctl_result ctl_call_result(const struct ctl_call *call);
/*
 * Ends a call, at any time: call it when the response was sent, or when the client is gone. A command in progress
 * continues without its client; what a command does after its response (shutdown) happens now.
 */
void ctl_call_free(struct ctl_call *call);

/*
 * Sets what is called for each command that was executed, when its result is known; of a long response, when it begins.
 * arguments may be NULL. NULL: nothing.
 */
typedef void ctl_processed_fn(void *ctx, const char *name, struct json_object *arguments, enum ctl_result result);
void ctl_on_processed(struct ctl *ctl, ctl_processed_fn *fn, void *ctx);

/* A request over HTTP and its response, for a filter. Borrowed for the call. */
struct ctl_exchange {
	const char *command;           /* of the request, or what its page requires; NULL: it is not valid */
	struct json_object *arguments; /* NULL: none */
	const char *user;              /* who was authenticated; NULL: the socket has no users */
	struct ip addr;                /* of the client */
	int status;                    /* of the response; 0: none yet */
	struct str *body;              /* of the response; NULL: it is sent while it is made */
};

/* Decides about requests over HTTP, commands and pages, and edits responses. */
struct ctl_filter {
	/*
	 * Called before a request is processed. False: status, which it sets, and body are the response, and the
	 * connection ends; a body that stays empty becomes that of the status. NULL: all requests are processed.
	 */
	bool (*accept)(void *ctx, struct ctl_exchange *exchange);
	/*
	 * Called before a response is sent, whose status and body may be changed. Bodies up to CTL_FILTER_BODY_MAX are
	 * collected for it; longer ones, and streams, are not there. NULL: responses are sent unchanged.
	 */
	void (*respond)(void *ctx, struct ctl_exchange *exchange);
};
#define CTL_FILTER_BODY_MAX (1u << 20) /* bytes */

/* For the sockets of this process; the filter is borrowed. NULL: none. */
void ctl_set_filter(struct ctl *ctl, const struct ctl_filter *filter, void *ctx);
/* True if accept() or respond() of the filter is to be called. */
bool ctl_filters_requests(const struct ctl *ctl);
bool ctl_filters_responses(const struct ctl *ctl);
/* Asks accept() of the filter. */
bool ctl_filter_accepts(struct ctl *ctl, struct ctl_exchange *exchange);
/* Passes the response of a call to respond() of the filter; the members before addr are set here, for a command. */
void ctl_filter_response(struct ctl *ctl, const struct ctl_call *call, struct ctl_exchange *exchange);

/* True if the response is a stream: it may stop for any time, and ends only with its client. */
bool ctl_call_is_stream(const struct ctl_call *call);

/*
 * A page: text for GET on HTTP sockets. Whoever may execute the command may read it.
 */
struct ctl_page {
	const char *path; /* "/metrics" */
	const char *type; /* for Content-Type */
	const char *command;
	const char *doc;     /* one line */
	const char *headers; /* further ones, each with its line end; NULL: none */
	bool is_web;         /* only on sockets with the web page: channel_conf.has_page */
	const char *text;    /* the page; NULL: from run() */
	/* Calls ctl_respond_cursor() or ctl_respond_stream(), whose pieces are the text, or ctl_page_refuse(). */
	void (*run)(struct ctl_call *call);
};
/* What a request for a page says besides its path. Borrowed for the duration of ctl_page_open(). */
struct ctl_get {
	struct bytes query;         /* after "?"; empty: none */
	struct bytes last_event_id; /* header Last-Event-ID; empty: none */
};
/* Adds a page, which is borrowed. */
void ctl_add_page(struct ctl *ctl, const struct ctl_page *page);
/* Returns the page of a request target, whose query is ignored; NULL if there is none. */
const struct ctl_page *ctl_page_find(const struct ctl *ctl, struct bytes target);
/* True if `who` may read it. */
bool ctl_page_is_allowed(const struct ctl_page *page, const struct ctl_who *who);
/* Like ctl_dispatch(); NULL if `who` must not read it. */
struct ctl_call *ctl_page_open(struct ctl *ctl, const struct ctl_page *page, const struct ctl_get *get,
			       const struct ctl_who *who, ctl_ready_fn *ready, void *ctx);
/* The HTTP status of a page that was refused, with the reason in *ret_why; 0 if it was not. */
int ctl_page_status(const struct ctl_call *call, const char **ret_why);

/* --- for commands --- */

struct command {
	const char *name;
	unsigned families; /* KEY_4 | KEY_6 | KEY_D2; 0 = both of DHCP */
	enum ctl_access access;
	const struct scope *args; /* its struct is passed to run(); NULL: the command has no arguments */
	bool takes_any;           /* arguments, whatever they are: ctl_call_arguments() has them; without `args` */
	const char *provider;     /* "core", or the Kea library that has the command: "lease_cmds" */
	bool native;              /* not in Kea */
	bool is_stream;           /* calls ctl_respond_stream(), unless it fails */
	const char *since;
	const char *doc;
	/*
	 * Executes the command and calls one of the ctl_respond functions, now or later. args is NULL without a scope,
	 * and lives as long as the call.
	 */
	void (*run)(struct ctl_call *call, const void *args);
};

/* user: for ctl_call_user(), the daemon. family: KEY_4, KEY_6 or KEY_D2. */
struct ctl *ctl_new(unsigned family, void *user);
/* All calls must have been freed. */
void ctl_free(struct ctl *ctl);
/* Adds rows for the family; a name must be unique. The rows are borrowed. */
void ctl_add(struct ctl *ctl, const struct command *rows, unsigned n);
/* Removes the rows with this function. Calls in progress end. */
void ctl_remove(struct ctl *ctl, void (*run)(struct ctl_call *call, const void *args));
/* True if there is a command of that name, available or not. */
bool ctl_has(const struct ctl *ctl, const char *name);
/* Returns the command, available or not; NULL if the table does not have it. */
const struct command *ctl_find(const struct ctl *ctl, const char *name);
/*
 * Providers other than "core" whose commands are available: the ones of the libraries in "hooks-libraries" (any path;
 * the base name counts, "libdhcp_lease_cmds.so" is lease_cmds), or all of them.
 */
void ctl_set_libraries(struct ctl *ctl, const struct conf_strings *libraries, bool all);
/* True if that file is, by its base name, a library whose commands are built in. */
bool ctl_is_library(const char *path);
/* Calls fn for each command of the family, in alphabetical order, available or not. */
void ctl_each(const struct ctl *ctl, void (*fn)(void *ctx, const struct command *cmd, bool is_available), void *ctx);

/* Writes the reference of all commands as Markdown. */
void ctl_print_reference(const struct ctl *ctl, const char *program, FILE *to);
/* Writes an OpenAPI document of all commands, for programs that make or check requests. */
void ctl_print_openapi(const struct ctl *ctl, const char *program, FILE *to);

void *ctl_call_user(const struct ctl_call *call);
const struct command *ctl_call_command(const struct ctl_call *call);
unsigned ctl_call_family(const struct ctl_call *call);
/* Returns the arguments as JSON; NULL if the request has none. Borrowed. */
struct json_object *ctl_call_arguments(const struct ctl_call *call);
/* For results and working memory of the command; lives as long as the call. */
struct arena *ctl_call_arena(struct ctl_call *call);
/* Errors of the arguments that a handler finds itself; ctl_respond_diag() reports them. */
struct diag *ctl_call_diag(struct ctl_call *call);

/*
 * Ends a command, with arguments (taken) and text; either may be NULL. A command that responds later does not touch the
 * call afterwards: the channel may have freed it.
 */
void ctl_respond(struct ctl_call *call, enum ctl_result result, struct json_object *arguments, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Same, with arguments as JSON text; it is taken and may be empty: none. */
void ctl_respond_raw(struct ctl_call *call, enum ctl_result result, struct str *arguments, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Responds CTL_ERROR with all errors of ctl_call_diag(), one per line. */
void ctl_respond_diag(struct ctl_call *call);
/* Called by ctl_call_free(), once the client has the response. */
void ctl_after(struct ctl_call *call, void (*fn)(void *user, void *ctx), void *ctx);

/*
 * A long response comes from a cursor, a piece at a time; nothing is kept of what the client has received. The pieces
 * together are the JSON text of "arguments".
 */
struct ctl_cursor {
	/*
	 * Appends a piece. CTL_WAIT: ctl_cursor_ready() will be called. Before it returns CTL_END, it calls
	 * ctl_cursor_result(); without any output the response then has no "arguments".
	 */
	enum ctl_more (*next)(struct ctl_call *call, void *state, struct str *out);
	/* Called once, possibly before the end. */
	void (*done)(void *state);
};
void ctl_respond_cursor(struct ctl_call *call, const struct ctl_cursor *cursor, void *state);
void ctl_cursor_result(struct ctl_call *call, enum ctl_result result, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void ctl_cursor_ready(struct ctl_call *call);

/*
 * A stream: like a cursor, but the pieces are the whole response, a client gets them at once, and it does not end by
 * itself. The channel stops asking for pieces while its client does not read.
 */
void ctl_respond_stream(struct ctl_call *call, const struct ctl_cursor *cursor, void *state);
/* In run() of a page: true if its user may execute the command. */
bool ctl_page_user_may(const struct ctl_call *call, const struct command *cmd);
/* What a page was asked for. */
const struct ctl_get *ctl_call_get(const struct ctl_call *call);
/* Ends a page without text: an HTTP status, and the reason, which must be valid in a JSON string. */
void ctl_page_refuse(struct ctl_call *call, int status, const char *why);
