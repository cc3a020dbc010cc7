/* SPDX-License-Identifier: MPL-2.0 */
/* See sql_rows.h. Texts of rows are copied, because rows end with the call that delivers them. */
#include "host/sql_rows.h"

#include "host/check.h"
#include "json/value.h"

#include <json-c/json.h>

/* Limits of what one host may have. */
#define PLACES_MAX 256u
#define OPTIONS_MAX 1024u
#define CLASSES_MAX 256u
#define TEXT_MAX 65535u

#define IS_DELEGATED 2 /* ipv6_reservations.type; 0: an address */

struct sql_place {
	struct sql_place *next;
	int64_t id;
	struct host_place place;
	struct prefix excluded;
};

struct sql_option {
	struct sql_option *next;
	int64_t id;
	struct host_option opt;
	const char *classes; /* JSON */
};

/* --- rows ---------------------------------------------------------------------------- */

void sql_hosts_init(struct sql_hosts *hosts, struct arena *arena)
{
	*hosts = (struct sql_hosts){ .arena = arena };
}

static void spoil(struct sql_host *host, const char *wrong)
{
	if (!host->wrong)
		host->wrong = wrong ? wrong : "out of memory";
}

/* If a value of the row was wrong, so is the host; false then. */
static bool settle(struct sql_hosts *hosts, struct sql_host *host, enum sql_shape shape, const struct db_row *row)
{
	if (row->err)
		spoil(host, arena_printf(hosts->arena, "wrong value of %s", sql_column(shape, row->err_column)));
	return !row->err;
}

static const char *keep_text(struct sql_hosts *hosts, struct db_row *row, unsigned column, size_t max)
{
	struct bytes text = db_row_text(row, column, max);
	const char *kept = text.len ? arena_strndup(hosts->arena, (const char *)text.data, text.len) : "";

	hosts->no_memory |= !kept;
	return kept ? kept : "";
}

static struct bytes keep_bytes(struct sql_hosts *hosts, struct db_row *row, unsigned column, size_t max)
{
	struct bytes bytes = db_row_bytes(row, column, max);
	void *kept = arena_dup(hosts->arena, bytes.data, bytes.len + !bytes.len);

	hosts->no_memory |= !kept;
	return bytes_of(kept, kept ? bytes.len : 0);
}

/* An integer that may be NULL, then it is 0. */
static uint32_t int_or_0(struct db_row *row, unsigned column)
{
	return db_row_is_null(row, column) ? 0 : (uint32_t)db_row_int(row, column, 0, UINT32_MAX);
}

/* id: its place among them. */
static void add_place(struct sql_hosts *hosts, struct sql_host *host, int64_t id, const struct host_place *place,
		      const struct prefix *excluded)
{
	struct sql_place *added, **at = &host->places;

	if (host->n_places == PLACES_MAX) {
		spoil(host, "too many addresses and prefixes");
		return;
	}
	added = arena_new_obj(hosts->arena, struct sql_place);
	if (!added) {
		hosts->no_memory = true;
		return;
	}
	while (*at && (*at)->id < id)
		at = &(*at)->next;
	*added = (struct sql_place){ .next = *at, .id = id, .place = *place, .excluded = *excluded };
	*at = added;
	host->n_places++;
}

static void read_host4(struct sql_hosts *hosts, struct sql_host *host, struct db_row *row)
{
	struct host_place place = { .prefix.len = 32 };
	uint32_t addr = int_or_0(row, COL_ADDRESS4);

	if (addr && !row->err) {
		place.prefix.addr = ip_from4(addr);
		add_place(hosts, host, 0, &place, &(struct prefix){ .len = 0 });
	}
	host->next_server = int_or_0(row, COL_NEXT_SERVER);
	host->server_hostname = keep_text(hosts, row, COL_SERVER_HOSTNAME, HOST_SERVER_HOSTNAME_MAX);
	host->boot_file = keep_text(hosts, row, COL_BOOT_FILE, HOST_BOOT_FILE_MAX);
}

