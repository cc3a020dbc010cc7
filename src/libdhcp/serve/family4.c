/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The DHCPv4 dialect: its message table, unpacking, the client's identity and link, and what is logged about a
 * message. The meaning of messages is in bind4.c, responses are in answer4.c.
 */
#include "serve/family4.h"

#include "base/hash.h"
#include "log/log.h"
#include "serve/context4.h"
#include "serve/propose.h"
#include "serve/relay4.h"
#include "serve/report.h"
#include "serve/service.h"
#include "serve/wait.h"
#include "serve/vendor4.h"
#include "wire/dump.h"
#include "wire/ident.h"

static const struct message_row messages4[] = {
	[DHCP4_DISCOVER] = MESSAGE("DHCPDISCOVER", MESSAGE_SERVED, STAT_DISCOVER_RECEIVED, STAT_SENT,
				   .bind = bind4_discover, .policy = policy4_discover, .recalls_held = true),
	[DHCP4_OFFER] = MESSAGE("DHCPOFFER", MESSAGE_OF_SERVER, STAT_OFFER_RECEIVED, STAT_OFFER_SENT),
	[DHCP4_REQUEST] = MESSAGE("DHCPREQUEST", MESSAGE_SERVED, STAT_REQUEST_RECEIVED, STAT_SENT,
				  .bind = bind4_request, .policy = policy4_request, .recalls_held = true),
	[DHCP4_DECLINE] = MESSAGE("DHCPDECLINE", MESSAGE_SERVED, STAT_DECLINE_RECEIVED, STAT_SENT,
				  .bind = bind4_decline, .declines = true, .any_link = true),
	[DHCP4_ACK] = MESSAGE("DHCPACK", MESSAGE_OF_SERVER, STAT_ACK_RECEIVED, STAT_ACK_SENT),
	[DHCP4_NAK] = MESSAGE("DHCPNAK", MESSAGE_OF_SERVER, STAT_NAK_RECEIVED, STAT_NAK_SENT),
	[DHCP4_RELEASE] = MESSAGE("DHCPRELEASE", MESSAGE_SERVED, STAT_RELEASE_RECEIVED, STAT_SENT,
				  .bind = bind4_release, .any_link = true),
	[DHCP4_INFORM] = MESSAGE("DHCPINFORM", MESSAGE_SERVED, STAT_INFORM_RECEIVED, STAT_SENT, .bind = bind4_inform),
	/* RFC 3203 to RFC 7724: known, but not served. */
	[9] = MESSAGE("DHCPFORCERENEW", MESSAGE_OF_SERVER, STAT_UNKNOWN_RECEIVED, STAT_SENT),
	[10] = MESSAGE("DHCPLEASEQUERY", MESSAGE_OF_LIBRARY, STAT_LEASE_QUERY_RECEIVED, STAT_SENT),
	[11] = MESSAGE("DHCPLEASEUNASSIGNED", MESSAGE_OF_SERVER, STAT_UNKNOWN_RECEIVED, STAT_LEASE_UNASSIGNED_SENT),
	[12] = MESSAGE("DHCPLEASEUNKNOWN", MESSAGE_OF_SERVER, STAT_UNKNOWN_RECEIVED, STAT_LEASE_UNKNOWN_SENT),
	[13] = MESSAGE("DHCPLEASEACTIVE", MESSAGE_OF_SERVER, STAT_UNKNOWN_RECEIVED, STAT_LEASE_ACTIVE_SENT),
	[14] = MESSAGE("DHCPBULKLEASEQUERY", MESSAGE_UNSUPPORTED, STAT_UNKNOWN_RECEIVED, STAT_SENT),
	[15] = MESSAGE("DHCPLEASEQUERYDONE", MESSAGE_OF_SERVER, STAT_UNKNOWN_RECEIVED, STAT_SENT),
	[16] = MESSAGE("DHCPACTIVELEASEQUERY", MESSAGE_UNSUPPORTED, STAT_UNKNOWN_RECEIVED, STAT_SENT),
	[17] = MESSAGE("DHCPLEASEQUERYSTATUS", MESSAGE_OF_SERVER, STAT_UNKNOWN_RECEIVED, STAT_SENT),
	[18] = MESSAGE("DHCPTLS", MESSAGE_UNSUPPORTED, STAT_UNKNOWN_RECEIVED, STAT_SENT),
};

