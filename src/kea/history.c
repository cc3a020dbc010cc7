/* SPDX-License-Identifier: MPL-2.0 */
/*
 * kea history: who had an address, or what a client had, from the lease file and its history (lease/archive.h). It
 * reads files and asks no server, so it also works while none runs, and on copies of the files.
 */
#include "base/clock.h"
#include "base/err.h"
#include "base/screen.h"
#include "base/vec.h"
#include "daemon/lease_text.h"
#include "json/read.h"
#include "json/value.h"
#include "kea/remote.h"
#include "lease/archive.h"
#include "lease/leftover.h"
#include "lease/tenure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FOUND_MAX 100000
#define TRIES 20 /* a cleanup adds a file while they are opened */

struct history {
	const struct cli *cli;
	struct tenure_query query;
	uint8_t id[LEASE_ID_MAX];
	int64_t at; /* -1: any time */
	int family; /* index; -1: not known yet */
	struct tenures *tenures;
	struct arena *arena; /* of what was found */
	VEC(struct tenure) found;
	bool is_cut, has_archives;
};

/* --- the question --- */

static int read_subject(struct history *h, const char *text)
{
	char addr[IP_TEXT_MAX];
	size_t len = strcspn(text, "/");
	int n;

	(void)snprintf(addr, sizeof(addr), "%.*s", (int)len, text);
	if (len < sizeof(addr) && ip_parse(addr, &h->query.addr) >= 0)
		return EXIT_OK;
	n = hex_to_bytes(text, strlen(text), h->id, sizeof(h->id));
	if (n <= 0)
		return cli_fail(EXIT_USAGE, "%s is neither an address nor an identifier of 1 to %zu hexadecimal bytes",
				text, sizeof(h->id));
	h->query.by_id = true;
	h->query.id = bytes_of(h->id, (size_t)n);
	return EXIT_OK;
}

static bool read_date(const char *text, int64_t *ret)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
					     "%Y-%m-%d %H:%M", "%Y-%m-%d" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, forms[i], &tm);

		if (end && (!*end || !strcmp(end, "Z"))) {
			*ret = *end ? timegm(&tm) : mktime(&tm);
			return *ret >= 0;
		}
	}
	return false;
}

static int read_at(struct history *h, const char *text, int64_t now)
{
	int64_t ago;
	char *end;

	h->at = -1;
	if (!text || read_date(text, &h->at))
		return EXIT_OK;
	errno = 0;
	h->at = strtoll(text, &end, 10);
	if (!errno && !*end && *text >= '0' && *text <= '9')
		return EXIT_OK;
	ago = cli_seconds(text);
	h->at = now - ago;
	return ago ? EXIT_OK
		   : cli_fail(EXIT_USAGE,
			      "--at: %s is not a time such as 2026-11-30T12:00:00, 2026-11-30T12:00:00Z or 2h", text);
}

/* --- the files --- */

/* Returns the lease file that the configuration names. */
static int find_file(const struct cli *cli, unsigned family, char **ret)
{
	const char *folder = getenv("KEA_DHCP_DATA_DIR"), *name, *type;
	struct json_object *map, *db;
	struct str path = { 0 };
	struct json_doc doc;
	int code = remote_read_config(cli, &family, &doc, &map);

	db = code == EXIT_OK ? json_member(map, "lease-database") : NULL;
	name = json_member_text(db, "name");
	type = json_member_text(db, "type");
	if (code == EXIT_OK && family == KEY_D2)
		code = cli_fail(EXIT_USAGE, "kea-dhcp-ddns has no leases");
	else if (code == EXIT_OK && type[0] && strcmp(type, "memfile") != 0)
		code = cli_fail(EXIT_USAGE, "the leases are in a database (%s), which has no history", type);
	if (code == EXIT_OK) {
		if (!strchr(name, '/'))
			str_addf(&path, "%s/", folder && *folder ? folder : KEA_STATE_DIR);
		str_add(&path, name[0] ? name : family == KEY_6 ? "kea-leases6.csv" : "kea-leases4.csv");
		*ret = path.text;
	}
	json_doc_done(&doc);
	return code;
}

