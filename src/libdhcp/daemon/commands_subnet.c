/* SPDX-License-Identifier: MPL-2.0 */
/* Commands about subnets and shared networks, those of Kea's library subnet_cmds. */
#include "daemon/command_edit.h"

#include "base/err.h"
#include "base/str.h"
#include "daemon/subnet_delta.h"

#define SINCE .since = "4.2.0"

struct subnet_args {
	struct conf_node node;
	struct json_object *subnet4, *subnet6, *networks;
	uint32_t id, action;
	const char *subnet, *name, *hash;
};
enum { SUBNETS_KEEP, SUBNETS_DELETE };
static const char *const action_words[] = { "keep", "delete", NULL };

#define K_HASH                                                                                             \
	K_STRING(struct subnet_args, hash, "hash", .max = CONFIG_HASH_MAX, SINCE,                          \
		 .doc = "hash of the configuration as read: if it has changed since, the result is 4 and " \
			"nothing changes")
#define K_SUBNETS                                                                                           \
	K_JSONS(struct subnet_args, subnet4, "subnet4", .families = KEY_4, .required = true, SINCE,         \
		.doc = "a list with one subnet, as in the configuration"),                                  \
		K_JSONS(struct subnet_args, subnet6, "subnet6", .families = KEY_6, .required = true, SINCE, \
			.doc = "a list with one subnet, as in the configuration"),                          \
		K_HASH
#define K_ID K_INT(struct subnet_args, id, "id", .min = 1, SINCE, .doc = "id of the subnet")
#define K_ID_REQUIRED K_INT(struct subnet_args, id, "id", .min = 1, .required = true, SINCE, .doc = "id of the subnet")
#define K_NAME K_STRING(struct subnet_args, name, "name", .required = true, SINCE, .doc = "name of the shared network")

static const struct key get_keys[] = {
	K_ID,
	K_STRING(struct subnet_args, subnet, "subnet", .max = 64, SINCE, .doc = "its prefix, instead of the id"),
};
static const struct key subnet_keys[] = { K_SUBNETS };
static const struct key del_keys[] = { K_ID_REQUIRED, K_HASH };
static const struct key name_keys[] = { K_NAME };
static const struct key network_keys[] = {
	K_JSONS(struct subnet_args, networks, "shared-networks", .required = true, SINCE,
		.doc = "a list with one shared network, as in the configuration"),
	K_HASH,
};
static const struct key network_del_keys[] = {
	K_NAME,
	K_ENUM(struct subnet_args, action, "subnets-action", .words = action_words, .def = "\"keep\"", SINCE,
	       .doc = "keep its subnets outside of it, or delete them"),
	K_HASH,
};
static const struct key member_keys[] = { K_NAME, K_ID_REQUIRED, K_HASH };
static const struct scope get_scope = SCOPE("arguments", struct subnet_args, get_keys);
static const struct scope subnet_args_scope = SCOPE("arguments", struct subnet_args, subnet_keys);
static const struct scope del_scope = SCOPE("arguments", struct subnet_args, del_keys);
static const struct scope name_scope = SCOPE("arguments", struct subnet_args, name_keys);
static const struct scope network_scope = SCOPE("arguments", struct subnet_args, network_keys);
static const struct scope network_del_scope = SCOPE("arguments", struct subnet_args, network_del_keys);
static const struct scope member_scope = SCOPE("arguments", struct subnet_args, member_keys);

static unsigned digit(const struct ctl_call *call)
{
	return call_daemon(call)->fam->digit;
}

/* --- finding --- */

static struct json_object *find_network(struct json_object *root, const char *name, size_t *ret_at)
{
	struct json_object *networks = command_list(root, "shared-networks"), *value = json_object_new_string(name);
	int at = command_find(networks, "name", value);

	json_object_put(value);
	if (at < 0)
		return NULL;
	*ret_at = (size_t)at;
	return json_object_array_get_idx(networks, (size_t)at);
}

static void no_subnet(const struct ctl_call *call, struct command_edited *ret, uint32_t id, const char *prefix)
{
	ret->result = CTL_EMPTY;
	if (id)
		str_addf(&ret->text, "No IPv%u subnet with id %u found.", digit(call), id);
	else
		str_addf(&ret->text, "No IPv%u subnet %s found.", digit(call), prefix);
}