static struct sql_host *new_host(struct sql_hosts *hosts, enum sql_shape shape, struct db_row *row)
{
	struct sql_host *host = arena_new_obj(hosts->arena, struct sql_host);

	if (!host) {
		hosts->no_memory = true;
		return NULL;
	}
	host->server_hostname = host->boot_file = "";
	host->host.hostname = "";
	host->host.id.type = (enum host_id_type)db_row_int(row, COL_TYPE, 0, HOST_ID_N - 1);
	if (db_row_is_null(row, COL_IDENTIFIER) || !host_id_rows[host->host.id.type].in_family[shape != SQL_HOSTS4])
		spoil(host, db_row_is_null(row, COL_IDENTIFIER)
				    ? "dhcp_identifier is NULL"
				    : "no client of this family has an identifier of its type");
	host->host.id.value = keep_bytes(hosts, row, COL_IDENTIFIER, host_id_rows[host->host.id.type].max);
	if (!row->err && !host->host.id.value.len)
		spoil(host, "dhcp_identifier is empty");
	host->host.subnet_id = (uint32_t)db_row_int(row, COL_SUBNET, 0, UINT32_MAX - 1);
	host->is_findable = settle(hosts, host, shape, row) && !host->wrong;
	host->hostname = keep_text(hosts, row, COL_HOSTNAME, TEXT_MAX);
	host->classes = keep_text(hosts, row, COL_CLASSES, TEXT_MAX);
	host->user_context = keep_text(hosts, row, COL_USER_CONTEXT, TEXT_MAX);
	host->auth_key = keep_text(hosts, row, COL_AUTH_KEY, TEXT_MAX);
	if (shape == SQL_HOSTS4)
		read_host4(hosts, host, row);
	(void)settle(hosts, host, shape, row);
	return host;
}

/* Returns NULL if there is none. Rows of one host mostly follow one another. */
static struct sql_host *host_by_number(struct sql_hosts *hosts, uint32_t number)
{
	struct sql_host *host = hosts->recent;

	if (host && host->number == number)
		return host;
	if (!hosts->last || hosts->last->number < number)
		return NULL;
	for (host = host && host->number < number ? host : hosts->first; host && host->number < number;)
		host = host->next;
	return host && host->number == number ? host : NULL;
}

/* Keeps the list in the order of the numbers, which is mostly that of the rows. */
static void insert(struct sql_hosts *hosts, struct sql_host *host)
{
	struct sql_host **at = hosts->last && hosts->last->number < host->number ? &hosts->last->next : &hosts->first;

	while (*at && (*at)->number < host->number)
		at = &(*at)->next;
	host->next = *at;
	*at = host;
	if (!host->next)
		hosts->last = host;
	hosts->n++;
}

/* Returns the host that the row belongs to; NULL if there is none. */
static struct sql_host *host_of_row(struct sql_hosts *hosts, enum sql_shape shape, struct db_row *row)
{
	uint32_t number = (uint32_t)db_row_int(row, COL_HOST_ID, 0, UINT32_MAX);
	struct sql_host *host = row->err ? NULL : host_by_number(hosts, number);

	/* A host that was removed in the meantime has options no longer, or vice versa. */
	if (!host && !row->err && shape != SQL_OPTIONS6) {
		host = new_host(hosts, shape, row);
		if (host) {
			host->number = number;
			insert(hosts, host);
		}
	}
	hosts->recent = host;
	return host;
}

static struct ip ip_of(struct bytes bytes)
{
	struct ip ip = { { 0 } };

	memcpy(ip.b, bytes.data, bytes.len == sizeof(ip.b) ? bytes.len : 0);
	return ip;
}