/* False if it is not of the family of the others. */
static bool has_family(struct history *h, int family)
{
	if (h->family < 0)
		h->family = family;
	return family >= 0 && family == h->family;
}

static void read_source(struct history *h, const struct load_source *source)
{
	struct load_result res;
	char *why = NULL;
	int err = load_source(source, h->family, tenures_row, h->tenures, &res, &why);

	if (err < 0)
		(void)cli_fail(0, "%s", why ? why : source->path);
	else if (res.bad)
		(void)cli_fail(0, "%s: rows that are not valid are left out: %llu", source->path,
			       (unsigned long long)res.bad);
	free(why);
}

/* A header that cannot be read was read once more, for the reason. */
static void read_archive(struct history *h, const char *path)
{
	struct load_source source;
	char *why = NULL;
	struct archive *archive = archive_open(path, &source, &why);
	int family = archive ? load_family(&source) : -E_INVAL;

	archive_close(archive);
	archive = archive ? archive_open(path, &source, &why) : NULL;
	if (!archive && why)
		(void)cli_fail(0, "%s", why);
	else if (archive && !has_family(h, family))
		(void)cli_fail(0, "%s is not a lease file of this family, and is left out", path);
	else if (archive)
		read_source(h, &source);
	if (archive && archive_is_damaged(archive))
		(void)cli_fail(0, "%s is damaged or cut short: what follows in it is missing", path);
	archive_close(archive);
	free(why);
}

/*
 * Opens the files that follow the history. A cleanup may be adding one of them to it: then the list of the history is
 * another one afterwards.
 */
static int open_files(const char *path, struct archives *ret_archives, struct leftover *ret_leftover, int *ret_fd,
		      char **reterr)
{
	int err = -E_AGAIN;

	for (unsigned i = 0; err == -E_AGAIN && i < TRIES; i++) {
		struct archives after = { 0 };

		err = archives_find(path, ret_archives, reterr);
		if (err < 0)
			break;
		err = leftover_open(path, ret_leftover, reterr);
		if (err < 0)
			break;
		*ret_fd = load_open(path, reterr);
		err = *ret_fd < 0 && *ret_fd != -E_NOENT ? *ret_fd : archives_find(path, &after, reterr);
		if (err == 0 && !archives_equal(ret_archives, &after))
			err = -E_AGAIN;
		archives_free(&after);
		if (err == 0)
			return 0;
		if (*ret_fd >= 0)
			(void)close(*ret_fd);
		leftover_close(ret_leftover);
		archives_free(ret_archives);
	}
	return err;
}

static int read_files(struct history *h, const char *path)
{
	struct archives archives = { 0 };
	struct leftover leftover = { 0 };
	struct load_source file = { .path = path };
	char *why = NULL;
	int code = EXIT_OK;

	if (open_files(path, &archives, &leftover, &file.fd, &why) < 0) {
		archives_free(&archives);
		code = cli_fail(EXIT_UNREACHABLE, "%s", why ? why : "the files of the history keep changing");
		free(why);
		return code;
	}
	h->has_archives = archives.n;
	if (file.fd < 0 && !leftover.n && !archives.n)
		code = cli_fail(EXIT_UNREACHABLE, "%s: %s", path, strerror(ENOENT));
	for (unsigned i = 0; i < leftover.n; i++)
		(void)has_family(h, load_family(&leftover.v[i]));
	if (file.fd >= 0 && !has_family(h, load_family(&file)))
		code = cli_fail(EXIT_UNREACHABLE, "%s is not a lease file", path);
	for (size_t i = 0; code == EXIT_OK && i < archives.n; i++)
		read_archive(h, archives.paths[i]);
	for (unsigned i = 0; code == EXIT_OK && i < leftover.n; i++) {
		leftover.v[i].bad_path = NULL; /* nothing is written */
		read_source(h, &leftover.v[i]);
	}
	if (code == EXIT_OK && file.fd >= 0)
		read_source(h, &file);
	if (file.fd >= 0)
		(void)close(file.fd);
	leftover_close(&leftover);
	archives_free(&archives);
	return code;
}

