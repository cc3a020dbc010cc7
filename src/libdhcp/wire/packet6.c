/* SPDX-License-Identifier: MPL-2.0 */
/*
 * DHCPv6 messages, RFC 9915: the four-byte header and its options, inside the envelopes of up to 32 relays. The
 * envelopes are opened in a loop, never by recursion: deeper nesting is rejected at the 33rd. The lists are
 * counted before they are allocated, so work and memory grow with the datagram and are bounded.
 */
#include "wire/packet6.h"

#include "base/err.h"
#include "wire/ia6.h"

struct parser {
	struct arena *arena;
	bool lenient;
	unsigned n_opts; /* so far, including those of relays */
	const char *why; /* NULL: out of memory */
};

bool packet6_is_response(uint8_t type)
{
	return type == DHCP6_ADVERTISE || type == DHCP6_REPLY || type == DHCP6_RELAY_REPL ||
	       type == DHCP6_ADDR_REG_REPLY || type == DHCP6_LEASEQUERY_REPLY || type == DHCP6_DHCPV4_RESPONSE;
}

bool packet6_is_request(uint8_t type)
{
	return type && type != DHCP6_RECONFIGURE && !packet6_is_response(type);
}

const char *packet6_type_name(uint8_t type)
{
	static const char *const names[DHCP6_TYPES] = {
		[DHCP6_SOLICIT] = "SOLICIT",
		[DHCP6_ADVERTISE] = "ADVERTISE",
		[DHCP6_REQUEST] = "REQUEST",
		[DHCP6_CONFIRM] = "CONFIRM",
		[DHCP6_RENEW] = "RENEW",
		[DHCP6_REBIND] = "REBIND",
		[DHCP6_REPLY] = "REPLY",
		[DHCP6_RELEASE] = "RELEASE",
		[DHCP6_DECLINE] = "DECLINE",
		[DHCP6_RECONFIGURE] = "RECONFIGURE",
		[DHCP6_INFORMATION_REQUEST] = "INFORMATION_REQUEST",
		[DHCP6_RELAY_FORW] = "RELAY_FORW",
		[DHCP6_RELAY_REPL] = "RELAY_REPLY",
		[DHCP6_LEASEQUERY] = "LEASEQUERY",
		[DHCP6_LEASEQUERY_REPLY] = "LEASEQUERY_REPLY",
		[DHCP6_LEASEQUERY_DONE] = "LEASEQUERY_DONE",
		[DHCP6_LEASEQUERY_DATA] = "LEASEQUERY_DATA",
		[DHCP6_RECONFIGURE_REQUEST] = "RECONFIGURE_REQUEST",
		[DHCP6_RECONFIGURE_REPLY] = "RECONFIGURE_REPLY",
		[DHCP6_DHCPV4_QUERY] = "DHCPV4_QUERY",
		[DHCP6_DHCPV4_RESPONSE] = "DHCPV4_RESPONSE",
		[DHCP6_ACTIVELEASEQUERY] = "ACTIVELEASEQUERY",
		[DHCP6_STARTTLS] = "STARTTLS",
		[DHCP6_BNDUPD] = "BNDUPD",
		[DHCP6_BNDREPLY] = "BNDREPLY",
		[DHCP6_POOLREQ] = "POOLREQ",
		[DHCP6_POOLRESP] = "POOLRESP",
		[DHCP6_UPDREQ] = "UPDREQ",
		[DHCP6_UPDREQALL] = "UPDREQALL",
		[DHCP6_UPDDONE] = "UPDDONE",
		[DHCP6_CONNECT] = "CONNECT",
		[DHCP6_CONNECTREPLY] = "CONNECTREPLY",
		[DHCP6_DISCONNECT] = "DISCONNECT",
		[DHCP6_STATE] = "STATE",
		[DHCP6_CONTACT] = "CONTACT",
		[DHCP6_ADDR_REG_INFORM] = "ADDR_REG_INFORM",
		[DHCP6_ADDR_REG_REPLY] = "ADDR_REG_REPLY",
	};

	return type < DHCP6_TYPES && names[type] ? names[type] : "unknown";
}