static void read_place(struct sql_hosts *hosts, struct sql_host *host, struct db_row *row)
{
	struct host_place place = { .sets_excluded = false };
	struct prefix excluded = { .len = 0 };
	int64_t id, type;

	if (db_row_is_null(row, COL_RESERVATION_ID))
		return;
	id = db_row_int(row, COL_RESERVATION_ID, 0, INT64_MAX);
	if (db_row_is_null(row, COL_ADDRESS6)) {
		spoil(host, "address is NULL");
		return;
	}
	place.prefix.addr = ip_of(db_row_bytes(row, COL_ADDRESS6, 16));
	place.prefix.len = (uint8_t)db_row_int(row, COL_PREFIX_LEN, 0, 128);
	type = db_row_int(row, COL_RESERVATION_TYPE, 0, IS_DELEGATED);
	place.is_delegated = type == IS_DELEGATED;
	excluded.len = db_row_is_null(row, COL_EXCLUDED_LEN) ? 0 : (uint8_t)db_row_int(row, COL_EXCLUDED_LEN, 0, 128);
	if (!db_row_is_null(row, COL_EXCLUDED) && excluded.len) {
		excluded.addr = ip_of(db_row_bytes(row, COL_EXCLUDED, 16));
		place.sets_excluded = true;
	}
	if (!settle(hosts, host, SQL_HOSTS6, row))
		return;
	if (type && !place.is_delegated)
		spoil(host, "wrong value of type");
	else if (!place.is_delegated && place.prefix.len != 128)
		spoil(host, "the prefix_len of an address is not 128");
	else
		add_place(hosts, host, id, &place, &excluded);
}

/* `at`: the first column of the option. */
static void read_option(struct sql_hosts *hosts, struct sql_host *host, enum sql_shape shape, struct db_row *row,
			unsigned at)
{
	struct sql_option *added, **to = &host->options;
	struct host_option *opt;

	if (db_row_is_null(row, at + OPT_COL_ID))
		return;
	if (host->n_options == OPTIONS_MAX) {
		spoil(host, "too many options");
		return;
	}
	added = arena_new_obj(hosts->arena, struct sql_option);
	if (!added) {
		hosts->no_memory = true;
		return;
	}
	opt = &added->opt;
	added->id = db_row_int(row, at + OPT_COL_ID, 0, INT64_MAX);
	opt->code = (uint16_t)db_row_int(row, at + OPT_COL_CODE, 0, UINT16_MAX);
	opt->data = keep_bytes(hosts, row, at + OPT_COL_VALUE, TEXT_MAX);
	opt->text = keep_text(hosts, row, at + OPT_COL_TEXT, TEXT_MAX);
	if (!opt->text[0])
		opt->text = NULL;
	opt->space = keep_text(hosts, row, at + OPT_COL_SPACE, 255);
	opt->always_send = db_row_bool(row, at + OPT_COL_PERSISTENT);
	opt->never_send = db_row_bool(row, at + OPT_COL_CANCELLED);
	added->classes = keep_text(hosts, row, at + OPT_COL_CLASSES, TEXT_MAX);
	opt->user_context = keep_text(hosts, row, at + OPT_COL_USER_CONTEXT, TEXT_MAX);
	if (!settle(hosts, host, shape, row))
		return;
	while (*to && (*to)->id < added->id)
		to = &(*to)->next;
	added->next = *to;
	*to = added;
	host->n_options++;
}

void sql_hosts_add(struct sql_hosts *hosts, enum sql_shape shape, struct db_row *row)
{
	struct sql_host *host = hosts->no_memory ? NULL : host_of_row(hosts, shape, row);

	if (!host || row->err)
		return;
	if (shape == SQL_OPTIONS6)
		read_option(hosts, host, shape, row, COL_OPTION6);
	else if (shape == SQL_HOSTS4)
		read_option(hosts, host, shape, row, COL_OPTION4);
	else
		read_place(hosts, host, row);
}

/* --- hosts --------------------------------------------------------------------------- */

