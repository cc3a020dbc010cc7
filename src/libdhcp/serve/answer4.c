/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The DHCPv4 response: header, options by precedence, and its destination. RFC 2131 section 4.1 and table 3.
 */
#include "serve/family4.h"

#include "log/log.h"
#include "serve/binding.h"
#include "serve/classify.h"
#include "serve/grant.h"
#include "serve/relay4.h"
#include "serve/service.h"
#include "serve/vendor4.h"

#define FLAG_BROADCAST 0x8000
#define ETHERNET_MTU 1500

struct ip server_id4(const struct request *req)
{
	const struct optval *val = opt_scopes_find(&req->scopes, 0, OPT4_DHCP_SERVER_IDENTIFIER);

	if (!ip_is_zero(&req->rai.server_id))
		return req->rai.server_id;
	if (val && val->data.len == 4) {
		struct reader r = reader_of(val->data);

		return ip_from4(read_u32(&r));
	}
	return req->in.local;
}

/* Returns the lease that the response is about; NULL if none. */
static const struct lease *lease_of(const struct request *req)
{
	return req->n_bindings && req->bindings[0].is_granted ? &req->bindings[0].lease : NULL;
}

/* --- options --------------------------------------------------------------- */

/*
 * Configured bytes (data-hex) take precedence over the calculated value. Other configured values are sent only
 * if the client asks for them and nothing is calculated, and not if the lease ends before that time.
 */
static void send_timer(struct answer_opts *s, uint16_t code, uint32_t value)
{
	const struct optval *val = opt_scopes_find(&s->req->scopes, 0, code);
	struct reader r = val ? reader_of(val->data) : reader_init(NULL, 0);

	if (val && val->raw)
		answer_opts_configured(s, code);
	else if (value)
		answer_opts_put_u32(s, code, value);
	else if (!val || read_u32(&r) >= lease_of(s->req)->valid)
		(void)answer_opts_take(s, code);
}

static void send_timers(struct answer_opts *s)
{
	uint32_t t1, t2;

	timers_of(&s->req->sub->par, lease_of(s->req)->valid, &t1, &t2);
	send_timer(s, OPT4_DHCP_RENEWAL_TIME, t1);
	send_timer(s, OPT4_DHCP_REBINDING_TIME, t2);
}

static void send_subnet_mask(struct answer_opts *s)
{
	unsigned len = s->req->sub->prefix.len;

	if (opt_scopes_find(&s->req->scopes, 0, OPT4_SUBNET_MASK) ||
	    opt_scopes_forbid(&s->req->scopes, 0, OPT4_SUBNET_MASK))
		answer_opts_configured(s, OPT4_SUBNET_MASK);
	else
		answer_opts_put_u32(s, OPT4_SUBNET_MASK, len ? UINT32_MAX << (32 - len) : 0);
}

static void send_options(struct answer_opts *s)
{
	static const uint8_t basic[] = { OPT4_ROUTERS, OPT4_DOMAIN_NAME_SERVERS, OPT4_DOMAIN_NAME };
	struct request *req = s->req;
	const struct opt *asked = opts_find(&req->q.opts, OPT4_DHCP_PARAMETER_REQUEST_LIST);
	unsigned i;

	/* Never from the configuration: the server sets these itself. */
	(void)answer_opts_take(s, OPT4_PAD);
	(void)answer_opts_take(s, OPT4_END);
	(void)answer_opts_take(s, OPT4_DHCP_MESSAGE_TYPE);
	(void)answer_opts_take(s, OPT4_DHCP_OPTION_OVERLOAD);
	(void)answer_opts_take(s, OPT4_DHCP_AGENT_OPTIONS);
	(void)answer_opts_take(s, OPT4_DHCP_CLIENT_IDENTIFIER);
	/* RFC 2131 4.3.5, RFC 8925 3.3: without an address there is no lease, so there are no times. */
	if (lease_of(req)) {
		answer_opts_put_u32(s, OPT4_DHCP_LEASE_TIME, lease_of(req)->valid);
		send_timers(s);
	} else {
		(void)answer_opts_take(s, OPT4_DHCP_RENEWAL_TIME);
		(void)answer_opts_take(s, OPT4_DHCP_REBINDING_TIME);
	}
	(void)answer_opts_take(s, OPT4_DHCP_LEASE_TIME);
	send_subnet_mask(s);
	if (lease_of(req))
		name4_send(s);
	for (i = 0; i < sizeof(basic); i++)
		answer_opts_configured(s, basic[i]);
	vendor4_send(s);
	for (i = 0; asked && i < asked->data.len; i++)
		answer_opts_configured(s, asked->data.data[i]);
	answer_opts_always(s);
}