static int refuse(struct parser *p, const char *why)
{
	p->why = why;
	return why ? -E_INVAL : -E_NOMEM;
}

static bool is_relay(uint8_t type)
{
	return type == DHCP6_RELAY_FORW || type == DHCP6_RELAY_REPL;
}

/*
 * Takes the options up to the end of r. A relayed message goes to *ret_inner instead of the list; ret_inner NULL
 * means that this is the message itself, whose IAs must be well-formed.
 */
static int take_options(struct parser *p, struct reader r, struct opts *ret, struct bytes *ret_inner)
{
	struct reader again = r;
	struct opt opt = { 0 };
	unsigned n = 0;

	while (opt_next6(&r, &opt))
		n++;
	if (r.err && !p->lenient)
		return refuse(p, arena_printf(p->arena, "option %u is cut short", opt.code));
	p->n_opts += n;
	if (p->n_opts > PACKET6_OPTS_MAX)
		return refuse(p, "more than 4096 options");
	opts_init(ret, p->arena);
	if (!n)
		return 0;
	ret->v = arena_new_array(p->arena, struct opt, n);
	if (!ret->v)
		return refuse(p, NULL);
	ret->cap = n;
	while (opt_next6(&again, &opt)) {
		const char *wrong = ret_inner ? NULL : ia6_check(&opt);

		if (ret_inner && opt.code == OPT6_RELAY_MSG) {
			if (!ret_inner->data)
				*ret_inner = opt.data;
			continue;
		}
		if (wrong && !p->lenient)
			return refuse(p, wrong);
		if (!wrong)
			ret->v[ret->n++] = opt;
	}
	return 0;
}

/* Opens one envelope; r continues with its content. */
static int open_relay(struct parser *p, struct reader *r, struct relay6 *ret)
{
	struct bytes inner = { 0 };
	int err;

	(void)read_u8(r);
	ret->hop_count = read_u8(r);
	read_copy(r, ret->link.b, sizeof(ret->link.b));
	read_copy(r, ret->peer.b, sizeof(ret->peer.b));
	if (r->err)
		return refuse(p, "a relay header is shorter than 34 bytes");
	err = take_options(p, *r, &ret->opts, &inner);
	if (err < 0)
		return err;
	if (!inner.data)
		return refuse(p, "a relay message contains no message");
	*r = reader_of(inner);
	return 0;
}

static int parse(struct parser *p, struct bytes datagram, struct packet6 *ret)
{
	struct reader r = reader_of(datagram);
	struct relay6 relays[PACKET6_RELAYS_MAX];
	struct packet6 pkt = { 0 };
	int err;

	while (reader_left(&r) && is_relay(*r.pos)) {
		if (pkt.n_relays == PACKET6_RELAYS_MAX)
			return refuse(p, "more than 32 relays");
		if (pkt.n_relays && *r.pos != pkt.relay_type)
			return refuse(p, "a Relay-forward inside a Relay-reply, or the reverse");
		pkt.relay_type = *r.pos;
		err = open_relay(p, &r, &relays[pkt.n_relays++]);
		if (err < 0)
			return err;
	}
	pkt.type = read_u8(&r);
	pkt.xid = (uint32_t)read_u8(&r) << 16;
	pkt.xid |= read_u16(&r);
	if (r.err)
		return refuse(p, "shorter than the header of 4 bytes");
	err = take_options(p, r, &pkt.opts, NULL);
	if (err < 0)
		return err;
	if (pkt.n_relays) {
		pkt.relays = arena_dup(p->arena, relays, pkt.n_relays * sizeof(*relays));
		if (!pkt.relays)
			return refuse(p, NULL);
	}
	*ret = pkt;
	return 0;
}

static int parse_with(struct parser *p, struct bytes datagram, struct packet6 *ret, const char **ret_why)
{
	int err = parse(p, datagram, ret);

	if (err < 0)
		*ret_why = p->why ? p->why : "not enough memory";
	return err;
}

