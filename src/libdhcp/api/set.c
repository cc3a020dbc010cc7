/* SPDX-License-Identifier: MPL-2.0 */
/* Writing fields: the table says which, the point says when, and here is what a value must be. */
#include "api/api_int.h"

#include "base/err.h"
#include "root/config.h"
#include "serve/family.h"
#include "serve/name.h"
#include "serve/slots.h"

/* --- numbers --- */

static int set_lease_int(struct lease *lease, enum kea_field field, int64_t value)
{
	switch (field) {
	case KEA_LEASE_VALID_LIFETIME:
		lease_start(lease, (uint32_t)value);
		return 0;
	case KEA_LEASE_PREFERRED_LIFETIME:
		lease->preferred = (uint32_t)value;
		return 0;
	case KEA_LEASE_FQDN_FWD:
		lease->fqdn_fwd = value != 0;
		return 0;
	case KEA_LEASE_FQDN_REV:
		lease->fqdn_rev = value != 0;
		return 0;
	default:
		return -E_INVAL;
	}
}

static struct packet4 *packet4_of(const struct kea_object *object)
{
	struct request *req = object->at;

	return object->role == KEA_ARG_QUERY ? &req->q : &req->a;
}

/* Elsewhere the client's hardware address is what the response is delivered by. */
static bool is_answer_of_library(const struct kea_object *object)
{
	return object->role == KEA_ARG_RESPONSE && ((const struct request *)object->at)->is_answered;
}

static int set_chaddr(struct kea_object *object, const void *data, size_t len)
{
	struct packet4 *pkt = packet4_of(object);

	if (!is_answer_of_library(object))
		return -E_UNSUPPORTED;
	if (len > sizeof(pkt->chaddr))
		return -E_RANGE;
	memset(pkt->chaddr, 0, sizeof(pkt->chaddr));
	if (len)
		memcpy(pkt->chaddr, data, len);
	pkt->hlen = (uint8_t)len;
	return 0;
}

static int set_packet_int(struct packet4 *pkt, enum kea_field field, int64_t value)
{
	switch (field) {
	case KEA_PACKET_HOPS:
		if (value > UINT8_MAX)
			return -E_RANGE;
		pkt->hops = (uint8_t)value;
		return 0;
	case KEA_PACKET_SECS:
	case KEA_PACKET_FLAGS:
		if (value > UINT16_MAX)
			return -E_RANGE;
		*(field == KEA_PACKET_SECS ? &pkt->secs : &pkt->flags) = (uint16_t)value;
		return 0;
	case KEA_PACKET_HTYPE:
		if (value > UINT8_MAX)
			return -E_RANGE;
		pkt->htype = (uint8_t)value;
		return 0;
	default:
		return -E_INVAL;
	}
}

static int set_call_int(struct hook_call *hook, enum kea_field field, int64_t value)
{
	bool *flag = NULL;

	if (field == KEA_CALL_STATUS)
		return hook->http ? http_set_status(hook->http, value) : -E_UNSUPPORTED;
	if (field == KEA_CALL_IN_USE)
		flag = hook->point == HOOK_LEASE_OFFER ? &hook->is_in_use : NULL;
	else if (hook->name)
		flag = field == KEA_CALL_FWD_UPDATE ? &hook->name->fwd : &hook->name->rev;
	if (!flag)
		return -E_UNSUPPORTED;
	*flag = value != 0;
	return 0;
}

int api_set_int(struct kea_object *object, enum kea_field field, int64_t value)
{
	int type = field_check_write(object, field);

	if (type < 0)
		return type;
	if (type != KEA_TYPE_INT)
		return -E_INVAL;
	if (value < 0 || value > UINT32_MAX)
		return -E_RANGE;
	if (object->kind == KEA_OBJECT_LEASE)
		return set_lease_int(object->at, field, value);
	if (object->kind == KEA_OBJECT_CALL)
		return set_call_int(((struct kea_call *)object->at)->hook, field, value);
	if (field == KEA_PACKET_HTYPE && !is_answer_of_library(object))
		return -E_UNSUPPORTED;
	return object->kind == KEA_OBJECT_PACKET ? set_packet_int(packet4_of(object), field, value) : -E_INVAL;
}

/* --- addresses --- */

static int set_address(struct kea_object *object, enum kea_field field, const struct ip *ip)
{
	struct packet4 *pkt = object->kind == KEA_OBJECT_PACKET ? packet4_of(object) : NULL;

	if (object->kind == KEA_OBJECT_LEASE)
		return ip_is4(ip) == (object->call->hook->digit == 4) ? slot_move_lease(object->call->hook, ip)
								      : -E_INVAL;
	if (!pkt || !ip_is4(ip))
		return -E_INVAL;
	switch (field) {
	case KEA_PACKET_CIADDR:
		pkt->ciaddr = ip_to4(ip);
		return 0;
	case KEA_PACKET_YIADDR:
		pkt->yiaddr = ip_to4(ip);
		return 0;
	case KEA_PACKET_SIADDR:
		pkt->siaddr = ip_to4(ip);
		return 0;
	case KEA_PACKET_GIADDR:
		pkt->giaddr = ip_to4(ip);
		return 0;
	default:
		return -E_INVAL;
	}
}

/* --- text --- */

static bool is_map(const char *text)
{
	struct kea_json *json = api_json_read(text, strlen(text));
	bool is = api_json_type(json) == KEA_JSON_MAP;

	api_json_free(json);
	return is;
}

