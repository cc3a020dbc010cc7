/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The DHCPv6 dialect: its message table with the rules of RFC 9915 section 16, unpacking, the client's identity
 * and link, and what is logged about a message. The meaning of messages is in bind6.c, responses are in
 * answer6.c.
 */
#include "serve/family6.h"

#include "base/hash.h"
#include "log/log.h"
#include "serve/context6.h"
#include "root/duid6.h"
#include "serve/binding.h"
#include "serve/report.h"
#include "serve/service.h"
#include "serve/wait.h"
#include "serve/vendor6.h"
#include "wire/dump.h"
#include "wire/hwaddr6.h"
#include "wire/ident.h"

#define OF_SERVER(name, received) MESSAGE(name, MESSAGE_OF_SERVER, received, STAT_SENT)
#define NOT_YET(name, received) MESSAGE(name, MESSAGE_UNSUPPORTED, received, STAT_SENT)
#define SERVED(NAME, RECEIVED, BIND, CLIENT_ID, SERVER_ID, MULTICAST, ...)                       \
	MESSAGE(NAME, MESSAGE_SERVED, RECEIVED, STAT_SENT, .bind = BIND, .client_id = CLIENT_ID, \
		.server_id = SERVER_ID, .multicast_only = MULTICAST, ##__VA_ARGS__)

static const struct message_row messages6[] = {
	[DHCP6_SOLICIT] = SERVED("SOLICIT", STAT_SOLICIT_RECEIVED, bind6_solicit, ID_MUST, ID_MUST_NOT, true,
				 .policy = policy6_solicit, .recalls_held = true),
	[DHCP6_ADVERTISE] = MESSAGE("ADVERTISE", MESSAGE_OF_SERVER, STAT_ADVERTISE_RECEIVED, STAT_ADVERTISE_SENT),
	[DHCP6_REQUEST] = SERVED("REQUEST", STAT_REQUEST_RECEIVED, bind6_request, ID_MUST, ID_MUST, false,
				 .policy = policy6_request, .recalls_held = true),
	[DHCP6_CONFIRM] = SERVED("CONFIRM", STAT_CONFIRM_RECEIVED, bind6_confirm, ID_MUST, ID_MUST_NOT, true),
	[DHCP6_RENEW] = SERVED("RENEW", STAT_RENEW_RECEIVED, bind6_extend, ID_MUST, ID_MUST, false,
			       .policy = policy6_extend, .recalls_held = true),
	[DHCP6_REBIND] = SERVED("REBIND", STAT_REBIND_RECEIVED, bind6_extend, ID_MUST, ID_MUST_NOT, true,
				.policy = policy6_extend, .recalls_held = true, .rebinds = true),
	[DHCP6_REPLY] = MESSAGE("REPLY", MESSAGE_OF_SERVER, STAT_REPLY_RECEIVED, STAT_REPLY_SENT),
	[DHCP6_RELEASE] =
		SERVED("RELEASE", STAT_RELEASE_RECEIVED, bind6_give_back, ID_MUST, ID_MUST, false, .any_link = true),
	[DHCP6_DECLINE] = SERVED("DECLINE", STAT_DECLINE_RECEIVED, bind6_give_back, ID_MUST, ID_MUST, false,
				 .any_link = true, .declines = true),
	[DHCP6_RECONFIGURE] = OF_SERVER("RECONFIGURE", STAT_UNKNOWN_RECEIVED),
	[DHCP6_INFORMATION_REQUEST] = SERVED("INFORMATION-REQUEST", STAT_INFREQUEST_RECEIVED, bind6_inform, ID_MAY,
					     ID_MAY, true, .any_link = true),
	[DHCP6_LEASEQUERY] = MESSAGE("LEASEQUERY", MESSAGE_OF_LIBRARY, STAT_LEASE_QUERY_RECEIVED, STAT_SENT),
	[DHCP6_LEASEQUERY_REPLY] =
		MESSAGE("LEASEQUERY-REPLY", MESSAGE_OF_SERVER, STAT_UNKNOWN_RECEIVED, STAT_LEASE_QUERY_REPLY_SENT),
	[DHCP6_DHCPV4_QUERY] = NOT_YET("DHCPV4-QUERY", STAT_DHCPV4_QUERY_RECEIVED),
	[DHCP6_DHCPV4_RESPONSE] = OF_SERVER("DHCPV4-RESPONSE", STAT_DHCPV4_RESPONSE_RECEIVED),
	[DHCP6_ADDR_REG_INFORM] = SERVED("ADDR-REG-INFORM", STAT_ADDR_REG_INFORM_RECEIVED, bind6_register, ID_MUST,
					 ID_MUST_NOT, false, .policy = policy6_register, .recalls_held = true),
	[DHCP6_ADDR_REG_REPLY] =
		MESSAGE("ADDR-REG-REPLY", MESSAGE_OF_SERVER, STAT_ADDR_REG_REPLY_RECEIVED, STAT_ADDR_REG_REPLY_SENT),
};

/* RFC 9686: the address that the client wants to register; unspecified if the message has none. */
static struct ip registered_address(const struct request *req)
{
	const struct opt *opt = opts_find(&req->q6.opts, OPT6_IAADDR);
	struct ia6_item item;

	ia6_read_address(opt ? opt->data : bytes_of(NULL, 0), &item);
	return item.prefix.addr;
}

static int parse6(struct request *req, struct bytes datagram, bool lenient, const char **ret_why)
{
	return (lenient ? packet6_parse_lenient : packet6_parse)(datagram, req->arena, &req->q6, ret_why);
}

static enum verdict unpack6(struct request *req)
{
	req->type = req->q6.type;
	if (req->type == DHCP6_ADDR_REG_INFORM)
		req->wanted = registered_address(req);
	if (req->q6.relay_type == DHCP6_RELAY_REPL)
		return request_drop(req, DROP_NOT_CLIENT, "a relay-reply");
	return STEP_NEXT;
}

/* --- who asks -------------------------------------------------------------- */

struct ip client_address6(const struct request *req)
{
	const struct relay6 *relay = packet6_first_relay(&req->q6);

	return relay ? relay->peer : req->in.src;
}

static bool named_client6(struct bytes datagram, struct arena *arena, struct bytes *ret_hwaddr, struct bytes *ret_id)
{
	const struct opt *id;
	struct packet6 pkt;
	const char *why;
	uint8_t hwtype;

	if (packet6_parse_lenient(datagram, arena, &pkt, &why) < 0)
		return false;
	id = opts_find(&pkt.opts, OPT6_CLIENTID);
	*ret_id = id ? id->data : bytes_of(NULL, 0);
	if (!duid_hwaddr(*ret_id, &hwtype, ret_hwaddr))
		*ret_hwaddr = bytes_of(NULL, 0);
	return true;
}

static void find_hwaddr(struct request *req)
{
	struct ip from = client_address6(req);
	struct hwaddr6 found;
	unsigned i;

	for (i = 0; i < req->cfg->n_mac_sources; i++)
		if (hwaddr6_find(&req->q6, req->cfg->mac_sources[i], &from, 1, &found)) {
			const void *copy = arena_dup(req->arena, found.b, found.len);

			if (!copy)
				return;
			req->hwtype = found.hwtype;
			req->hwaddr = bytes_of(copy, found.len);
			req->hwsource = (uint16_t)found.source;
			return;
		}
}

static unsigned count_opts(const struct opts *opts, uint16_t code)
{
	unsigned i, n = 0;

	for (i = 0; i < opts->n; i++)
		n += opts->v[i].code == code;
	return n;
}

/* RFC 9915 16: what a message must and must not contain; otherwise it is discarded. */
static enum verdict check_rules(struct request *req)
{
	const struct message_row *row = req->row;
	const struct opt *cid = opts_find(&req->q6.opts, OPT6_CLIENTID), *sid = opts_find(&req->q6.opts, OPT6_SERVERID);

	if (count_opts(&req->q6.opts, OPT6_CLIENTID) > 1 || count_opts(&req->q6.opts, OPT6_SERVERID) > 1)
		return request_drop(req, DROP_RULE, "an identifier twice");
	if (cid && !duid_is_valid(cid->data))
		return request_drop(req, DROP_RULE, "the client identifier is not a DUID");
	if (!cid && row->client_id == ID_MUST)
		return request_drop(req, DROP_RULE, "no client identifier");
	if (sid && row->server_id == ID_MUST_NOT)
		return request_drop(req, DROP_RULE, "a server identifier in a message that is for all servers");
	if (!sid && row->server_id == ID_MUST)
		return request_drop(req, DROP_RULE, "no server identifier");
	if (sid && !bytes_equal(sid->data, duid_bytes(&req->worker->srv->duid)))
		return request_drop(req, DROP_NOT_FOR_US, NULL);
	if (row->multicast_only && !req->q6.n_relays && !ip_is_multicast6(&req->in.dst))
		return request_drop(req, DROP_UNICAST, NULL);
	if (cid)
		req->client_id = req->match_id = cid->data;
	return STEP_NEXT;
}

static struct client_key key_of(const struct request *req)
{
	struct bytes id = req->client_id;

	/* An INFORMATION-REQUEST may come without a client identifier. */
	if (!id.len)
		id = bytes_of(req->in.src.b, sizeof(req->in.src.b));
	return client_key_of(id, 6);
}

static enum verdict identify6(struct request *req)
{
	enum verdict verdict = check_rules(req);

	if (verdict != STEP_NEXT)
		return verdict;
	find_hwaddr(req);
	request_received(req);
	req->turn.client = key_of(req);
	req->turn.xid = req->q6.xid;
	req->turn.type = (uint8_t)req->type;
	return wait_for_turn(req);
}

/* --- from where ------------------------------------------------------------ */

/*
 * Returns the interface-id, of the relay nearest to the client, that a subnet names. An interface-id that no
 * subnet names is ignored.
 */
static struct bytes interface_id(const struct request *req)
{
	unsigned i;

	for (i = req->q6.n_relays; i--;) {
		const struct opt *opt = opts_find(&req->q6.relays[i].opts, OPT6_INTERFACE_ID);

		if (opt && subnet_by_interface_id(&req->cfg->plan, opt->data))
			return opt->data;
	}
	return bytes_of(NULL, 0);
}

/* RFC 9915 13.1: of several relays, the one nearest to the client that specifies the link. */
static void where6(const struct request *req, struct select_query *query)
{
	unsigned i;

	query->iface = req->in.ifname;
	query->local_addr = req->in.local;
	query->has_relay = req->q6.n_relays != 0;
	query->client_addr = query->src_addr = query->relay_addr = ip_zero6;
	query->iface_id = interface_id(req);
	query->on_link = ip_is_multicast6(&req->in.dst);
	for (i = req->q6.n_relays; i--;)
		if (!ip_is_zero(&req->q6.relays[i].link) && !ip_is_link_local6(&req->q6.relays[i].link)) {
			query->relay_addr = req->q6.relays[i].link;
			break;
		}
	if (!query->has_relay && !ip_is_link_local6(&req->in.src))
		query->src_addr = req->in.src;
}

static void describe_link6(const struct request *req, struct link_text *text)
{
	char link[IP_TEXT_MAX];
	unsigned i;

	if (req->q6.n_relays)
		link_text_ip(text, "relay", &req->in.src);
	else if (!ip_is_link_local6(&req->in.src))
		link_text_ip(text, "source address", &req->in.src);
	/* Beginning with the relay nearest to the client. */
	for (i = req->q6.n_relays; i--;)
		link_text_add(text, "%s%s", i == req->q6.n_relays - 1 ? ", link-address " : " then ",
			      ip_format(&req->q6.relays[i].link, link));
	for (i = req->q6.n_relays; i--;) {
		const struct opt *iface_id = opts_find(&req->q6.relays[i].opts, OPT6_INTERFACE_ID);

		if (iface_id)
			link_text_bytes(text, "interface-id", iface_id->data);
	}
}

/* --- what is logged -------------------------------------------------------- */

static void make_label6(const struct request *req, char *buf, size_t size)
{
	const struct opt *cid = opts_find(&req->q6.opts, OPT6_CLIENTID);

	ident_label6(cid ? cid->data : bytes_of(NULL, 0), req->hwtype, req->hwaddr, req->q6.xid, buf, size);
}

/* --- IAs ------------------------------------------------------------------- */

static int read_hints(struct request *req, struct ia *ia, const struct ia6 *wire)
{
	struct reader r = reader_of(wire->subs);
	struct ia6_item item;
	unsigned n = 0;

	while (n < HINTS_MAX && ia6_next_item(wire, &r, &item))
		n++;
	ia->hints = arena_room(req->arena, n * sizeof(*ia->hints));
	if (!ia->hints)
		return -E_NOMEM;
	r = reader_of(wire->subs);
	while (ia->n_hints < n && ia6_next_item(wire, &r, &item))
		ia->hints[ia->n_hints++] = (struct hint){
			.ia = ia, .prefix = item.prefix, .preferred = item.preferred, .valid = item.valid
		};
	return 0;
}

static int read_ias6(struct request *req)
{
	unsigned pos = 0, n = ia6_count(&req->q6.opts);
	struct ia6 wire;

	if (req->type == DHCP6_ADDR_REG_INFORM)
		return read_ias6_register(req);
	req->ias = arena_room(req->arena, (n < IAS_MAX ? n : IAS_MAX) * sizeof(*req->ias));
	if (!req->ias)
		return -E_NOMEM;
	while (req->n_ias < IAS_MAX && ia6_next(&req->q6.opts, &pos, &wire)) {
		struct ia *ia = &req->ias[req->n_ias];

		/* RFC 9915 12.2: temporary addresses are obsolete. */
		if (wire.code == OPT6_IA_TA)
			continue;
		*ia = (struct ia){ .type = wire.code == OPT6_IA_PD ? LEASE_PD : LEASE_NA,
				   .iaid = wire.iaid,
				   .code = wire.code };
		if (read_hints(req, ia, &wire) < 0)
			return -E_NOMEM;
		req->n_ias++;
	}
	return 0;
}

static bool is_probably_new6(const struct request *req)
{
	return req->type == DHCP6_SOLICIT || req->type == DHCP6_REQUEST;
}

static bool held_query6(const struct request *req, const struct ia *ia, unsigned nth, struct lease_query *ret)
{
	*ret = (struct lease_query){
		.by = BY_CLIENT_ID, .type = ia->type, .id = req->client_id, .has_iaid = true, .iaid = ia->iaid
	};
	return nth == 0 && req->client_id.len;
}

static bool belongs6(const struct request *req, const struct ia *ia, const struct lease *lease)
{
	return lease->state != LEASE_DECLINED && lease->state != LEASE_REGISTERED && lease->iaid == ia->iaid &&
	       lease->type == ia->type && bytes_equal(lease->client_id, req->client_id);
}

static struct alloc_client claimant6(const struct request *req)
{
	return (struct alloc_client){ .id = req->turn.client, .other = req->turn.client };
}

static struct bytes host_id6(const struct request *req, enum host_id_type type)
{
	switch (type) {
	case HOST_ID_HW_ADDRESS:
		return req->hwaddr;
	case HOST_ID_DUID:
		return req->client_id;
	default:
		return bytes_of(NULL, 0);
	}
}

static const char *make_context(struct request *req, const char *old)
{
	return context6_make(req->arena, &req->q6, old);
}

static void dump_query6(const struct request *req, struct str *out)
{
	dump_packet6(&req->q6, out);
}

static void dump_answer6(const struct request *req, struct str *out)
{
	dump_packet6(&req->a6, out);
}

static const struct opts *answer_opts6(const struct request *req)
{
	return &req->a6.opts;
}

static bool is_binding_option6(uint16_t code)
{
	return ia6_fixed_len(code) && code != OPT6_IAADDR && code != OPT6_IAPREFIX;
}

static int prepare6(struct server *srv, const struct config *cfg, char *why, size_t size)
{
	const struct duid_conf *duid = &cfg->global.server_id->duid;
	char text[3 * DUID_MAX + 1];
	int err = duid6_prepare(cfg, &srv->duid, why, size);

	if (err < 0)
		return err;
	(void)bytes_to_hex(duid_bytes(&srv->duid), ':', text, sizeof(text));
	LOG(DHCP6_USING_SERVERID, text, duid->is_set && !duid->persist ? "memory" : cfg->duid_file);
	return 0;
}

const struct family family6 = {
	.idx = 1,
	.digit = 6,
	.program = "kea-dhcp6",
	.protocol = "DHCPv6",
	.server_port = DHCP6_SERVER_PORT,
	.client_port = DHCP6_CLIENT_PORT,
	.datagram_max = 65535,
	.zero = { .b = { 0 } },
	.arena_extra = PACKET6_ARENA,
	.messages = messages6,
	.n_messages = sizeof(messages6) / sizeof(messages6[0]),
	.prepare = prepare6,
	.parse = parse6,
	.unpack = unpack6,
	.identify = identify6,
	.named_client = named_client6,
	.each_vendor_class = vendor6_each_class,
	.where = where6,
	.read_ias = read_ias6,
	.is_probably_new = is_probably_new6,
	.held_query = held_query6,
	.belongs = belongs6,
	.claimant = claimant6,
	.host_id = host_id6,
	.lease_type = LEASE_NA,
	.name_of = name6_of,
	.make_context = make_context,
	.begin = begin6,
	.answer = answer6,
	.begin_answer = begin_answer6,
	.pack = pack6,
	.context = &context6_form,
	.make_label = make_label6,
	.describe_link = describe_link6,
	.lines = &report6_lines,
	.without_lease = without_lease6,
	.answer_opts = answer_opts6,
	.is_binding_option = is_binding_option6,
	.explain_times = explain_times6,
	.dump_query = dump_query6,
	.dump_answer = dump_answer6,
};