/*
 * RFC 3046 2.2: option 82 is returned unchanged as the last option of every response, whoever added it: a relay,
 * or an access node on the path (DHCP snooping, a DSLAM), which leaves giaddr 0. Only a response that bypasses
 * the relay has none, because nothing would remove it on the way to the client.
 */
static void echo_relay_info(struct answer_opts *s)
{
	const struct request *req = s->req;
	const struct opt *opt = opts_find(&req->q.opts, OPT4_DHCP_AGENT_OPTIONS);
	bool bypasses_relay = req->q.giaddr && !req->a.giaddr;

	if (opt && !bypasses_relay)
		answer_opts_add(s, OPT4_DHCP_AGENT_OPTIONS, opt->data);
}

/* --- where it goes --------------------------------------------------------- */

static void set_destination(struct request *req)
{
	struct dgram *out = &req->out;
	const struct packet4 *q = &req->q;
	struct packet4 *a = &req->a;
	/*
	 * Responses leave by the interface the query came from, unless the kernel's routes are to be used
	 * (outbound-interface).
	 */
	bool back = req->in.raw_in && !config_is_routed(req->cfg);

	answer_address(req);
	memcpy(out->dst_mac, req->in.src_mac, sizeof(out->dst_mac));
	if (req->worker->srv->to_source)
		return;
	if (a->giaddr) {
		/* RFC 2131 4.1: to the relay, on the server port. */
		out->dst = ip_from4(q->giaddr);
		/* RFC 8357 5.2: unless the relay says that it uses another port. */
		out->dport = req->rai.source_port ? req->in.sport : 67;
		/*
		 * By the interface it came from, as in Kea: there may be no route to giaddr, which is an address on
		 * the far side of the relay.
		 */
		out->raw_out = back;
		if (a->type == DHCP4_NAK)
			a->flags |= FLAG_BROADCAST; /* RFC 2131 4.3.2: so that the relay broadcasts it */
		return;
	}
	if (a->type == DHCP4_NAK) {
		out->dst = ip_from4(UINT32_MAX);
	} else if (q->ciaddr) {
		out->dst = ip_from4(q->ciaddr);
		out->raw_out = back;
		return;
	} else if (req->type == DHCP4_INFORM && !ip_is_zero(&req->in.src)) {
		/* An address in use, but not in ciaddr: respond to the source address. */
		out->dst = req->in.src;
		out->raw_out = back;
		return;
	} else if (q->flags & FLAG_BROADCAST || !req->in.raw_in || !a->yiaddr || q->hlen != 6) {
		out->dst = ip_from4(UINT32_MAX);
	} else {
		/* The client has no address yet: to its hardware address, without ARP. */
		out->dst = ip_from4(a->yiaddr);
		out->raw_out = true;
		memcpy(out->dst_mac, q->chaddr, sizeof(out->dst_mac));
		return;
	}
	out->raw_out = req->in.raw_in;
	memset(out->dst_mac, 0xff, sizeof(out->dst_mac));
}