/* --- the answer --- */

static void note(void *ctx, const struct tenure *tenure)
{
	struct history *h = ctx;
	struct tenure *found;

	if (h->at >= 0 && (h->at < tenure->from || h->at >= tenure->until))
		return;
	if (h->found.n == FOUND_MAX) {
		h->is_cut = true;
		return;
	}
	found = vec_push(&h->found);
	*found = *tenure;
	(void)lease_copy(h->arena, &tenure->lease, &found->lease);
}

static int by_time(const void *a, const void *b)
{
	const struct tenure *one = a, *other = b;

	if (one->from != other->from)
		return one->from < other->from ? -1 : 1;
	return ip_cmp(&one->lease.addr, &other->lease.addr);
}

static void add_time(struct str *out, int64_t sec)
{
	time_t t = (time_t)sec;
	char text[32];
	struct tm tm;

	if (sec == INT64_MAX)
		str_add(out, "never");
	else if (localtime_r(&t, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		str_add(out, text);
	else
		str_addf(out, "%lld", (long long)sec);
}

static void add_hex(struct str *out, struct bytes id)
{
	char hex[3 * LEASE_ID_MAX + 1];

	(void)bytes_to_hex(id, ':', hex, sizeof(hex));
	str_add(out, id.len ? hex : "-");
}

/* What a lease says of its state, where that is not the usual one. */
static const char *how_of(const struct tenure *t)
{
	if (t->lease.state == LEASE_DECLINED)
		return "unusable";
	return tenure_end_names[t->end];
}

static const struct column columns4[] = {
	{ .title = "FROM", .width = 19 },   { .title = "UNTIL", .width = 19 },
	{ .title = "CLIENT", .width = 17 }, { .title = "HOST NAME", .width = 9, .share = 1 },
	{ .title = "END", .width = 8 },
};
static const struct column columns6[] = {
	{ .title = "FROM", .width = 19 },
	{ .title = "UNTIL", .width = 19 },
	{ .title = "CLIENT", .width = 8, .share = 2 },
	{ .title = "HOST NAME", .width = 9, .share = 1 },
	{ .title = "END", .width = 8 },
};
static const struct column columns_id[] = {
	{ .title = "FROM", .width = 19 },    { .title = "UNTIL", .width = 19 },
	{ .title = "ADDRESS", .width = 15 }, { .title = "HOST NAME", .width = 9, .share = 1 },
	{ .title = "END", .width = 8 },
};
#define N_COLUMNS 5

static void print_row(const struct history *h, const struct table *table, const struct tenure *t)
{
	const struct lease *lease = &t->lease;
	struct str from = { 0 }, until = { 0 }, id = { 0 };
	char addr[PREFIX_TEXT_MAX];
	struct cell cells[N_COLUMNS] = { 0 };

	add_time(&from, t->from);
	add_time(&until, t->until);
	if (h->query.by_id)
		str_add(&id, lease_address_text(lease, addr));
	else
		add_hex(&id, lease->type == LEASE_V4 && lease->hwaddr.len ? lease->hwaddr : lease->client_id);
	cells[0].text = str_text(&from);
	cells[1].text = str_text(&until);
	cells[2].text = str_text(&id);
	cells[3].text = lease->hostname[0] ? lease->hostname : "-";
	cells[4].text = how_of(t);
	cells[4].color = t->end == TENURE_LASTS ? NULL : "2";
	table_row(table, cells);
	str_free(&from);
	str_free(&until);
	str_free(&id);
}

static void print_table(const struct history *h)
{
	struct table table;

	table_begin(&table, h->query.by_id ? columns_id : h->family ? columns6 : columns4, N_COLUMNS);
	for (size_t i = 0; i < h->found.n; i++)
		print_row(h, &table, &h->found.v[i]);
}

static void add_id(struct json_object *map, const char *name, struct bytes id)
{
	struct str hex = { 0 };

	add_hex(&hex, id);
	if (id.len)
		json_object_object_add(map, name, json_object_new_string(str_text(&hex)));
	str_free(&hex);
}

static struct json_object *json_of(const struct tenure *t)
{
	const struct lease *lease = &t->lease;
	struct json_object *map = json_object_new_object();
	char addr[IP_TEXT_MAX];

	json_object_object_add(map, "ip-address", json_object_new_string(ip_format(&lease->addr, addr)));
	if (lease->type != LEASE_V4) {
		json_object_object_add(map, "type", json_object_new_string(lease_type_words[lease->type]));
		json_object_object_add(map, "prefix-len", json_object_new_int(lease->prefix_len));
		json_object_object_add(map, "iaid", json_object_new_int64(lease->iaid));
	}
	add_id(map, "hw-address", lease->hwaddr);
	add_id(map, lease->type == LEASE_V4 ? "client-id" : "duid", lease->client_id);
	json_object_object_add(map, "hostname", json_object_new_string(lease->hostname));
	json_object_object_add(map, "subnet-id", json_object_new_int64(lease->subnet_id));
	json_object_object_add(map, "from", json_object_new_int64(t->from));
	json_object_object_add(map, "until", t->until == INT64_MAX ? NULL : json_object_new_int64(t->until));
	json_object_object_add(map, "renewals", json_object_new_int64(t->n_renewals));
	json_object_object_add(map, "end", json_object_new_string(how_of(t)));
	return map;
}

static int answer(struct history *h, const char *subject)
{
	if (h->found.n)
		qsort(h->found.v, h->found.n, sizeof(*h->found.v), by_time);
	if (h->cli->json) {
		struct json_object *list = json_object_new_array();

		for (size_t i = 0; i < h->found.n; i++)
			json_object_array_add(list, json_of(&h->found.v[i]));
		screen_print_json(list);
		json_object_put(list);
	} else if (h->found.n) {
		print_table(h);
	}
	if (h->is_cut)
		(void)cli_fail(0, "some are left out, there are too many: use --at");
	if (h->found.n)
		return EXIT_OK;
	if (h->cli->json)
		return EXIT_NOTHING;
	return cli_fail(EXIT_NOTHING, "nothing is known about %s%s%s", subject, h->at >= 0 ? " at that time" : "",
			h->has_archives ? ""
					: "; earlier changes are kept if \"history-size\" is set in "
					  "\"lease-database\"");
}

int run_history(struct cli *cli, char **words, unsigned n)
{
	int64_t now = clock_wall_sec();
	struct history h = { .cli = cli, .family = -1 };
	char *path = NULL;
	int code = EXIT_OK;

	if (n != 1)
		return cli_fail(EXIT_USAGE, "expected an address or an identifier, for example 192.0.2.10");
	if (cli->url || cli->socket)
		return cli_fail(EXIT_USAGE, "history reads the lease files of this host: use --file or --config");
	code = read_subject(&h, words[0]);
	if (code == EXIT_OK)
		code = read_at(&h, cli->at, now);
	if (code == EXIT_OK && cli->file)
		path = xstrdup(cli->file);
	else if (code == EXIT_OK)
		code = find_file(cli,
				 cli->family                              ? cli->family
				 : h.query.by_id || ip_is4(&h.query.addr) ? KEY_4
									  : KEY_6,
				 &path);
	if (code == EXIT_OK) {
		h.arena = arena_new(0);
		h.tenures = tenures_new(&h.query, now, note, &h);
		code = read_files(&h, path);
		h.is_cut |= tenures_end(h.tenures);
		if (code == EXIT_OK)
			code = answer(&h, words[0]);
		arena_free(h.arena);
		vec_free(&h.found);
	}
	free(path);
	return code;
}
