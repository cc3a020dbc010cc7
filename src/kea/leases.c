/* SPDX-License-Identifier: MPL-2.0 */
/* kea leases: from a server, a page at a time, or from a lease file. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/progress.h"
#include "daemon/lease_text.h"
#include "json/value.h"
#include "kea/follow.h"
#include "kea/lease_list.h"
#include "kea/remote.h"
#include "lease/lastrow.h"
#include "lease/leftover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_PAGE 250 /* so that the first lines come at once */
#define PAGE 2000
#define ROWS_SHOWN 4096 /* after so many rows of a file the bar moves */

/* --- from a server --- */

static bool read_hex(struct arena *arena, struct json_object *map, const char *name, size_t max, struct bytes *ret)
{
	const char *text = json_member_text(map, name);
	uint8_t *buf = arena_alloc(arena, max);
	int n = text[0] ? hex_to_bytes(text, strlen(text), buf, max) : 0;

	*ret = bytes_of(buf, n > 0 ? (size_t)n : 0);
	return n >= 0;
}

static bool read_number(struct json_object *map, const char *name, uint32_t *ret)
{
	int64_t v = json_member_int(map, name, 0);

	*ret = (uint32_t)v;
	return v >= 0 && v <= UINT32_MAX;
}

static bool read_type(struct json_object *map, struct lease *lease)
{
	const char *word = json_member_text(map, "type");
	uint32_t len = 0;

	if (ip_is4(&lease->addr)) {
		lease->type = LEASE_V4;
		lease->prefix_len = 32;
		return true;
	}
	for (int i = 0; lease_type_words[i]; i++)
		if (!strcmp(word, lease_type_words[i]))
			lease->type = (enum lease_type)i;
	if (!read_number(map, "prefix-len", &len) || len > 128)
		return false;
	lease->prefix_len = lease->type == LEASE_PD ? (uint8_t)len : 128;
	return true;
}

/* False if it is not a lease. */
static bool read_lease(struct arena *arena, struct json_object *map, struct lease_item *ret)
{
	struct lease *lease = &ret->lease;
	uint32_t state;

	*ret = (struct lease_item){ .json = map };
	if (ip_parse(json_member_text(map, "ip-address"), &lease->addr) < 0 || !read_type(map, lease) ||
	    !read_hex(arena, map, "hw-address", LEASE_HWADDR_MAX, &lease->hwaddr) ||
	    !read_hex(arena, map, ip_is4(&lease->addr) ? "client-id" : "duid", LEASE_ID_MAX, &lease->client_id) ||
	    !read_number(map, "subnet-id", &lease->subnet_id) || !read_number(map, "pool-id", &lease->pool_id) ||
	    !read_number(map, "iaid", &lease->iaid) || !read_number(map, "valid-lft", &lease->valid) ||
	    !read_number(map, "state", &state) || state >= LEASE_STATE_N)
		return false;
	lease->state = (enum lease_state)state;
	lease->hostname = json_member_text(map, "hostname");
	lease->cltt = json_member_int(map, "cltt", 0);
	if (lease->cltt < 0 || lease->cltt > INT64_MAX / 2)
		return false;
	ret->expires_wall = lease->valid == LEASE_FOREVER ? INT64_MAX : lease->cltt + lease->valid;
	return true;
}

/*
 * Prints the leases of a response. *ret_last is the last address, *ret_n their number. Returns false with *ret_code set
 * if the response is not valid, or no more leases are wanted.
 */
static bool print_leases(struct lease_list *list, const struct reply *reply, struct ip *ret_last, size_t *ret_n,
			 int *ret_code)
{
	struct json_object *leases = json_member(reply->arguments, "leases");
	struct arena *arena = arena_new(0);
	bool goes_on = true;

	*ret_n = json_object_is_type(leases, json_type_array) ? json_object_array_length(leases) : 0;
	for (size_t i = 0; i < *ret_n && goes_on; i++) {
		struct lease_item item;

		if (!read_lease(arena, json_object_array_get_idx(leases, i), &item)) {
			*ret_code = cli_fail(EXIT_UNREACHABLE, "the response has an invalid lease");
			goes_on = false;
			break;
		}
		*ret_last = item.lease.addr;
		goes_on = lease_list_add(list, &item);
	}
	arena_free(arena);
	return goes_on;
}

