/* SPDX-License-Identifier: MPL-2.0 */
/* What both families have in common: bytes, addresses, options, message types, and the interface. */
#include "daemon/explain_query.h"

#include "io/iface.h"

#include <errno.h>

#define PACKET_HEX_MAX 200000

#define K_EXPLAIN(field, name, of, text)                                                                          \
	K_STRING(struct explain_args, field, name, .families = of, .max = 4096, .since = "4.2.0", .native = true, \
		 .doc = text)

static const struct key keys[] = {
	K_STRING(struct explain_args, packet, "packet", .max = PACKET_HEX_MAX, .since = "4.2.0", .native = true,
		 .doc = "the message in hexadecimal, without headers of IP and UDP; of the other arguments only "
			"\"interface\", \"source\" and \"destination\" then count"),
	K_EXPLAIN(message_type, "message-type", KEY_DHCP, "type of the message; default: discover, solicit"),
	K_EXPLAIN(hw_address, "hw-address", KEY_DHCP,
		  "hardware address of the client; in DHCPv6, without \"duid\", the one in its DUID-LL"),
	K_EXPLAIN(client_id, "client-id", KEY_4, "client identifier, 'text' or hexadecimal"),
	K_EXPLAIN(client_id, "duid", KEY_6, "DUID of the client"),
	K_EXPLAIN(address, "address", KEY_DHCP,
		  "address that the client names; in DHCPv6 also a prefix with its length"),
	K_INT(struct explain_args, iaid, "iaid", .families = KEY_6, .def = "1", .since = "4.2.0", .native = true,
	      .doc = "IAID of each IA"),
	K_STRINGS(struct explain_args, want, "want", .families = KEY_6, .since = "4.2.0", .native = true,
		  .doc = "what the client asks for: address (default), prefix, or both"),
	K_EXPLAIN(relay, "relay", KEY_4, "giaddr: the address of the relay"),
	K_EXPLAIN(
		link, "link", KEY_DHCP,
		"the client's link: sub-option link-selection of the relay agent information, in DHCPv6 link-address"),
	K_EXPLAIN(circuit_id, "circuit-id", KEY_4, "sub-option circuit-id of the relay, 'text' or hexadecimal"),
	K_EXPLAIN(remote_id, "remote-id", KEY_4, "sub-option remote-id of the relay, 'text' or hexadecimal"),
	K_EXPLAIN(interface_id, "interface-id", KEY_6, "interface-id of the relay, 'text' or hexadecimal"),
	K_JSON(struct explain_args, options, "options", .since = "4.2.0", .native = true,
	       .doc = "options of the message: a map of names or codes to bytes, 'text' or hexadecimal"),
	K_JSON(struct explain_args, relay_options, "relay-options", .families = KEY_6, .since = "4.2.0", .native = true,
	       .doc = "options of the relay, as in \"options\""),
	K_EXPLAIN(interface, "interface", KEY_DHCP,
		  "interface on which the message arrives; default: the only one that the server listens on"),
	K_EXPLAIN(source, "source", KEY_DHCP, "source address of the datagram; default: what such a message has"),
	K_EXPLAIN(destination, "destination", KEY_DHCP, "its destination; default: what such a message has"),
};
const struct scope explain_args_scope = SCOPE("arguments", struct explain_args, keys);

