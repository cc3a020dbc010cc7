/* SPDX-License-Identifier: MPL-2.0 */
/* Where the value of each field is. */
#include "api/api_int.h"

#include "base/clock.h"
#include "serve/family.h"
#include "serve/grant.h"
#include "serve/name.h"

static bool is_zero(const uint8_t *mac, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (mac[i])
			return false;
	return true;
}

static struct bytes mac_of(const uint8_t mac[6])
{
	return is_zero(mac, 6) ? bytes_of(NULL, 0) : bytes_of(mac, 6);
}

/* Before step identify, what the message says. */
static struct bytes client_id_of(const struct request *req)
{
	bool is_v6 = req->fam->digit == 6;
	const struct opts *opts = is_v6 ? &req->q6.opts : &req->q.opts;
	const struct opt *opt =
		opts->arena ? opts_find(opts, is_v6 ? (uint16_t)OPT6_CLIENTID : (uint16_t)OPT4_DHCP_CLIENT_IDENTIFIER)
			    : NULL;

	if (req->client_id.len)
		return req->client_id;
	return opt ? opt->data : bytes_of(NULL, 0);
}

static struct bytes chaddr_of(const struct packet4 *pkt)
{
	return bytes_of(pkt->chaddr, pkt->hlen <= sizeof(pkt->chaddr) ? pkt->hlen : sizeof(pkt->chaddr));
}

static bool get_header4(const struct packet4 *pkt, enum kea_field field, struct value *ret)
{
	switch (field) {
	case KEA_PACKET_HOPS:
		ret->number = pkt->hops;
		return true;
	case KEA_PACKET_SECS:
		ret->number = pkt->secs;
		return true;
	case KEA_PACKET_FLAGS:
		ret->number = pkt->flags;
		return true;
	case KEA_PACKET_CIADDR:
		ret->ip = ip_from4(pkt->ciaddr);
		return true;
	case KEA_PACKET_YIADDR:
		ret->ip = ip_from4(pkt->yiaddr);
		return true;
	case KEA_PACKET_SIADDR:
		ret->ip = ip_from4(pkt->siaddr);
		return true;
	case KEA_PACKET_GIADDR:
		ret->ip = ip_from4(pkt->giaddr);
		return true;
	case KEA_PACKET_SNAME:
		ret->text = pkt->sname ? pkt->sname : "";
		return true;
	case KEA_PACKET_FILE:
		ret->text = pkt->file ? pkt->file : "";
		return true;
	case KEA_PACKET_CHADDR:
		ret->bytes = chaddr_of(pkt);
		return true;
	case KEA_PACKET_HTYPE:
		ret->number = pkt->htype;
		return true;
	default:
		return false;
	}
}

static unsigned type_of(const struct request *req, bool is_query)
{
	if (!is_query)
		return req->answer_type;
	/* A response of step unpack comes before that of step identify. */
	return req->type ? req->type : req->fam->digit == 6 ? req->q6.type : req->q.type;
}

static uint32_t txid_of(const struct request *req, bool is_query)
{
	if (req->fam->digit == 6)
		return is_query ? req->q6.xid : req->a6.xid;
	return is_query ? req->q.xid : req->a.xid;
}