static int parse4(struct request *req, struct bytes datagram, bool lenient, const char **ret_why)
{
	return (lenient ? packet4_parse_lenient : packet4_parse)(datagram, req->arena, &req->q, ret_why);
}

static enum verdict unpack4(struct request *req)
{
	req->type = req->q.type;
	if (req->q.op != BOOTREQUEST)
		return request_drop(req, DROP_NOT_CLIENT, "not a request");
	if (!req->type)
		return request_drop(req, DROP_NO_TYPE, NULL);
	return STEP_NEXT;
}

/* A lease file does not store the hardware type, so claims do not distinguish it either. */
static struct client_key hwaddr_key(const struct request *req)
{
	return client_key_of(req->hwaddr, 0x100);
}

static struct client_key key_of(const struct request *req)
{
	return req->client_id.len ? client_key_of(req->client_id, 61) : hwaddr_key(req);
}

static struct ip address_option(const struct packet4 *pkt, uint16_t code)
{
	return ip_from4(packet4_u32(pkt, code));
}

static bool named_client4(struct bytes datagram, struct arena *arena, struct bytes *ret_hwaddr, struct bytes *ret_id)
{
	const struct opt *id;
	struct packet4 pkt;
	const char *why;

	if (packet4_parse_lenient(datagram, arena, &pkt, &why) < 0)
		return false;
	id = opts_find(&pkt.opts, OPT4_DHCP_CLIENT_IDENTIFIER);
	*ret_hwaddr = bytes_of(arena_dup(arena, pkt.chaddr, pkt.hlen), pkt.hlen);
	*ret_id = id ? id->data : bytes_of(NULL, 0);
	return ret_hwaddr->data;
}

static enum verdict identify4(struct request *req)
{
	const struct opt *cid = opts_find(&req->q.opts, OPT4_DHCP_CLIENT_IDENTIFIER);
	struct ip asked;

	req->hwtype = req->q.htype;
	req->hwaddr = bytes_of(req->q.chaddr, req->q.hlen);
	if (cid) {
		/* RFC 2132 9.14: at least two bytes. */
		if (cid->data.len < 2 && !req->cfg->global.compatibility->lenient_option_parsing)
			return request_drop(req, DROP_RULE, "client identifier shorter than 2 bytes");
		/* RFC 3396 allows longer ones, but no lease can store them. */
		if (cid->data.len > LEASE_ID_MAX)
			return request_drop(req, DROP_RULE, "client identifier longer than 255 bytes");
		if (cid->data.len >= 2)
			req->client_id = req->match_id = cid->data;
	}
	if (!req->hwaddr.len && !req->client_id.len)
		return request_drop(req, DROP_NO_IDENTITY, NULL);
	asked = address_option(&req->q, OPT4_DHCP_REQUESTED_ADDRESS);
	/* RFC 2131 4.3.2: if ciaddr is set, the client renews and names that address. */
	req->wanted =
		req->q.ciaddr && (req->type == DHCP4_RELEASE || ip_is_zero(&asked)) ? ip_from4(req->q.ciaddr) : asked;
	request_received(req);
	relay4_of_request(req);
	req->turn.client = key_of(req);
	req->turn.xid = req->q.xid;
	req->turn.type = (uint8_t)req->type;
	return wait_for_turn(req);
}

static void where4(const struct request *req, struct select_query *query)
{
	struct ip link = ip_zero4;

	/* RFC 3527 takes precedence over RFC 3011, and that over the source of the message. */
	if (!req->cfg->global.compatibility->ignore_rai_link_selection)
		link = req->rai.link;
	if (ip_is_zero(&link))
		link = address_option(&req->q, OPT4_SUBNET_SELECTION);
	query->has_link = !ip_is_zero(&link);
	query->link_addr = link;
	query->has_relay = req->q.giaddr != 0;
	query->relay_addr = ip_from4(req->q.giaddr);
	query->on_link = ip_to4(&req->in.dst) == UINT32_MAX;
	query->client_addr = query->on_link ? ip_zero4 : ip_from4(req->q.ciaddr);
	query->src_addr = query->on_link ? ip_zero4 : req->in.src;
	query->local_addr = req->in.local;
	query->iface = req->in.ifname;
}

