/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/ip.h"
#include "ctl/auth.h"

/*
 * Control channels: sockets that clients send commands to, and their connections. Unix sockets as in Kea (one JSON
 * request, one response, end of connection), HTTP and HTTPS (POST; a response is a list of one map). All of it runs in
 * the main thread; ctl/limits.h has what clients may do, so that none of them costs others or DHCP anything.
 *
 *	channels = channels_new(loop, ctl);
 *	if (channels_prepare(channels, confs, n, &next, &why) == 0)	a reload: opens the sockets that are new
 *		channels_use(channels, next);				and closes those that are gone
 *	channels_free(channels);
 */
struct loop;
struct ctl;
struct channels;
struct channels_next;

enum channel_type { CHANNEL_UNIX, CHANNEL_HTTP, CHANNEL_HTTPS };

struct channel_header {
	const char *name, *value;
};

/* A socket. Everything is borrowed until other settings are in use. */
struct channel_conf {
	enum channel_type type;
	const char *path; /* unix: absolute */
	struct ip addr;   /* HTTP, HTTPS */
	uint16_t port;
	const char *name; /* unique, for logs and errors: "unix:/run/kea/kea4.sock", "http:127.0.0.1:8000" */
	bool is_read_only;
	bool has_page;                        /* HTTP, HTTPS: the web page */
	const struct conf_strings *commands;  /* the only commands accepted; NULL: all */
	const struct auth *auth;              /* NULL: without authentication */
	const struct channel_header *headers; /* added to each response */
	unsigned n_headers;
	const char *trust_anchor; /* HTTPS: file or directory */
	const char *cert_file, *key_file;
	bool cert_required;
};

/* True if they are one socket; HTTP and HTTPS on the same port are. */
bool channel_conf_is_same(const struct channel_conf *a, const struct channel_conf *b);

struct channels *channels_new(struct loop *loop, struct ctl *ctl);
/* Closes everything and removes unix sockets. NULL is fine. */
void channels_free(struct channels *all);
/*
 * Opens what is not open yet and reads certificates; nothing else changes. Returns 0, or -E_SYS with a text in
 * *ret_why (the caller frees it) that names the socket. Then channels_use() or channels_drop() takes *ret.
 */
int channels_prepare(struct channels *all, const struct channel_conf *confs, unsigned n, struct channels_next **ret,
		     char **ret_why);
/* Sockets with the same address stay open, with their connections; requests from now on obey the new settings. */
void channels_use(struct channels *all, struct channels_next *next);
void channels_drop(struct channels_next *next); /* NULL is fine */
/* Number of connections of the socket with that name; 0 if there is none. */
unsigned channels_connections(const struct channels *all, const char *name);
/* The longest path that fits the address of a unix socket. */
#define CHANNEL_PATH_MAX 107
