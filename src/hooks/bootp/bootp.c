/* SPDX-License-Identifier: MPL-2.0 */
/*
 * bootp: serves BOOTP clients with vendor extensions (RFC 1497, RFC 1534). Their request becomes a DHCPREQUEST that
 * names no address, in class BOOTP; their lease is infinite; their response has no options of DHCP and at least 300
 * bytes. BOOTP without the magic cookie (RFC 951) is not served.
 */
#include "bootp/messages.h"
#include "label.h"

#include <stdbool.h>
#include <string.h>

#define OPTIONS_AT 240 /* after the magic cookie */
#define DATAGRAM_MAX 65535
#define RESPONSE_MIN 300 /* RFC 1542 2.1 */

enum { BOOTREQUEST = 1, PAD = 0, OVERLOAD = 52, MESSAGE_TYPE = 53, END = 255 };
enum { DHCPREQUEST = 3, DHCPNAK = 6 };

/* Of a message. */
struct packet {
	bool is_bootp;
};

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

static bool is_bootp(struct kea_call *call)
{
	const struct packet *packet = kea->packet_context(call, sizeof(*packet), NULL);

	return packet && packet->is_bootp;
}

/* --- options as bytes -----------------------------------------------------------------------------------------------
 */

struct option {
	unsigned char code;
	const unsigned char *begin; /* its code */
	size_t size;                /* with code and length */
};

/* Reads the option at *at and moves behind it: 1; 0 at the end; -1 if it is cut off. */
static int next_option(const unsigned char *data, size_t len, size_t *at, struct option *ret)
{
	while (*at < len && data[*at] == PAD)
		++*at;
	if (*at == len || data[*at] == END)
		return 0;
	if (len - *at < 2 || len - *at - 2 < data[*at + 1])
		return -1;
	*ret = (struct option){ data[*at], data + *at, 2u + data[*at + 1] };
	*at += ret->size;
	return 1;
}

/* True for a request with the magic cookie, and with neither a message type nor options elsewhere. */
static bool is_bootp_request(const unsigned char *data, size_t len)
{
	static const unsigned char cookie[] = { 99, 130, 83, 99 };
	size_t at = OPTIONS_AT;
	struct option option;
	int more;

	if (len < OPTIONS_AT || data[0] != BOOTREQUEST || memcmp(data + OPTIONS_AT - 4, cookie, 4) != 0)
		return false;
	while ((more = next_option(data, len, &at, &option)) == 1)
		if (option.code == MESSAGE_TYPE || option.code == OVERLOAD)
			return false;
	if (more < 0)
		LOG(BOOTP_PACKET_UNPACK_FAILED, len);
	return more == 0;
}

/* Options of DHCP only: RFC 2132 9, but for the names of the server and the boot file. */
static bool is_of_dhcp(unsigned char code)
{
	return code >= 50 && code <= 61 && code != OVERLOAD;
}

/* --- hook points ----------------------------------------------------------------------------------------------------
 */

static int buffer_receive(struct kea_call *call)
{
	static const unsigned char type[] = { MESSAGE_TYPE, 1, DHCPREQUEST };
	struct kea_object *query = kea->argument(call, KEA_ARG_QUERY, 0);
	struct packet *packet = kea->packet_context(call, sizeof(*packet), NULL);
	size_t len = 0;
	const unsigned char *data = kea->get_bytes(query, KEA_PACKET_DATA, &len);
	unsigned char *copy;

	if (!packet || !data || !is_bootp_request(data, len))
		return KEA_CONTINUE;
	copy = kea->packet_alloc(call, len + sizeof(type));
	if (!copy)
		return KEA_DROP;
	memcpy(copy, data, OPTIONS_AT);
	memcpy(copy + OPTIONS_AT, type, sizeof(type));
	memcpy(copy + OPTIONS_AT + sizeof(type), data + OPTIONS_AT, len - OPTIONS_AT);
	/* Too long with three bytes more: it stays what it is. */
	packet->is_bootp = kea->set_bytes(query, KEA_PACKET_DATA, copy, len + sizeof(type)) >= 0;
	return KEA_CONTINUE;
}

