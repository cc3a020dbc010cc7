/* SPDX-License-Identifier: MPL-2.0 */
/* Commands about interfaces and about the subnet that a message would select. */
#include "daemon/command_edit.h"

#include "base/str.h"

#include <errno.h>
#include <net/if.h>

/* --- interfaces --- */

static bool is_in_use(const struct sockets *sockets, const char *ifname)
{
	for (size_t i = 0; i < sockets->states.v.n; i++)
		if (!sockets->states.v.v[i].text[0] && !strcmp(sockets->states.v.v[i].ifname, ifname))
			return true;
	return false;
}

static struct json_object *print_interface(const struct sockets *sockets, const struct iface *iface)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} flags[] = {
		{ "flag-broadcast", IFF_BROADCAST },
		{ "flag-loopback", IFF_LOOPBACK },
		{ "flag-multicast", IFF_MULTICAST },
		{ "flag-running", IFF_RUNNING },
		{ "flag-up", IFF_UP },
	};
	struct json_object *map = json_object_new_object(), *addrs = json_object_new_array();
	char text[IP_TEXT_MAX], mac[3 * sizeof(iface->mac) + 1];

	for (unsigned i = 0; i < iface->n_addrs; i++)
		json_object_array_add(addrs, json_object_new_string(ip_format(&iface->addrs[i].ip, text)));
	json_object_object_add(map, "addresses", addrs);
	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		json_object_object_add(map, flags[i].name,
				       json_object_new_boolean((iface->flags & flags[i].flag) != 0));
	json_object_object_add(map, "in-use", json_object_new_boolean(is_in_use(sockets, iface->name)));
	json_object_object_add(map, "index", json_object_new_int64(iface->index));
	(void)bytes_to_hex(bytes_of(iface->mac, iface->mac_len), ':', mac, sizeof(mac));
	json_object_object_add(map, "mac", json_object_new_string(mac));
	json_object_object_add(map, "name", json_object_new_string(iface->name));
	json_object_object_add(map, "type", json_object_new_int64(iface->hwtype));
	return map;
}

static void interface_list(struct ctl_call *call, const void *args)
{
	struct json_object *map, *list;
	struct ifaces *ifaces = NULL;

	(void)args;
	if (ifaces_read(&ifaces) < 0) {
		ctl_respond(call, CTL_ERROR, NULL, "cannot read the interfaces: %s", strerror(errno));
		return;
	}
	map = json_object_new_object();
	list = json_object_new_array();
	for (unsigned i = 0; i < ifaces->n; i++)
		json_object_array_add(list, print_interface(&call_daemon(call)->sockets, &ifaces->v[i]));
	json_object_object_add(map, "interfaces", list);
	ctl_respond(call, CTL_SUCCESS, map, "%u interfaces detected.", ifaces->n);
	ifaces_free(ifaces);
}

static void interface_redetect(struct ctl_call *call, const void *args)
{
	sockets_redetect(&call_daemon(call)->sockets);
	interface_list(call, args);
}

struct add_args {
	struct conf_node node;
	struct conf_strings interfaces;
};
static const struct key add_keys[] = {
	K_STRINGS(struct add_args, interfaces, "interfaces", .required = true, .since = "4.2.0",
		  .doc = "entries for \"interfaces\" in interfaces-config"),
};
static const struct scope add_scope = SCOPE("arguments", struct add_args, add_keys);

static bool has_text(struct json_object *list, const char *text)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(list, i)), text))
			return true;
	return false;
}

static void add_interfaces(struct ctl_call *call, struct json_object *root, const void *args,
			   struct command_edited *ret)
{
	const struct add_args *a = args;
	struct json_object *conf, *list, *items;

	(void)call;
	if (!json_object_object_get_ex(root, "interfaces-config", &conf)) {
		conf = json_object_new_object();
		json_object_object_add(root, "interfaces-config", conf);
	}
	list = command_list(conf, "interfaces");
	(void)json_object_object_get_ex(a->node.json, "interfaces", &items);
	for (unsigned i = 0; i < a->interfaces.n; i++)
		if (!has_text(list, a->interfaces.v[i]))
			json_object_array_add(list, json_object_get(json_object_array_get_idx(items, i)));
	str_add(&ret->text, "Operation succeeded.");
}

static void interface_add(struct ctl_call *call, const void *args)
{
	command_edit(call, args, NULL, add_interfaces);
}

/* --- which subnet --- */

