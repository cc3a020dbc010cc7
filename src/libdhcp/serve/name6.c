/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The name in option 39, RFC 4704: stored with all leases of the message and returned. As there are no DNS
 * updates, a client that leaves its name to the server gets none.
 */
#include "serve/answer_options.h"
#include "serve/binding.h"
#include "serve/family6.h"
#include "serve/name.h"
#include "wire/domain.h"

#define FQDN_FIXED 1 /* bytes before the name: the flags */
#define FQDN_S 0x01  /* the server should update the name's address record */
#define FQDN_O 0x02  /* the server overrides the client's S */
#define FQDN_N 0x04  /* the server makes no updates */

/*
 * Returns the option and the name in it, "" for a name left to the server. NULL if there is no valid option:
 * flags contradict each other (RFC 4704 4.1), or the name cannot be read or nothing of it is left.
 */
static const struct opt *read_name(const struct request *req, char *name)
{
	const struct opt *opt = opts_find(&req->q6.opts, OPT6_CLIENT_FQDN);
	char text[DOMAIN_TEXT_MAX];
	size_t len = 0;

	const char *reserved = req->host ? req->host->hostname : "";

	name[0] = '\0';
	if (!opt || opt->data.len < FQDN_FIXED || (opt->data.data[0] & (FQDN_N | FQDN_S)) == (FQDN_N | FQDN_S) ||
	    !name_read_labels_or_text(bytes_of(opt->data.data + FQDN_FIXED, opt->data.len - FQDN_FIXED), text, &len))
		opt = NULL;
	if (reserved[0]) {
		(void)snprintf(name, NAME_SIZE, "%s", reserved);
		return opt;
	}
	return opt && (name_clean(text, len, name) || !len) ? opt : NULL;
}

const char *name6_of(struct request *req, const struct ip *addr)
{
	char name[NAME_SIZE];

	(void)addr;
	if (!req->name) {
		(void)read_name(req, name);
		req->name = name_keep(req->arena, name, true);
	}
	return req->name;
}

static bool has_lease(const struct request *req)
{
	unsigned i;

	for (i = 0; i < req->n_bindings; i++)
		if (req->bindings[i].is_granted)
			return true;
	return false;
}

void name6_send(struct answer_opts *s)
{
	char name[NAME_SIZE];
	const struct opt *opt = read_name(s->req, name);
	uint8_t *buf;
	struct writer w;

	/* RFC 4704 6: only to clients that request the option. */
	if (!opt || !has_lease(s->req) || !is_requested6(s->req, OPT6_CLIENT_FQDN) ||
	    opt_scopes_forbid(&s->req->scopes, 0, OPT6_CLIENT_FQDN))
		return;
	buf = arena_alloc(s->req->arena, FQDN_FIXED + DOMAIN_WIRE_MAX);
	if (!buf)
		return;
	w = writer_init(buf, FQDN_FIXED + DOMAIN_WIRE_MAX);
	/* RFC 4704 6.1: N, because nothing is updated; O if the client asked for an update. */
	write_u8(&w, (uint8_t)(FQDN_N | (opt->data.data[0] & FQDN_S ? FQDN_O : 0)));
	if (name[0])
		(void)domain_write(&w, name, strlen(name));
	if (!w.err)
		answer_opts_put(s, OPT6_CLIENT_FQDN, bytes_of(buf, writer_len(&w)));
}
