/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <kea/hooks.h>

/*
 * TLS of connections whose requesters ask for it (RFC 7724 5.2, RFC 7653 5.1): 1.2 and 1.3, without renegotiation and
 * resumption, over the connection's socket, without blocking.
 */
struct tls;         /* certificates, as long as the library; NULL: there is no TLS */
struct tls_session; /* of a connection */

/*
 * Reads "trust-anchor", "cert-file", "key-file" and "cert-required" of the map; errors are reported with fail(). NULL:
 * the map has none of them, or there was an error.
 */
struct tls *tls_read_config(struct kea_library *lib, const struct kea_json *map);
void tls_free(struct tls *tls); /* NULL is fine */

/* The server's side of a session, which begins with the first bytes that arrive. NULL: out of memory. */
struct tls_session *tls_begin(struct tls *tls, int fd);
void tls_end(struct tls_session *session); /* NULL is fine */
/* Like recv() and send(): errno EAGAIN; EPROTO: it is not TLS, or was not accepted. */
ssize_t tls_recv(struct tls_session *session, void *data, size_t len);
ssize_t tls_send(struct tls_session *session, const void *data, size_t len);
/* True if bytes were received that are not in the socket any longer. */
bool tls_is_pending(const struct tls_session *session);
/* Events of the socket, of enum kea_event, that the last calls wait for besides that of their direction. */
unsigned tls_events(const struct tls_session *session);
