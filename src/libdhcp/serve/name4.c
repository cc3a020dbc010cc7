/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The name in option 81 (RFC 4702), or else in option 12: cleaned, stored with the lease and returned.
 */
#include "serve/family4.h"

#include "serve/binding.h"
#include "serve/name.h"
#include "wire/domain.h"

#define FQDN_FIXED 3 /* bytes before the name: flags and two obsolete result codes */
#define FQDN_S 0x01  /* the server should update the name's address record */
#define FQDN_O 0x02  /* the server overrides the client's S */
#define FQDN_E 0x04  /* the name is in wire form */
#define FQDN_N 0x08  /* the server makes no updates */
#define GENERATED "myhost-"

/* A client that leaves the name to the server gets one made from its address. */
static void generate(const struct ip *addr, char *buf, size_t size)
{
	char *c;

	(void)snprintf(buf, size, GENERATED);
	(void)ip_format(addr, buf + strlen(GENERATED));
	for (c = buf; *c; c++)
		if (*c == '.')
			*c = '-';
}

/* --- option 81 ------------------------------------------------------------- */

/* RFC 4702 2: returns NULL as if there were no option if flags contradict each other or the name cannot be read. */
static const struct opt *fqdn_of(const struct request *req, char *text, size_t *ret_len)
{
	const struct opt *opt = opts_find(&req->q.opts, OPT4_FQDN);
	struct bytes name;

	if (!opt || opt->data.len < FQDN_FIXED || (opt->data.data[0] & (FQDN_N | FQDN_S)) == (FQDN_N | FQDN_S))
		return NULL;
	name = bytes_of(opt->data.data + FQDN_FIXED, opt->data.len - FQDN_FIXED);
	if (!(opt->data.data[0] & FQDN_E)) {
		*ret_len = name.len < DOMAIN_TEXT_MAX ? name.len : DOMAIN_TEXT_MAX - 1;
		if (*ret_len)
			memcpy(text, name.data, *ret_len);
		return opt;
	}
	if (!name_read_labels(name, text, ret_len))
		return NULL;
	return opt;
}

/* --- both ------------------------------------------------------------------ */

struct name {
	const struct opt *fqdn; /* NULL: option 12 */
	char text[NAME_SIZE];   /* without a trailing dot; "" if none */
};

/* `addr`: address of the lease that the name is for. */
static void read_name(const struct request *req, const struct ip *addr, struct name *ret)
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
	if (req->host && req->host->hostname[0]) {
		(void)snprintf(ret->text, sizeof(ret->text), "%s", req->host->hostname);
		return;
	}
	is_left_to_us = ret->fqdn ? !len : host && len == 1 && text[0] == '.';
	if (is_left_to_us)
		generate(addr, ret->text, sizeof(ret->text));
	else
		(void)name_clean(text, len, ret->text);
}

const char *name4_of(struct request *req, const struct ip *addr)
{
	struct name name;

	read_name(req, addr, &name);
	return name_keep(req->arena, name.text, name.fqdn != NULL);
}

static void send_fqdn(struct answer_opts *s, const struct name *name)
{
	const uint8_t *asked = name->fqdn->data.data;
	uint8_t *buf = arena_alloc(s->req->arena, FQDN_FIXED + DOMAIN_WIRE_MAX + 1);
	struct writer w;

	if (!buf)
		return;
	w = writer_init(buf, FQDN_FIXED + DOMAIN_WIRE_MAX + 1);
	/* RFC 4702 4: N, because nothing is updated; O if the client asked for an update. */
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

/* An option with the client's name gets a response; a reserved name is sent even if the client has none. */
void name4_send(struct answer_opts *s)
{
	struct name name;
	const char *text;

	read_name(s->req, &s->req->bindings[0].lease.addr, &name);
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