struct building {
	const struct sql_host *from;
	const struct host_sql_conf *conf;
	struct arena *arena;
	struct str *why; /* empty: nothing is wrong so far */
};

static void wrong(const struct building *b, const char *text)
{
	if (!b->why->len)
		str_add(b->why, text);
}

static void check_address(const struct building *b, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX], in[PREFIX_TEXT_MAX];
	uint32_t subnet_id = b->from->host.subnet_id;
	struct prefix subnet;

	(void)ip_format(&prefix->addr, text);
	if (!host_may_have(&prefix->addr) || ip_is4(&prefix->addr) == (b->conf->family == 1))
		wrong(b, arena_printf(b->arena, "%s is not the address of a host", text));
	else if (subnet_id && b->conf->subnet && b->conf->subnet(b->conf->ctx, subnet_id, &subnet) &&
		 !prefix_contains(&subnet, &prefix->addr))
		wrong(b, arena_printf(b->arena, "reserved address %s is not in subnet %s", text,
				      prefix_format(&subnet, in)));
}

static void check_prefix(const struct building *b, struct host_place *place, struct prefix *excluded)
{
	char text[PREFIX_TEXT_MAX];

	place->prefix = (struct prefix){ prefix_first(&place->prefix), place->prefix.len };
	if (!place->prefix.len || ip_is4(&place->prefix.addr))
		wrong(b, arena_printf(b->arena, "%s is not a prefix that can be delegated",
				      prefix_format(&place->prefix, text)));
	if (!place->sets_excluded)
		return;
	*excluded = (struct prefix){ prefix_first(excluded), excluded->len };
	if (excluded->len <= place->prefix.len || !prefix_contains(&place->prefix, &excluded->addr))
		wrong(b, arena_printf(b->arena, "the prefix excluded from %s is not inside it",
				      prefix_format(&place->prefix, text)));
}

static bool has_place(const struct host_place *v, unsigned n, const struct prefix *prefix)
{
	for (unsigned i = 0; i < n; i++)
		if (prefix_equal(&v[i].prefix, prefix))
			return true;
	return false;
}

/* Returns the excluded prefixes; NULL: no place sets one. */
static const struct prefix *build_places(const struct building *b, struct host *ret)
{
	struct host_place *v = arena_new_array(b->arena, struct host_place, b->from->n_places);
	struct prefix *excluded = arena_new_array(b->arena, struct prefix, b->from->n_places);
	bool any_excluded = false;
	unsigned n = 0;

	for (const struct sql_place *p = b->from->places; p; p = p->next) {
		v[n] = p->place;
		excluded[n] = p->excluded;
		if (v[n].is_delegated)
			check_prefix(b, &v[n], &excluded[n]);
		else
			check_address(b, &v[n].prefix);
		any_excluded |= v[n].sets_excluded;
		if (has_place(v, n, &v[n].prefix))
			wrong(b, "an address or prefix is reserved twice");
		else
			n++;
	}
	ret->places = v;
	ret->n_places = n;
	return any_excluded ? excluded : NULL;
}

static void build_hostname(const struct building *b, struct host *ret)
{
	char name[HOST_NAME_MAX + 1];

	if (host_name(b->from->hostname, name))
		ret->hostname = arena_strdup(b->arena, name);
	else
		wrong(b, "hostname is not a host name");
}

/* A list with commas. */
static void build_classes(const struct building *b, struct host_extra *extra)
{
	const char *text = b->from->classes, **v;
	unsigned n = 1;

	for (const char *p = text; *p; p++)
		n += *p == ',';
	if (n > CLASSES_MAX) {
		wrong(b, "too many client classes");
		return;
	}
	v = arena_new_array(b->arena, const char *, n);
	while (*text) {
		size_t len = strcspn(text, ","), blanks = strspn(text, " \t");
		const char *end = text + len;

		if (blanks < len) {
			text += blanks;
			len -= blanks;
			while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
				len--;
			v[extra->n_classes++] = arena_strndup(b->arena, text, len);
		}
		text = *end ? end + 1 : end;
	}
	extra->classes = v;
}