static void no_network(const struct ctl_call *call, struct command_edited *ret, const char *name)
{
	ret->result = CTL_EMPTY;
	str_addf(&ret->text, "No IPv%u shared network '%s' found.", digit(call), name);
}

/* { NAME: [ { id, subnet } ] } */
static struct json_object *brief(const char *name, struct json_object *subnet)
{
	struct json_object *map = json_object_new_object(), *list = json_object_new_array(),
			   *item = json_object_new_object();

	json_object_object_add(item, "id", json_object_new_int64(command_subnet_id(subnet)));
	json_object_object_add(item, "subnet", json_object_new_string(command_text(subnet, "subnet")));
	json_object_array_add(list, item);
	json_object_object_add(map, name, list);
	return map;
}

static struct json_object *one(const char *name, struct json_object *value)
{
	struct json_object *map = json_object_new_object(), *list = json_object_new_array();

	json_object_array_add(list, value);
	json_object_object_add(map, name, list);
	return map;
}

/* --- subnets --- */

static void list_subnets(struct ctl_call *call, const void *args)
{
	const struct plan *plan = &call_daemon(call)->sockets.live->cfg->plan;
	char prefix[PREFIX_TEXT_MAX];
	struct str out = { 0 };

	(void)args;
	str_add(&out, "{ \"subnets\": [ ");
	for (size_t i = 0; i < plan->n; i++) {
		const struct subnet *sub = plan->by_id[i];
		struct json_object *name = sub->net ? json_object_new_string(sub->net->name) : NULL;

		str_addf(&out, "%s{ \"id\": %u, \"shared-network-name\": %s, \"subnet\": \"%s\" }", i ? ", " : "",
			 sub->id, json_object_to_json_string(name), prefix_format(&sub->prefix, prefix));
		json_object_put(name);
	}
	str_add(&out, " ] }");
	ctl_respond_raw(call, plan->n ? CTL_SUCCESS : CTL_EMPTY, &out, "%zu IPv%u subnet%s found", plan->n, digit(call),
			plan->n == 1 ? "" : "s");
}

static void get_subnet(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	const struct subnet_args *a = args;
	struct command_place place;

	ret->only_reads = true;
	if (!a->id && !a->subnet) {
		ret->result = CTL_ERROR;
		str_add(&ret->text, "'id' or 'subnet' is required");
		return;
	}
	if (!command_find_subnet(call, root, a->id, a->subnet, &place)) {
		no_subnet(call, ret, a->id, a->subnet);
		return;
	}
	ret->arguments = one(command_subnets(call), json_object_get(place.map));
	str_addf(&ret->text, "Info about IPv%u subnet %s (id %u) returned", digit(call),
		 command_text(place.map, "subnet"), command_subnet_id(place.map));
}

/* Returns the subnet in the arguments; NULL after an error. */
static struct json_object *subnet_of(struct ctl_call *call, const struct subnet_args *a)
{
	struct json_object *list = a->subnet4 ? a->subnet4 : a->subnet6;

	if (json_object_array_length(list) == 1)
		return json_object_array_get_idx(list, 0);
	diag_error(ctl_call_diag(call), json_pos(list), "\"%s\" must have one subnet", command_subnets(call));
	return NULL;
}

static uint32_t free_id(const struct ctl_call *call)
{
	const struct plan *plan = &call_daemon(call)->sockets.live->cfg->plan;

	return plan->n ? plan->by_id[plan->n - 1]->id + 1 : 1;
}

static void add_subnet(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	struct json_object *subnet = subnet_of(call, args);

	if (!subnet)
		return;
	if (!json_object_object_get_ex(subnet, "id", NULL))
		json_object_object_add(subnet, "id", json_object_new_int64(free_id(call)));
	json_object_array_add(command_list(root, command_subnets(call)), json_object_get(subnet));
	ret->arguments = brief(command_subnets(call), subnet);
	str_addf(&ret->text, "IPv%u subnet added", digit(call));
}

/* Finds the subnet that the one in the arguments changes; false after an error. */
static bool find_same(struct ctl_call *call, struct json_object *root, struct json_object *subnet,
		      struct command_place *ret_place, struct command_edited *ret)
{
	if (!command_subnet_id(subnet)) {
		diag_error(ctl_call_diag(call), json_pos(subnet), "\"id\" is missing in the subnet");
		return false;
	}
	if (command_find_subnet(call, root, command_subnet_id(subnet), NULL, ret_place))
		return true;
	no_subnet(call, ret, command_subnet_id(subnet), NULL);
	return false;
}

