/* SPDX-License-Identifier: MPL-2.0 */
/*
 * "boot": what clients boot, by their kind. Each entry becomes a class, with a test for this kind of client, that sets
 * the file; subnets evaluate those of the block in effect for them once the client has its lease. The classes are
 * written as configuration, so --print-config --kea prints them as they are. RFC 4578, RFC 5970, RFC 3004.
 */
#include "root/config_build.h"

#define NAME_PREFIX "boot-"
#define HTTP_CLASS "HTTPClient" /* UEFI specification 24.7.3 */

enum boot_use { BOOT_FILE, BOOT_HTTP, BOOT_IPXE };

static const struct boot_row {
	const char *key;
	size_t offset; /* of its entry in struct boot_conf */
	enum boot_use use;
	const char *test4, *test6;
} rows[] = {
	{ "ipxe", offsetof(struct boot_conf, ipxe), BOOT_IPXE, "option[77].hex == 'iPXE'",
	  "substring(option[15].hex, 2, 4) == 'iPXE'" },
	{ "http", offsetof(struct boot_conf, http), BOOT_HTTP, "substring(option[60].hex, 0, 10) == '" HTTP_CLASS "'",
	  "substring(option[16].hex, 6, 10) == '" HTTP_CLASS "'" },
	/* IANA, Processor Architecture Types. The first one that the client names is the one it prefers. */
	{ "bios", offsetof(struct boot_conf, bios), BOOT_FILE, "substring(option[93].hex, 0, 2) == 0x0000",
	  "substring(option[61].hex, 0, 2) == 0x0000" },
	{ "efi32", offsetof(struct boot_conf, efi32), BOOT_FILE, "substring(option[93].hex, 0, 2) == 0x0006",
	  "substring(option[61].hex, 0, 2) == 0x0006" },
	/* RFC 4578 has 7 and 9 reversed; some firmware follows it. */
	{ "efi64", offsetof(struct boot_conf, efi64), BOOT_FILE,
	  "(substring(option[93].hex, 0, 2) == 0x0007 or substring(option[93].hex, 0, 2) == 0x0009)",
	  "(substring(option[61].hex, 0, 2) == 0x0007 or substring(option[61].hex, 0, 2) == 0x0009)" },
	{ "arm64", offsetof(struct boot_conf, arm64), BOOT_FILE, "substring(option[93].hex, 0, 2) == 0x000b",
	  "substring(option[61].hex, 0, 2) == 0x000b" },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *test_of(const struct build *b, const struct boot_row *row)
{
	return b->cfg->family == KEY_6 ? row->test6 : row->test4;
}

static const struct boot_entry_conf *entry_of(const struct boot_conf *boot, const struct boot_row *row)
{
	const struct boot_entry_conf *entry;

	memcpy(&entry, (const char *)boot + row->offset, sizeof(entry));
	return conf_marked(&boot->node, row->offset, CONF_MARK_SET) ? entry : NULL;
}

/* --- entries ---------------------------------------------------------------------- */

static bool is_http(const char *url)
{
	return !strncmp(url, "http://", 7) || !strncmp(url, "https://", 8);
}

static bool check_server(struct build *b, const struct boot_row *row, const struct boot_entry_conf *entry)
{
	struct pos pos = conf_pos(&entry->node, "server");
	struct ip ip;
	bool is_ip;

	if (!CONF_SET(entry, server))
		return !CONF_BAD(entry, server);
	is_ip = ip_parse(entry->server, &ip) == 0;
	if (CONF_SET(entry, url))
		diag_error(b->diag, pos, "\"server\" of \"%s\" is for \"file\"; the URL has its own", row->key);
	else if (b->cfg->family == KEY_4 && (!is_ip || !ip_is4(&ip)))
		diag_error(b->diag, pos, "\"server\": \"%s\" is not an IPv4 address", entry->server);
	else if (b->cfg->family == KEY_6 && ((is_ip && ip_is4(&ip)) || !entry->server[0]))
		diag_error(b->diag, pos, "\"server\": \"%s\" is not an IPv6 address or a name", entry->server);
	else
		return true;
	return false;
}

/* Reports what is wrong with an entry; then it has no class. */
static bool check_entry(struct build *b, const struct boot_row *row, const struct boot_entry_conf *entry)
{
	bool has_file = CONF_SET(entry, file), has_url = CONF_SET(entry, url), is_v6 = b->cfg->family == KEY_6;

	if (CONF_BAD(entry, file) || CONF_BAD(entry, url))
		return false;
	if (!check_server(b, row, entry))
		return false;
	if (has_file && has_url)
		diag_error(b->diag, conf_pos(&entry->node, "url"), "\"%s\" has both \"file\" and \"url\"", row->key);
	else if (!has_file && !has_url)
		diag_error(b->diag, conf_pos(&entry->node, NULL), "\"%s\" has neither \"file\" nor \"url\"", row->key);
	else if (has_file ? !entry->file[0] : !strstr(entry->url, "://"))
		diag_error(b->diag, conf_pos(&entry->node, has_file ? "file" : "url"), "\"%s\" of \"%s\" is \"%s\": %s",
			   has_file ? "file" : "url", row->key, has_file ? "" : entry->url,
			   has_file ? "expected a path" : "expected a URL");
	else if (row->use == BOOT_HTTP && (has_file || !is_http(entry->url)))
		diag_error(b->diag, conf_pos(&entry->node, has_file ? "file" : "url"),
			   "\"http\" needs a \"url\" that begins with http:// or https://");
	else if (row->use == BOOT_FILE && has_url && !is_v6)
		diag_error(b->diag, conf_pos(&entry->node, "url"),
			   "\"%s\" needs a \"file\" and its \"server\": PXE clients do not load a URL", row->key);
	else if (is_v6 && has_file && !CONF_SET(entry, server))
		diag_error(b->diag, conf_pos(&entry->node, "file"), "the \"file\" of \"%s\" needs a \"server\"",
			   row->key);
	else
		return true;
	return false;
}

/* --- classes ----------------------------------------------------------------------- */

static void add(struct json_object *map, const char *key, const char *text)
{
	json_object_object_add(map, key, json_object_new_string(text));
}

static struct json_object *option(const char *name, const char *data, bool always)
{
	struct json_object *map = json_object_new_object();

	add(map, "name", name);
	add(map, "data", data);
	if (always)
		json_object_object_add(map, "always-send", json_object_new_boolean(true));
	return map;
}

static void add_url6(struct build *b, struct json_object *options, const struct boot_entry_conf *entry)
{
	bool is_literal = CONF_SET(entry, server) && strchr(entry->server, ':');
	const char *url = entry->url;

	if (CONF_SET(entry, file))
		url = arena_printf(b->cfg->arena, "tftp://%s%s%s%s%s", is_literal ? "[" : "", entry->server,
				   is_literal ? "]" : "", entry->file[0] == '/' ? "" : "/", entry->file);
	json_object_array_add(options, option("bootfile-url", url, false));
}

/* The file or URL is in the header if it fits there. */
static void add_file4(struct json_object *class, struct json_object *options, const struct boot_entry_conf *entry)
{
	const char *file = CONF_SET(entry, url) ? entry->url : entry->file;

	if (CONF_SET(entry, server))
		add(class, "next-server", entry->server);
	if (strlen(file) < BOOT_FILE_FIELD)
		add(class, "boot-file-name", file);
	else
		json_object_array_add(options, option("boot-file-name", file, true));
}

/* UEFI firmware ignores responses without its own vendor class. */
static void add_http_class(struct build *b, struct json_object *options)
{
	struct json_object *map;

	if (b->cfg->family == KEY_4) {
		json_object_array_add(options, option("vendor-class-identifier", HTTP_CLASS, true));
		return;
	}
	/* Enterprise 343, and the length of the text. */
	map = option("vendor-class", "00000157000a48545450436c69656e74", true);
	json_object_object_add(map, "csv-format", json_object_new_boolean(false));
	json_object_array_add(options, map);
}

static struct json_object *class_of(struct build *b, const char *name, const struct boot_conf *boot,
				    const struct boot_row *row, const struct boot_entry_conf *entry)
{
	struct json_object *class = json_object_new_object(), *options = json_object_new_array();
	const char *test = test_of(b, row);

	/* iPXE is started by one of the others and names the same architecture. */
	if (row != rows && entry_of(boot, rows))
		test = arena_printf(b->cfg->arena, "%s and not (%s)", test, test_of(b, rows));
	add(class, "name", name);
	add(class, "test", test);
	json_object_object_add(class, "only-in-additional-list", json_object_new_boolean(true));
	if (b->cfg->family == KEY_6)
		add_url6(b, options, entry);
	else
		add_file4(class, options, entry);
	if (row->use == BOOT_HTTP)
		add_http_class(b, options);
	if (json_object_array_length(options))
		json_object_object_add(class, "option-data", options);
	else
		json_object_put(options);
	return class;
}

/* --- blocks ------------------------------------------------------------------------- */

static bool is_taken(struct build *b, const char *name, struct pos pos)
{
	const struct client_class_conf *confs = b->root->client_classes.v;
	unsigned i;

	for (i = 0; i < b->root->client_classes.n; i++)
		if (CONF_SET(&confs[i], name) && !strcmp(confs[i].name, name)) {
			diag_error(b->diag, conf_pos(&confs[i].node, "name"),
				   "class \"%s\" has the name of a class that \"boot\" creates", name);
			diag_note(b->diag, pos, "\"boot\" is here");
			return true;
		}
	return false;
}

/* Appends its classes to the list. `scope` is in their names, "" for the global block. */
static void expand(struct build *b, struct boot_conf *boot, const char *scope, struct json_object *list)
{
	struct pos pos = conf_pos(&boot->node, NULL);
	size_t i;

	boot->classes.v = arena_new_array(b->cfg->arena, const char *, N_ROWS);
	boot->classes.pos = arena_new_array(b->cfg->arena, struct pos, N_ROWS);
	for (i = 0; i < N_ROWS; i++) {
		const struct boot_entry_conf *entry = entry_of(boot, &rows[i]);
		const char *name;

		if (!entry || !check_entry(b, &rows[i], entry))
			continue;
		name = arena_printf(b->cfg->arena, NAME_PREFIX "%s%s%s", scope, scope[0] ? "-" : "", rows[i].key);
		if (is_taken(b, name, pos))
			continue;
		json_object_array_add(list, class_of(b, name, boot, &rows[i], entry));
		boot->classes.pos[boot->classes.n] = pos;
		boot->classes.v[boot->classes.n++] = name;
	}
}

static void expand_subnets(struct build *b, const struct conf_list *subnets, struct json_object *list)
{
	const struct subnet_conf *confs = subnets->v;
	unsigned i;

	for (i = 0; i < subnets->n; i++)
		if (CONF_SET(&confs[i], net.boot))
			expand(b, confs[i].net.boot, confs[i].subnet ? confs[i].subnet : "", list);
}

static void read_classes(struct build *b, struct json_object *list)
{
	const struct conf_reader rd = {
		.diag = b->diag, .all = all_scopes, .family = b->cfg->family, .arena = b->cfg->arena
	};
	size_t n = json_object_array_length(list), i;
	struct conf_list *all = &b->classes;
	struct client_class_conf *v = arena_new_array(b->cfg->arena, struct client_class_conf, all->n + n);

	if (all->n)
		memcpy(v, all->v, all->n * sizeof(*v));
	for (i = 0; i < n; i++, all->n++) {
		(void)conf_read(&rd, &client_class_scope, json_object_array_get_idx(list, i), &v[all->n]);
		v[all->n].is_of_boot = true;
	}
	all->v = v;
}

void expand_boot(struct build *b)
{
	const struct shared_network_conf *nets = b->root->shared_networks.v;
	struct json_object *list = json_object_new_array();
	unsigned i;

	b->classes = b->root->client_classes;
	if (b->root->net.boot)
		expand(b, b->root->net.boot, "", list);
	for (i = 0; i < b->root->shared_networks.n; i++) {
		if (CONF_SET(&nets[i], net.boot))
			expand(b, nets[i].net.boot, nets[i].name ? nets[i].name : "", list);
		expand_subnets(b, &nets[i].subnets, list);
	}
	expand_subnets(b, &b->root->subnets, list);
	if (json_object_array_length(list))
		read_classes(b, list);
	b->cfg->boot_classes = list;
}

void build_boot(struct build *b, const struct conf_strings *own, const struct boot_conf *boot, struct class_refs *ret)
{
	unsigned n = own->n, n_boot = boot ? boot->classes.n : 0;
	struct conf_strings all = { .n = n + n_boot };

	if (!n_boot) {
		build_additional(b, own, ret);
		return;
	}
	all.v = arena_new_array(b->cfg->arena, const char *, all.n);
	all.pos = arena_new_array(b->cfg->arena, struct pos, all.n);
	if (n) {
		memcpy(all.v, own->v, n * sizeof(*all.v));
		memcpy(all.pos, own->pos, n * sizeof(*all.pos));
	}
	memcpy(all.v + n, boot->classes.v, n_boot * sizeof(*all.v));
	memcpy(all.pos + n, boot->classes.pos, n_boot * sizeof(*all.pos));
	build_additional(b, &all, ret);
}