struct select_args {
	struct conf_node node;
	const char *interface, *interface_id;
	const char *address, *relay, *local, *remote, *link, *subnet;
	struct conf_strings classes;
};
#define K_SELECT(field, name, text) K_STRING(struct select_args, field, name, .max = 255, .since = "4.2.0", .doc = text)
#define K_CLASSES                                                           \
	K_STRINGS(struct select_args, classes, "classes", .since = "4.2.0", \
		  .doc = "the client's classes; without it, guards are ignored")

static const struct key select4_keys[] = {
	K_SELECT(interface, "interface", "interface on which the message arrives"),
	K_SELECT(address, "address", "ciaddr of the client"),
	K_SELECT(relay, "relay", "giaddr"),
	K_SELECT(local, "local", "address to which the message was sent"),
	K_SELECT(remote, "remote", "source address of the message"),
	K_SELECT(link, "link", "sub-option link-selection of the relay agent information"),
	K_SELECT(subnet, "subnet", "option subnet-selection"),
	K_CLASSES,
};
static const struct key select6_keys[] = {
	K_SELECT(interface, "interface", "interface on which the message arrives"),
	K_SELECT(interface_id, "interface-id", "interface-id of the relay: 'text' or hexadecimal"),
	K_SELECT(remote, "remote", "source address of the message"),
	K_SELECT(link, "link", "link-address of the relay"),
	K_CLASSES,
};
static const struct key select4o6_keys[] = {
	K_SELECT(interface, "interface", "interface on which the message arrives"),
	K_SELECT(interface_id, "interface-id", "interface-id of the relay"),
	K_SELECT(address, "address", "ciaddr of the client"),
	K_SELECT(relay, "relay", "giaddr"),
	K_SELECT(local, "local", "address to which the message was sent"),
	K_SELECT(remote, "remote", "source address of the message"),
	K_SELECT(link, "link", "link-address of the relay"),
	K_SELECT(subnet, "subnet", "option subnet-selection"),
	K_CLASSES,
};
static const struct scope select4_scope = SCOPE("arguments", struct select_args, select4_keys);
static const struct scope select6_scope = SCOPE("arguments", struct select_args, select6_keys);
static const struct scope select4o6_scope = SCOPE("arguments", struct select_args, select4o6_keys);

/* Reads an address of the server's family; true if there is one. */
static bool read_address(struct ctl_call *call, const struct select_args *a, const char *key, const char *text,
			 struct ip *ret)
{
	bool is4 = ctl_call_family(call) == KEY_4;

	if (!text)
		return false;
	if (ip_parse(text, ret) < 0) {
		diag_error(ctl_call_diag(call), conf_pos(&a->node, key), "\"%s\": \"%s\" is not an address", key, text);
	} else if (ip_is4(ret) != is4) {
		diag_error(ctl_call_diag(call), conf_pos(&a->node, key), "\"%s\": \"%s\" is not an IPv%s address", key,
			   text, is4 ? "4" : "6");
	} else {
		return true;
	}
	return false;
}

/* Of the interface on which a message arrives, the first address counts. */
static void use_interface(struct ctl_call *call, const struct select_args *a, struct select_query *query)
{
	struct ifaces *ifaces = NULL;
	const struct iface *iface;

	query->iface = a->interface ? a->interface : "";
	if (!a->interface || ctl_call_family(call) != KEY_4 || !ip_is_zero(&query->local_addr))
		return;
	if (ifaces_read(&ifaces) < 0)
		return;
	iface = ifaces_by_name(ifaces, a->interface);
	if (!iface)
		diag_error(ctl_call_diag(call), conf_pos(&a->node, "interface"), "interface %s doesn't exist",
			   a->interface);
	else if (iface_addr4(iface))
		query->local_addr = iface_addr4(iface)->ip;
	ifaces_free(ifaces);
}

static void read_interface_id(struct ctl_call *call, const struct select_args *a, struct select_query *query)
{
	size_t len = a->interface_id ? strlen(a->interface_id) : 0;
	uint8_t *buf = arena_alloc(ctl_call_arena(call), len + 1);
	int n;

	if (!a->interface_id)
		return;
	n = text_to_bytes(a->interface_id, len, buf, len + 1);
	if (n > 0)
		query->iface_id = bytes_of(buf, (uint32_t)n);
	else
		diag_error(ctl_call_diag(call), conf_pos(&a->node, "interface-id"),
			   "\"interface-id\": \"%s\" is neither 'text' nor hexadecimal", a->interface_id);
}

