/* SPDX-License-Identifier: MPL-2.0 */
/* kea pools: how full subnets and pools are, from statistic-get-all, and how long they will last. */
#include "kea/pools.h"

#include "base/arena.h"
#include "base/screen.h"
#include "base/vec.h"
#include "json/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What is counted: the names of the statistics in both families. */
static const struct unit {
	const char *total, *assigned, *declined, *what, *pool;
} units[] = {
	{ "total-addresses", "assigned-addresses", "declined-addresses", "addresses", "pool" },
	{ "total-nas", "assigned-nas", "declined-addresses", "addresses", "pool" },
	{ "total-pds", "assigned-pds", "", "prefixes", "pd-pool" },
};
#define N_UNITS (sizeof(units) / sizeof(units[0]))

/* A subnet or pool and one unit of it. */
struct use {
	uint32_t subnet_id;
	int64_t pool_id; /* -1: the subnet */
	const struct unit *unit;
	double total, assigned, declined;
	double before, before_at; /* an earlier number of assigned ones, and when; before_at 0: unknown */
	const char *prefix;       /* borrowed; NULL */
};

struct uses {
	VEC(struct use) v;
	struct json_object *stats;   /* the response's map */
	struct json_object *subnets; /* a list; NULL: not available */
	double now;
};

/* --- the statistics --- */

/* "2026-11-29 22:57:00.123456" in the server's time zone: seconds from some day on; negative if it is no time. */
static double read_stamp(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);

	return rest ? (double)timegm(&tm) + strtod(*rest == '.' ? rest : "", NULL) : -1;
}

/* A sample: [ value, time ]. The value may be larger than 64 bits. */
static bool read_sample(struct json_object *list, size_t i, double *ret_value, double *ret_at)
{
	struct json_object *pair =
		json_object_is_type(list, json_type_array) ? json_object_array_get_idx(list, i) : NULL;
	struct json_object *value, *at;

	if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) < 2)
		return false;
	value = json_object_array_get_idx(pair, 0);
	at = json_object_array_get_idx(pair, 1);
	if (!json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double))
		return false;
	*ret_value = json_object_is_type(value, json_type_int) && json_object_get_int64(value) == INT64_MAX
			     ? (double)json_object_get_uint64(value)
			     : json_object_get_double(value);
	*ret_at = json_object_is_type(at, json_type_string) ? read_stamp(json_object_get_string(at)) : -1;
	return *ret_value >= 0;
}

static struct json_object *find_stat(const struct uses *uses, const struct use *use, const char *name)
{
	char text[128];

	if (use->pool_id < 0)
		(void)snprintf(text, sizeof(text), "subnet[%u].%s", use->subnet_id, name);
	else
		(void)snprintf(text, sizeof(text), "subnet[%u].%s[%lld].%s", use->subnet_id, use->unit->pool,
			       (long long)use->pool_id, name);
	return json_member(uses->stats, text);
}

static void fill(struct uses *uses, struct use *use)
{
	struct json_object *assigned = find_stat(uses, use, use->unit->assigned);
	double at = 0, ignored;
	size_t n;

	(void)read_sample(assigned, 0, &use->assigned, &at);
	(void)read_sample(find_stat(uses, use, use->unit->declined), 0, &use->declined, &ignored);
	if (at > uses->now)
		uses->now = at;
	n = json_object_is_type(assigned, json_type_array) ? json_object_array_length(assigned) : 0;
	if (n > 1 && (!read_sample(assigned, n - 1, &use->before, &use->before_at) || use->before_at < 0))
		use->before_at = 0;
}

/* Adds what the name of a total says: "subnet[7].pool[1].total-addresses". */
static void add_use(struct uses *uses, const char *name, struct json_object *value)
{
	struct use use = { .pool_id = -1 };
	const char *rest;
	char *end;
	double at;

	if (strncmp(name, "subnet[", 7) != 0)
		return;
	use.subnet_id = (uint32_t)strtoul(name + 7, &end, 10);
	if (strncmp(end, "].", 2) != 0)
		return;
	rest = end + 2;
	for (size_t i = 0; i < N_UNITS && !use.unit; i++) {
		size_t len = strlen(units[i].pool);

		if (!strcmp(rest, units[i].total)) {
			use.unit = &units[i];
		} else if (strncmp(rest, units[i].pool, len) == 0 && rest[len] == '[') {
			use.pool_id = (int64_t)strtoul(rest + len + 1, &end, 10);
			if (strncmp(end, "].", 2) == 0 && !strcmp(end + 2, units[i].total))
				use.unit = &units[i];
			else
				use.pool_id = -1;
		}
	}
	if (!use.unit || !read_sample(value, 0, &use.total, &at) || use.total <= 0)
		return;
	fill(uses, &use);
	*vec_push(&uses->v) = use;
}

