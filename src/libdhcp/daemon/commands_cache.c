/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Commands about what is kept of reservations in databases, those of Kea's library host_cache (host/keeper.h). Their
 * arguments are numbers, texts, maps or lists, and entries have the names of both families, of which one is empty here.
 */
#include "daemon/commands.h"

#include "base/file.h"
#include "daemon/host_text.h"
#include "host/keeper.h"
#include "json/value.h"
#include "root/program.h"

#include <errno.h>

#define SINCE .since = "4.2.0"
#define ID_TEXT_MAX (3 * HOST_ID_ROOM)
#define UNUSED_SUBNET "4294967295" /* of the other family */

/* The members of an entry, and what they are in a reservation. */
static const struct member {
	const char *name, *as; /* as: NULL: it has no such member */
	unsigned family;
	const char *other; /* in the other family: JSON; NULL: it is not there */
} members[] = {
	{ "subnet-id4", "subnet-id", KEY_4, UNUSED_SUBNET },
	{ "subnet-id6", "subnet-id", KEY_6, UNUSED_SUBNET },
	{ "client-classes4", "client-classes", KEY_4, "[ ]" },
	{ "client-classes6", "client-classes", KEY_6, "[ ]" },
	{ "option-data4", "option-data", KEY_4, "[ ]" },
	{ "option-data6", "option-data", KEY_6, "[ ]" },
	{ "ip-address", "ip-address", KEY_4, NULL },
	{ "ip-addresses", "ip-addresses", KEY_6, NULL },
	{ "prefixes", "prefixes", KEY_6, NULL },
	{ "excluded-prefixes", "excluded-prefixes", KEY_6, NULL },
	{ "next-server", "next-server", KEY_4, "\"0.0.0.0\"" },
	{ "server-hostname", "server-hostname", KEY_4, "\"\"" },
	{ "boot-file-name", "boot-file-name", KEY_4, "\"\"" },
	{ "host-id", NULL, 0, "0" },
	{ "negative", NULL, 0, NULL },
};

static const struct config *config_of(const struct ctl_call *call)
{
	return call_daemon(call)->sockets.live->cfg;
}

/* Responds and returns NULL if there is no cache. */
static struct host_keeper *keeper_of(struct ctl_call *call)
{
	struct host_keeper *keeper = config_of(call)->keeper;

	if (!keeper)
		ctl_respond(call, CTL_ERROR, NULL, "there is no cache: libdhcp_host_cache.so is not configured");
	return keeper;
}

/* Responds and returns NULL if there are no arguments. */
static struct json_object *arguments_of(struct ctl_call *call)
{
	struct json_object *arguments = ctl_call_arguments(call);

	if (!arguments)
		ctl_respond(call, CTL_ERROR, NULL, "no parameters specified for the command");
	return arguments;
}

/* --- entries as JSON --- */

/* Takes the member out of the map; NULL if it does not have it. */
static struct json_object *take(struct json_object *map, const char *name)
{
	struct json_object *value = NULL;

	if (json_object_object_get_ex(map, name, &value)) {
		value = json_object_get(value);
		json_object_object_del(map, name);
	}
	return value;
}

static struct json_object *print_entry(const struct config *cfg, const struct host_kept *kept)
{
	struct json_object *map = host_to_json(cfg, kept->host);

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const struct member *m = &members[i];
		struct json_object *value = NULL;

		if (m->family == cfg->family)
			value = take(map, m->as);
		else if (m->other)
			value = json_parse(m->other, strlen(m->other));
		if (value)
			json_object_object_add(map, m->name, value);
	}
	if (kept->is_negative)
		json_object_object_add(map, "negative", json_object_new_boolean(true));
	return map;
}

static struct json_object *print_all(const struct config *cfg, struct host_keeper *keeper, const struct host_id *id)
{
	struct json_object *list = json_object_new_array();
	struct arena *arena = arena_new(0);
	struct host_kept *v;
	size_t n = host_keeper_read(keeper, id, arena, &v);

	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, print_entry(cfg, &v[i]));
	arena_free(arena);
	return list;
}