static const uint64_t *class_bits(struct ctl_call *call, const struct classes *classes,
				  const struct conf_strings *names)
{
	uint64_t *bits;

	if (!names->v)
		return NULL;
	bits = arena_alloc(ctl_call_arena(call), (classes->n_words + 1) * sizeof(*bits));
	for (unsigned i = 0; i < names->n; i++) {
		int number = class_by_name(classes, names->v[i]);

		if (number >= 0)
			bits[number / 64] |= UINT64_C(1) << number % 64;
	}
	return bits;
}

static void select_test(struct ctl_call *call, const void *args)
{
	const struct select_args *a = args;
	const struct config *cfg = call_daemon(call)->sockets.live->cfg;
	bool is4 = ctl_call_family(call) == KEY_4;
	struct ip none = is4 ? ip_zero4 : ip_zero6, addr;
	struct select_query query = {
		.link_addr = none, .relay_addr = none, .client_addr = none, .src_addr = none, .local_addr = none
	};
	char prefix[PREFIX_TEXT_MAX];
	const struct subnet *sub;

	if (read_address(call, a, "address", a->address, &addr))
		query.client_addr = addr;
	if (read_address(call, a, "remote", a->remote, &addr))
		query.src_addr = addr;
	if (read_address(call, a, "local", a->local, &addr))
		query.local_addr = addr;
	if (read_address(call, a, "relay", a->relay, &addr)) {
		query.has_relay = true;
		query.relay_addr = addr;
	}
	if (read_address(call, a, "subnet", a->subnet, &addr) && is4) {
		query.has_link = true;
		query.link_addr = addr;
	}
	if (read_address(call, a, "link", a->link, &addr)) {
		/* A relay's link is its address in DHCPv6, an option in DHCPv4. */
		query.has_link |= is4;
		query.has_relay |= !is4;
		*(is4 ? &query.link_addr : &query.relay_addr) = addr;
	}
	read_interface_id(call, a, &query);
	query.has_relay |= query.iface_id.len != 0;
	use_interface(call, a, &query);
	query.on_link = a->interface && ip_is_zero(&query.client_addr) && ip_is_zero(&query.src_addr);
	query.classes = class_bits(call, &cfg->classes, &a->classes);
	if (diag_errors(ctl_call_diag(call))) {
		ctl_respond_diag(call);
		return;
	}
	sub = subnet_select(&cfg->plan, &query);
	if (!sub)
		ctl_respond(call, CTL_EMPTY, NULL, "no subnet selected");
	else if (sub->net)
		ctl_respond(call, CTL_SUCCESS, NULL, "selected shared network '%s' starting with subnet '%s' id %u",
			    sub->net->name, prefix_format(&sub->prefix, prefix), sub->id);
	else
		ctl_respond(call, CTL_SUCCESS, NULL, "selected subnet '%s' id %u", prefix_format(&sub->prefix, prefix),
			    sub->id);
}

static void select4o6_test(struct ctl_call *call, const void *args)
{
	(void)args;
	ctl_respond(call, CTL_ERROR, NULL, "DHCPv4-over-DHCPv6 is not supported yet");
}

#define ROW(n, a) .name = n, .access = a, .provider = "core", .since = "4.2.0"

static const struct command rows[] = {
	{ ROW("interface-list", CTL_READ), .run = interface_list,
	  .doc = "Returns the interfaces of this host and whether the server uses them." },
	{ ROW("interface-redetect", CTL_WRITE), .run = interface_redetect,
	  .doc = "Looks for interfaces and addresses that have appeared or are gone, which the server also does by "
		 "itself, "
		 "and returns what interface-list does." },
	{ ROW("interface-add", CTL_WRITE), .args = &add_scope, .run = interface_add,
	  .doc = "Adds entries to \"interfaces\" in interfaces-config and opens their sockets." },
	{ ROW("subnet4-select-test", CTL_READ), .families = KEY_4, .args = &select4_scope, .run = select_test,
	  .doc = "Returns the subnet that a message with these properties would select." },
	{ ROW("subnet6-select-test", CTL_READ), .families = KEY_6, .args = &select6_scope, .run = select_test,
	  .doc = "Returns the subnet that a message with these properties would select." },
	{ ROW("subnet4o6-select-test", CTL_READ), .families = KEY_4, .args = &select4o6_scope, .run = select4o6_test,
	  .doc = "Returns an error: DHCPv4-over-DHCPv6 is not supported yet." },
};
const struct command_rows commands_net = COMMAND_ROWS(rows);