/* Reads a list of names as JSON. */
static bool read_names(struct arena *arena, const char *text, struct host_option *opt)
{
	struct json_object *list;
	const char **v;
	bool is_ok;

	text += strspn(text, " \t\n\r");
	if (!*text || strcmp(text, "[]") == 0 || strcmp(text, "null") == 0)
		return true;
	list = json_parse(text, strlen(text));
	is_ok = json_object_is_type(list, json_type_array) && json_object_array_length(list) <= CLASSES_MAX;
	v = is_ok ? arena_new_array(arena, const char *, json_object_array_length(list)) : NULL;
	for (size_t i = 0; is_ok && i < json_object_array_length(list); i++) {
		struct json_object *name = json_object_array_get_idx(list, i);

		is_ok = json_object_is_type(name, json_type_string) && json_object_get_string_len(name);
		if (is_ok)
			v[opt->n_classes++] = arena_strdup(arena, json_object_get_string(name));
	}
	json_object_put(list);
	opt->classes = v;
	return is_ok;
}

static struct host_option *build_options(const struct building *b, struct host_extra *extra)
{
	struct host_option *v = arena_new_array(b->arena, struct host_option, b->from->n_options);
	struct str why = { 0 };
	unsigned n = 0;

	for (const struct sql_option *o = b->from->options; o; o = o->next) {
		v[n] = o->opt;
		if (!read_names(b->arena, o->classes, &v[n]))
			wrong(b, arena_printf(b->arena, "client_classes of option %u is not a list of names",
					      o->opt.code));
		n++;
	}
	if (n && !b->why->len && b->conf->encode(b->conf->ctx, v, n, b->arena, &extra->opts, &why) < 0)
		wrong(b, str_text(&why));
	str_free(&why);
	return v;
}

/* Only commands show it: a host is served without. */
static const char *json_or_none(const char *text)
{
	struct json_object *json = text[0] ? json_parse(text, strlen(text)) : NULL;
	bool is_map = json_object_is_type(json, json_type_object);

	json_object_put(json);
	return is_map ? text : "";
}

static const struct host_texts *build_texts(const struct building *b, struct host_option *options)
{
	struct host_texts *texts = arena_new_obj(b->arena, struct host_texts);

	for (unsigned i = 0; i < b->from->n_options; i++)
		options[i].user_context = json_or_none(options[i].user_context);
	texts->options = options;
	texts->n_options = b->from->n_options;
	texts->user_context = json_or_none(b->from->user_context);
	texts->auth_key = b->from->auth_key;
	return texts;
}

int sql_host_build(const struct sql_host *from, const struct host_sql_conf *conf, bool with_texts, struct arena *arena,
		   struct host *ret, struct str *why)
{
	const struct building b = { from, conf, arena, why };
	struct host_extra *extra = arena_new_obj(arena, struct host_extra);
	struct host_option *options;

	*ret = from->host;
	if (from->wrong)
		wrong(&b, from->wrong);
	extra->excluded = build_places(&b, ret);
	if (!why->len)
		build_hostname(&b, ret);
	if (!why->len)
		build_classes(&b, extra);
	options = build_options(&b, extra);
	if (why->len) {
		ret->hostname = "";
		return -E_INVAL;
	}
	extra->next_server = ip_from4(from->next_server);
	extra->server_hostname = from->server_hostname;
	extra->boot_file = from->boot_file;
	if (with_texts)
		extra->texts = build_texts(&b, options);
	if (extra->opts.n || extra->n_classes || extra->excluded || from->next_server || from->server_hostname[0] ||
	    from->boot_file[0] || with_texts)
		ret->extra = extra;
	return 0;
}
