/* SPDX-License-Identifier: MPL-2.0 */
#include "kea/peer.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "ctl/http.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAD_MAX 16384
#define HEADS_MAX 8 /* "100 Continue" and the like before the response */
#define PIECE 65536

struct stream {
	struct peer *peer;
	int fd;
	SSL_CTX *tls;
	SSL *ssl;
	int64_t deadline_ms;
	struct str *why;
};

static int fail(struct stream *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct stream *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_addv(s->why, fmt, ap);
	va_end(ap);
	return -E_SYS;
}

/* --- the URL --- */

static char *copy(const char *text, size_t len)
{
	char *v = xmalloc(len + 1);

	memcpy(v, text, len);
	v[len] = '\0';
	return v;
}

static bool is_port(const char *text, size_t len)
{
	unsigned v = 0;

	if (!len || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (unsigned)(text[i] - '0');
	}
	return v >= 1 && v <= 65535;
}

bool peer_set_url(struct peer *peer, const char *url)
{
	const char *rest, *path, *at, *end, *port;

	if (strncasecmp(url, "http://", 7) == 0)
		rest = url + 7;
	else if (strncasecmp(url, "https://", 8) == 0)
		rest = url + 8;
	else
		return false;
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	peer->is_https = rest == url + 8;
	path = rest + strcspn(rest, "/?#");
	at = memrchr(rest, '@', (size_t)(path - rest));
	if (at) {
		peer->authorization = copy(rest, (size_t)(at - rest));
		rest = at + 1;
	}
	if (*rest == '[') {
		end = memchr(rest, ']', (size_t)(path - rest));
		if (!end)
			return false;
		peer->host = copy(rest + 1, (size_t)(end - rest - 1));
		end++;
	} else {
		end = memchr(rest, ':', (size_t)(path - rest));
		if (!end)
			end = path;
		peer->host = copy(rest, (size_t)(end - rest));
	}
	if (end == path) {
		peer->port = xstrdup(peer->is_https ? "443" : "80");
	} else {
		port = end + 1;
		if (*end != ':' || !is_port(port, (size_t)(path - port)))
			return false;
		peer->port = copy(port, (size_t)(path - port));
	}
	peer->target = *path == '/' ? copy(path, strcspn(path, "#")) : xstrdup("/");
	return peer->host[0] != '\0';
}

void peer_done(struct peer *peer)
{
	free(peer->path);
	free(peer->host);
	free(peer->port);
	free(peer->target);
	free(peer->authorization);
	*peer = (struct peer){ 0 };
}

/* --- bytes --- */

static int wait_for(struct stream *s, short events)
{
	struct pollfd p = { .fd = s->fd, .events = events };
	int64_t left;
	int n;

	do {
		left = s->deadline_ms - clock_mono_ms();
		if (s->peer->stop && *s->peer->stop)
			return fail(s, "interrupted");
		n = left > 0 ? poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left) : 0;
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return 0;
	if (n < 0)
		return fail(s, "%s", strerror(errno));
	s->peer->has_timed_out = true;
	return fail(s, "no complete response within %u s", s->peer->timeout_sec);
}

/* The text of an error of TLS. */
static int fail_tls(struct stream *s)
{
	long verified = s->ssl ? SSL_get_verify_result(s->ssl) : X509_V_OK;
	char reason[256] = "the connection was closed";

	if (verified != X509_V_OK)
		return fail(s, "the server's certificate is not accepted: %s", X509_verify_cert_error_string(verified));
	if (ERR_peek_last_error())
		ERR_error_string_n(ERR_peek_last_error(), reason, sizeof(reason));
	ERR_clear_error();
	return fail(s, "TLS: %s", reason);
}

