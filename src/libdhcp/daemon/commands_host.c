/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Commands about reservations, those of Kea's library host_cmds: of the configuration, which are changed like other
 * parts of it (command_edit.h), and of hosts-databases (host_op.h, host_walk.h).
 */
#include "daemon/command_edit.h"

#include "base/err.h"
#include "daemon/host_op.h"
#include "daemon/host_walk.h"
#include "host/file.h"

#define SINCE .since = "4.2.0"
#define ID_TEXT_MAX (3 * HOST_ID_ROOM)
#define FOUND_MAX 64 /* hosts whose addresses or prefixes contain an address */

enum target { TARGET_DEFAULT, TARGET_MEMORY, TARGET_DATABASE, TARGET_ALL, TARGET_PRIMARY, TARGET_ALTERNATE };
static const char *const target_words[] = { "default", "memory", "database", "all", "primary", "alternate", NULL };

struct host_args {
	struct conf_node node;
	struct json_object *reservation;
	const char *ip_address, *identifier_type, *identifier, *hostname, *hash;
	uint32_t subnet_id, target, limit, from, source_index;
};

#define K_TARGET                                                                                                     \
	K_ENUM(struct host_args, target, "operation-target", .words = target_words, .def = "\"default\"", SINCE,     \
	       .doc = "memory or primary: the configuration; database or alternate: hosts-databases; all: both. By " \
		      "default, commands that read use all, and those that change something use hosts-databases")
#define K_HASH                                                                                                     \
	K_STRING(struct host_args, hash, "hash", .max = CONFIG_HASH_MAX, SINCE,                                    \
		 .doc = "hash of the configuration as read: if it has changed since, the result is 4 and nothing " \
			"changes")
#define K_SUBNET_ID(text) K_INT(struct host_args, subnet_id, "subnet-id", SINCE, .doc = text)
#define K_ADDRESS(must, text) \
	K_STRING(struct host_args, ip_address, "ip-address", .max = 64, .required = must, SINCE, .doc = text)
#define K_ID(must)                                                                                                \
	K_STRING(struct host_args, identifier_type, "identifier-type", .max = 32, .required = must, SINCE,        \
		 .doc = "hw-address, duid or flex-id, in DHCPv4 also circuit-id or client-id"),                   \
		K_STRING(struct host_args, identifier, "identifier", .max = ID_TEXT_MAX, .required = must, SINCE, \
			 .doc = "the client's identifier: hexadecimal, or text in single quotes")
#define K_WHICH                                                   \
	K_SUBNET_ID("id of the subnet; 0: a global reservation"), \
		K_ADDRESS(false, "a reserved address, or the address of a reserved prefix"), K_ID(false)

static const struct key reservation_keys[] = {
	K_JSON(struct host_args, reservation, "reservation", .required = true, SINCE,
	       .doc = "the reservation, as in the configuration, with subnet-id; 0: a global one"),
	K_TARGET,
	K_HASH,
};
static const struct key get_keys[] = { K_WHICH, K_TARGET };
static const struct key del_keys[] = { K_WHICH, K_TARGET, K_HASH };
static const struct key all_keys[] = {
	K_INT(struct host_args, subnet_id, "subnet-id", .required = true, SINCE,
	      .doc = "id of the subnet; 0: global reservations"),
	K_TARGET,
};
static const struct key page_keys[] = {
	K_SUBNET_ID("id of the subnet, 0: global reservations; missing: all"),
	K_INT(struct host_args, limit, "limit", .required = true, .min = 1, SINCE, .doc = "size of the page"),
	K_INT(struct host_args, source_index, "source-index", SINCE,
	      .doc = "as \"next\" of the previous page has it: 0 is the configuration, 1 the first database"),
	K_INT(struct host_args, from, "from", SINCE, .doc = "as \"next\" of the previous page has it"),
};
static const struct key by_hostname_keys[] = {
	K_STRING(struct host_args, hostname, "hostname", .required = true, .max = 255, SINCE,
		 .doc = "host name, in any case"),
	K_SUBNET_ID("id of the subnet, 0: global reservations; missing: all"),
	K_TARGET,
};
static const struct key by_id_keys[] = { K_ID(true), K_TARGET };
static const struct key by_address_keys[] = {
	K_ADDRESS(true, "a reserved address, or the address of a reserved prefix"),
	K_SUBNET_ID("id of the subnet, 0: global reservations; missing: all"),
	K_TARGET,
};
static const struct scope reservation_args_scope = SCOPE("arguments", struct host_args, reservation_keys);
static const struct scope get_scope = SCOPE("arguments", struct host_args, get_keys);
static const struct scope del_scope = SCOPE("arguments", struct host_args, del_keys);
static const struct scope all_scope = SCOPE("arguments", struct host_args, all_keys);
static const struct scope page_scope = SCOPE("arguments", struct host_args, page_keys);
static const struct scope by_hostname_scope = SCOPE("arguments", struct host_args, by_hostname_keys);
static const struct scope by_id_scope = SCOPE("arguments", struct host_args, by_id_keys);
static const struct scope by_address_scope = SCOPE("arguments", struct host_args, by_address_keys);