static void describe_link4(const struct request *req, struct link_text *text)
{
	struct ip relay = ip_from4(req->q.giaddr), client = ip_from4(req->q.ciaddr);
	struct ip link = address_option(&req->q, OPT4_SUBNET_SELECTION);

	if (req->q.giaddr)
		link_text_ip(text, "relay", &relay);
	if (!ip_is_zero(&req->rai.link) && !req->cfg->global.compatibility->ignore_rai_link_selection)
		link_text_ip(text, "link selection", &req->rai.link);
	if (!ip_is_zero(&link))
		link_text_ip(text, "subnet selection", &link);
	if (req->q.ciaddr)
		link_text_ip(text, "client address", &client);
}

/* RFC 2131 4.3.2: a client that names another server accepted that server's offer. */
static bool is_for_us(const struct request *req)
{
	struct ip named, ours;

	if (req->cfg->global.compatibility->ignore_dhcp_server_identifier || req->type == DHCP4_DISCOVER ||
	    !opts_find(&req->q.opts, OPT4_DHCP_SERVER_IDENTIFIER))
		return true;
	named = address_option(&req->q, OPT4_DHCP_SERVER_IDENTIFIER);
	ours = server_id4(req);
	return ip_equal(&named, &ours) || ip_equal(&named, &req->in.local) ||
	       server_has_address(req->worker->srv, &named) || config_has_server_id(req->cfg, ip_to4(&named));
}

/* The subnet determines how clients are matched; from here on their leases can be looked up. */
static enum verdict chosen4(struct request *req)
{
	/* A hook library may have selected another subnet before. */
	req->match_id = req->client_id;
	if (req->sub && !req->sub->par.match_client_id && req->hwaddr.len) {
		if (req->match_id.len)
			LOG(DHCP4_CLIENTID_IGNORED_FOR_LEASES, request_label(req), req->sub->id);
		req->match_id = bytes_of(NULL, 0);
	}
	if (!is_for_us(req)) {
		propose_forget(req, LEASE_V4);
		return request_drop(req, DROP_NOT_FOR_US, NULL);
	}
	return STEP_NEXT;
}

/* --- the one IA of DHCPv4 --------------------------------------------------- */

static int read_ias4(struct request *req)
{
	struct one {
		struct ia ia;
		struct hint hint;
	} * one;

	if (req->type == DHCP4_INFORM)
		return 0;
	one = arena_new_obj(req->arena, struct one);
	if (!one)
		return -E_NOMEM;
	one->ia.type = LEASE_V4;
	one->ia.hints = &one->hint;
	one->ia.n_hints = 1;
	one->hint.ia = &one->ia;
	one->hint.prefix = (struct prefix){ req->wanted, 32 };
	one->hint.valid = packet4_u32(&req->q, OPT4_DHCP_LEASE_TIME);
	req->ias = &one->ia;
	req->n_ias = 1;
	return 0;
}

/*
 * By client id, then by hardware address: a lease with another client id belongs to another client (a second
 * boot stage).
 */
static bool held_query4(const struct request *req, const struct ia *ia, unsigned nth, struct lease_query *ret)
{
	(void)ia;
	*ret = (struct lease_query){ .type = LEASE_V4 };
	if (req->match_id.len && nth == 0) {
		ret->by = BY_CLIENT_ID;
		ret->id = req->match_id;
		return true;
	}
	if (!req->hwaddr.len || nth != (req->match_id.len ? 1 : 0))
		return false;
	ret->by = BY_HWADDR;
	ret->id = req->hwaddr;
	ret->hwtype = req->hwtype;
	ret->without_id = req->match_id.len != 0;
	return true;
}

/* Not a renewal. */
static bool is_probably_new4(const struct request *req)
{
	return !req->q.ciaddr;
}