static int pkt_receive(struct kea_call *call)
{
	char label[LABEL_MAX];

	if (!is_bootp(call))
		return KEA_CONTINUE;
	LOG(BOOTP_BOOTP_QUERY, label_of(call, label));
	/* If nothing in the configuration refers to the class, it does not exist. */
	(void)kea->class_add(call, "BOOTP");
	return KEA_CONTINUE;
}

static int lease_select(struct kea_call *call)
{
	struct kea_object *lease = kea->argument(call, KEA_ARG_LEASE, 0);

	if (lease && is_bootp(call))
		(void)kea->set_int(lease, KEA_LEASE_VALID_LIFETIME, UINT32_MAX);
	return KEA_CONTINUE;
}

/* BOOTP has no negative response. */
static int pkt_send(struct kea_call *call)
{
	int64_t type = 0;

	(void)kea->get_int(kea->argument(call, KEA_ARG_RESPONSE, 0), KEA_PACKET_TYPE, &type);
	return type == DHCPNAK && is_bootp(call) ? KEA_DROP : KEA_CONTINUE;
}

/* Copies the response without the options of DHCP. Returns its length; negative if it is not valid. */
static int rewrite(const unsigned char *data, size_t len, unsigned char *to)
{
	size_t at = OPTIONS_AT, n = OPTIONS_AT;
	struct option option;
	int more;

	if (len < OPTIONS_AT)
		return KEA_E_INVAL;
	memcpy(to, data, OPTIONS_AT);
	while ((more = next_option(data, len, &at, &option)) == 1) {
		if (is_of_dhcp(option.code))
			continue;
		memcpy(to + n, option.begin, option.size);
		n += option.size;
	}
	if (more < 0)
		return KEA_E_INVAL;
	to[n++] = END;
	return n < RESPONSE_MIN ? RESPONSE_MIN : (int)n;
}

static int buffer_send(struct kea_call *call)
{
	struct kea_object *response = kea->argument(call, KEA_ARG_RESPONSE, 0);
	char label[LABEL_MAX];
	size_t len = 0;
	const unsigned char *data;
	unsigned char *copy;
	int n = KEA_E_NOMEM;

	if (!is_bootp(call) || !response)
		return KEA_CONTINUE;
	data = kea->get_bytes(response, KEA_PACKET_DATA, &len);
	/* Zeros follow the end. */
	copy = data && len <= DATAGRAM_MAX ? kea->packet_alloc(call, len + RESPONSE_MIN) : NULL;
	if (copy)
		n = rewrite(data, len, copy);
	if (n > 0) {
		int err = kea->set_bytes(response, KEA_PACKET_DATA, copy, (size_t)n);

		n = err < 0 ? err : n;
	}
	if (n < 0)
		LOG(BOOTP_PACKET_PACK_FAIL, label_of(call, label), n);
	else
		LOG(BOOTP_PACKET_PACK, label_of(call, label), (size_t)n);
	return n < 0 ? KEA_DROP : KEA_CONTINUE;
}

static const struct {
	const char *point;
	kea_hook_fn *fn;
} points[] = {
	{ "buffer4_receive", buffer_receive }, { "pkt4_receive", pkt_receive }, { "lease4_select", lease_select },
	{ "lease4_renew", lease_select },      { "pkt4_send", pkt_send },       { "buffer4_send", buffer_send },
};

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { NULL };
	int err = 0;

	messages_register(lib, api);
	(void)kea->param_keys(lib, kea->parameters(lib), keys);
	if (kea->family(lib) != 4)
		return kea->fail(lib, NULL, "BOOTP exists for IPv4 only");
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]) && !err; i++)
		err = kea->on(lib, points[i].point, points[i].fn);
	if (!err && !kea->is_check(lib))
		LOG(BOOTP_LOAD);
	return err;
}

void kea_hook_unload(struct kea_library *lib)
{
	if (!kea->is_check(lib))
		LOG(BOOTP_UNLOAD);
}