static const struct config *config_of(const struct ctl_call *call)
{
	return call_daemon(call)->sockets.live->cfg;
}

static unsigned targets_of(const struct host_args *a, unsigned by_default)
{
	switch ((enum target)a->target) {
	case TARGET_MEMORY:
	case TARGET_PRIMARY:
		return HOST_MEMORY;
	case TARGET_DATABASE:
	case TARGET_ALTERNATE:
		return HOST_DATABASES;
	case TARGET_ALL:
		return HOST_MEMORY | HOST_DATABASES;
	case TARGET_DEFAULT:
		break;
	}
	return by_default;
}

static void fail(struct ctl_call *call, struct str *why)
{
	ctl_respond(call, CTL_ERROR, NULL, "%s", str_text(why));
	str_free(why);
}

/* --- which one --- */

/* A reservation by its identifier or address. */
struct which {
	struct host_id id;
	struct ip addr;
	bool has_id;
};

static int read_id(struct ctl_call *call, const struct host_args *a, struct host_id *ret, struct str *why)
{
	uint8_t *buf = arena_room(ctl_call_arena(call), HOST_ID_ROOM);
	enum host_id_type type;
	int err;

	if (host_id_type_of(a->identifier_type, &type) < 0 ||
	    !host_id_rows[type].in_family[ctl_call_family(call) == KEY_6]) {
		str_addf(why, "Identifier type '%s' is not supported.", a->identifier_type);
		return -E_INVAL;
	}
	err = host_id_parse(type, a->identifier, buf, ret);
	if (err == -E_RANGE)
		str_addf(why, "'identifier' is longer than %u bytes", host_id_rows[type].max);
	else if (err < 0)
		str_addf(why, "'identifier' \"%s\" is neither hexadecimal nor text in single quotes", a->identifier);
	return err;
}

static int read_address(struct ctl_call *call, const struct host_args *a, struct ip *ret, struct str *why)
{
	bool is_v6 = ctl_call_family(call) == KEY_6;

	if (ip_parse(a->ip_address, ret) == 0 && ip_is4(ret) != is_v6)
		return 0;
	str_addf(why, "'ip-address' \"%s\" is not an IPv%u address", a->ip_address, is_v6 ? 6 : 4);
	return -E_INVAL;
}

/* Reads the arguments; on failure responds and returns false. */
static bool read_which(struct ctl_call *call, const struct host_args *a, struct which *ret)
{
	struct str why = { 0 };

	ret->has_id = !a->ip_address;
	if (!CONF_SET(a, subnet_id))
		str_add(&why, "Mandatory 'subnet-id' parameter missing.");
	else if (a->ip_address)
		(void)read_address(call, a, &ret->addr, &why);
	else if (!a->identifier_type)
		str_add(&why, "No 'ip-address' provided and 'identifier-type' is either missing or not a string.");
	else if (!a->identifier)
		str_add(&why, "No 'ip-address' provided and 'identifier' is either missing or not a string.");
	else
		(void)read_id(call, a, &ret->id, &why);
	if (!why.len)
		return true;
	fail(call, &why);
	return false;
}