static int compare(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->subnet_id != y->subnet_id)
		return x->subnet_id < y->subnet_id ? -1 : 1;
	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return (x->pool_id > y->pool_id) - (x->pool_id < y->pool_id);
}

static int by_id(const void *a, const void *b)
{
	int64_t x = json_member_int(*(struct json_object *const *)a, "id", 0);
	int64_t y = json_member_int(*(struct json_object *const *)b, "id", 0);

	return (x > y) - (x < y);
}

/* A pool that is the only one of its subnet says nothing more than the subnet. */
static void drop_single_pools(struct uses *uses)
{
	size_t n = 0;

	for (size_t i = 0; i < uses->v.n; i++) {
		const struct use *use = &uses->v.v[i], *next = i + 1 < uses->v.n ? use + 1 : NULL;
		bool is_pool = use->pool_id >= 0;
		bool has_sibling = next && next->subnet_id == use->subnet_id && next->unit == use->unit;
		bool follows_pool = n && uses->v.v[n - 1].subnet_id == use->subnet_id &&
				    uses->v.v[n - 1].unit == use->unit && uses->v.v[n - 1].pool_id >= 0;

		if (!is_pool || has_sibling || follows_pool)
			uses->v.v[n++] = *use;
	}
	uses->v.n = n;
}

static void set_prefixes(struct uses *uses)
{
	struct json_object *subnet = NULL;
	size_t n, at = 0;

	if (!json_object_is_type(uses->subnets, json_type_array))
		return;
	json_object_array_sort(uses->subnets, by_id);
	n = json_object_array_length(uses->subnets);
	for (size_t i = 0; i < uses->v.n; i++) {
		struct use *use = &uses->v.v[i];

		for (; at < n; at++) {
			subnet = json_object_array_get_idx(uses->subnets, at);
			if (json_member_int(subnet, "id", 0) >= use->subnet_id)
				break;
		}
		use->prefix = at < n && json_member_int(subnet, "id", 0) == use->subnet_id
				      ? json_member_text(subnet, "subnet")
				      : NULL;
	}
}

static void take_stats(struct uses *uses, struct json_object *stats)
{
	uses->stats = json_object_get(stats);
	json_object_object_foreach(uses->stats, name, value) add_use(uses, name, value);
	if (uses->v.n)
		qsort(uses->v.v, uses->v.n, sizeof(*uses->v.v), compare);
	drop_single_pools(uses);
}

/* Reads the statistics into an empty uses. */
static int read_stats(struct remote *remote, struct uses *uses)
{
	struct reply reply;
	int code = remote_ask(remote, "statistic-get-all", NULL, &reply);

	if (code == EXIT_OK && reply.result != 0)
		code = reply_code(&reply);
	if (code == EXIT_OK && json_object_is_type(reply.arguments, json_type_object))
		take_stats(uses, reply.arguments);
	reply_done(&reply);
	return code;
}

static void add_subnets(struct json_object *list, struct json_object *from)
{
	for (size_t i = 0; json_object_is_type(from, json_type_array) && i < json_object_array_length(from); i++)
		json_object_array_add(list, json_object_get(json_object_array_get_idx(from, i)));
}

/* The subnets of the configuration, also those in shared networks. */
static struct json_object *subnets_of(struct json_object *config, bool is6)
{
	struct json_object *map = json_member(config, is6 ? "Dhcp6" : "Dhcp4"),
			   *networks = json_member(map, "shared-networks");
	struct json_object *list = json_object_new_array();
	const char *name = is6 ? "subnet6" : "subnet4";

	add_subnets(list, json_member(map, name));
	for (size_t i = 0; json_object_is_type(networks, json_type_array) && i < json_object_array_length(networks);
	     i++)
		add_subnets(list, json_member(json_object_array_get_idx(networks, i), name));
	return list;
}