static void changed(struct ctl_call *call, struct json_object *subnet, struct command_edited *ret)
{
	ret->arguments = brief(command_subnets(call), subnet);
	str_addf(&ret->text, "IPv%u subnet updated", digit(call));
}

/* Reservations are not changed, unless the new subnet has some. */
static void update_subnet(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	struct json_object *subnet = subnet_of(call, args), *hosts;
	struct command_place place;

	if (!subnet || !find_same(call, root, subnet, &place, ret))
		return;
	if (!json_object_object_get_ex(subnet, "reservations", NULL) &&
	    json_object_object_get_ex(place.map, "reservations", &hosts))
		json_object_object_add(subnet, "reservations", json_object_get(hosts));
	json_object_array_put_idx(place.list, place.at, json_object_get(subnet));
	changed(call, subnet, ret);
}

static void delta_add(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	struct json_object *subnet = subnet_of(call, args);
	struct command_place place;

	if (!subnet || !find_same(call, root, subnet, &place, ret))
		return;
	subnet_delta_add(call_daemon(call)->sockets.live->cfg->dict, place.map, subnet);
	changed(call, place.map, ret);
}

static void delta_del(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	struct json_object *subnet = subnet_of(call, args);
	struct command_place place;

	if (!subnet || !find_same(call, root, subnet, &place, ret))
		return;
	subnet_delta_del(call_daemon(call)->sockets.live->cfg->dict, place.map, subnet);
	changed(call, place.map, ret);
}

static void del_subnet(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	const struct subnet_args *a = args;
	struct command_place place;

	if (!command_find_subnet(call, root, a->id, NULL, &place)) {
		no_subnet(call, ret, a->id, NULL);
		return;
	}
	ret->arguments = brief("subnets", place.map);
	str_addf(&ret->text, "IPv%u subnet %s (id %u) deleted", digit(call), command_text(place.map, "subnet"), a->id);
	json_object_array_del_idx(place.list, place.at, 1);
}

/* --- shared networks --- */

static struct json_object *named(const char *name)
{
	struct json_object *map = json_object_new_object();

	json_object_object_add(map, "name", json_object_new_string(name));
	return map;
}

static void list_networks(struct ctl_call *call, const void *args)
{
	const struct plan *plan = &call_daemon(call)->sockets.live->cfg->plan;
	struct json_object *map = json_object_new_object(), *list = json_object_new_array();

	(void)args;
	for (size_t i = 0; i < plan->n_nets; i++)
		json_object_array_add(list, named(plan->nets[i].name));
	json_object_object_add(map, "shared-networks", list);
	ctl_respond(call, plan->n_nets ? CTL_SUCCESS : CTL_EMPTY, map, "%zu IPv%u network(s) found", plan->n_nets,
		    digit(call));
}

static void get_network(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	const char *name = ((const struct subnet_args *)args)->name;
	size_t at;
	struct json_object *network = find_network(root, name, &at);

	ret->only_reads = true;
	if (!network) {
		no_network(call, ret, name);
		return;
	}
	ret->arguments = one("shared-networks", json_object_get(network));
	str_addf(&ret->text, "Info about IPv%u shared network '%s' returned", digit(call), name);
}

static void add_network(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	const struct subnet_args *a = args;
	struct json_object *network = json_object_array_get_idx(a->networks, 0);

	if (json_object_array_length(a->networks) != 1) {
		diag_error(ctl_call_diag(call), json_pos(a->networks),
			   "\"shared-networks\" must have one shared network");
		return;
	}
	json_object_array_add(command_list(root, "shared-networks"), json_object_get(network));
	ret->arguments = one("shared-networks", named(command_text(network, "name")));
	str_addf(&ret->text, "A new IPv%u shared network '%s' added", digit(call), command_text(network, "name"));
}

static void del_network(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	const struct subnet_args *a = args;
	struct json_object *outside = command_list(root, command_subnets(call)), *subnets, *network;
	size_t at;

	network = find_network(root, a->name, &at);
	if (!network) {
		no_network(call, ret, a->name);
		return;
	}
	subnets = command_list(network, command_subnets(call));
	for (size_t i = 0; a->action == SUBNETS_KEEP && i < json_object_array_length(subnets); i++)
		json_object_array_add(outside, json_object_get(json_object_array_get_idx(subnets, i)));
	json_object_array_del_idx(command_list(root, "shared-networks"), at, 1);
	ret->arguments = one("shared-networks", named(a->name));
	str_addf(&ret->text, "IPv%u shared network '%s' deleted", digit(call), a->name);
}

