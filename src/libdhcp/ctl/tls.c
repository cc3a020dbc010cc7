/* SPDX-License-Identifier: MPL-2.0 */
/* TLS 1.2 and 1.3, without renegotiation, compression and resumption: a session is short and each one is verified. */
#include "ctl/tls.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/str.h"

#include <openssl/err.h>
#include <sys/stat.h>
#include <unistd.h>

/* A key with a passphrase is an error; OpenSSL would ask for it on the terminal. */
static int no_password(char *buf, int size, int writing, void *ctx)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

static char *explain(const char *key, const char *path)
{
	char reason[256] = "", why[FILE_WHY_MAX];
	struct str text = { 0 };

	ERR_error_string_n(ERR_peek_last_error(), reason, sizeof(reason));
	ERR_clear_error();
	if (access(path, R_OK) < 0)
		str_addf(&text, "%s %s: %s", key, path, file_why(path, R_OK, why));
	else
		str_addf(&text, "%s %s: %s", key, path, reason);
	return text.text;
}

static int load_anchor(SSL_CTX *ctx, const char *path)
{
	STACK_OF(X509_NAME) * names;
	struct stat st;

	if (stat(path, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return SSL_CTX_load_verify_dir(ctx, path);
	names = SSL_load_client_CA_file(path);
	if (!names)
		return 0;
	SSL_CTX_set_client_CA_list(ctx, names);
	return SSL_CTX_load_verify_file(ctx, path);
}

SSL_CTX *tls_new(const struct channel_conf *conf, char **ret_why)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char *why = NULL;

	if (!ctx)
		die_of_memory();
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
					       SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(ctx, 0);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	SSL_CTX_set_verify(
		ctx, conf->cert_required ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE, NULL);
	ERR_clear_error();
	if (load_anchor(ctx, conf->trust_anchor) != 1)
		why = explain("trust-anchor", conf->trust_anchor);
	else if (SSL_CTX_use_certificate_chain_file(ctx, conf->cert_file) != 1)
		why = explain("cert-file", conf->cert_file);
	else if (SSL_CTX_use_PrivateKey_file(ctx, conf->key_file, SSL_FILETYPE_PEM) != 1 ||
		 SSL_CTX_check_private_key(ctx) != 1)
		why = explain("key-file", conf->key_file);
	if (!why)
		return ctx;
	SSL_CTX_free(ctx);
	*ret_why = why;
	return NULL;
}