static bool get_packet(const struct kea_object *object, enum kea_field field, struct value *ret)
{
	const struct request *req = object->at;
	bool is_query = object->role == KEA_ARG_QUERY, is_v6 = req->fam->digit == 6;
	const struct dgram *dgram = is_query ? &req->in : &req->out;

	switch (field) {
	case KEA_PACKET_TYPE:
		ret->number = type_of(req, is_query);
		return true;
	case KEA_PACKET_TYPE_NAME:
		ret->text = is_v6 ? packet6_type_name((uint8_t)type_of(req, is_query))
				  : packet4_type_name((uint8_t)type_of(req, is_query));
		return true;
	case KEA_PACKET_TXID:
		ret->number = txid_of(req, is_query);
		return true;
	case KEA_PACKET_LOCAL_ADDR:
		ret->ip = is_query ? dgram->dst : dgram->local;
		return true;
	case KEA_PACKET_LOCAL_PORT:
		ret->number = is_query ? dgram->dport : dgram->sport;
		return true;
	case KEA_PACKET_REMOTE_ADDR:
		ret->ip = is_query ? dgram->src : dgram->dst;
		return true;
	case KEA_PACKET_REMOTE_PORT:
		ret->number = is_query ? dgram->sport : dgram->dport;
		return true;
	case KEA_PACKET_IFACE_INDEX:
		ret->number = dgram->ifindex;
		return true;
	case KEA_PACKET_IFACE_NAME:
		ret->text = req->in.ifname;
		return true;
	case KEA_PACKET_DATA:
		ret->bytes = bytes_of(dgram->buf, dgram->buf ? dgram->len : 0);
		return true;
	case KEA_PACKET_RELAYED:
		ret->number = is_v6 ? req->q6.n_relays != 0 : req->q.giaddr != 0;
		return true;
	case KEA_PACKET_HWADDR:
		ret->bytes = req->hwaddr.len || is_v6 ? req->hwaddr : chaddr_of(&req->q);
		return true;
	case KEA_PACKET_HWTYPE:
		ret->number = req->hwaddr.len || is_v6 ? req->hwtype : req->q.htype;
		return true;
	case KEA_PACKET_CLIENT_ID:
		ret->bytes = client_id_of(req);
		return true;
	case KEA_PACKET_REMOTE_HWADDR:
		ret->bytes = mac_of(is_query ? dgram->src_mac : dgram->dst_mac);
		return true;
	case KEA_PACKET_LOCAL_HWADDR:
		ret->bytes = mac_of(is_query ? dgram->dst_mac : dgram->src_mac);
		return true;
	case KEA_PACKET_LABEL:
		ret->text = request_label(req);
		return true;
	case KEA_PACKET_SOCKET_US:
		ret->number = is_query ? dgram->when_us - dgram->wait_us : 0;
		return true;
	case KEA_PACKET_READ_US:
		ret->number = is_query ? dgram->when_us : 0;
		return true;
	case KEA_PACKET_N_RELAYS:
		ret->number = is_query ? req->q6.n_relays : req->a6.n_relays;
		return true;
	default:
		return get_header4(is_query ? &req->q : &req->a, field, ret);
	}
}

static bool get_relay(const struct relay6 *relay, enum kea_field field, struct value *ret)
{
	switch (field) {
	case KEA_RELAY_HOP_COUNT:
		ret->number = relay->hop_count;
		return true;
	case KEA_RELAY_LINK_ADDR:
		ret->ip = relay->link;
		return true;
	case KEA_RELAY_PEER_ADDR:
		ret->ip = relay->peer;
		return true;
	default:
		return false;
	}
}

static const char *prefix_text(const struct kea_object *object, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];
	struct arena *arena = call_arena(object->call);
	const char *copy = arena ? arena_strdup(arena, prefix_format(prefix, text)) : NULL;

	return copy ? copy : "";
}

static bool get_subnet(const struct kea_object *object, enum kea_field field, struct value *ret)
{
	const struct subnet *sub = object->at;

	switch (field) {
	case KEA_SUBNET_ID:
		ret->number = sub->id;
		return true;
	case KEA_SUBNET_PREFIX:
		ret->ip = sub->prefix.addr;
		return true;
	case KEA_SUBNET_PREFIX_LEN:
		ret->number = sub->prefix.len;
		return true;
	case KEA_SUBNET_NAME:
		ret->text = prefix_text(object, &sub->prefix);
		return true;
	case KEA_SUBNET_NETWORK:
		ret->text = sub->net ? sub->net->name : "";
		return true;
	case KEA_SUBNET_IFACE:
		ret->text = sub->iface ? sub->iface : "";
		return true;
	case KEA_SUBNET_N_POOLS:
		ret->number = sub->n_pools;
		return true;
	case KEA_SUBNET_N_PD_POOLS:
		ret->number = sub->n_pd_pools;
		return true;
	case KEA_SUBNET_VALID_LIFETIME:
		ret->number = sub->par.valid.def;
		return true;
	case KEA_SUBNET_NEXT_SERVER:
		ret->ip = ip_from4(sub->par.next_server);
		return true;
	case KEA_SUBNET_BOOT_FILE:
		ret->text = sub->par.boot_file_name ? sub->par.boot_file_name : "";
		return true;
	case KEA_SUBNET_SERVER_HOSTNAME:
		ret->text = sub->par.server_hostname ? sub->par.server_hostname : "";
		return true;
	default:
		return false;
	}
}

