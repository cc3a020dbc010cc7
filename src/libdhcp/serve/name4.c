/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The name a client gives itself: in option 81 (RFC 4702) or else in option 12. It is cleaned, kept with
 * the lease and told back. There are no DNS updates, which is what the flags of option 81 say.
 */
#include "serve/family4.h"

#include "wire/domain.h"

#define FQDN_FIXED 3 /* bytes before the name: flags and two result codes of former times */
#define FQDN_S 0x01  /* the server shall update the name's address */
#define FQDN_O 0x02  /* the server does not do what the client's S asked for */
#define FQDN_E 0x04  /* the name is in wire form */
#define FQDN_N 0x08  /* there are no updates by the server */
#define GENERATED "myhost-"

static bool is_name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* Lower case, without what a name cannot hold, without dots at its end. Its length. */
static size_t clean(const char *text, size_t len, char *buf)
{
	size_t n = 0, i;

	for (i = 0; i < len && n < LEASE_HOSTNAME_MAX - 1; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (is_name_char((uint8_t)c))
			buf[n++] = c;
	}
	while (n && buf[n - 1] == '.')
		n--;
	buf[n] = '\0';
	return n;
}

/* RFC 1035 2.3.4: no label is empty or longer than 63 bytes. */
static bool is_name(const char *text, size_t len)
{
	uint8_t labels[DOMAIN_WIRE_MAX];
	struct writer w = writer_init(labels, sizeof(labels));

	return len && domain_write(&w, text, len) == 0;
}

/* A client that leaves the name to the server gets one made of its address. */
static size_t generate(const struct request *req, char *buf, size_t size)
{
	char *c;

	(void)snprintf(buf, size, GENERATED);
	(void)ip_format(&req->lease.addr, buf + strlen(GENERATED));
	for (c = buf; *c; c++)
		if (*c == '.')
			*c = '-';
	return strlen(buf);
}

/* --- option 81 ------------------------------------------------------------- */

/* RFC 4702 2: flags that contradict each other, or a name that cannot be read, are as none. */
static const struct opt *fqdn_of(const struct request *req, char *text, size_t *ret_len)
{
	const struct opt *opt = opts_find(&req->q.opts, OPT4_FQDN);
	struct bytes name;
	struct reader r;

	if (!opt || opt->data.len < FQDN_FIXED || (opt->data.data[0] & (FQDN_N | FQDN_S)) == (FQDN_N | FQDN_S))
		return NULL;
	name = bytes_of(opt->data.data + FQDN_FIXED, opt->data.len - FQDN_FIXED);
	if (!(opt->data.data[0] & FQDN_E)) {
		*ret_len = name.len < DOMAIN_TEXT_MAX ? name.len : DOMAIN_TEXT_MAX - 1;
		if (*ret_len)
			memcpy(text, name.data, *ret_len);
		return opt;
	}
	/* Labels up to the root, or a part of a name: labels up to the end of the option. */
	r = reader_of(name);
	*ret_len = 0;
	while (reader_left(&r)) {
		uint8_t label = read_u8(&r);
		const uint8_t *at = label && label < 64 ? read_bytes(&r, label) : NULL;

		if (!label)
			break;
		if (!at || *ret_len + label + 1 >= DOMAIN_TEXT_MAX)
			return NULL;
		memcpy(text + *ret_len, at, label);
		*ret_len += label;
		text[(*ret_len)++] = '.';
	}
	return opt;
}

/* --- both ------------------------------------------------------------------ */

struct name {
	const struct opt *fqdn;            /* NULL: option 12 */
	char text[LEASE_HOSTNAME_MAX + 1]; /* without a dot at its end; "" if none */
};

static void read_name(const struct request *req, struct name *ret)
{
	const struct opt *host = opts_find(&req->q.opts, OPT4_HOST_NAME);
	char text[DOMAIN_TEXT_MAX];
	size_t len = 0;
	bool is_left_to_us;

	ret->text[0] = '\0';
	ret->fqdn = fqdn_of(req, text, &len);
	if (!ret->fqdn && host) {
		len = host->data.len < sizeof(text) ? host->data.len : sizeof(text) - 1;
		if (len)
			memcpy(text, host->data.data, len);
	}
	is_left_to_us = ret->fqdn ? !len : host && len == 1 && text[0] == '.';
	len = is_left_to_us ? generate(req, ret->text, sizeof(ret->text)) : clean(text, len, ret->text);
	if (!is_name(ret->text, len))
		ret->text[0] = '\0';
}

const char *name4_of(const struct request *req)
{
	struct name name;
	size_t len;
	char *text;

	read_name(req, &name);
	len = strlen(name.text);
	text = len ? arena_alloc(req->arena, len + 2) : NULL;
	if (!text)
		return "";
	memcpy(text, name.text, len);
	if (name.fqdn)
		text[len] = '.'; /* as Kea writes a name that is one in full */
	return text;
}

static void send_fqdn(struct answer_opts *s, const struct name *name)
{
	const uint8_t *asked = name->fqdn->data.data;
	uint8_t *buf = arena_alloc(s->req->arena, FQDN_FIXED + DOMAIN_WIRE_MAX + 1);
	struct writer w;

	if (!buf)
		return;
	w = writer_init(buf, FQDN_FIXED + DOMAIN_WIRE_MAX + 1);
	/* RFC 4702 4: N, as nothing is updated; O where the client wanted that it is. */
	write_u8(&w, (uint8_t)(FQDN_N | (asked[0] & FQDN_E) | (asked[0] & FQDN_S ? FQDN_O : 0)));
	write_bytes(&w, asked + 1, 2);
	if (asked[0] & FQDN_E) {
		(void)domain_write(&w, name->text, strlen(name->text));
	} else {
		write_bytes(&w, name->text, strlen(name->text));
		write_u8(&w, '.');
	}
	if (!w.err)
		answer_opts_put(s, OPT4_FQDN, bytes_of(buf, writer_len(&w)));
}

void name4_send(struct answer_opts *s)
{
	struct name name;
	const char *text;

	read_name(s->req, &name);
	if (!name.text[0] || opt_scopes_forbid(&s->req->scopes, 0, name.fqdn ? OPT4_FQDN : OPT4_HOST_NAME))
		return;
	if (name.fqdn) {
		send_fqdn(s, &name);
		return;
	}
	text = arena_strdup(s->req->arena, name.text);
	if (text)
		answer_opts_put(s, OPT4_HOST_NAME, bytes_of(text, strlen(text)));
}