/* Makes a reservation of an entry's copy. */
static void to_reservation(unsigned family, struct json_object *map)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		struct json_object *value = take(map, members[i].name);

		if (value && members[i].family == family)
			json_object_object_add(map, members[i].as, value);
		else
			json_object_put(value);
	}
}

/* Reads an entry. False: why not is in diag. *ret_host: NULL if it is one of the other family. */
static bool read_entry(struct ctl_call *call, struct json_object *entry, struct host_kept *ret)
{
	const struct config *cfg = config_of(call);
	struct diag *diag = ctl_call_diag(call);
	struct json_object *negative, *map, *id;
	struct host *host = arena_new_obj(ctl_call_arena(call), struct host);
	int64_t subnet_id = -1;

	if (!json_object_is_type(entry, json_type_object)) {
		diag_error(diag, json_pos(entry), "an entry is not a map");
		return false;
	}
	ret->host = NULL;
	ret->is_negative = json_object_object_get_ex(entry, "negative", &negative) && json_object_get_boolean(negative);
	map = json_copy(entry);
	to_reservation(cfg->family, map);
	id = take(map, "subnet-id");
	if (json_object_is_type(id, json_type_int))
		subnet_id = json_object_get_int64(id);
	json_object_put(id);
	if (subnet_id < 0 || (subnet_id && subnet_id != UINT32_MAX && !subnet_by_id(&cfg->plan, (uint32_t)subnet_id)))
		diag_error(diag, json_pos(entry), "\"subnet-id%u\" is not the id of a subnet",
			   call_daemon(call)->fam->digit);
	else if (subnet_id != UINT32_MAX &&
		 config_host_read(cfg, map, (uint32_t)subnet_id, ctl_call_arena(call), diag, host) == 0)
		ret->host = host;
	json_object_put(map);
	return !diag_errors(diag);
}

/* Inserts an entry, or those of a list; all or none. False: it responded. */
static bool insert_all(struct ctl_call *call, struct host_keeper *keeper, struct json_object *value, size_t *ret_n,
		       size_t *ret_replaced)
{
	bool is_list = json_object_is_type(value, json_type_array);
	size_t n = is_list ? json_object_array_length(value) : 1;
	struct host_kept *v = arena_new_array(ctl_call_arena(call), struct host_kept, n);

	*ret_n = *ret_replaced = 0;
	for (size_t i = 0; i < n; i++)
		if (!read_entry(call, is_list ? json_object_array_get_idx(value, i) : value, &v[i])) {
			ctl_respond_diag(call);
			return false;
		}
	for (size_t i = 0; i < n; i++) {
		if (!v[i].host)
			continue;
		*ret_replaced += host_keeper_insert(keeper, v[i].host, v[i].is_negative);
		++*ret_n;
	}
	return true;
}

/* --- one or all --- */

struct cache_args {
	struct conf_node node;
	const char *id[HOST_ID_N]; /* by type */
	const char *ip_address;
	uint32_t subnet_id, subnet_id4, subnet_id6;
};