static bool get_pool(const struct pool *pool, enum kea_field field, struct value *ret)
{
	switch (field) {
	case KEA_POOL_ID:
		ret->number = pool->id;
		return true;
	case KEA_POOL_FIRST:
		ret->ip = pool->first;
		return true;
	case KEA_POOL_LAST:
		ret->ip = pool->last;
		return true;
	case KEA_POOL_LEN:
		ret->number = pool->len;
		return true;
	default:
		return false;
	}
}

/* What the configuration of the lease's subnet says. */
static uint32_t timer_of(const struct kea_object *object, bool is_t2)
{
	const struct lease *lease = object->at;
	const struct hook_call *hook = object->call->hook;
	const struct config *cfg = hook->req ? hook->req->cfg : hook->cfg;
	const struct subnet *sub = cfg ? subnet_by_id(&cfg->plan, lease->subnet_id) : NULL;
	uint32_t t1 = 0, t2 = 0;

	if (sub)
		timers_of(&sub->par, lease->valid, &t1, &t2);
	return is_t2 ? t2 : t1;
}

static bool get_lease_time(const struct kea_object *object, enum kea_field field, struct value *ret)
{
	const struct lease *lease = object->at;
	int64_t now = clock_wall_sec();

	switch (field) {
	case KEA_LEASE_LEFT:
		ret->number = lease_left(lease);
		return true;
	case KEA_LEASE_ELAPSED:
		ret->number = lease->cltt < now ? now - lease->cltt : 0;
		return true;
	case KEA_LEASE_T1:
	case KEA_LEASE_T2:
		ret->number = timer_of(object, field == KEA_LEASE_T2);
		return true;
	default:
		return false;
	}
}

static bool get_lease(const struct kea_object *object, enum kea_field field, struct value *ret)
{
	const struct lease *lease = object->at;

	static const char *const types[] = { "IA_NA", "IA_TA", "IA_PD", "V4" };

	switch (field) {
	case KEA_LEASE_ADDRESS:
		ret->ip = lease->addr;
		return true;
	case KEA_LEASE_PREFIX_LEN:
		ret->number = lease_span_len(lease->type, lease->prefix_len);
		return true;
	case KEA_LEASE_TYPE:
		ret->number = lease->type;
		return true;
	case KEA_LEASE_TYPE_NAME:
		ret->text = types[lease->type & 3];
		return true;
	case KEA_LEASE_STATE:
		ret->number = lease->state;
		return true;
	case KEA_LEASE_STATE_NAME:
		ret->text = lease_state_name(lease->state);
		return true;
	case KEA_LEASE_HWADDR:
		ret->bytes = lease->hwaddr;
		return true;
	case KEA_LEASE_HWTYPE:
		ret->number = lease->hwtype;
		return true;
	case KEA_LEASE_HWSOURCE:
		ret->number = lease->hwsource;
		return true;
	case KEA_LEASE_CLIENT_ID:
		ret->bytes = lease->client_id;
		return true;
	case KEA_LEASE_IAID:
		ret->number = lease->iaid;
		return true;
	case KEA_LEASE_SUBNET_ID:
		ret->number = lease->subnet_id;
		return true;
	case KEA_LEASE_POOL_ID:
		ret->number = lease->pool_id;
		return true;
	case KEA_LEASE_VALID_LIFETIME:
		ret->number = lease->valid;
		return true;
	case KEA_LEASE_PREFERRED_LIFETIME:
		ret->number = lease->preferred;
		return true;
	case KEA_LEASE_CLTT:
		ret->number = lease->cltt;
		return true;
	case KEA_LEASE_FQDN_FWD:
		ret->number = lease->fqdn_fwd;
		return true;
	case KEA_LEASE_FQDN_REV:
		ret->number = lease->fqdn_rev;
		return true;
	case KEA_LEASE_HOSTNAME:
		ret->text = lease->hostname ? lease->hostname : "";
		return true;
	case KEA_LEASE_USER_CONTEXT:
		ret->text = lease->user_context ? lease->user_context : "";
		return true;
	default:
		return get_lease_time(object, field, ret);
	}
}

static bool get_host(const struct host *host, enum kea_field field, struct value *ret)
{
	switch (field) {
	case KEA_HOST_ID_TYPE:
		ret->text = host_id_rows[host->id.type].name;
		return true;
	case KEA_HOST_ID:
		ret->bytes = host->id.value;
		return true;
	case KEA_HOST_SUBNET_ID:
		ret->number = host->subnet_id;
		return true;
	case KEA_HOST_HOSTNAME:
		ret->text = host->hostname ? host->hostname : "";
		return true;
	case KEA_HOST_ADDRESS:
		if (host->n_places)
			ret->ip = host->places[0].prefix.addr;
		return true;
	default:
		return false;
	}
}