static int set_lease_text(struct kea_object *object, enum kea_field field, const char *text)
{
	struct arena *arena = call_arena(object->call);
	struct lease *lease = object->at;
	size_t len = strlen(text);
	const char *copy;

	if (len > (field == KEA_LEASE_HOSTNAME ? LEASE_HOSTNAME_MAX : LEASE_CONTEXT_MAX))
		return -E_RANGE;
	if (field == KEA_LEASE_USER_CONTEXT && len && !is_map(text))
		return -E_INVAL;
	/* An ended lease is stored after the call, without a packet's memory. */
	if (!arena)
		return -E_UNSUPPORTED;
	copy = arena_strdup(arena, text);
	if (!copy)
		return -E_NOMEM;
	if (field == KEA_LEASE_HOSTNAME)
		lease->hostname = copy;
	else
		lease->user_context = len ? copy : NULL;
	return 0;
}

static int set_packet_text(struct kea_object *object, enum kea_field field, const char *text)
{
	struct arena *arena = call_arena(object->call);
	const char *copy;

	if (strlen(text) >= (field == KEA_PACKET_SNAME ? (size_t)PACKET4_SNAME : (size_t)PACKET4_FILE))
		return -E_RANGE;
	copy = arena ? arena_strdup(arena, text) : NULL;
	if (!copy)
		return -E_NOMEM;
	*(field == KEA_PACKET_SNAME ? &packet4_of(object)->sname : &packet4_of(object)->file) = copy;
	return 0;
}

static int set_call_text(struct kea_call *call, enum kea_field field, const char *text)
{
	struct hook_call *hook = call->hook;
	enum host_id_type type;

	if (field == KEA_CALL_KEY_NAME)
		return !hook->dns ? -E_UNSUPPORTED : hook->dns->use_key(hook->dns, text) ? 0 : -E_NOENT;
	if (field == KEA_CALL_BODY)
		return hook->http ? http_set_body(hook->http, text) : -E_UNSUPPORTED;
	if (field == KEA_CALL_HOSTNAME)
		return hook->name ? name_replace(hook->name, text) : -E_UNSUPPORTED;
	if (field == KEA_CALL_ID_TYPE) {
		if (hook->point != HOOK_HOST_IDENTIFIER)
			return -E_UNSUPPORTED;
		if (host_id_type_of(text, &type) < 0)
			return -E_INVAL;
		hook->id_type = type;
		return 0;
	}
	if (hook->point != HOOK_SRV_CONFIGURED && hook->point != HOOK_D2_CONFIGURED)
		return -E_UNSUPPORTED;
	hook->why = arena_strdup(hook->cfg ? hook->cfg->arena : hook->memory, text);
	return 0;
}

int api_set_text(struct kea_object *object, enum kea_field field, const char *text)
{
	int type = field_check_write(object, field);
	struct ip ip;

	if (type < 0)
		return type;
	if (type == KEA_TYPE_ADDR)
		return ip_parse(text, &ip) < 0 ? -E_INVAL : set_address(object, field, &ip);
	if (type == KEA_TYPE_BYTES)
		return api_set_bytes(object, field, text, strlen(text));
	if (type != KEA_TYPE_TEXT)
		return -E_INVAL;
	switch (object->kind) {
	case KEA_OBJECT_LEASE:
		return set_lease_text(object, field, text);
	case KEA_OBJECT_PACKET:
		return set_packet_text(object, field, text);
	case KEA_OBJECT_CALL:
		return set_call_text(object->at, field, text);
	default:
		return -E_INVAL;
	}
}

/* --- bytes --- */

/* A datagram, before it is parsed or after it was packed. */
static int set_data(struct kea_object *object, const void *data, size_t len)
{
	struct request *req = object->at;
	enum hook_point_id point = object->call->hook->point;
	uint8_t *copy;

	if (!len || len > req->fam->datagram_max)
		return -E_RANGE;
	if (object->role == KEA_ARG_RESPONSE) {
		if (point != HOOK_BUFFER_SEND)
			return -E_UNSUPPORTED;
		memmove(req->out.buf, data, len); /* it may be part of what is there */
		req->out.len = (uint32_t)len;
		return 0;
	}
	if (point != HOOK_BUFFER_RECEIVE)
		return -E_UNSUPPORTED;
	copy = arena_dup(req->arena, data, len);
	if (!copy)
		return -E_NOMEM;
	req->in.buf = copy;
	req->in.len = (uint32_t)len;
	return 0;
}

static int set_call_bytes(struct kea_call *call, enum kea_field field, const void *data, size_t len)
{
	struct hook_call *hook = call->hook;
	bool is_id = field == KEA_CALL_ID_VALUE;
	const void *copy;

	if (hook->point != (is_id ? HOOK_HOST_IDENTIFIER : HOOK_PKT_SEND))
		return -E_UNSUPPORTED;
	if (is_id ? len > host_id_rows[hook->id_type].max : len > hook->req->fam->datagram_max)
		return -E_RANGE;
	copy = len ? arena_dup(call_arena(call), data, len) : NULL;
	if (len && !copy)
		return -E_NOMEM;
	*(is_id ? &hook->id_value : &hook->packed) = bytes_of(copy, len);
	return 0;
}

int api_set_bytes(struct kea_object *object, enum kea_field field, const void *data, size_t len)
{
	int type = field_check_write(object, field);
	struct ip ip = ip_zero6;

	if (type < 0)
		return type;
	if (type == KEA_TYPE_ADDR) {
		if (len != 4 && len != 16)
			return -E_INVAL;
		if (len == 4)
			ip = ip_zero4;
		memcpy(ip.b + 16 - len, data, len);
		return set_address(object, field, &ip);
	}
	if (type != KEA_TYPE_BYTES)
		return -E_INVAL;
	if (field == KEA_PACKET_CHADDR)
		return set_chaddr(object, data, len);
	if (object->kind == KEA_OBJECT_PACKET)
		return set_data(object, data, len);
	return object->kind == KEA_OBJECT_CALL ? set_call_bytes(object->at, field, data, len) : -E_INVAL;
}