/* The prefixes of subnets; not every server has the command that lists them. */
static int read_subnets(struct remote *remote, struct uses *uses)
{
	bool is6 = remote->family == KEY_6;
	struct reply reply;
	int code = remote_ask(remote, is6 ? "subnet6-list" : "subnet4-list", NULL, &reply);

	if (code == EXIT_OK && reply.result == 0) {
		uses->subnets = json_object_get(json_member(reply.arguments, "subnets"));
	} else if (code == EXIT_OK) {
		reply_done(&reply);
		code = remote_ask(remote, "config-get", NULL, &reply);
		if (code == EXIT_OK && reply.result == 0)
			uses->subnets = subnets_of(reply.arguments, is6);
	}
	reply_done(&reply);
	set_prefixes(uses);
	return code;
}

static void forget(struct uses *uses)
{
	json_object_put(uses->stats);
	json_object_put(uses->subnets);
	vec_free(&uses->v);
	*uses = (struct uses){ 0 };
}

/* Takes what an earlier reading said as the beginning of the period. */
static void compare_with(struct uses *uses, const struct uses *old, double seconds)
{
	for (size_t i = 0, k = 0; i < uses->v.n; i++) {
		struct use *use = &uses->v.v[i];

		while (k < old->v.n && compare(&old->v.v[k], use) < 0)
			k++;
		use->before_at = 0;
		if (k == old->v.n || compare(&old->v.v[k], use) != 0)
			continue;
		use->before = old->v.v[k].assigned;
		use->before_at = uses->now - seconds;
	}
}

/* --- the output --- */

static double percent(const struct use *use)
{
	double v = 100 * use->assigned / use->total;

	return v > 100 ? 100 : v;
}

/* Seconds until nothing is free, if it goes on like this; negative: unknown, or never. */
static double time_left(const struct uses *uses, const struct use *use)
{
	double grown = use->assigned - use->before, seconds = uses->now - use->before_at;

	if (use->assigned >= use->total)
		return 0;
	return use->before_at > 0 && grown > 0 && seconds > 0 ? (use->total - use->assigned) * seconds / grown : -1;
}

/* At most 7 characters. */
static void add_count(struct str *out, double v)
{
	static const char letters[] = "kMGTPE";
	unsigned i = 0;

	if (v < 1e7) {
		str_addf(out, "%.0f", v);
		return;
	}
	if (v >= 1e21) {
		str_addf(out, "%.0e", v);
		return;
	}
	for (v /= 1000; v >= 1000 && letters[i + 1]; v /= 1000)
		i++;
	str_addf(out, v < 100 ? "%.1f%c" : "%.0f%c", v, letters[i]);
}

static void add_time(struct str *out, double sec)
{
	if (sec < 0)
		str_add(out, "-");
	else if (sec == 0)
		str_add(out, "full");
	else if (sec < 3600)
		str_addf(out, "%.0fm", sec / 60 < 1 ? 1 : sec / 60);
	else if (sec < 172800)
		str_addf(out, "%.0fh", sec / 3600);
	else if (sec < 86400.0 * 10000)
		str_addf(out, "%.0fd", sec / 86400);
	else
		str_add(out, "-");
}

#define BAR 10

static void add_bar(struct str *out, double part)
{
	bool is_utf8 = screen_is_utf8();
	int n = (int)(part * BAR / 100 + 0.5);

	if (part > 0 && !n)
		n = 1;
	if (part < 100 && n == BAR)
		n = BAR - 1;
	for (int i = 0; i < BAR; i++)
		str_add(out, i < n ? is_utf8 ? "█" : "#" : is_utf8 ? "░" : ".");
}