static struct json_object *page_args(const char *from, unsigned limit)
{
	struct json_object *args = json_object_new_object();

	json_object_object_add(args, "from", json_object_new_string(from));
	json_object_object_add(args, "limit", json_object_new_int64(limit));
	return args;
}

/* How many leases the server has, for the bar of an export; 0: not known. */
static uint64_t count_leases(const struct lease_list *list, struct remote *remote)
{
	struct json_object *set, *columns, *rows, *row, *name;
	struct reply reply;
	uint64_t n = 0;

	if (isatty(STDOUT_FILENO) || !isatty(STDERR_FILENO) ||
	    remote_ask(remote, list->family == KEY_6 ? "stat-lease6-get" : "stat-lease4-get", NULL, &reply) != EXIT_OK)
		return 0;
	set = json_member(reply.arguments, "result-set");
	columns = json_member(set, "columns");
	rows = json_member(set, "rows");
	for (size_t i = 0; json_object_is_type(columns, json_type_array) && i < json_object_array_length(columns);
	     i++) {
		name = json_object_array_get_idx(columns, i);
		for (size_t k = 0; json_object_is_type(rows, json_type_array) && k < json_object_array_length(rows);
		     k++) {
			row = json_object_array_get_idx(rows, k);
			if (json_object_is_type(name, json_type_string) && json_object_is_type(row, json_type_array) &&
			    !strncmp(json_object_get_string(name), "assigned-", 9))
				n += json_object_get_uint64(json_object_array_get_idx(row, i));
		}
	}
	reply_done(&reply);
	return n;
}

/* All leases, a page at a time. */
static int list_pages(struct lease_list *list, struct remote *remote, const struct ip *after)
{
	const char *command = list->family == KEY_6 ? "lease6-get-page" : "lease4-get-page";
	struct ip last = after ? *after : list->family == KEY_6 ? ip_zero6 : ip_zero4, before = last;
	uint64_t total = count_leases(list, remote), done = 0;
	struct progress_bar bar = progress_begin("leases");
	unsigned limit = FIRST_PAGE;
	bool goes_on = true;
	int code = EXIT_OK;
	size_t n = limit;

	for (bool is_first = true; goes_on && n >= limit && code == EXIT_OK; is_first = false) {
		char from[IP_TEXT_MAX];
		struct reply reply;

		limit = is_first ? FIRST_PAGE : PAGE;
		if (!is_first && isatty(STDOUT_FILENO))
			(void)fflush(stdout);
		(void)ip_format(&last, from);
		code = remote_ask(remote, command, page_args(is_first && !after ? "start" : from, limit), &reply);
		if (code == EXIT_OK && reply.result != 0 && reply.result != 3)
			code = reply_code(&reply);
		n = 0;
		if (code == EXIT_OK)
			goes_on = print_leases(list, &reply, &last, &n, &code);
		reply_done(&reply);
		/* A server that repeats a page would repeat it for ever. */
		if (goes_on && code == EXIT_OK && n >= limit && ip_cmp(&last, &before) <= 0)
			code = cli_fail(EXIT_UNREACHABLE, "the server's pages are not in order of address");
		before = last;
		done += n;
		progress_show(&bar, done, total);
	}
	progress_hide(&bar);
	return code;
}

/* The leases of a client, which the server finds in an index. */
static int list_client(struct lease_list *list, struct remote *remote)
{
	bool is6 = list->family == KEY_6, by_id = list->client_id.len;
	struct json_object *args = json_object_new_object();
	struct reply reply;
	struct ip last;
	size_t n;
	int code;

	json_object_object_add(args,
			       !by_id ? "hw-address"
			       : is6  ? "duid"
				      : "client-id",
			       json_object_new_string(by_id ? list->cli->client_id : list->cli->hw_address));
	code = remote_ask(remote,
			  !by_id ? is6 ? "lease6-get-by-hw-address" : "lease4-get-by-hw-address"
			  : is6  ? "lease6-get-by-duid"
				 : "lease4-get-by-client-id",
			  args, &reply);
	if (code == EXIT_OK && reply.result != 0 && reply.result != 3)
		code = reply_code(&reply);
	else if (code == EXIT_OK)
		(void)print_leases(list, &reply, &last, &n, &code);
	reply_done(&reply);
	return code;
}