#define K_ID(type, name)                                                                 \
	K_STRING(struct cache_args, id[HOST_ID_##type], name, .max = ID_TEXT_MAX, SINCE, \
		 .doc = "identifier of the client: hexadecimal, or text in single quotes")
#define K_IDS                                                                               \
	K_ID(HW_ADDRESS, "hw-address"), K_ID(DUID, "duid"), K_ID(CIRCUIT_ID, "circuit-id"), \
		K_ID(CLIENT_ID, "client-id"), K_ID(FLEX_ID, "flex-id")
static const struct key by_id_keys[] = { K_IDS };
static const struct key remove_keys[] = {
	K_IDS,
	K_STRING(struct cache_args, ip_address, "ip-address", .max = 64, SINCE,
		 .doc = "a reserved address, or the address of a reserved prefix"),
	K_INT(struct cache_args, subnet_id, "subnet-id", SINCE, .doc = "id of the subnet; 0: a global reservation"),
	K_INT(struct cache_args, subnet_id4, "subnet-id4", SINCE, .doc = "the same, in DHCPv4"),
	K_INT(struct cache_args, subnet_id6, "subnet-id6", SINCE, .doc = "the same, in DHCPv6"),
};
static const struct scope by_id_scope = SCOPE("arguments", struct cache_args, by_id_keys);
static const struct scope remove_scope = SCOPE("arguments", struct cache_args, remove_keys);

/* Reads the only identifier, if there is one. Returns false after a response. */
static bool read_id(struct ctl_call *call, const struct cache_args *a, struct host_id *ret, bool *ret_is_there)
{
	uint8_t *buf = arena_room(ctl_call_arena(call), HOST_ID_ROOM);
	unsigned n = 0;
	int err = 0;

	for (unsigned type = 0; type < HOST_ID_N; type++)
		if (a->id[type]) {
			err = host_id_parse((enum host_id_type)type, a->id[type], buf, ret);
			n++;
		}
	*ret_is_there = n == 1;
	if (n > 1)
		ctl_respond(call, CTL_ERROR, NULL, "only one identifier can be specified");
	else if (err < 0)
		ctl_respond(call, CTL_ERROR, NULL,
			    "the identifier is neither hexadecimal nor text in single quotes, or "
			    "too long");
	return n <= 1 && err == 0;
}

static void respond_list(struct ctl_call *call, struct host_keeper *keeper, const struct host_id *id)
{
	struct json_object *list = print_all(config_of(call), keeper, id);
	size_t n = json_object_array_length(list);

	ctl_respond(call, n ? CTL_SUCCESS : CTL_EMPTY, list, "%zu entries returned.", n);
}

static void run_get(struct ctl_call *call, const void *args)
{
	struct host_keeper *keeper = keeper_of(call);

	(void)args;
	if (keeper)
		respond_list(call, keeper, NULL);
}

static void run_get_by_id(struct ctl_call *call, const void *args)
{
	struct host_keeper *keeper = keeper_of(call);
	struct host_id id;
	bool is_there;

	if (!keeper || !read_id(call, args, &id, &is_there))
		return;
	if (is_there)
		respond_list(call, keeper, &id);
	else
		ctl_respond(call, CTL_ERROR, NULL, "an identifier is required");
}

/* Returns the id of the subnet; negative after a response. */
static int64_t read_subnet(struct ctl_call *call, const struct cache_args *a)
{
	bool is_v6 = ctl_call_family(call) == KEY_6,
	     has_own = is_v6 ? CONF_SET(a, subnet_id6) : CONF_SET(a, subnet_id4);

	if (CONF_SET(a, subnet_id) + CONF_SET(a, subnet_id4) + CONF_SET(a, subnet_id6) > 1) {
		ctl_respond(call, CTL_ERROR, NULL, "inconsistent parameters");
		return -1;
	}
	if (!CONF_SET(a, subnet_id) && !has_own) {
		ctl_respond(call, CTL_ERROR, NULL, "subnet-id is required");
		return -1;
	}
	if (has_own)
		return is_v6 ? a->subnet_id6 : a->subnet_id4;
	return a->subnet_id;
}

static void run_remove(struct ctl_call *call, const void *args)
{
	struct host_keeper *keeper = keeper_of(call);
	const struct cache_args *a = args;
	int64_t subnet_id = keeper ? read_subnet(call, a) : -1;
	struct host_id id;
	struct ip addr;
	bool has_id, is_removed;

	if (subnet_id < 0 || !read_id(call, a, &id, &has_id))
		return;
	if (has_id == (a->ip_address != NULL)) {
		ctl_respond(call, CTL_ERROR, NULL, "%s",
			    has_id ? "inconsistent parameters" : "either ip-address or an identifier is required");
		return;
	}
	if (a->ip_address && (ip_parse(a->ip_address, &addr) < 0 || ip_is_zero(&addr))) {
		ctl_respond(call, CTL_ERROR, NULL, "invalid ip-address '%s'", a->ip_address);
		return;
	}
	is_removed = has_id ? host_keeper_remove(keeper, (uint32_t)subnet_id, &id)
			    : host_keeper_remove_at(keeper, (uint32_t)subnet_id, &addr);
	ctl_respond(call, is_removed ? CTL_SUCCESS : CTL_EMPTY, NULL, "Host %s.",
		    is_removed ? "removed" : "not removed (not found)");
}

static void run_insert(struct ctl_call *call, const void *args)
{
	struct host_keeper *keeper = keeper_of(call);
	struct json_object *arguments = keeper ? arguments_of(call) : NULL;
	size_t n, n_replaced;

	(void)args;
	if (arguments && insert_all(call, keeper, arguments, &n, &n_replaced))
		ctl_respond(call, CTL_SUCCESS, NULL, "%zu entries inserted (%zu overwritten by more recent entries).",
			    n, n_replaced);
}

/* --- number, room --- */

static void run_size(struct ctl_call *call, const void *args)
{
	struct host_keeper *keeper = keeper_of(call);
	struct json_object *map;
	size_t n;

	(void)args;
	if (!keeper)
		return;
	n = host_keeper_size(keeper);
	map = json_object_new_object();
	json_object_object_add(map, "size", json_object_new_int64((int64_t)n));
	ctl_respond(call, CTL_SUCCESS, map, "%zu entries.", n);
}

static void run_clear(struct ctl_call *call, const void *args)
{
	struct host_keeper *keeper = keeper_of(call);

	(void)args;
	if (!keeper)
		return;
	(void)host_keeper_flush(keeper, SIZE_MAX);
	ctl_respond(call, CTL_SUCCESS, NULL, "Cache cleared.");
}

static void run_flush(struct ctl_call *call, const void *args)
{
	struct host_keeper *keeper = keeper_of(call);
	struct json_object *arguments = keeper ? arguments_of(call) : NULL;
	int64_t n = json_object_get_int64(arguments);

	(void)args;
	if (!arguments)
		return;
	if (!json_object_is_type(arguments, json_type_int))
		ctl_respond(call, CTL_ERROR, NULL, "invalid (not an integer) parameter");
	else if (n <= 0)
		ctl_respond(call, CTL_ERROR, NULL,
			    n ? "invalid (<0) parameter" : "invalid (0) parameter: please use cache-clear command");
	else
		ctl_respond(call, CTL_SUCCESS, NULL, "Cache flushed (%zu entries removed).",
			    host_keeper_flush(keeper, (size_t)n));
}

/* --- files --- */

/* Returns the path that the arguments name, in the directory of data; NULL after a response. */
static const char *path_of(struct ctl_call *call)
{
	struct json_object *arguments = arguments_of(call);
	const struct daemon *d = call_daemon(call);
	const struct program_build pb = { .arena = ctl_call_arena(call),
					  .diag = ctl_call_diag(call),
					  .flags = d->opts.relaxed ? CONFIG_RELAXED : 0,
					  .program = d->fam->program };
	const char *path;

	if (!arguments)
		return NULL;
	if (!json_object_is_type(arguments, json_type_string)) {
		ctl_respond(call, CTL_ERROR, NULL, "invalid (not a string) parameter");
		return NULL;
	}
	path = program_path(&pb, json_pos(arguments), "arguments", json_object_get_string(arguments),
			    "KEA_DHCP_DATA_DIR", KEA_STATE_DIR);
	if (!path)
		ctl_respond_diag(call);
	return path;
}

static bool write_list(int fd, struct json_object *list)
{
	const char *text;
	bool ok = file_write(fd, "[", 1);

	for (size_t i = 0; ok && i < json_object_array_length(list); i++) {
		text = json_object_to_json_string_ext(json_object_array_get_idx(list, i), JSON_C_TO_STRING_PLAIN);
		ok = file_write(fd, i ? ",\n" : "\n", i ? 2 : 1) && file_write(fd, text, strlen(text));
	}
	return ok && file_write(fd, "\n]\n", 3);
}

static void run_write(struct ctl_call *call, const void *args)
{
	struct host_keeper *keeper = keeper_of(call);
	const char *path = keeper ? path_of(call) : NULL;
	struct file_new file = { .fd = -1 };
	struct json_object *list;

	(void)args;
	if (!path)
		return;
	list = print_all(config_of(call), keeper, NULL);
	if (file_new_open(&file, path, false) && write_list(file.fd, list) && file_new_finish(&file) &&
	    file_sync_folder(path) == 0)
		ctl_respond(call, CTL_SUCCESS, NULL, "%zu entries dumped to '%s'.", json_object_array_length(list),
			    path);
	else
		ctl_respond(call, CTL_ERROR, NULL, "cannot write '%s': %s", path, strerror(errno));
	file_new_drop(&file);
	json_object_put(list);
}

static void run_load(struct ctl_call *call, const void *args)
{
	struct host_keeper *keeper = keeper_of(call);
	const char *path = keeper ? path_of(call) : NULL;
	struct json_doc doc = { 0 };
	size_t n, n_replaced;

	(void)args;
	if (!path)
		return;
	if (json_read_file(path, NULL, ctl_call_diag(call), &doc) < 0 ||
	    !json_object_is_type(doc.root, json_type_array)) {
		if (!diag_errors(ctl_call_diag(call)))
			diag_error(ctl_call_diag(call), json_pos(doc.root), "%s: expected a list of entries", path);
		ctl_respond_diag(call);
	} else if (insert_all(call, keeper, doc.root, &n, &n_replaced)) {
		ctl_respond(call, CTL_SUCCESS, NULL,
			    "%zu entries loaded from '%s' (%zu overwritten by more recent entries).", n, path,
			    n_replaced);
	}
	json_doc_done(&doc);
}

/* --- the rows --- */

#define ROW(n, a, r, text, ...)                                                                                   \
	{                                                                                                         \
		.name = "cache-" n, .families = KEY_DHCP, .access = a, .provider = "host_cache", SINCE, .run = r, \
		.doc = text, __VA_ARGS__                                                                          \
	}

static const struct command rows[] = {
	ROW("clear", CTL_WRITE, run_clear, "Removes all entries from the cache of reservations."),
	ROW("flush", CTL_WRITE, run_flush, "Removes the oldest entries from the cache. The arguments are their number.",
	    .takes_any = true),
	ROW("get", CTL_READ, run_get, "Returns all entries of the cache, from the oldest to the newest."),
	ROW("get-by-id", CTL_READ, run_get_by_id, "Returns the entries of an identifier.", .args = &by_id_scope),
	ROW("insert", CTL_WRITE, run_insert,
	    "Inserts an entry, or the list of entries that the arguments are, as cache-get returns them.",
	    .takes_any = true),
	ROW("load", CTL_WRITE, run_load,
	    "Inserts the entries of a file that cache-write wrote. The arguments are its name, in the directory of "
	    "data.",
	    .takes_any = true),
	ROW("remove", CTL_WRITE, run_remove, "Removes the entry of an identifier or of an address.",
	    .args = &remove_scope),
	ROW("size", CTL_READ, run_size, "Returns the number of entries."),
	ROW("write", CTL_WRITE, run_write,
	    "Writes all entries to a file. The arguments are its name, in the directory of data.", .takes_any = true),
};
const struct command_rows commands_cache = COMMAND_ROWS(rows);