static struct host_query query_for(const struct which *which, uint32_t subnet_id)
{
	if (which->has_id)
		return (struct host_query){
			.by = HOST_BY_ID, .subnet_id = subnet_id, .ids = &which->id, .n_ids = 1, .max = FOUND_MAX
		};
	return (struct host_query){ .by = HOST_BY_PLACE,
				    .subnet_id = subnet_id,
				    .place = { which->addr, ip_is4(&which->addr) ? 32 : 128 },
				    .max = FOUND_MAX };
}

/* --- reading --- */

static void walk(struct ctl_call *call, const struct host_args *a, struct host_walk_conf conf)
{
	conf.sources = targets_of(a, HOST_MEMORY | HOST_DATABASES);
	host_walk_respond(call, &conf);
}

static struct which *new_which(struct ctl_call *call)
{
	return arena_new_obj(ctl_call_arena(call), struct which);
}

static void run_get(struct ctl_call *call, const void *args)
{
	const struct host_args *a = args;
	struct which *which = new_which(call);

	if (read_which(call, a, which))
		walk(call, a,
		     (struct host_walk_conf){ .kind = HOST_WALK_ONE, .query = query_for(which, a->subnet_id) });
}

static void run_get_by_id(struct ctl_call *call, const void *args)
{
	struct which *which = new_which(call);
	struct host_walk_conf conf = { 0 };
	struct str why = { 0 };

	which->has_id = true;
	if (read_id(call, args, &which->id, &why) < 0) {
		fail(call, &why);
		return;
	}
	conf.query = query_for(which, 0);
	conf.query.any_subnet = true;
	walk(call, args, conf);
}

static void run_get_by_address(struct ctl_call *call, const void *args)
{
	const struct host_args *a = args;
	struct which *which = new_which(call);
	struct host_walk_conf conf = { 0 };
	struct str why = { 0 };

	if (read_address(call, a, &which->addr, &why) < 0) {
		fail(call, &why);
		return;
	}
	conf.query = query_for(which, a->subnet_id);
	conf.query.any_subnet = !CONF_SET(a, subnet_id);
	walk(call, a, conf);
}

static void run_get_all(struct ctl_call *call, const void *args)
{
	const struct host_args *a = args;

	walk(call, a,
	     (struct host_walk_conf){ .query = { .by = HOST_BY_PAGE, .in_subnet = true, .subnet_id = a->subnet_id } });
}

static void run_get_by_hostname(struct ctl_call *call, const void *args)
{
	const struct host_args *a = args;

	if (!a->hostname[0])
		ctl_respond(call, CTL_ERROR, NULL, "Empty hostname");
	else
		walk(call, a,
		     (struct host_walk_conf){ .query = { .by = HOST_BY_PAGE,
							 .in_subnet = CONF_SET(a, subnet_id),
							 .subnet_id = a->subnet_id,
							 .hostname = a->hostname } });
}

static void run_get_page(struct ctl_call *call, const void *args)
{
	const struct host_args *a = args;

	walk(call, a,
	     (struct host_walk_conf){ .kind = HOST_WALK_PAGE,
				      .limit = a->limit,
				      .source_index = a->source_index,
				      .query = { .by = HOST_BY_PAGE,
						 .in_subnet = CONF_SET(a, subnet_id),
						 .subnet_id = a->subnet_id,
						 .after = a->from } });
}

/* --- changing --- */

/* What a command does, first in databases and then in the configuration. In the call's arena. */
struct change {
	struct ctl_call *call;
	const struct host_args *args;
	unsigned targets;
	uint32_t subnet_id;
	struct which which; /* DELETE, UPDATE */
	struct host host;   /* ADD, UPDATE */
	struct host_op op;
	bool is_made; /* in a database */
};

struct words {
	const char *done, *not_found, *no_database;
	enum ctl_result none; /* result if there is no such host */
};
static const struct words words[] = {
	[HOST_OP_ADD] = { "Host added.", "the subnet is no longer configured",
			  "Host database not available, cannot add host.", CTL_ERROR },
	[HOST_OP_UPDATE] = { "Host updated.", "Host not updated (not found).",
			     "Host database not available, cannot update host.", CTL_ERROR },
	[HOST_OP_DELETE] = { "Host deleted.", "Host not deleted (not found).",
			     "Unable to delete a host because there is no hosts-database configured.", CTL_EMPTY },
};

static const struct words *words_of(const struct change *change)
{
	return &words[change->op.kind];
}