/* After a call of TLS that returned ret: 0 if it must be repeated. */
static int wait_tls(struct stream *s, int ret)
{
	switch (SSL_get_error(s->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		return wait_for(s, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return wait_for(s, POLLOUT);
	default:
		return fail_tls(s);
	}
}

static int stream_write(struct stream *s, const char *data, size_t len)
{
	while (len) {
		int piece = len > PIECE ? PIECE : (int)len, err = 0;
		ssize_t n = s->ssl ? SSL_write(s->ssl, data, piece) : send(s->fd, data, (size_t)piece, MSG_NOSIGNAL);

		if (n > 0) {
			data += n;
			len -= (size_t)n;
			continue;
		}
		if (s->ssl)
			err = wait_tls(s, (int)n);
		else if (errno == EAGAIN)
			err = wait_for(s, POLLOUT);
		else if (errno == EPIPE || errno == ECONNRESET)
			return 0; /* it may have sent the reason */
		else if (errno != EINTR)
			err = fail(s, "%s", strerror(errno));
		if (err < 0)
			return err;
	}
	return 0;
}

/* Returns the number of bytes, 0 at the end. */
static ssize_t stream_read(struct stream *s, char *buf, size_t len)
{
	for (;;) {
		ssize_t n = s->ssl ? SSL_read(s->ssl, buf, (int)len) : recv(s->fd, buf, len, 0);
		int err = 0;

		if (n > 0)
			return n;
		if (s->ssl && SSL_get_error(s->ssl, (int)n) == SSL_ERROR_ZERO_RETURN)
			return 0;
		if (s->ssl)
			err = wait_tls(s, (int)n);
		else if (n == 0)
			return 0;
		else if (errno == EAGAIN)
			err = wait_for(s, POLLIN);
		else if (errno != EINTR)
			err = fail(s, "%s", strerror(errno));
		if (err < 0)
			return err;
	}
}

/* --- connecting --- */

static int connect_to(struct stream *s, const struct sockaddr *addr, socklen_t len)
{
	socklen_t size = sizeof(int);
	int err = 0;

	s->fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return fail(s, "%s", strerror(errno));
	if (connect(s->fd, addr, len) == 0)
		return 0;
	/* A unix socket whose queue is full: EAGAIN, and nothing to wait for. */
	if (errno != EINPROGRESS)
		return fail(s, "%s", strerror(errno));
	if (wait_for(s, POLLOUT) < 0)
		return -E_SYS;
	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0)
		err = errno;
	return err ? fail(s, "%s", strerror(err)) : 0;
}

static int connect_unix(struct stream *s)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(s->peer->path);

	if (len >= sizeof(addr.sun_path))
		return fail(s, "the path is too long for a unix socket");
	memcpy(addr.sun_path, s->peer->path, len + 1);
	return connect_to(s, (struct sockaddr *)&addr, sizeof(addr));
}

static int connect_tcp(struct stream *s)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	int err = getaddrinfo(s->peer->host, s->peer->port, &hints, &list);

	if (err)
		return fail(s, "%s", gai_strerror(err));
	err = -E_SYS;
	for (struct addrinfo *a = list; a && err < 0; a = a->ai_next) {
		str_reset(s->why);
		if (s->fd >= 0)
			(void)close(s->fd);
		err = connect_to(s, a->ai_addr, a->ai_addrlen);
	}
	freeaddrinfo(list);
	return err;
}

static bool load_tls(struct stream *s)
{
	const struct peer *p = s->peer;
	struct stat st;

	if (!p->ca)
		return SSL_CTX_set_default_verify_paths(s->tls) == 1;
	if (stat(p->ca, &st) < 0)
		return false;
	return (S_ISDIR(st.st_mode) ? SSL_CTX_load_verify_dir(s->tls, p->ca)
				    : SSL_CTX_load_verify_file(s->tls, p->ca)) == 1;
}