static const struct column columns[] = {
	{ .title = "SUBNET", .width = 16, .share = 1 },
	{ .title = "ID", .width = 5, .is_right = true },
	{ .title = "", .width = BAR },
	{ .title = "USE", .width = 6, .is_right = true },
	{ .title = "IN USE", .width = 7, .is_right = true },
	{ .title = "TOTAL", .width = 7, .is_right = true },
	{ .title = "DECLINED", .width = 8, .is_right = true },
	{ .title = "FULL IN", .width = 7, .is_right = true },
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *color_of(const struct cli *cli, const struct use *use)
{
	double critical = cli->critical ? cli->critical : 95, warning = cli->warning ? cli->warning : 80;

	return percent(use) >= critical ? "31" : percent(use) >= warning ? "33" : "32";
}

static void print_use(const struct cli *cli, const struct table *table, const struct uses *uses, const struct use *use)
{
	struct str texts[N_COLUMNS] = { 0 };
	struct cell cells[N_COLUMNS];

	if (use->pool_id >= 0)
		str_addf(&texts[0], "  %s %lld", use->unit->pool, (long long)use->pool_id);
	else
		str_addf(&texts[0], "%s%s", use->prefix ? use->prefix : "-",
			 use->unit == &units[N_UNITS - 1] ? " prefixes" : "");
	str_addf(&texts[1], "%u", use->subnet_id);
	add_bar(&texts[2], percent(use));
	str_addf(&texts[3], "%.1f%%", percent(use));
	add_count(&texts[4], use->assigned);
	add_count(&texts[5], use->total);
	add_count(&texts[6], use->declined);
	add_time(&texts[7], time_left(uses, use));
	for (unsigned i = 0; i < N_COLUMNS; i++)
		cells[i] = (struct cell){ str_text(&texts[i]), i == 2 || i == 3 ? color_of(cli, use) : NULL };
	table_row(table, cells);
	for (unsigned i = 0; i < N_COLUMNS; i++)
		str_free(&texts[i]);
}

static bool is_wanted(const struct cli *cli, const struct use *use)
{
	return !cli->subnet || use->subnet_id == cli->subnet;
}

static void print_table(const struct cli *cli, const struct uses *uses)
{
	struct table table;

	table_begin(&table, columns, N_COLUMNS);
	for (size_t i = 0; i < uses->v.n; i++)
		if (is_wanted(cli, &uses->v.v[i]))
			print_use(cli, &table, uses, &uses->v.v[i]);
}

static struct json_object *to_json(const struct cli *cli, const struct uses *uses)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < uses->v.n; i++) {
		const struct use *use = &uses->v.v[i];
		struct json_object *map;
		double left = time_left(uses, use);

		if (!is_wanted(cli, use))
			continue;
		map = json_object_new_object();
		json_object_object_add(map, "subnet-id", json_object_new_int64(use->subnet_id));
		if (use->prefix)
			json_object_object_add(map, "subnet", json_object_new_string(use->prefix));
		if (use->pool_id >= 0)
			json_object_object_add(map, "pool-id", json_object_new_int64(use->pool_id));
		json_object_object_add(map, "of", json_object_new_string(use->unit->what));
		json_object_object_add(map, "total", json_object_new_double(use->total));
		json_object_object_add(map, "assigned", json_object_new_double(use->assigned));
		json_object_object_add(map, "declined", json_object_new_double(use->declined));
		json_object_object_add(map, "percent", json_object_new_double(percent(use)));
		if (left >= 0)
			json_object_object_add(map, "full-in", json_object_new_int64((int64_t)left));
		json_object_array_add(list, map);
	}
	return list;
}

static void print_json(const struct cli *cli, const struct uses *uses)
{
	struct json_object *list = to_json(cli, uses);

	screen_print_json(list);
	json_object_put(list);
}

/* One line, and for each subnet or pool its performance data. */
static void print_nagios(const struct cli *cli, const struct uses *uses, int code, size_t n_over,
			 const struct use *worst)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	size_t n = 0;

	printf("DHCP %s - ", words[code]);
	if (n_over)
		printf("%zu over the limit, ", n_over);
	if (worst)
		printf("subnet %u is in use to %.1f%% |", worst->subnet_id, percent(worst));
	for (size_t i = 0; i < uses->v.n; i++) {
		const struct use *use = &uses->v.v[i];
		char limits[2][16] = { "", "" };

		if (!is_wanted(cli, use) || use->pool_id >= 0 || n++ >= 1000)
			continue;
		if (cli->warning)
			(void)snprintf(limits[0], sizeof(limits[0]), "%u", cli->warning);
		if (cli->critical)
			(void)snprintf(limits[1], sizeof(limits[1]), "%u", cli->critical);
		printf(" 'subnet %u %s'=%.1f%%;%s;%s;0;100", use->subnet_id, use->unit->what, percent(use), limits[0],
		       limits[1]);
	}
	printf("\n");
}