static void respond_made(struct change *change, bool is_made)
{
	const struct words *w = words_of(change);

	ctl_respond(change->call, is_made ? CTL_SUCCESS : w->none, NULL, "%s", is_made ? w->done : w->not_found);
}

/* Returns the list of reservations of the subnet in the document; NULL if there is no such subnet. */
static struct json_object *list_in(struct ctl_call *call, struct json_object *root, uint32_t subnet_id)
{
	struct command_place place;

	if (!subnet_id)
		return command_list(root, "reservations");
	if (!command_find_subnet(call, root, subnet_id, NULL, &place))
		return NULL;
	return command_list(place.map, "reservations");
}

static struct host_source *file_of(const struct config *cfg)
{
	for (unsigned i = 0; cfg->hosts && i < host_chain_size(cfg->hosts); i++)
		if (host_is_file(host_chain_at(cfg->hosts, i)))
			return host_chain_at(cfg->hosts, i);
	return NULL;
}

/* Returns the position of the reservation in its list; -1 if there is none. */
static long rank_of(const struct change *change)
{
	const struct config *cfg = config_of(change->call);
	struct host_query query = query_for(&change->which, change->subnet_id);
	struct host_find find = { .v = &query, .n = 1, .arena = ctl_call_arena(change->call) };
	struct host_source *file = file_of(cfg);

	if (!file)
		return -1;
	(void)host_find(file, &find);
	for (int i = 0; i < query.n; i++) {
		if (!change->which.has_id && !host_is_at(query.out[i], &change->which.addr))
			continue;
		return (long)config_host_text(cfg, file, query.out[i], NULL);
	}
	return -1;
}

static void edit(struct ctl_call *call, struct json_object *root, const void *args, struct command_edited *ret)
{
	const struct change *change = args;
	struct json_object *list = list_in(call, root, change->subnet_id);
	const struct words *w = words_of(change);
	long rank = change->op.kind == HOST_OP_ADD ? -1 : rank_of(change);

	str_add(&ret->text, w->done);
	if (!list || (rank < 0 && change->op.kind != HOST_OP_ADD)) {
		ret->only_reads = true;
		if (change->is_made)
			return;
		ret->result = w->none;
		str_reset(&ret->text);
		str_add(&ret->text, w->not_found);
	} else if (change->op.kind == HOST_OP_ADD) {
		json_object_array_add(list, json_object_get(change->args->reservation));
	} else if (change->op.kind == HOST_OP_UPDATE) {
		json_object_array_put_idx(list, (size_t)rank, json_object_get(change->args->reservation));
	} else {
		json_object_array_del_idx(list, (size_t)rank, 1);
	}
}

static void database_done(struct host_op *op)
{
	struct change *change = op->owner;
	bool is_missing = op->err == -E_NOENT;
	/* The response may free the call, and the operation is in its arena. */
	struct str why = op->why;

	change->is_made = op->err == 0;
	if (op->err < 0 && !is_missing)
		ctl_respond(change->call, CTL_ERROR, NULL, "%s", why.len ? why.text : err_text(op->err));
	else if (change->targets & HOST_MEMORY)
		command_edit(change->call, change, change->args->hash, edit);
	else
		respond_made(change, !is_missing);
	str_free(&why);
}

static void start(struct change *change)
{
	struct ctl_call *call = change->call;

	if (!command_hash_is_current(call, change->args->hash))
		return;
	if (!config_of(call)->n_hosts_sql) {
		if (change->targets == HOST_DATABASES)
			ctl_respond(call, CTL_ERROR, NULL, "%s", words_of(change)->no_database);
		else
			command_edit(call, change, change->args->hash, edit);
		return;
	}
	if (change->targets == HOST_MEMORY) {
		command_edit(call, change, change->args->hash, edit);
		return;
	}
	change->op.d = call_daemon(call);
	change->op.subnet_id = change->subnet_id;
	change->op.host = &change->host;
	change->op.id = change->which.has_id ? &change->which.id : NULL;
	change->op.addr = change->which.addr;
	change->op.done = database_done;
	change->op.owner = change;
	if (host_op_start(&change->op) < 0)
		ctl_respond(call, CTL_ERROR, NULL, "too many changes of reservations are in progress: try again later");
}