int packet6_parse(struct bytes datagram, struct arena *arena, struct packet6 *ret, const char **ret_why)
{
	struct parser p = { .arena = arena };

	return parse_with(&p, datagram, ret, ret_why);
}

int packet6_parse_lenient(struct bytes datagram, struct arena *arena, struct packet6 *ret, const char **ret_why)
{
	struct parser p = { .arena = arena, .lenient = true };

	return parse_with(&p, datagram, ret, ret_why);
}

/* --- writing --- */

/* True unless the relay option is echoed only because the relay asked for it (RFC 4994). */
static bool relay_needs(uint16_t code)
{
	return code == OPT6_INTERFACE_ID || code == OPT6_RELAY_SOURCE_PORT;
}

/* Without these the message has a different meaning. */
static bool message_needs(uint16_t code)
{
	switch (code) {
	case OPT6_CLIENTID:
	case OPT6_SERVERID:
	case OPT6_IA_NA:
	case OPT6_IA_TA:
	case OPT6_IA_PD:
	case OPT6_IAADDR:
	case OPT6_STATUS_CODE:
	case OPT6_RAPID_COMMIT:
		return true;
	default:
		return false;
	}
}

/* Size of the options in bytes; needs: only of those it selects, NULL: of all. */
static size_t wire_len6(const struct opts *opts, bool (*needs)(uint16_t code))
{
	size_t len = 0;

	for (unsigned i = 0; i < opts->n; i++)
		if (!needs || needs(opts->v[i].code))
			len += 4 + opts->v[i].data.len;
	return len;
}

/* Writes the needed options, and of the others, in order, those that leave enough space for the needed ones. */
static int write_what_fits(struct writer *w, const struct opts *opts, bool (*needs)(uint16_t code), size_t reserve,
			   struct opts_omitted *omitted)
{
	size_t needed = wire_len6(opts, needs) + reserve;

	for (unsigned i = 0; i < opts->n; i++) {
		const struct opt *opt = &opts->v[i];
		bool is_needed = needs(opt->code);
		size_t len = 4 + opt->data.len;

		if (is_needed && opt->data.len > UINT16_MAX)
			return -E_RANGE;
		if (!is_needed && (opt->data.len > UINT16_MAX || writer_left(w) < needed + len)) {
			opts_omit(omitted, opt->code);
			continue;
		}
		if (is_needed)
			needed -= len;
		opt_write6(w, opt->code, opt->data);
	}
	return w->err ? -E_SPACE : 0;
}

/* omitted: NULL if all must be written. */
static int write_options6(struct writer *w, const struct opts *opts, bool (*needs)(uint16_t code), size_t reserve,
			  struct opts_omitted *omitted)
{
	return omitted ? write_what_fits(w, opts, needs, reserve, omitted) : opts_write6(w, opts);
}

/* Size of the part of a relay's envelope that cannot be left out. */
static size_t envelope_len(const struct relay6 *relay)
{
	return PACKET6_RELAY_HEADER + wire_len6(&relay->opts, relay_needs) + 4;
}

int packet6_write(const struct packet6 *pkt, void *buf, size_t size, struct opts_omitted *ret_omitted)
{
	struct writer w = writer_init(buf, size);
	size_t marks[PACKET6_RELAYS_MAX], reserve;
	int err = 0;

	if (pkt->n_relays > PACKET6_RELAYS_MAX || pkt->xid > 0xffffff)
		return -E_RANGE;
	reserve = PACKET6_HEADER + wire_len6(&pkt->opts, message_needs);
	for (unsigned i = 0; i < pkt->n_relays; i++)
		reserve += envelope_len(&pkt->relays[i]);
	for (unsigned i = 0; i < pkt->n_relays && err == 0; i++) {
		const struct relay6 *relay = &pkt->relays[i];

		reserve -= envelope_len(relay);
		write_u8(&w, pkt->relay_type);
		write_u8(&w, relay->hop_count);
		write_bytes(&w, relay->link.b, sizeof(relay->link.b));
		write_bytes(&w, relay->peer.b, sizeof(relay->peer.b));
		err = write_options6(&w, &relay->opts, relay_needs, 4 + reserve, ret_omitted);
		marks[i] = opt_begin6(&w, OPT6_RELAY_MSG);
	}
	if (err < 0)
		return err;
	write_u8(&w, pkt->type);
	write_u8(&w, (uint8_t)(pkt->xid >> 16));
	write_u16(&w, (uint16_t)pkt->xid);
	err = write_options6(&w, &pkt->opts, message_needs, 0, ret_omitted);
	if (err < 0 || w.err)
		return err < 0 ? err : -E_SPACE;
	for (unsigned i = pkt->n_relays; i--;)
		opt_end6(&w, marks[i]);
	/* there was space for everything, so a length exceeds two bytes */
	return w.err ? -E_RANGE : (int)writer_len(&w);
}