static int list_all(struct lease_list *list, struct remote *remote, const struct ip *after)
{
	if ((list->client_id.len || (list->hwaddr.len && list->family == KEY_4)) && !after)
		return list_client(list, remote);
	return list_pages(list, remote, after);
}

/* --- changes --- */

struct watching {
	struct lease_list *list;
	struct remote *remote;
	const struct ip *after; /* NULL: from the first one */
};

/* The server has subscribed this program: what changes from here on comes as events. */
static int list_first(void *ctx)
{
	struct watching *w = ctx;
	int code = list_all(w->list, w->remote, w->after);

	(void)fflush(stdout);
	return code;
}

static enum lease_state state_after(const char *event, enum lease_state state)
{
	if (!strcmp(event, "released") || !strcmp(event, "deleted"))
		return LEASE_RELEASED;
	if (!strcmp(event, "expired"))
		return LEASE_RECLAIMED;
	return !strcmp(event, "declined") ? LEASE_DECLINED : state;
}

static bool print_change(void *ctx, struct json_object *event, const char *text)
{
	struct watching *w = ctx;
	const char *name = json_member_text(event, "event");
	struct arena *arena;
	struct lease_item item;
	bool goes_on = true;

	(void)text;
	if (!strcmp(name, "lost"))
		(void)cli_fail(0, "some changes are lost: the server sends them faster than they can be printed");
	if (strncmp(name, "lease-", 6) != 0)
		return true;
	arena = arena_new(0);
	if (read_lease(arena, json_member(event, "lease"), &item)) {
		item.event = name + 6;
		item.lease.state = state_after(item.event, item.lease.state);
		w->list->now = clock_wall_sec();
		goes_on = lease_list_add(w->list, &item);
	}
	arena_free(arena);
	return fflush(stdout) == 0 && goes_on;
}

static int watch_server(struct lease_list *list, struct remote *remote, const struct ip *after)
{
	struct watching watching = { list, remote, after };
	struct follow follow = { .begin = list_first, .take = print_change, .ctx = &watching };

	return follow_events(remote, &follow);
}

static int list_server(struct lease_list *list)
{
	const struct cli *cli = list->cli;
	struct remote remote;
	struct ip after;
	int code;

	if (cli->after && ip_parse(cli->after, &after) < 0)
		return cli_fail(EXIT_USAGE, "--after: %s is not an address", cli->after);
	code = remote_open(cli, cli->after && !ip_is4(&after) ? KEY_6 : KEY_4, &remote);
	if (code != EXIT_OK)
		return code;
	list->family = remote.family;
	if (remote.family == KEY_D2)
		code = cli_fail(EXIT_USAGE, "kea-dhcp-ddns has no leases");
	else if (cli->after && ip_is4(&after) != (remote.family == KEY_4))
		code = cli_fail(EXIT_USAGE, "--after: %s is not an address of this server", cli->after);
	if (code == EXIT_OK) {
		lease_list_begin(list);
		if (cli->watch)
			code = watch_server(list, &remote, cli->after ? &after : NULL);
		else
			code = list_all(list, &remote, cli->after ? &after : NULL);
		if (code == EXIT_OK && !cli->watch)
			code = lease_list_end(list);
	}
	remote_close(&remote);
	return code;
}

/* --- from a file --- */

struct file_list {
	struct lease_list *list;
	struct lastrow last;
	uint32_t base; /* number of the rows of the files before this one */
	bool is_full, is_done;
	struct progress_bar bar;
	int fd;                  /* what is read */
	uint64_t done, in_total; /* bytes of the files before it; of all, read twice */
};

static void show(struct file_list *f, const struct lease_row *row)
{
	off_t at = row->line % ROWS_SHOWN || isatty(STDOUT_FILENO) ? 0 : lseek(f->fd, 0, SEEK_CUR);

	if (at > 0)
		progress_show(&f->bar, f->done + (uint64_t)at, f->in_total);
}

static void note_row(void *ctx, const struct lease_row *row)
{
	struct file_list *f = ctx;

	show(f, row);
	if (row->line > LASTROW_MAX - f->base)
		f->is_full = true;
	else
		lastrow_add(&f->last, &row->lease.addr, f->base + (uint32_t)row->line, row->deleted);
}