static struct change *new_change(struct ctl_call *call, const struct host_args *a, enum host_op_kind kind)
{
	struct change *change = arena_new_obj(ctl_call_arena(call), struct change);

	*change = (struct change){
		.call = call, .args = a, .targets = targets_of(a, HOST_DATABASES), .op = { .kind = kind }
	};
	return change;
}

/* Takes subnet-id out of the reservation; on failure responds and returns false. */
static bool take_subnet_id(struct ctl_call *call, struct json_object *map, uint32_t *ret)
{
	struct json_object *value = NULL;
	int64_t id;

	if (!json_object_is_type(map, json_type_object) || !json_object_object_get_ex(map, "subnet-id", &value)) {
		ctl_respond(call, CTL_ERROR, NULL, "Mandatory 'subnet-id' parameter missing.");
		return false;
	}
	id = json_object_get_int64(value);
	if (!json_object_is_type(value, json_type_int) || id < 0 || id >= UINT32_MAX) {
		ctl_respond(call, CTL_ERROR, NULL, "'subnet-id' parameter is not a subnet id");
		return false;
	}
	if (id && !subnet_by_id(&config_of(call)->plan, (uint32_t)id)) {
		ctl_respond(call, CTL_ERROR, NULL, "IPv%u subnet with ID of '%lld' is not configured",
			    call_daemon(call)->fam->digit, (long long)id);
		return false;
	}
	*ret = (uint32_t)id;
	json_object_object_del(map, "subnet-id");
	return true;
}

static void store(struct ctl_call *call, const struct host_args *a, enum host_op_kind kind)
{
	struct change *change = new_change(call, a, kind);

	if (!take_subnet_id(call, a->reservation, &change->subnet_id))
		return;
	if (config_host_read(config_of(call), a->reservation, change->subnet_id, ctl_call_arena(call),
			     ctl_call_diag(call), &change->host) < 0) {
		ctl_respond_diag(call);
		return;
	}
	change->which = (struct which){ .id = change->host.id, .has_id = true };
	start(change);
}

static void run_add(struct ctl_call *call, const void *args)
{
	store(call, args, HOST_OP_ADD);
}

static void run_update(struct ctl_call *call, const void *args)
{
	store(call, args, HOST_OP_UPDATE);
}

static void run_del(struct ctl_call *call, const void *args)
{
	const struct host_args *a = args;
	struct change *change = new_change(call, a, HOST_OP_DELETE);

	if (!read_which(call, a, &change->which))
		return;
	change->subnet_id = a->subnet_id;
	start(change);
}

/* --- the rows --- */

#define ROW(n, a, s, r, text)                                                                                    \
	{                                                                                                        \
		.name = "reservation-" n, .families = KEY_DHCP, .access = a, .args = s, .provider = "host_cmds", \
		SINCE, .run = r, .doc = text                                                                     \
	}

static const struct command rows[] = {
	ROW("add", CTL_WRITE, &reservation_args_scope, run_add,
	    "Adds a reservation, which holds from the next message on. With operation-target all, the database is "
	    "changed before the configuration."),
	ROW("del", CTL_WRITE, &del_scope, run_del,
	    "Deletes the reservation of an identifier or of an address, from all databases that have it."),
	ROW("get", CTL_READ, &get_scope, run_get, "Returns the reservation of an identifier or of an address."),
	ROW("get-all", CTL_READ, &all_scope, run_get_all, "Returns all reservations of a subnet, or all global ones."),
	ROW("get-by-address", CTL_READ, &by_address_scope, run_get_by_address,
	    "Returns all reservations of an address, 4096 of each source at most."),
	ROW("get-by-hostname", CTL_READ, &by_hostname_scope, run_get_by_hostname,
	    "Returns all reservations with a host name."),
	ROW("get-by-id", CTL_READ, &by_id_scope, run_get_by_id,
	    "Returns all reservations of an identifier, 4096 of each source at most."),
	ROW("get-page", CTL_READ, &page_scope, run_get_page,
	    "Returns reservations, a number at a time. A page is from one source; result 3 means that there is none "
	    "left."),
	ROW("update", CTL_WRITE, &reservation_args_scope, run_update,
	    "Replaces the reservation of an identifier in a subnet."),
};
const struct command_rows commands_host = COMMAND_ROWS(rows);