/* From the reservation, else from the client's classes or the subnet. */
static void set_boot(const struct request *req, struct packet4 *a)
{
	const struct host_extra *extra = req->host ? req->host->extra : NULL;

	a->siaddr = next_server_of(req, &req->sub->par);
	a->sname = server_hostname_of(req, &req->sub->par);
	a->file = boot_file_name_of(req, &req->sub->par);
	if (!extra)
		return;
	if (!ip_is_zero(&extra->next_server))
		a->siaddr = ip_to4(&extra->next_server);
	if (extra->server_hostname[0])
		a->sname = extra->server_hostname;
	if (extra->boot_file[0])
		a->file = extra->boot_file;
}

void begin4(struct request *req)
{
	const struct packet4 *q = &req->q;
	struct packet4 *a = &req->a;

	memset(a, 0, sizeof(*a));
	opts_init(&a->opts, req->arena);
	a->op = BOOTREPLY;
	a->htype = q->htype;
	a->hlen = q->hlen;
	a->xid = q->xid;
	a->flags = q->flags;
	a->giaddr = q->giaddr;
	memcpy(a->chaddr, q->chaddr, sizeof(a->chaddr));
	a->type = (uint8_t)req->answer_type;
	a->sname = a->file = "";
}

int begin_answer4(struct request *req, unsigned type)
{
	struct answer_opts s = answer_opts_of(req, &req->a.opts);
	struct ip id;

	req->answer_type = type;
	relay4_of_request(req);
	begin4(req);
	request_set_scopes(req);
	id = server_id4(req);
	answer_opts_put_u32(&s, OPT4_DHCP_SERVER_IDENTIFIER, ip_to4(&id));
	set_destination(req);
	return 0;
}

enum verdict answer4(struct request *req)
{
	const struct packet4 *q = &req->q;
	struct packet4 *a = &req->a;
	struct answer_opts s = answer_opts_of(req, &a->opts);
	const struct opt *copy;
	struct ip id = server_id4(req);
	char text[IP_TEXT_MAX];

	/* RFC 2131 4.3.5: the response to an INFORM goes to the address in use, not through the relay. */
	if (req->type == DHCP4_INFORM && q->ciaddr)
		a->giaddr = 0;
	answer_opts_put_u32(&s, OPT4_DHCP_SERVER_IDENTIFIER, ip_to4(&id));
	if (a->type != DHCP4_NAK) {
		if (req->type == DHCP4_REQUEST || req->type == DHCP4_INFORM)
			a->ciaddr = q->ciaddr;
		if (lease_of(req))
			a->yiaddr = ip_to4(&lease_of(req)->addr);
		set_boot(req, a);
		/* RFC 3011: an identical copy, whether requested or not. */
		copy = opts_find(&q->opts, OPT4_SUBNET_SELECTION);
		if (copy && copy->data.len == 4)
			answer_opts_put(&s, OPT4_SUBNET_SELECTION, copy->data);
		send_options(&s);
	}
	/* RFC 6842: the client's identifier is returned unchanged. */
	if (req->client_id.len && req->cfg->global.echo_client_id)
		answer_opts_add(&s, OPT4_DHCP_CLIENT_IDENTIFIER, req->client_id);
	echo_relay_info(&s);
	set_destination(req);
	if (req->type == DHCP4_INFORM && !a->giaddr)
		LOG(DHCP4_INFORM_DIRECT_REPLY, request_label(req), ip_format(&req->out.dst, text), req->out.ifname);
	return STEP_NEXT;
}

/* RFC 2132 9.10, RFC 2131 2: the client says how long a datagram may be; the default is 576. */
static unsigned client_limit(const struct request *req)
{
	unsigned limit = packet4_u16(&req->q, OPT4_DHCP_MAX_MESSAGE_SIZE);

	return limit < PACKET4_MAX_LEN ? PACKET4_MAX_LEN : limit;
}

enum verdict pack4(struct request *req)
{
	struct packet4_limits limits = { client_limit(req), req->in.mtu ? req->in.mtu : ETHERNET_MTU };

	req->size_limit = limits.client < limits.link ? limits.client : limits.link;
	return request_packed(req, packet4_write(&req->a, &limits, req->out.buf, req->out.size, &req->omitted));
}
