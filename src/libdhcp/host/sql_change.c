/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Adding, changing and removing hosts. Each is one transaction that first waits until no other one changes hosts, so
 * what it checks stays true: the table's unique keys are about identifiers only.
 */
#include "host/check.h"
#include "host/sql_find.h"

#include "base/list.h"

#include <json-c/json.h>

#define ID_TEXT_MAX (3 * 255 + 1)
#define LIST_MAX 255 /* characters of dhcp4_client_classes */

/* A transaction while it is built. */
struct change {
	struct sql *s;
	struct arena *arena;
	struct db_call *v;
	unsigned n;
	uint32_t subnet_id;
	const struct host_id *id;
	struct str *why;
};

static void change_init(struct change *change, struct sql *s, uint32_t subnet_id, const struct host_id *id,
			unsigned max_calls, struct str *why)
{
	*change = (struct change){ .s = s, .arena = arena_new(0), .subnet_id = subnet_id, .id = id, .why = why };
	change->v = arena_new_array(change->arena, struct db_call, max_calls);
}

/* Adds a statement if the family needs it; returns its parameters after those of every statement, or NULL. */
static struct db_value *add(struct change *change, enum sql_write what, bool must)
{
	const struct db_stmt *stmt = sql_write_stmt(what, change->s->conf.family);
	struct db_value *params;

	if (!stmt)
		return NULL;
	params = arena_new_array(change->arena, struct db_value, SQL_WRITE_PARAMS);
	params[0] = db_bytes_value(change->id->value);
	params[1] = db_number(change->id->type);
	params[2] = db_number(change->subnet_id);
	change->v[change->n++] = (struct db_call){ .stmt = stmt, .params = params, .must = must };
	return params + 3;
}

static struct db_value text_or_null(const char *text)
{
	return text && text[0] ? db_string(text) : db_null();
}

/* --- checks -------------------------------------------------------------------------- */

static int refuse(struct str *why, int err, const char *text)
{
	str_add(why, text);
	return err;
}

static int check_texts(const struct change *change, const struct host_texts *texts)
{
	struct optlist unused;

	return texts->n_options ? change->s->conf.encode(change->s->conf.ctx, texts->options, texts->n_options,
							 change->arena, &unused, change->why)
				: 0;
}

static int check_place(const struct change *change, const struct host_place *place)
{
	const struct prefix *prefix = &place->prefix;
	bool is_v4 = ip_is4(&prefix->addr);
	char text[PREFIX_TEXT_MAX];
	struct prefix subnet;

	if (is_v4 != (change->s->conf.family == 0) || (!place->is_delegated && !host_may_have(&prefix->addr))) {
		str_addf(change->why, "%s cannot be reserved", prefix_format(prefix, text));
		return -E_INVAL;
	}
	if (!place->is_delegated && change->subnet_id && change->s->conf.subnet &&
	    change->s->conf.subnet(change->s->conf.ctx, change->subnet_id, &subnet) &&
	    !prefix_contains(&subnet, &prefix->addr)) {
		str_addf(change->why, "%s is not in subnet %u", ip_format(&prefix->addr, text), change->subnet_id);
		return -E_INVAL;
	}
	return 0;
}

static int check(const struct change *change, const struct host *host)
{
	char name[HOST_NAME_MAX + 1];
	int err = 0;

	if (!host->id.value.len || host->id.value.len > host_id_rows[host->id.type].max ||
	    !host_id_rows[host->id.type].in_family[change->s->conf.family])
		return refuse(change->why, -E_INVAL, "no client of this family has such an identifier");
	if (change->s->conf.family == 0 && host->n_places > 1)
		return refuse(change->why, -E_INVAL, "a DHCPv4 reservation has one address at most");
	if (!host_name(host->hostname, name))
		return refuse(change->why, -E_INVAL, "invalid host name");
	for (unsigned i = 0; !err && i < host->n_places; i++)
		err = check_place(change, &host->places[i]);
	return err == 0 && host->extra && host->extra->texts ? check_texts(change, host->extra->texts) : err;
}

/* --- parameters ---------------------------------------------------------------------- */

/* Returns -E_INVAL if the column cannot have them. */
static int join_classes(const struct change *change, const struct host *host, struct db_value *ret)
{
	struct str list = { 0 };

	*ret = db_null();
	for (unsigned i = 0; host->extra && i < host->extra->n_classes; i++) {
		if (strchr(host->extra->classes[i], ',')) {
			str_free(&list);
			return refuse(change->why, -E_INVAL, "a client class has a comma in its name");
		}
		str_addf(&list, "%s%s", i ? "," : "", host->extra->classes[i]);
	}
	if (list.len > LIST_MAX) {
		str_free(&list);
		return refuse(change->why, -E_INVAL, "the names of the client classes are too long for the database");
	}
	if (list.len)
		*ret = db_string(arena_strdup(change->arena, list.text));
	str_free(&list);
	return 0;
}