static int start_tls(struct stream *s)
{
	const struct peer *p = s->peer;
	X509_VERIFY_PARAM *param;
	int ret;

	s->tls = SSL_CTX_new(TLS_client_method());
	if (!s->tls)
		die_of_memory();
	(void)SSL_CTX_set_min_proto_version(s->tls, TLS1_2_VERSION);
	(void)SSL_CTX_set_options(s->tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_verify(s->tls, SSL_VERIFY_PEER, NULL);
	if (!load_tls(s))
		return fail(s, "cannot load certificates from %s", p->ca ? p->ca : "the system's directory");
	if (p->cert && (SSL_CTX_use_certificate_chain_file(s->tls, p->cert) != 1 ||
			SSL_CTX_use_PrivateKey_file(s->tls, p->key, SSL_FILETYPE_PEM) != 1))
		return fail(s, "cannot use certificate %s with key %s", p->cert, p->key);
	s->ssl = SSL_new(s->tls);
	if (!s->ssl || SSL_set_fd(s->ssl, s->fd) != 1)
		return fail_tls(s);
	param = SSL_get0_param(s->ssl);
	if (X509_VERIFY_PARAM_set1_ip_asc(param, p->host) != 1) {
		(void)SSL_set_tlsext_host_name(s->ssl, p->host);
		(void)SSL_set1_host(s->ssl, p->host);
	}
	while ((ret = SSL_connect(s->ssl)) != 1)
		if (wait_tls(s, ret) < 0)
			return -E_SYS;
	return 0;
}

/* --- HTTP --- */

static void add_base64(struct str *out, const char *text)
{
	size_t len = strlen(text);
	unsigned char *buf = xmalloc(4 * (len / 3 + 1) + 1);

	(void)EVP_EncodeBlock(buf, (const unsigned char *)text, (int)len);
	str_add(out, (const char *)buf);
	free(buf);
}

static void add_head(const struct stream *s, struct str *head, const char *method, const char *target)
{
	bool is_ip6 = strchr(s->peer->host, ':') != NULL;

	str_addf(head, "%s %s HTTP/1.1\r\nHost: %s%s%s:%s\r\nUser-Agent: kea/" PACKAGE_VERSION "\r\nAccept: */*\r\n",
		 method, target, is_ip6 ? "[" : "", s->peer->host, is_ip6 ? "]" : "", s->peer->port);
	if (s->peer->authorization) {
		str_add(head, "Authorization: Basic ");
		add_base64(head, s->peer->authorization);
		str_add(head, "\r\n");
	}
	str_add(head, "Connection: close\r\n");
}

static int send_http(struct stream *s, const char *request, size_t len)
{
	struct str head = { 0 };
	int err;

	add_head(s, &head, "POST", s->peer->target);
	str_addf(&head, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n", len);
	err = stream_write(s, str_text(&head), head.len);
	str_free(&head);
	return err < 0 ? err : stream_write(s, request, len);
}

/* What the head of a response says. */
struct response {
	int status;
	char phrase[64];
	bool is_chunked;
	int64_t length; /* -1: until the end */
};

static int parse_length(struct stream *s, const char *text, struct response *r)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end != '\r' || v > INT64_MAX)
		return fail(s, "the response has an invalid Content-Length");
	if (v > PEER_RESPONSE_MAX)
		return fail(s, "the response is longer than %u MiB", PEER_RESPONSE_MAX >> 20);
	r->length = (int64_t)v;
	return 0;
}

/* The head ends with an empty line and a NUL. */
static int parse_head(struct stream *s, const char *head, struct response *r)
{
	const char *p = head, *end;
	size_t n;

	*r = (struct response){ .length = -1 };
	if (strncmp(p, "HTTP/1.", 7) != 0 || (p[7] != '0' && p[7] != '1') || p[8] != ' ' || p[9] < '1' || p[9] > '5' ||
	    p[10] < '0' || p[10] > '9' || p[11] < '0' || p[11] > '9')
		return fail(s, "the response is not HTTP");
	r->status = (p[9] - '0') * 100 + (p[10] - '0') * 10 + p[11] - '0';
	p += 12 + (p[12] == ' ');
	n = strcspn(p, "\r\n");
	(void)snprintf(r->phrase, sizeof(r->phrase), "%.*s", n < sizeof(r->phrase) ? (int)n : 0, p);
	for (end = strstr(p, "\r\n"); end && end[2] != '\r'; end = strstr(p, "\r\n")) {
		const char *value;

		p = end + 2;
		value = strchr(p, ':');
		if (!value)
			return fail(s, "the response is not HTTP");
		value += 1 + strspn(value + 1, " \t");
		if (strncasecmp(p, "Content-Length:", 15) == 0 && parse_length(s, value, r) < 0)
			return -E_SYS;
		if (strncasecmp(p, "Transfer-Encoding:", 18) == 0)
			r->is_chunked = strncasecmp(value, "chunked\r", 8) == 0;
	}
	return 0;
}