static void print_row(void *ctx, const struct lease_row *row)
{
	struct file_list *f = ctx;
	struct lease_item item = { .lease = row->lease };

	show(f, row);
	if (f->is_done || !lastrow_is_last(&f->last, f->base + row->line))
		return;
	item.expires_wall = row->lease.valid == LEASE_FOREVER ? INT64_MAX : row->expire_wall;
	f->is_done = !lease_list_add(f->list, &item);
}

/* Reads all files once. */
static int read_files(struct load_source *v, unsigned n, int family, load_row_fn *row, struct file_list *f,
		      char **reterr)
{
	int err = 0;

	f->base = 0;
	for (unsigned i = 0; i < n && err >= 0; i++) {
		struct load_result res;
		off_t at;

		if (lseek(v[i].fd, 0, SEEK_SET) < 0)
			return -E_SYS;
		f->fd = v[i].fd;
		err = load_source(&v[i], family, row, f, &res, reterr);
		at = lseek(v[i].fd, 0, SEEK_CUR);
		f->done += at > 0 ? (uint64_t)at : 0;
		if (err >= 0 && res.lines > LASTROW_MAX - f->base)
			f->is_full = true;
		if (err >= 0 && !f->is_full)
			f->base += (uint32_t)res.lines;
	}
	return err;
}

static int list_sources(struct lease_list *list, struct load_source *v, unsigned n, const char *path)
{
	struct file_list f = { .list = list, .bar = progress_begin("leases") };
	int family = -E_INVAL, code = EXIT_OK;
	char *why = NULL;

	for (unsigned i = n; i && family < 0; i--)
		family = load_family(&v[i - 1]);
	if (family < 0)
		return cli_fail(EXIT_UNREACHABLE, "%s is not a lease file", path);
	list->family = family ? KEY_6 : KEY_4;
	for (unsigned i = 0; i < n; i++) {
		struct stat st;

		f.in_total += fstat(v[i].fd, &st) < 0 ? 0 : 2 * (uint64_t)st.st_size;
	}
	lastrow_init(&f.last, family == 0);
	if (read_files(v, n, family, note_row, &f, &why) < 0 || f.is_full) {
		code = cli_fail(EXIT_UNREACHABLE, "%s: %s", path,
				f.is_full ? "too many rows"
				: why     ? why
					  : strerror(errno));
	} else {
		lease_list_begin(list);
		if (read_files(v, n, family, print_row, &f, &why) < 0)
			code = cli_fail(EXIT_UNREACHABLE, "%s: %s", path, why ? why : strerror(errno));
		else
			code = lease_list_end(list);
	}
	progress_hide(&f.bar);
	free(why);
	lastrow_done(&f.last);
	return code;
}

static int list_file(struct lease_list *list)
{
	const char *path = list->cli->file;
	struct load_source v[3];
	struct leftover leftover;
	char *why = NULL;
	unsigned n = 0;
	int fd, code;

	if (list->cli->after)
		return cli_fail(EXIT_USAGE, "--after: the leases of a file are in the order of their last change");
	if (leftover_open(path, &leftover, &why) < 0) {
		code = cli_fail(EXIT_UNREACHABLE, "%s", why ? why : path);
		free(why);
		return code;
	}
	for (; n < leftover.n; n++) {
		v[n] = leftover.v[n];
		v[n].bad_path = NULL; /* nothing is written */
	}
	fd = load_open(path, &why);
	if (fd >= 0)
		v[n++] = (struct load_source){ .fd = fd, .path = path };
	if (fd < 0 && fd != -E_NOENT)
		code = cli_fail(EXIT_UNREACHABLE, "%s", why ? why : path);
	else if (!n)
		code = cli_fail(EXIT_UNREACHABLE, "%s: %s", path, strerror(ENOENT));
	else
		code = list_sources(list, v, n, path);
	if (fd >= 0)
		(void)close(fd);
	leftover_close(&leftover);
	free(why);
	return code;
}

int run_leases(struct cli *cli, char **words, unsigned n)
{
	struct lease_list list;
	int code = lease_list_init(&list, cli);

	if (n)
		return cli_fail(EXIT_USAGE, "unexpected argument %s", words[0]);
	if (code != EXIT_OK)
		return code;
	if (cli->watch && cli->file)
		return cli_fail(EXIT_USAGE, "--watch is not an option with --file");
	return cli->file ? list_file(&list) : list_server(&list);
}
