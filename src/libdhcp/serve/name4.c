/* SPDX-License-Identifier: MPL-2.0 */
/* The name in option 81 (RFC 4702), or else in option 12 (RFC 2132 3.14): read and sent. */
#include "serve/family4.h"

#include "serve/binding.h"
#include "serve/name.h"

#define FQDN_FIXED 3 /* bytes before the name: flags and two obsolete result codes */
#define FQDN_E 0x04  /* the name is in wire form */
#define FQDN_N 0x08  /* the server makes no updates */

/* Limits text to what a name can have. */
static void take_text(struct name_asked *asked, const uint8_t *text, size_t len)
{
	asked->len = len < sizeof(asked->text) ? len : sizeof(asked->text) - 1;
	if (asked->len)
		memcpy(asked->text, text, asked->len);
}

/* RFC 4702 2: ignored if flags contradict each other or the name cannot be read. */
static bool read_fqdn(const struct opt *opt, struct name_asked *ret)
{
	struct bytes name;

	if (!opt || !name_read_flags(opt->data, FQDN_FIXED, FQDN_N, ret))
		return false;
	name = bytes_of(opt->data.data + FQDN_FIXED, opt->data.len - FQDN_FIXED);
	if (opt->data.data[0] & FQDN_E)
		return name_read_labels(name, ret->text, &ret->len, &ret->is_partial);
	take_text(ret, name.data, name.len);
	ret->is_partial = !ret->len || ret->text[ret->len - 1] != '.';
	return true;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* As in Kea: without blanks around it, and without the NUL characters that some clients append. */
static void read_hostname(const struct opt *opt, struct name_asked *ret)
{
	const uint8_t *text = opt->data.data;
	size_t len = opt->data.len;

	while (len && !text[len - 1])
		len--;
	while (len && is_blank(text[len - 1]))
		len--;
	while (len && is_blank(text[0])) {
		text++;
		len--;
	}
	ret->has_hostname = len > 0;
	take_text(ret, text, len);
}

const struct name *name4_of(struct request *req, const struct binding *b)
{
	const struct opt *hostname = opts_find(&req->q.opts, OPT4_HOST_NAME);
	struct name *name = arena_room(req->arena, sizeof(*name));
	struct name_asked asked;

	if (!name)
		return NULL;
	asked.has_fqdn = asked.has_hostname = asked.client_s = asked.client_n = asked.is_partial = false;
	asked.len = 0;
	asked.has_fqdn = read_fqdn(opts_find(&req->q.opts, OPT4_FQDN), &asked);
	if (!asked.has_fqdn && hostname)
		read_hostname(hostname, &asked);
	name_decide(req, b->candidate.pool->naming, &asked, &b->candidate.prefix.addr, name);
	name_settle(req, b->candidate.pool, name);
	req->name = name;
	return name;
}

static void send_fqdn(struct answer_opts *s, const struct name *name)
{
	const uint8_t *asked = opts_find(&s->req->q.opts, OPT4_FQDN)->data.data;
	uint8_t *buf = arena_alloc(s->req->arena, FQDN_FIXED + NAME_SIZE + 1);
	struct writer w;

	if (!buf)
		return;
	w = writer_init(buf, FQDN_FIXED + NAME_SIZE + 1);
	write_u8(&w, name_flags(name, FQDN_N) | (asked[0] & FQDN_E));
	write_bytes(&w, asked + 1, 2);
	if (asked[0] & FQDN_E)
		name_write_labels(&w, name);
	else
		write_bytes(&w, name->text, name->len);
	if (!w.err)
		answer_opts_put(s, OPT4_FQDN, bytes_of(buf, writer_len(&w)));
}

/* An option with the client's name gets a response; a reserved name is sent even if the client has none. */
void name4_send(struct answer_opts *s)
{
	const struct name *name = s->req->name;

	if (!name || !name->len || opt_scopes_forbid(&s->req->scopes, 0, name->is_fqdn ? OPT4_FQDN : OPT4_HOST_NAME))
		return;
	if (name->is_fqdn)
		send_fqdn(s, name);
	else
		answer_opts_put(s, OPT4_HOST_NAME, bytes_of(name->text, name->len));
}