/* Reads heads until that of the response; what follows it stays in `in`. */
static int read_head(struct stream *s, struct str *in, struct response *r)
{
	char buf[4096];

	for (unsigned i = 0; i < HEADS_MAX; i++) {
		size_t end, from = 0;
		char after;
		int err;

		while (!(end = http_head_end(str_text(in), in->len, &from))) {
			ssize_t n = in->len > HEAD_MAX ? -1 : stream_read(s, buf, sizeof(buf));

			if (in->len > HEAD_MAX)
				return fail(s, "the head of the response is too long");
			if (n <= 0)
				return n < 0 ? (int)n : fail(s, "the server closed the connection without a response");
			str_add_n(in, buf, (size_t)n);
		}
		if (end < 4 || strncmp(in->text + end - 4, "\r\n\r\n", 4) != 0)
			return fail(s, "the response is not HTTP");
		after = in->text[end];
		in->text[end] = '\0';
		err = parse_head(s, in->text, r);
		in->text[end] = after;
		memmove(in->text, in->text + end, in->len - end + 1);
		in->len -= end;
		if (err < 0 || r->status >= 200)
			return err;
	}
	return fail(s, "the response is not HTTP");
}

static int add_chunks(struct stream *s, struct http_chunks *chunks, const char *text, size_t len, struct str *ret)
{
	int64_t used = http_chunks_read(chunks, text, len, ret, PEER_RESPONSE_MAX);

	if (used == -413)
		return fail(s, "the response is longer than %u MiB", PEER_RESPONSE_MAX >> 20);
	return used < 0 ? fail(s, "the response has an invalid chunk") : 0;
}

static int read_http(struct stream *s, struct str *ret)
{
	struct http_chunks chunks = { 0 };
	struct response r;
	struct str in = { 0 };
	char *buf = xmalloc(PIECE);
	size_t start = ret->len;
	ssize_t n = 1;
	int err = read_head(s, &in, &r);

	if (err == 0 && r.is_chunked)
		err = add_chunks(s, &chunks, str_text(&in), in.len, ret);
	else if (err == 0)
		str_add_n(ret, str_text(&in), in.len);
	while (err == 0 &&
	       (r.is_chunked ? chunks.state != CHUNK_DONE : r.length < 0 || ret->len - start < (size_t)r.length)) {
		n = stream_read(s, buf, PIECE);
		if (n <= 0)
			break;
		if (r.is_chunked)
			err = add_chunks(s, &chunks, buf, (size_t)n, ret);
		else if (ret->len - start + (size_t)n > PEER_RESPONSE_MAX)
			err = fail(s, "the response is longer than %u MiB", PEER_RESPONSE_MAX >> 20);
		else
			str_add_n(ret, buf, (size_t)n);
	}
	if (err == 0 && n < 0)
		err = (int)n;
	if (err == 0 && n == 0 && (r.is_chunked || r.length >= 0))
		err = fail(s, "the server closed the connection in the middle of the response");
	if (err == 0 && r.status != 200)
		err = fail(s, "HTTP Error %d: %s", r.status, r.phrase);
	free(buf);
	str_free(&in);
	return err;
}

/* --- unix sockets --- */