/* Nagios: 0 ok, 1 warning, 2 critical, 3 unknown; without limits EXIT_OK. */
static int judge(const struct cli *cli, const struct uses *uses, size_t *ret_over, const struct use **ret_worst)
{
	int code = 0;

	for (size_t i = 0; i < uses->v.n; i++) {
		const struct use *use = &uses->v.v[i];
		int is = cli->critical && percent(use) >= cli->critical ? 2
			 : cli->warning && percent(use) >= cli->warning ? 1
									: 0;

		if (!is_wanted(cli, use))
			continue;
		*ret_over += is > 0;
		code = is > code ? is : code;
		if (!*ret_worst || percent(use) > percent(*ret_worst))
			*ret_worst = use;
	}
	return *ret_worst ? code : EXIT_NOTHING;
}

static int show(const struct cli *cli, const struct uses *uses)
{
	const struct use *worst = NULL;
	size_t n_over = 0;
	int code = judge(cli, uses, &n_over, &worst);

	if (cli->nagios && worst)
		print_nagios(cli, uses, code, n_over, worst);
	else if (cli->nagios)
		printf("DHCP UNKNOWN - no subnet\n");
	else if (cli->json)
		print_json(cli, uses);
	else if (worst)
		print_table(cli, uses);
	else
		code = cli_fail(EXIT_NOTHING, "no subnet has a pool");
	return code;
}

static int read_all(const struct cli *cli, struct remote *remote, struct uses *uses)
{
	struct timespec pause = { .tv_sec = cli->interval_sec };
	struct uses before = { 0 };
	int code = EXIT_OK;

	if (cli->interval_sec) {
		code = read_stats(remote, &before);
		while (code == EXIT_OK && nanosleep(&pause, &pause) < 0 && errno == EINTR)
			;
	}
	if (code == EXIT_OK)
		code = read_stats(remote, uses);
	if (code == EXIT_OK && cli->interval_sec)
		compare_with(uses, &before, cli->interval_sec);
	forget(&before);
	return code == EXIT_OK ? read_subnets(remote, uses) : code;
}

int run_pools(struct cli *cli, char **words, unsigned n)
{
	struct uses uses = { 0 };
	struct remote remote;
	int code;

	if (n)
		return cli_fail(EXIT_USAGE, "unexpected argument %s", words[0]);
	if (cli->nagios && cli->json)
		return cli_fail(EXIT_USAGE, "--nagios and --json exclude each other");
	code = remote_open(cli, KEY_4, &remote);
	if (code == EXIT_OK) {
		code = read_all(cli, &remote, &uses);
		remote_close(&remote);
	}
	if (code == EXIT_OK) {
		code = show(cli, &uses);
	} else if (cli->nagios) {
		printf("DHCP UNKNOWN - the server does not respond as it should\n");
		code = 3;
	}
	forget(&uses);
	return code;
}

/* --- for other views --- */

struct pool_view {
	struct json_object *subnets;
	struct uses uses;
};

int pool_view_new(struct remote *remote, struct pool_view **ret)
{
	struct uses uses = { 0 };
	int code = read_subnets(remote, &uses);

	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->subnets = json_object_get(uses.subnets);
	forget(&uses);
	return code;
}

void pool_view_free(struct pool_view *view)
{
	if (!view)
		return;
	forget(&view->uses);
	json_object_put(view->subnets);
	free(view);
}

static int fullest_first(const void *a, const void *b)
{
	double x = percent(a), y = percent(b);

	return x != y ? (x < y ? 1 : -1) : compare(a, b);
}

void pool_view_read(struct pool_view *view, struct json_object *stats)
{
	struct uses *uses = &view->uses;
	size_t n = 0;

	forget(uses);
	take_stats(uses, stats);
	uses->subnets = json_object_get(view->subnets);
	set_prefixes(uses);
	for (size_t i = 0; i < uses->v.n; i++)
		if (uses->v.v[i].pool_id < 0)
			uses->v.v[n++] = uses->v.v[i];
	uses->v.n = n;
	if (n)
		qsort(uses->v.v, n, sizeof(*uses->v.v), fullest_first);
}

/* The first ones; shares the rest with the view. */
static struct uses first_of(const struct pool_view *view, unsigned max)
{
	struct uses uses = view->uses;

	if (uses.v.n > max)
		uses.v.n = max;
	return uses;
}

void pool_view_print(const struct pool_view *view, const struct cli *cli, unsigned max)
{
	struct uses uses = first_of(view, max);

	if (uses.v.n)
		print_table(cli, &uses);
}

struct json_object *pool_view_json(const struct pool_view *view, const struct cli *cli, unsigned max)
{
	struct uses uses = first_of(view, max);

	return to_json(cli, &uses);
}
