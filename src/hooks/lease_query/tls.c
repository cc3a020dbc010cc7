/* SPDX-License-Identifier: MPL-2.0 */
#include "lease_query/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/stat.h>

extern const struct kea_api *kea; /* of the library */

struct tls {
	SSL_CTX *ctx;
};

struct tls_session {
	SSL *ssl;
	unsigned recv_wants, send_wants; /* events */
};

/* --- certificates ------------------------------------------------------------------------------------------------ */

/* A key with a passphrase is an error; OpenSSL would ask for it on the terminal. */
static int no_password(char *buf, int size, int writing, void *ctx)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static bool load_anchor(SSL_CTX *ctx, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	return (S_ISDIR(st.st_mode) ? SSL_CTX_load_verify_dir(ctx, path) : SSL_CTX_load_verify_file(ctx, path)) == 1;
}

static void explain(struct kea_library *lib, const struct kea_json *map, const char *key)
{
	char why[256] = "";
	unsigned long code = ERR_peek_last_error();
	const struct kea_json *value = kea->json_get(map, key);

	if (code)
		ERR_error_string_n(code, why, sizeof(why));
	ERR_clear_error();
	(void)kea->fail(lib, value, "\"%s\": %s cannot be used%s%s", key, kea->json_text(value), code ? ": " : "", why);
}

static SSL_CTX *new_context(bool requires_cert)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx)
		return NULL;
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
					       SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(ctx, 0);
	/* What could not be sent is moved to the beginning of its buffer. */
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
					    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	SSL_CTX_set_verify(ctx, requires_cert ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE,
			   NULL);
	return ctx;
}

struct tls *tls_read_config(struct kea_library *lib, const struct kea_json *map)
{
	static const char *const keys[] = { "trust-anchor", "cert-file", "key-file" };
	bool requires_cert = kea->param_bool(lib, map, "cert-required", 1);
	const char *paths[3], *wrong = NULL;
	struct tls *tls;
	unsigned n = 0;

	for (unsigned i = 0; i < 3; i++) {
		paths[i] = kea->param_text(lib, map, keys[i], "");
		n += paths[i][0] != '\0';
	}
	if (!n)
		return NULL;
	if (n < 3) {
		(void)kea->fail(lib, map, "TLS needs \"trust-anchor\", \"cert-file\" and \"key-file\"");
		return NULL;
	}
	tls = calloc(1, sizeof(*tls));
	if (tls)
		tls->ctx = new_context(requires_cert);
	if (!tls || !tls->ctx) {
		(void)kea->fail(lib, map, "out of memory");
		tls_free(tls);
		return NULL;
	}
	/* A reload after they were renewed loads the library again. */
	for (unsigned i = 0; i < 3; i++)
		(void)kea->depends_on(lib, paths[i]);
	ERR_clear_error();
	if (!load_anchor(tls->ctx, paths[0]))
		wrong = keys[0];
	else if (SSL_CTX_use_certificate_chain_file(tls->ctx, paths[1]) != 1)
		wrong = keys[1];
	else if (SSL_CTX_use_PrivateKey_file(tls->ctx, paths[2], SSL_FILETYPE_PEM) != 1 ||
		 SSL_CTX_check_private_key(tls->ctx) != 1)
		wrong = keys[2];
	if (!wrong)
		return tls;
	explain(lib, map, wrong);
	tls_free(tls);
	return NULL;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls);
}

/* --- sessions ---------------------------------------------------------------------------------------------------- */

struct tls_session *tls_begin(struct tls *tls, int fd)
{
	struct tls_session *session = calloc(1, sizeof(*session));

	if (session)
		session->ssl = SSL_new(tls->ctx);
	if (!session || !session->ssl || SSL_set_fd(session->ssl, fd) != 1) {
		tls_end(session);
		return NULL;
	}
	SSL_set_accept_state(session->ssl);
	return session;
}

void tls_end(struct tls_session *session)
{
	if (!session)
		return;
	SSL_free(session->ssl);
	free(session);
}

/* What the last call has returned, as system calls do. */
static ssize_t result_of(struct tls_session *session, int n, unsigned *ret_wants)
{
	int err;

	*ret_wants = 0;
	if (n > 0)
		return n;
	err = SSL_get_error(session->ssl, n);
	if (err == SSL_ERROR_ZERO_RETURN)
		return 0;
	if (err == SSL_ERROR_WANT_READ || err == SSL_ERROR_WANT_WRITE) {
		*ret_wants = err == SSL_ERROR_WANT_READ ? KEA_READABLE : KEA_WRITABLE;
		errno = EAGAIN;
	} else if (err != SSL_ERROR_SYSCALL || !errno) {
		errno = EPROTO;
	}
	ERR_clear_error();
	return -1;
}

ssize_t tls_recv(struct tls_session *session, void *data, size_t len)
{
	errno = 0;
	return result_of(session, SSL_read(session->ssl, data, (int)len), &session->recv_wants);
}

ssize_t tls_send(struct tls_session *session, const void *data, size_t len)
{
	errno = 0;
	return result_of(session, SSL_write(session->ssl, data, (int)len), &session->send_wants);
}

bool tls_is_pending(const struct tls_session *session)
{
	return SSL_pending(session->ssl) > 0;
}

unsigned tls_events(const struct tls_session *session)
{
	return (session->recv_wants & KEA_WRITABLE) | (session->send_wants & KEA_READABLE);
}