static int read_unix(struct stream *s, struct str *ret)
{
	char *buf = xmalloc(PIECE);
	ssize_t n;

	while ((n = stream_read(s, buf, PIECE)) > 0) {
		if (ret->len + (size_t)n > PEER_RESPONSE_MAX) {
			n = fail(s, "the response is longer than %u MiB", PEER_RESPONSE_MAX >> 20);
			break;
		}
		str_add_n(ret, buf, (size_t)n);
	}
	free(buf);
	if (n == 0 && !ret->len)
		return fail(s, "the server closed the connection without a response");
	return (int)n;
}

static int connect_peer(struct stream *s)
{
	int err = s->peer->path ? connect_unix(s) : connect_tcp(s);

	s->peer->has_timed_out = false;
	return err == 0 && s->peer->is_https ? start_tls(s) : err;
}

static void disconnect(struct stream *s)
{
	SSL_free(s->ssl);
	SSL_CTX_free(s->tls);
	if (s->fd >= 0)
		(void)close(s->fd);
}

int peer_ask(struct peer *peer, const char *request, size_t len, struct str *ret, struct str *why)
{
	struct stream s = {
		.peer = peer, .fd = -1, .why = why, .deadline_ms = clock_mono_ms() + (int64_t)peer->timeout_sec * 1000
	};
	int err = connect_peer(&s);

	if (err == 0)
		err = peer->path ? stream_write(&s, request, len) : send_http(&s, request, len);
	if (err == 0)
		err = peer->path ? read_unix(&s, ret) : read_http(&s, ret);
	disconnect(&s);
	return err;
}

/* --- streams --- */

static int send_get(struct stream *s, const char *target)
{
	struct str head = { 0 };
	int err;

	add_head(s, &head, "GET", target);
	str_add(&head, "\r\n");
	err = stream_write(s, str_text(&head), head.len);
	str_free(&head);
	return err;
}

/* Passes on a piece, out of chunks if it is in chunks. 1: it is enough. */
static int pass_on(struct stream *s, struct http_chunks *chunks, const char *text, size_t len, peer_take_fn *take,
		   void *ctx)
{
	struct str out = { 0 };
	int ret = 0;

	if (!chunks)
		return take(ctx, text, len) ? 0 : 1;
	ret = add_chunks(s, chunks, text, len, &out);
	if (ret == 0 && out.len && !take(ctx, out.text, out.len))
		ret = 1;
	str_free(&out);
	return ret;
}

static int read_stream(struct stream *s, peer_take_fn *take, void *ctx)
{
	struct http_chunks chunks = { 0 }, *in_chunks = NULL;
	struct response r = { 0 };
	char *buf = xmalloc(PIECE);
	struct str first = { 0 };
	ssize_t n = 1;
	int ret = 0;

	if (!s->peer->path) {
		ret = read_head(s, &first, &r);
		in_chunks = r.is_chunked ? &chunks : NULL;
		if (ret == 0 && r.status != 200)
			ret = fail(s, "HTTP Error %d: %s", r.status, r.phrase);
		if (ret == 0 && first.len)
			ret = pass_on(s, in_chunks, first.text, first.len, take, ctx);
	}
	while (ret == 0 && n > 0 && !(in_chunks && chunks.state == CHUNK_DONE)) {
		s->deadline_ms = clock_mono_ms() + (int64_t)s->peer->timeout_sec * 1000;
		n = stream_read(s, buf, PIECE);
		if (n > 0)
			ret = pass_on(s, in_chunks, buf, (size_t)n, take, ctx);
	}
	if (ret == 0 && n < 0)
		ret = (int)n;
	free(buf);
	str_free(&first);
	return ret < 0 ? ret : 0;
}

int peer_follow(struct peer *peer, const char *request, peer_take_fn *take, void *ctx, struct str *why)
{
	struct stream s = {
		.peer = peer, .fd = -1, .why = why, .deadline_ms = clock_mono_ms() + (int64_t)peer->timeout_sec * 1000
	};
	int err = connect_peer(&s);

	if (err == 0)
		err = peer->path ? stream_write(&s, request, strlen(request)) : send_get(&s, request);
	if (err == 0)
		err = read_stream(&s, take, ctx);
	disconnect(&s);
	return err;
}