/* --- relays --- */

/*
 * RFC 4994 4: echoes the options that a relay lists in option 43. One walk over its options, with a bit for each
 * code requested.
 */
static int echo_asked(const struct relay6 *from, const struct opt *ero, struct relay6 *to)
{
	struct reader r = reader_of(ero->data);
	uint8_t asked[(UINT16_MAX + 1) / 8] = { 0 };

	while (reader_left(&r) >= 2) {
		uint16_t code = read_u16(&r);

		asked[code / 8] |= (uint8_t)(1u << code % 8);
	}
	for (unsigned i = 0; i < from->opts.n; i++) {
		uint16_t code = from->opts.v[i].code;

		if (!(asked[code / 8] & 1u << code % 8) || code == OPT6_RELAY_MSG || code == OPT6_INTERFACE_ID ||
		    code == OPT6_RELAY_SOURCE_PORT)
			continue;
		if (opts_add(&to->opts, code, from->opts.v[i].data) < 0)
			return -E_NOMEM;
	}
	return 0;
}

static int wrap_one(const struct relay6 *from, struct arena *arena, struct relay6 *to)
{
	static const uint16_t always[] = { OPT6_INTERFACE_ID, OPT6_RELAY_SOURCE_PORT };
	const struct opt *opt;

	*to = (struct relay6){ from->hop_count, from->link, from->peer, { .arena = arena } };
	for (unsigned i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		opt = opts_find(&from->opts, always[i]);
		if (opt && opts_add(&to->opts, opt->code, opt->data) < 0)
			return -E_NOMEM;
	}
	opt = opts_find(&from->opts, OPT6_ERO);
	return opt ? echo_asked(from, opt, to) : 0;
}

int packet6_wrap_answer(const struct packet6 *query, struct arena *arena, struct packet6 *answer)
{
	struct relay6 *relays;

	if (!query->n_relays)
		return 0;
	relays = arena_new_array(arena, struct relay6, query->n_relays);
	if (!relays)
		return -E_NOMEM;
	for (unsigned i = 0; i < query->n_relays; i++)
		if (wrap_one(&query->relays[i], arena, &relays[i]) < 0)
			return -E_NOMEM;
	answer->relay_type = DHCP6_RELAY_REPL;
	answer->n_relays = query->n_relays;
	answer->relays = relays;
	return 0;
}

uint16_t packet6_answer_port(const struct packet6 *query, uint16_t source_port)
{
	if (!query->n_relays)
		return DHCP6_CLIENT_PORT;
	return opts_find(&query->relays[0].opts, OPT6_RELAY_SOURCE_PORT) ? source_port : DHCP6_SERVER_PORT;
}

const struct opt *packet6_relay_opt(const struct packet6 *pkt, uint16_t code)
{
	const struct opt *opt = NULL;

	for (unsigned i = pkt->n_relays; i-- && !opt;)
		opt = opts_find(&pkt->relays[i].opts, code);
	return opt;
}

const struct relay6 *packet6_first_relay(const struct packet6 *pkt)
{
	return pkt->n_relays ? &pkt->relays[pkt->n_relays - 1] : NULL;
}

struct bytes packet6_fixed(const struct packet6 *pkt, uint16_t code, size_t len)
{
	const struct opt *opt = opts_find(&pkt->opts, code);

	return opt && opt->data.len == len ? opt->data : bytes_of(NULL, 0);
}
