/* SPDX-License-Identifier: MPL-2.0 */
/* kea lease drop, kea reserve. */
#include "base/ip.h"
#include "json/value.h"
#include "kea/remote.h"

#include <string.h>

/* The lease that a word names. */
struct target {
	struct ip addr;
	char text[IP_TEXT_MAX];
	unsigned len; /* of a prefix; 0: an address */
	unsigned family;
};

static int read_target(char **words, unsigned n, struct target *ret)
{
	struct prefix prefix;

	*ret = (struct target){ 0 };
	if (n != 1)
		return cli_fail(EXIT_USAGE, n ? "one address is enough" : "an address is missing");
	if (strchr(words[0], '/')) {
		if (prefix_parse(words[0], &prefix) < 0 || ip_is4(&prefix.addr))
			return cli_fail(EXIT_USAGE, "%s is not an IPv6 prefix", words[0]);
		ret->addr = prefix.addr;
		ret->len = prefix.len;
	} else if (ip_parse(words[0], &ret->addr) < 0) {
		return cli_fail(EXIT_USAGE, "%s is not an address", words[0]);
	}
	ret->family = ip_is4(&ret->addr) ? KEY_4 : KEY_6;
	(void)ip_format(&ret->addr, ret->text);
	return EXIT_OK;
}

static struct json_object *which_lease(const struct target *target)
{
	struct json_object *args = json_object_new_object();

	json_object_object_add(args, "ip-address", json_object_new_string(target->text));
	if (target->family == KEY_6)
		json_object_object_add(args, "type", json_object_new_string(target->len ? "IA_PD" : "IA_NA"));
	return args;
}

static int open_for(const struct cli *cli, char **words, unsigned n, struct target *target, struct remote *remote)
{
	int code = read_target(words, n, target);

	if (code == EXIT_OK && cli->family && cli->family != target->family)
		code = cli_fail(EXIT_USAGE, "%s is not an address of this server", target->text);
	return code == EXIT_OK ? remote_open(cli, target->family, remote) : code;
}

int run_lease_drop(struct cli *cli, char **words, unsigned n)
{
	struct json_object *args;
	struct target target;
	struct remote remote;
	struct reply reply;
	int code = open_for(cli, words, n, &target, &remote);

	if (code != EXIT_OK)
		return code;
	args = which_lease(&target);
	json_object_object_add(args, "update-ddns", json_object_new_boolean(true));
	code = remote_ask(&remote, target.family == KEY_6 ? "lease6-del" : "lease4-del", args, &reply);
	if (code == EXIT_OK)
		code = reply_print(cli, &reply);
	reply_done(&reply);
	remote_close(&remote);
	return code;
}

/* --- reserve --- */

/* The identifier that the reservation will have: the one asked for, otherwise the first that the lease has. */
static const char *choose_id(const struct cli *cli, unsigned family, struct json_object *lease)
{
	static const char *const ids4[] = { "hw-address", "client-id" }, *const ids6[] = { "duid", "hw-address" };
	const char *const *ids = family == KEY_6 ? ids6 : ids4;

	for (unsigned i = 0; i < 2; i++)
		if ((!cli->by || !strcmp(cli->by, ids[i])) && json_member_text(lease, ids[i])[0])
			return ids[i];
	return NULL;
}

static void add_text(struct json_object *map, const char *name, const char *text)
{
	json_object_object_add(map, name, json_object_new_string(text));
}

static struct json_object *make_reservation(const struct target *target, struct json_object *lease, const char *id)
{
	struct json_object *map = json_object_new_object(), *list;
	char text[PREFIX_TEXT_MAX];

	json_object_object_add(map, "subnet-id", json_object_new_int64(json_member_int(lease, "subnet-id", 0)));
	add_text(map, id, json_member_text(lease, id));
	if (target->family == KEY_4) {
		add_text(map, "ip-address", target->text);
	} else {
		(void)snprintf(text, sizeof(text), target->len ? "%s/%u" : "%s", target->text, target->len);
		list = json_object_new_array();
		json_object_array_add(list, json_object_new_string(text));
		json_object_object_add(map, target->len ? "prefixes" : "ip-addresses", list);
	}
	if (json_member_text(lease, "hostname")[0])
		add_text(map, "hostname", json_member_text(lease, "hostname"));
	return map;
}

static int add_reservation(struct remote *remote, struct json_object *reservation, const char *to, struct reply *ret)
{
	struct json_object *args = json_object_new_object();

	json_object_object_add(args, "reservation", json_object_get(reservation));
	if (to)
		add_text(args, "operation-target", to);
	return remote_ask(remote, "reservation-add", args, ret);
}

static int reserve(const struct cli *cli, struct remote *remote, const struct target *target, struct json_object *lease)
{
	static const char no_database[] = "Host database not available";
	const char *id = choose_id(cli, target->family, lease);
	struct json_object *reservation;
	struct reply reply;
	int code;

	if (!id && cli->by)
		return cli_fail(EXIT_NOTHING, "the lease of %s has no %s", target->text, cli->by);
	if (!id)
		return cli_fail(EXIT_NOTHING, "the lease of %s does not say which client has it", target->text);
	reservation = make_reservation(target, lease, id);
	code = add_reservation(remote, reservation, NULL, &reply);
	/* By default commands change the databases of reservations; without one, the configuration. */
	if (code == EXIT_OK && reply.result == 1 && strncmp(reply.text, no_database, strlen(no_database)) == 0) {
		reply_done(&reply);
		code = add_reservation(remote, reservation, "memory", &reply);
	}
	json_object_put(reservation);
	if (code == EXIT_OK)
		code = reply_print(cli, &reply);
	reply_done(&reply);
	return code;
}

int run_reserve(struct cli *cli, char **words, unsigned n)
{
	struct target target;
	struct remote remote;
	struct reply lease;
	int code;

	if (cli->by && strcmp(cli->by, "hw-address") != 0 && strcmp(cli->by, "client-id") != 0 &&
	    strcmp(cli->by, "duid") != 0)
		return cli_fail(EXIT_USAGE, "--by: %s is not hw-address, client-id or duid", cli->by);
	code = open_for(cli, words, n, &target, &remote);
	if (code != EXIT_OK)
		return code;
	code = remote_ask(&remote, target.family == KEY_6 ? "lease6-get" : "lease4-get", which_lease(&target), &lease);
	if (code == EXIT_OK && lease.result != 0)
		code = reply_print(cli, &lease);
	else if (code == EXIT_OK)
		code = reserve(cli, &remote, &target, lease.arguments);
	reply_done(&lease);
	remote_close(&remote);
	return code;
}