static const char *names_as_json(struct arena *arena, const struct host_option *opt)
{
	struct json_object *list = json_object_new_array();
	const char *text;

	for (unsigned i = 0; i < opt->n_classes; i++)
		json_object_array_add(list, json_object_new_string(opt->classes[i]));
	text = arena_strdup(arena, json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN));
	json_object_put(list);
	return text;
}

static int set_host(struct change *change, struct db_value *params, const struct host *host)
{
	const struct host_extra none = { .server_hostname = "", .boot_file = "" }, *extra = host->extra;
	const struct host_texts *texts = extra ? extra->texts : NULL;
	struct db_value classes;
	int err = join_classes(change, host, &classes);

	if (!extra)
		extra = &none;
	if (change->s->conf.family == 0) {
		*params++ = host->n_places ? db_number(ip_to4(&host->places[0].prefix.addr)) : db_null();
		*params++ = text_or_null(host->hostname);
		*params++ = classes;
		*params++ = ip_is4(&extra->next_server) && ip_to4(&extra->next_server)
				    ? db_number(ip_to4(&extra->next_server))
				    : db_null();
		*params++ = text_or_null(extra->server_hostname);
		*params++ = text_or_null(extra->boot_file);
	} else {
		*params++ = text_or_null(host->hostname);
		*params++ = classes;
	}
	*params++ = text_or_null(texts ? texts->user_context : NULL);
	*params++ = text_or_null(texts ? texts->auth_key : NULL);
	if (change->s->conf.family == 0)
		*params = db_number(change->s->conf.unique);
	return err;
}

static struct db_value ip_value(const struct ip *ip)
{
	return db_bytes_value(bytes_of(ip->b, sizeof(ip->b)));
}

static void add_places(struct change *change, const struct host *host)
{
	for (unsigned i = 0; change->s->conf.family == 1 && i < host->n_places; i++) {
		const struct host_place *place = &host->places[i];
		const struct prefix *excluded = host->extra && host->extra->excluded ? &host->extra->excluded[i] : NULL;
		struct db_value *params = add(change, SQL_ADD_PLACE, true);
		bool any_excluded = place->sets_excluded && excluded && excluded->len;

		params[0] = ip_value(&place->prefix.addr);
		params[1] = db_number(place->prefix.len);
		params[2] = db_number(place->is_delegated ? 2 : 0);
		params[3] = any_excluded ? ip_value(&excluded->addr) : db_null();
		params[4] = db_number(any_excluded ? excluded->len : 0);
		params[5] = db_number(change->s->conf.unique);
	}
}

static void add_options(struct change *change, const struct host *host)
{
	const struct host_texts *texts = host->extra ? host->extra->texts : NULL;
	const char *main_space = change->s->conf.family ? "dhcp6" : "dhcp4";

	for (unsigned i = 0; texts && i < texts->n_options; i++) {
		const struct host_option *opt = &texts->options[i];
		struct db_value *params = add(change, SQL_ADD_OPTION, true);

		params[0] = db_number(opt->code);
		params[1] = opt->text || !opt->data.len ? db_null() : db_bytes_value(opt->data);
		params[2] = text_or_null(opt->text);
		params[3] = db_string(opt->space && opt->space[0] ? opt->space : main_space);
		params[4] = db_number(opt->always_send);
		params[5] = db_number(opt->never_send);
		params[6] = db_string(names_as_json(change->arena, opt));
		params[7] = text_or_null(opt->user_context);
	}
}

/* --- running ------------------------------------------------------------------------- */

/* Not from what is remembered. */
static const struct host *look_up(struct change *change, struct host_query *query)
{
	struct host_find find = { .v = query, .n = 1, .arena = change->arena };

	query->with_texts = true;
	query->subnet_id = change->subnet_id;
	host_find_wait(&change->s->source, &find);
	return query->n > 0 ? query->out[0] : NULL;
}

