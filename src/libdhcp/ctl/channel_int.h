/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/list.h"
#include "base/str.h"
#include "ctl/channel.h"
#include "ctl/command.h"
#include "ctl/frame.h"
#include "ctl/http.h"
#include "ctl/limits.h"
#include "io/loop.h"
#include "log/fold.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/ssl.h>

/* Private to ctl/channel*.c and ctl/conn*.c. */
struct channels {
	struct loop *loop;
	struct ctl *ctl;
	struct log_fold *fold;
	struct list v;       /* struct channel; the first one is the next to execute a request */
	size_t receiving;    /* bytes of incomplete requests */
	int64_t requests_us; /* when the budget of requests was last full: CHANNEL_RATE */
	int64_t accepts_us;  /* same for accepted connections */
	struct timer run;    /* executes requests that had to wait */
	struct timer accept; /* accepts connections that had to wait */
};

struct channel {
	struct list link;
	struct channels *all;
	struct channel_conf conf; /* of a closing channel: without anything borrowed but conf.name */
	char *name;
	SSL_CTX *tls;
	int fd;            /* -1: closed */
	uint64_t dev, ino; /* of the unix socket's file */
	bool is_closing;   /* gone with its last connection */
	bool has_failed;   /* accept() did; logged once */
	bool is_paused;
	struct list conns; /* the one that has waited longest for its client first */
	unsigned n_conns;
	struct list queue; /* connections with a request to execute */
};

/* Who connects. */
struct peer {
	char text[64]; /* address, or process */
	struct ip addr;
};

enum conn_state {
	CONN_READING,
	CONN_QUEUED,
	CONN_RESPONDING, /* the command runs, and its response is read */
	CONN_FLUSHING,   /* the response is complete, but not sent yet */
	CONN_LINGERING,  /* what a rejected client still sends is ignored */
};

struct conn {
	struct list link;
	struct list queued;
	struct channel *ch;
	struct bufferevent *bev;
	SSL *tls;
	enum conn_state state;
	bool is_rejected;   /* the client may be sending more */
	struct timer timer; /* runs while the connection waits for its client */
	struct timer wake;  /* continues in another turn */
	size_t progress;    /* bytes since the timer was started */
	size_t counted;     /* of `in`, in channels.receiving */
	struct peer from;   /* the client */
	struct str in;      /* the request, or of HTTP its body */
	struct json_frame frame;
	struct ctl_call *call;
	bool is_call_waiting; /* call_ready() will be called */
	bool is_stream;       /* the response does not end by itself */
	struct str out;       /* of the response, not sent yet */
	/* HTTP */
	const struct ctl_page *page; /* NULL: a command */
	struct str head;
	size_t head_searched;
	bool has_head, is_http10, keep_alive, is_chunked;
	bool has_sent_head, sends_chunks;
	int64_t length;
	int status;
	struct http_chunks chunks;
};

/* channel.c */
void channel_free(struct channel *ch);
/* Executes requests as far as the rate allows. May free connections. */
void channels_run(struct channels *all);

/* channel_open.c */
int channel_open(struct channel *ch, char **ret_why);
/* Closes the socket and removes its file. */
void channel_close(struct channel *ch);

/* conn.c; takes fd */
void conn_new(struct channel *ch, int fd, const struct peer *peer);
void conn_free(struct conn *c);
/* Executes the request. */
void conn_start(struct conn *c);
/* A connection that ends without harm to anybody who behaves: the one that has waited longest; NULL: none waits. */
struct conn *conn_to_evict(struct channel *ch);
/* For a channel that closes: ends it at once if it has no request in execution. */
void conn_close_idle(struct conn *c);
/* After other settings are in use: ends a stream that its client may no longer read, and all of a closing channel. */
void conn_check_stream(struct conn *c);
/* For conn_http.c: the request is complete. */
void conn_enqueue(struct conn *c);
/* Appends to c->in; false if that exceeds a limit, and *ret_why says which. */
bool conn_store(struct conn *c, const char *text, size_t len, const char **ret_why);
/* Notes that c->in has changed. False if all connections together have received too much. */
bool conn_count(struct conn *c);
/* The response is in the output; then the connection ends. */
void conn_reject(struct conn *c);
void conn_dispatch(struct conn *c, const struct auth_user *user);
/* Same for c->page. False if the user must not read it. */
bool conn_open_page(struct conn *c, const struct http_head *head, const struct auth_user *user);
/* True if the user may read c->page. */
bool conn_may_read(const struct conn *c, const struct auth_user *user);

/* conn_http.c */
/* Returns the number of bytes used. */
size_t http_receive(struct conn *c, const char *text, size_t len);
void http_start(struct conn *c);
/* True if the request would still be accepted. */
bool http_is_allowed(const struct conn *c);
/* Sends what is in c->out, or keeps it until the length of the response is known. */
void http_send(struct conn *c, enum ctl_more more);
/* Responds with an error and ends the connection; why may be NULL. */
void http_reject(struct conn *c, int status, const char *why);
/* False if the filter rejects the request, which has its response then. command and arguments may be NULL. */
bool http_accepts(struct conn *c, const struct auth_user *user, const char *command, struct json_object *arguments);
/* Forgets the request, for the next one. */
void http_reset(struct conn *c);