static bool belongs4(const struct request *req, const struct ia *ia, const struct lease *lease)
{
	(void)ia;
	if (lease->state == LEASE_DECLINED)
		return false;
	if (req->match_id.len && lease->client_id.len)
		return bytes_equal(req->match_id, lease->client_id);
	return req->hwaddr.len && bytes_equal(req->hwaddr, lease->hwaddr);
}

static struct alloc_client claimant4(const struct request *req)
{
	struct alloc_client who = { .id = { 0, 0 } };

	if (req->match_id.len)
		who.id = req->turn.client;
	if (req->hwaddr.len)
		who.other = req->client_id.len ? hwaddr_key(req) : req->turn.client;
	return who;
}

/* RFC 4361: the DUID in a client id, after its type and the IAID. */
static struct bytes duid_of(const struct request *req)
{
	const uint8_t *id = req->client_id.data;

	if (req->client_id.len <= 5 || id[0] != 255)
		return bytes_of(NULL, 0);
	return bytes_of(id + 5, req->client_id.len - 5);
}

static struct bytes host_id4(const struct request *req, enum host_id_type type)
{
	switch (type) {
	case HOST_ID_HW_ADDRESS:
		return req->hwaddr;
	case HOST_ID_DUID:
		return duid_of(req);
	case HOST_ID_CIRCUIT_ID:
		return req->rai.circuit_id;
	case HOST_ID_CLIENT_ID:
		return req->client_id;
	default:
		return bytes_of(NULL, 0);
	}
}

static const char *make_context(struct request *req, const char *old)
{
	return context4_make(req->arena, &req->rai, old);
}

static void dump_query4(const struct request *req, struct str *out)
{
	dump_packet4(&req->q, out);
}

static void dump_answer4(const struct request *req, struct str *out)
{
	dump_packet4(&req->a, out);
}

static const struct opts *answer_opts4(const struct request *req)
{
	return &req->a.opts;
}

static void make_label4(const struct request *req, char *buf, size_t size)
{
	const struct packet4 *q = &req->q;
	const struct opt *cid = q->opts.arena ? opts_find(&q->opts, OPT4_DHCP_CLIENT_IDENTIFIER) : NULL;

	/* Before the client is identified, what the message says. */
	if (req->hwaddr.len || req->client_id.len)
		ident_label4(req->hwtype, req->hwaddr, req->client_id, q->xid, buf, size);
	else
		ident_label4(q->htype, bytes_of(q->chaddr, q->hlen), cid ? cid->data : bytes_of(NULL, 0), q->xid, buf,
			     size);
}

const struct family family4 = {
	.idx = 0,
	.digit = 4,
	.program = "kea-dhcp4",
	.protocol = "DHCPv4",
	.server_port = 67,
	.client_port = 68,
	.datagram_max = 2048,
	.zero = { .b = { [10] = 0xff, [11] = 0xff } },
	.messages = messages4,
	.n_messages = sizeof(messages4) / sizeof(messages4[0]),
	.parse = parse4,
	.unpack = unpack4,
	.identify = identify4,
	.named_client = named_client4,
	.each_vendor_class = vendor4_each_class,
	.where = where4,
	.chosen = chosen4,
	.needs_lease = relay4_needs_lease,
	.use_lease = relay4_use_lease,
	.read_ias = read_ias4,
	.is_probably_new = is_probably_new4,
	.held_query = held_query4,
	.belongs = belongs4,
	.claimant = claimant4,
	.host_id = host_id4,
	.one_lease = true,
	.lease_type = LEASE_V4,
	.name_of = name4_of,
	.make_context = make_context,
	.begin = begin4,
	.answer = answer4,
	.begin_answer = begin_answer4,
	.pack = pack4,
	.context = &context4_form,
	.make_label = make_label4,
	.describe_link = describe_link4,
	.lines = &report4_lines,
	.without_lease = without_lease4,
	.answer_opts = answer_opts4,
	.explain_header = explain_header4,
	.dump_query = dump_query4,
	.dump_answer = dump_answer4,
};