/* Says which address or prefix another host has. */
static int describe_rival(struct change *change, const struct host *host)
{
	char text[PREFIX_TEXT_MAX], hex[ID_TEXT_MAX];

	for (unsigned i = 0; i < host->n_places; i++) {
		const struct host_place *place = &host->places[i];
		struct host_query query = { .by = HOST_BY_PLACE, .place = place->prefix, .max = 8 };

		(void)look_up(change, &query);
		for (int k = 0; k < query.n; k++) {
			const struct host *other = query.out[k];

			if (host_id_equal(&other->id, change->id))
				continue;
			(void)bytes_to_hex(other->id.value, ':', hex, sizeof(hex));
			str_addf(change->why, "%s is already reserved in subnet %u for %s %s",
				 place->is_delegated ? prefix_format(&place->prefix, text)
						     : ip_format(&place->prefix.addr, text),
				 change->subnet_id, host_id_rows[other->id.type].name, hex);
			return -E_EXIST;
		}
	}
	return refuse(change->why, -E_SYS, "the database has a reservation that conflicts with it");
}

static int describe_conflict(struct change *change, const struct host *host, bool is_new)
{
	struct host_query query = { .by = HOST_BY_ID, .ids = change->id, .n_ids = 1 };
	bool exists = look_up(change, &query);
	char hex[ID_TEXT_MAX];

	if (query.n < 0)
		return refuse(change->why, -E_SYS, "the database failed");
	if (!is_new && !exists)
		return refuse(change->why, -E_NOENT, "there is no such reservation");
	if (exists != is_new)
		return describe_rival(change, host);
	(void)bytes_to_hex(change->id->value, ':', hex, sizeof(hex));
	str_addf(change->why, "%s %s already has a reservation in subnet %u", host_id_rows[change->id->type].name, hex,
		 change->subnet_id);
	return -E_EXIST;
}

/* Returns what the result means; a conflict is for the caller. */
static int run(struct change *change)
{
	struct sql *s = change->s;
	struct db_work work = { .v = change->v, .n = change->n };
	enum db_result result = db_run_wait(s->db, &work);

	if (s->cache)
		host_cache_clear(s->cache);
	if (result == DB_OK)
		return 0;
	if (result == DB_CONFLICT)
		return -E_CONFLICT;
	db_why(s->db, change->why);
	return result == DB_BAD ? -E_INVAL : result == DB_UNKNOWN ? -E_CLOSED : -E_SYS;
}

static int check_writable(const struct sql *s, struct str *why)
{
	if (!s->conf.readonly)
		return 0;
	str_addf(why, "%s is read-only: \"readonly\" is true", s->name);
	return -E_UNSUPPORTED;
}

static unsigned n_calls_for(const struct host *host)
{
	return 4 + host->n_places + (host->extra && host->extra->texts ? host->extra->texts->n_options : 0);
}

static int store(struct host_source *source, const struct host *host, bool is_new, struct str *why)
{
	struct sql *s = container_of(source, struct sql, source);
	int err = check_writable(s, why);
	struct change change;

	if (err < 0)
		return err;
	change_init(&change, s, host->subnet_id, &host->id, n_calls_for(host), why);
	err = check(&change, host);
	if (err < 0)
		goto out;
	(void)add(&change, SQL_LOCK, false);
	err = set_host(&change, add(&change, is_new ? SQL_ADD : SQL_CHANGE, true), host);
	if (err < 0)
		goto out;
	if (!is_new) {
		(void)add(&change, SQL_DROP_PLACES, false);
		(void)add(&change, SQL_DROP_OPTIONS, false);
	}
	add_places(&change, host);
	add_options(&change, host);
	err = run(&change);
	if (err == -E_CONFLICT)
		err = describe_conflict(&change, host, is_new);
out:
	arena_free(change.arena);
	return err;
}

int sql_add(struct host_source *source, const struct host *host, struct str *why)
{
	return store(source, host, true, why);
}

int sql_change(struct host_source *source, const struct host *host, struct str *why)
{
	return store(source, host, false, why);
}

int sql_remove(struct host_source *source, uint32_t subnet_id, const struct host_id *id, struct str *why)
{
	struct sql *s = container_of(source, struct sql, source);
	struct change change;
	int err = check_writable(s, why);

	if (err < 0)
		return err;
	change_init(&change, s, subnet_id, id, 5, why);
	(void)add(&change, SQL_LOCK, false);
	(void)add(&change, SQL_DROP_PLACES, false);
	(void)add(&change, SQL_DROP_OPTIONS, false);
	(void)add(&change, SQL_REMOVE, false);
	(void)add(&change, SQL_CLEAR, false);
	err = run(&change);
	/* One of the last two has changed a row. */
	if (err == 0 && !change.v[change.n - 1].n && !change.v[change.n - 2].n)
		err = refuse(why, -E_NOENT, "there is no such reservation");
	arena_free(change.arena);
	return err;
}