static void fail(struct ctl_call *call, const struct explain_args *args, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void fail(struct ctl_call *call, const struct explain_args *args, const char *key, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	diag_error(ctl_call_diag(call), conf_pos(&args->node, key), "\"%s\": %s", key, str_text(&text));
	str_free(&text);
}

struct bytes explain_bytes_of(struct ctl_call *call, const struct explain_args *args, const char *key, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	uint8_t *buf;
	int n;

	if (!text)
		return bytes_of(NULL, 0);
	buf = arena_alloc(ctl_call_arena(call), len + 1);
	n = text_to_bytes(text, len, buf, len + 1);
	if (n < 0)
		fail(call, args, key, "\"%s\" is neither 'text' nor hexadecimal", text);
	return bytes_of(buf, n > 0 ? (size_t)n : 0);
}

bool explain_address_of(struct ctl_call *call, const struct explain_args *args, const char *key, const char *text,
			struct ip *ret)
{
	unsigned digit = call_daemon(call)->fam->digit;
	struct ip ip;

	if (!text)
		return false;
	if (ip_parse(text, &ip) < 0 || ip_is4(&ip) != (digit == 4)) {
		fail(call, args, key, "\"%s\" is not an IPv%u address", text, digit);
		return false;
	}
	*ret = ip;
	return true;
}

static const struct optdef *find_option(const struct dict *dict, const char *space, const char *name)
{
	return space ? dict_by_name(dict, space, name) : NULL;
}

void explain_add_options(struct ctl_call *call, const struct explain_args *args, const char *key,
			 struct json_object *map, const char *space, struct opts *to)
{
	const struct daemon *d = call_daemon(call);
	unsigned long max = d->fam->digit == 6 ? UINT16_MAX : 254;

	if (map && !json_object_is_type(map, json_type_object)) {
		fail(call, args, key, "expected a map of options");
		return;
	}
	if (!map)
		return;
	json_object_object_foreach(map, name, value)
	{
		const struct optdef *def = find_option(d->sockets.live->cfg->dict, space, name);
		char *end = NULL;
		unsigned long code = def ? def->code : strtoul(name, &end, 10);

		if (!def && (end == name || *end || !code || code > max)) {
			fail(call, args, key, "there is no option \"%s\"", name);
		} else if (!json_object_is_type(value, json_type_string)) {
			fail(call, args, key, "option \"%s\" must be a string", name);
		} else {
			struct bytes data = explain_bytes_of(call, args, key, json_object_get_string(value));

			if (d->fam->digit == 4 && data.len > 255)
				fail(call, args, key, "option \"%s\" is longer than 255 bytes", name);
			else if (opts_add(to, (uint16_t)code, data) < 0)
				fail(call, args, key, "too many options");
		}
	}
}

/* --- the message ----------------------------------------------------------- */

/* "discover" is DHCPDISCOVER. */
static bool is_type(const struct message_row *row, const char *name)
{
	return row->name && row->use == MESSAGE_SERVED &&
	       (str_case_equal(row->name, name) ||
		(!strncmp(row->name, "DHCP", 4) && str_case_equal(row->name + 4, name)));
}

/* 0 after an error. Type 1 of both families is the message that a client begins with. */
static unsigned read_type(struct ctl_call *call, const struct explain_args *args)
{
	const struct family *fam = call_daemon(call)->fam;
	struct str names = { 0 };

	if (!args->message_type)
		return 1;
	for (unsigned i = 0; i < fam->n_messages; i++)
		if (is_type(&fam->messages[i], args->message_type))
			return i;
	for (unsigned i = 0; i < fam->n_messages; i++)
		if (fam->messages[i].name && fam->messages[i].use == MESSAGE_SERVED)
			str_addf(&names, "%s%s", names.len ? ", " : "", fam->messages[i].name);
	fail(call, args, "message-type", "\"%s\" is not one of %s", args->message_type, str_text(&names));
	str_free(&names);
	return 0;
}

static bool read_packet(struct ctl_call *call, const struct explain_args *args, struct dgram *ret)
{
	struct bytes bytes = explain_bytes_of(call, args, "packet", args->packet);

	if (!bytes.len || bytes.len > call_daemon(call)->fam->datagram_max) {
		fail(call, args, "packet", "expected 1 to %zu bytes in hexadecimal",
		     call_daemon(call)->fam->datagram_max);
		return false;
	}
	ret->buf = (uint8_t *)bytes.data;
	ret->len = ret->size = (uint32_t)bytes.len;
	return true;
}

/* --- how it arrives -------------------------------------------------------- */

static const char *only_interface(const struct sockets *sockets)
{
	const char *name = NULL;

	for (size_t i = 0; i < sockets->states.v.n; i++) {
		const struct socket_state *state = &sockets->states.v.v[i];

		if (state->text[0] || ip_is_zero(&state->addr))
			continue;
		if (name && strcmp(name, state->ifname))
			return NULL;
		name = state->ifname;
	}
	return name;
}

/* The server's address there: the first IPv4 address, or the link-local one. */
static void use_address(const struct iface *iface, unsigned digit, struct dgram *ret)
{
	for (unsigned i = 0; i < iface->n_addrs; i++) {
		const struct ip *ip = &iface->addrs[i].ip;

		if (ip_is4(ip) == (digit == 4) && (digit == 4 || ip_is_link_local6(ip))) {
			ret->local = *ip;
			return;
		}
	}
}

static void use_interface(struct ctl_call *call, const struct explain_args *args, struct dgram *ret)
{
	const struct daemon *d = call_daemon(call);
	const char *name = args->interface ? args->interface : only_interface(&d->sockets);
	struct ifaces *ifaces = NULL;
	const struct iface *iface;

	ret->local = d->fam->zero;
	if (!name)
		return;
	if (strlen(name) >= sizeof(ret->ifname)) {
		fail(call, args, "interface", "\"%s\" is not the name of an interface", name);
		return;
	}
	memcpy(ret->ifname, name, strlen(name) + 1);
	if (ifaces_read(&ifaces) < 0)
		return;
	iface = ifaces_by_name(ifaces, name);
	if (iface) {
		ret->ifindex = iface->index;
		ret->mtu = iface->mtu;
		use_address(iface, d->fam->digit, ret);
	}
	ifaces_free(ifaces);
}

bool explain_query(struct ctl_call *call, const struct explain_args *args, struct dgram *ret)
{
	const struct daemon *d = call_daemon(call);
	bool is4 = d->fam->digit == 4, is_made = !args->packet;
	struct ip addr;

	*ret = (struct dgram){ .src = d->fam->zero, .dst = d->fam->zero };
	use_interface(call, args, ret);
	ret->raw_in = is4 && config_is_raw(d->sockets.live->cfg);
	if (is_made) {
		unsigned type = read_type(call, args);

		if (!type || !(is4 ? explain_query4 : explain_query6)(call, args, type, ret))
			return false;
	} else if (!read_packet(call, args, ret)) {
		return false;
	}
	(is4 ? explain_addresses4 : explain_addresses6)(ret);
	if (explain_address_of(call, args, "source", args->source, &addr))
		ret->src = addr;
	if (explain_address_of(call, args, "destination", args->destination, &addr))
		ret->dst = addr;
	return !diag_errors(ctl_call_diag(call));
}