/* Moves a subnet from one list to another. */
static void move(struct ctl_call *call, const struct subnet_args *a, struct json_object *from, struct json_object *to,
		 const char *how, struct command_edited *ret)
{
	struct command_place place;

	if (!command_find_in(from, a->id, NULL, &place)) {
		no_subnet(call, ret, a->id, NULL);
		return;
	}
	str_addf(&ret->text, "IPv%u subnet %s (id %u) is now %s shared network '%s'", digit(call),
		 command_text(place.map, "subnet"), a->id, how, a->name);
	json_object_array_add(to, json_object_get(place.map));
	json_object_array_del_idx(from, place.at, 1);
}

static void add_member(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	const struct subnet_args *a = args;
	size_t at;
	struct json_object *network = find_network(root, a->name, &at);

	if (network)
		move(call, a, command_list(root, command_subnets(call)), command_list(network, command_subnets(call)),
		     "part of", ret);
	else
		no_network(call, ret, a->name);
}

static void del_member(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	const struct subnet_args *a = args;
	size_t at;
	struct json_object *network = find_network(root, a->name, &at);

	if (network)
		move(call, a, command_list(network, command_subnets(call)), command_list(root, command_subnets(call)),
		     "removed from", ret);
	else
		no_network(call, ret, a->name);
}

/* --- the rows --- */

#define RUN(edit)                                                                         \
	static void run_##edit(struct ctl_call *call, const void *args)                   \
	{                                                                                 \
		command_edit(call, args, ((const struct subnet_args *)args)->hash, edit); \
	}
RUN(get_subnet)
RUN(add_subnet)
RUN(update_subnet)
RUN(delta_add)
RUN(delta_del)
RUN(del_subnet)
RUN(get_network)
RUN(add_network)
RUN(del_network)
RUN(add_member)
RUN(del_member)

#define ROW(n, f, a, s, r, text)                                                                              \
	{                                                                                                     \
		.name = n, .families = f, .access = a, .args = s, .provider = "subnet_cmds", SINCE, .run = r, \
		.doc = text                                                                                   \
	}
#define BOTH(object, verb, a, s, r, text) \
	ROW(object "4-" verb, KEY_4, a, s, r, text), ROW(object "6-" verb, KEY_6, a, s, r, text)

static const struct command rows[] = {
	BOTH("subnet", "list", CTL_READ, NULL, list_subnets, "Returns id and prefix of all subnets."),
	BOTH("subnet", "get", CTL_READ, &get_scope, run_get_subnet, "Returns a subnet."),
	BOTH("subnet", "add", CTL_WRITE, &subnet_args_scope, run_add_subnet,
	     "Adds a subnet. Without an id, it gets one above all others."),
	BOTH("subnet", "update", CTL_WRITE, &subnet_args_scope, run_update_subnet,
	     "Replaces a subnet. It keeps its shared network, and its reservations unless the new one has some."),
	BOTH("subnet", "del", CTL_WRITE, &del_scope, run_del_subnet, "Removes a subnet. Its leases stay."),
	BOTH("subnet", "delta-add", CTL_WRITE, &subnet_args_scope, run_delta_add,
	     "Sets parts of a subnet: parameters, and pools and options by what identifies them."),
	BOTH("subnet", "delta-del", CTL_WRITE, &subnet_args_scope, run_delta_del,
	     "Removes parts of a subnet: parameters whatever their value, and pools and options by what identifies "
	     "them."),
	BOTH("network", "list", CTL_READ, NULL, list_networks, "Returns the names of all shared networks."),
	BOTH("network", "get", CTL_READ, &name_scope, run_get_network, "Returns a shared network with its subnets."),
	BOTH("network", "add", CTL_WRITE, &network_scope, run_add_network, "Adds a shared network."),
	BOTH("network", "del", CTL_WRITE, &network_del_scope, run_del_network, "Removes a shared network."),
	BOTH("network", "subnet-add", CTL_WRITE, &member_scope, run_add_member,
	     "Moves a subnet that is in no shared network to one."),
	BOTH("network", "subnet-del", CTL_WRITE, &member_scope, run_del_member,
	     "Moves a subnet out of its shared network."),
};
const struct command_rows commands_subnet = COMMAND_ROWS(rows);
