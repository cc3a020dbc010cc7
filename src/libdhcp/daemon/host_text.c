/* SPDX-License-Identifier: MPL-2.0 */
/* Reservations as JSON. Those of the file are in the configuration's text, those of databases are printed. */
#include "daemon/host_text.h"

#include "host/file.h"
#include "json/value.h"
#include "json/write.h"

#include <stdlib.h>

static void add_text(struct json_object *map, const char *key, const char *text)
{
	json_object_object_add(map, key, json_object_new_string(text));
}

static void add_hex(struct json_object *map, const char *key, struct bytes data, char separator)
{
	size_t size = 3 * data.len + 1;
	char *hex = xmalloc(size);

	(void)bytes_to_hex(data, separator, hex, size);
	add_text(map, key, hex);
	free(hex);
}

static void add_names(struct json_object *map, const char *key, const char *const *names, unsigned n)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < n; i++)
		json_object_array_add(list, json_object_new_string(names[i]));
	json_object_object_add(map, key, list);
}

static void add_context(struct json_object *map, const char *text)
{
	if (text[0])
		json_object_object_add(map, "user-context", json_parse(text, strlen(text)));
}

/* --- options --- */

static struct json_object *print_option(const struct config *cfg, const struct host_option *opt)
{
	const char *space = opt->space && opt->space[0] ? opt->space : dict_main_space(cfg->dict);
	const struct optdef *def = dict_by_code(cfg->dict, space, opt->code);
	struct json_object *map = json_object_new_object();

	json_object_object_add(map, "always-send", json_object_new_boolean(opt->always_send));
	if (opt->n_classes)
		add_names(map, "client-classes", opt->classes, opt->n_classes);
	json_object_object_add(map, "code", json_object_new_int(opt->code));
	json_object_object_add(map, "csv-format", json_object_new_boolean(opt->text != NULL));
	if (opt->text)
		add_text(map, "data", opt->text);
	else
		add_hex(map, "data", opt->data, 0);
	if (def)
		add_text(map, "name", def->name);
	json_object_object_add(map, "never-send", json_object_new_boolean(opt->never_send));
	add_text(map, "space", space);
	add_context(map, opt->user_context);
	return map;
}

static struct json_object *print_options(const struct config *cfg, const struct host_texts *texts)
{
	struct json_object *list = json_object_new_array();

	for (unsigned i = 0; i < texts->n_options; i++)
		json_object_array_add(list, print_option(cfg, &texts->options[i]));
	return list;
}

/* --- addresses --- */

static void print_places4(struct json_object *map, const struct host *host, const struct host_extra *extra)
{
	char text[IP_TEXT_MAX];

	if (host->n_places)
		add_text(map, "ip-address", ip_format(&host->places[0].prefix.addr, text));
	add_text(map, "boot-file-name", extra->boot_file);
	add_text(map, "next-server", ip_is4(&extra->next_server) ? ip_format(&extra->next_server, text) : "0.0.0.0");
	add_text(map, "server-hostname", extra->server_hostname);
}

static void print_places6(struct json_object *map, const struct host *host, const struct host_extra *extra)
{
	struct json_object *addresses = json_object_new_array(), *prefixes = json_object_new_array(),
			   *excluded = json_object_new_array();
	char text[PREFIX_TEXT_MAX];
	bool any_excluded = false;

	for (unsigned i = 0; i < host->n_places; i++) {
		const struct host_place *place = &host->places[i];
		const struct prefix *inner = extra->excluded ? &extra->excluded[i] : NULL;
		bool has_inner = place->sets_excluded && inner && inner->len;

		if (!place->is_delegated) {
			json_object_array_add(addresses, json_object_new_string(ip_format(&place->prefix.addr, text)));
			continue;
		}
		json_object_array_add(prefixes, json_object_new_string(prefix_format(&place->prefix, text)));
		json_object_array_add(excluded, json_object_new_string(has_inner ? prefix_format(inner, text) : ""));
		any_excluded |= has_inner;
	}
	json_object_object_add(map, "ip-addresses", addresses);
	json_object_object_add(map, "prefixes", prefixes);
	if (any_excluded)
		json_object_object_add(map, "excluded-prefixes", excluded);
	else
		json_object_put(excluded);
}

/* --- hosts --- */

struct json_object *host_to_json(const struct config *cfg, const struct host *host)
{
	static const struct host_texts no_texts = { .user_context = "" };
	static const struct host_extra no_extra = { .server_hostname = "", .boot_file = "", .texts = &no_texts };
	/* With something wrong in its rows, a host has nothing but its identifier and addresses. */
	const struct host_extra *extra = host->extra && host->extra->texts ? host->extra : &no_extra;
	struct json_object *map = json_object_new_object();

	add_names(map, "client-classes", extra->classes, extra->n_classes);
	add_text(map, "hostname", host->hostname);
	add_hex(map, host_id_rows[host->id.type].name, host->id.value, ':');
	if (cfg->family == KEY_6)
		print_places6(map, host, extra);
	else
		print_places4(map, host, extra);
	json_object_object_add(map, "option-data", print_options(cfg, extra->texts));
	json_object_object_add(map, "subnet-id", json_object_new_int64(host->subnet_id));
	add_context(map, extra->texts->user_context);
	return map;
}

static void print_host(struct str *out, const struct config *cfg, const struct host *host)
{
	struct json_object *map = host_to_json(cfg, host);

	json_write_all(map, out);
	json_object_put(map);
}

void host_add_json(struct str *out, const struct config *cfg, struct host_source *source, const struct host *host)
{
	if (!host_is_file(source)) {
		print_host(out, cfg, host);
		return;
	}
	(void)config_host_text(cfg, source, host, out);
	/* A map with an identifier at least; its end is " }". */
	out->len -= 2;
	str_addf(out, ", \"subnet-id\": %u }", host->subnet_id);
}