static unsigned n_subnets(const struct request *req)
{
	return req && req->sub ? link_size(req->sub) : 0;
}

static const struct naming *naming_of(const struct hook_call *hook)
{
	return hook->pool ? hook->pool->naming : hook->req->chosen->naming;
}

/* A call with a name. */
static bool get_name(const struct hook_call *hook, enum kea_field field, struct value *ret)
{
	switch (field) {
	case KEA_CALL_HOSTNAME:
		ret->text = hook->name->text;
		return true;
	case KEA_CALL_FWD_UPDATE:
		ret->number = hook->name->fwd;
		return true;
	case KEA_CALL_REV_UPDATE:
		ret->number = hook->name->rev;
		return true;
	case KEA_CALL_SUFFIX:
		ret->text = naming_of(hook)->suffix;
		return true;
	case KEA_CALL_SENDS_UPDATES:
		ret->number = naming_of(hook)->sends;
		return true;
	default:
		return false;
	}
}

static bool get_dns(const struct hook_dns *dns, enum kea_field field, struct value *ret)
{
	switch (field) {
	case KEA_CALL_SERVER:
		ret->ip = dns->addr;
		return true;
	case KEA_CALL_SERVER_PORT:
		ret->number = dns->port;
		return true;
	case KEA_CALL_ZONE:
		ret->text = dns->zone;
		return true;
	case KEA_CALL_KEY_NAME:
		ret->text = dns->key;
		return true;
	default:
		return false;
	}
}

static bool get_call(const struct kea_call *call, enum kea_field field, struct value *ret)
{
	const struct hook_call *hook = call->hook;

	switch (field) {
	case KEA_CALL_POINT:
		ret->text = point_name(hook->point, hook->digit);
		return true;
	case KEA_CALL_FAKE:
		ret->number = hook->is_fake;
		return true;
	case KEA_CALL_REMOVES:
		ret->number = hook->removes;
		return true;
	case KEA_CALL_ID_TYPE:
		ret->text = hook->id_type < HOST_ID_N ? host_id_rows[hook->id_type].name : "";
		return true;
	case KEA_CALL_ID_VALUE:
		ret->bytes = hook->id_value;
		return true;
	case KEA_CALL_PACKED:
		ret->bytes = hook->packed;
		return true;
	case KEA_CALL_REASON:
		ret->text = hook->why ? hook->why : "";
		return true;
	case KEA_CALL_VERDICT:
		ret->number = hook->verdict;
		return true;
	case KEA_CALL_N_LEASES:
		ret->number = object_n_leases(call, false);
		return true;
	case KEA_CALL_N_DELETED_LEASES:
		ret->number = object_n_leases(call, true);
		return true;
	case KEA_CALL_COMMAND:
		ret->text = hook->command ? hook->command : "";
		return true;
	case KEA_CALL_RESULT:
		ret->number = hook->result;
		return true;
	case KEA_CALL_IN_USE:
		ret->number = hook->is_in_use;
		return true;
	case KEA_CALL_N_SUBNETS:
		ret->number = n_subnets(hook->req);
		return true;
	default:
		ret->text = "";
		if (hook->dns)
			return get_dns(hook->dns, field, ret);
		if (hook->http)
			return http_get(hook->http, field, ret);
		return hook->name ? get_name(hook, field, ret) : field >= KEA_CALL_HOSTNAME;
	}
}

bool field_get(const struct kea_object *object, enum kea_field field, struct value *ret)
{
	ret->ip = object->call->hook->digit == 6 ? ip_zero6 : ip_zero4;
	switch (object->kind) {
	case KEA_OBJECT_PACKET:
		return get_packet(object, field, ret);
	case KEA_OBJECT_RELAY:
		return get_relay(object->at, field, ret);
	case KEA_OBJECT_SUBNET:
		return get_subnet(object, field, ret);
	case KEA_OBJECT_POOL:
		return get_pool(object->at, field, ret);
	case KEA_OBJECT_LEASE:
		return get_lease(object, field, ret);
	case KEA_OBJECT_HOST:
		return get_host(object->at, field, ret);
	case KEA_OBJECT_CALL:
		return get_call(object->at, field, ret);
	}
	return false;
}
