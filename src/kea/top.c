/* SPDX-License-Identifier: MPL-2.0 */
/* kea top: messages per second, drops by reason and the fullest subnets, again and again. */
#include "base/clock.h"
#include "base/screen.h"
#include "json/value.h"
#include "kea/follow.h"
#include "kea/pools.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_SEC 2
#define SUBNETS 10
#define ROWS_MAX 64

/* A statistic of messages, and how fast it grows. */
struct row {
	char name[48]; /* without "pkt4-" */
	int64_t before, total;
	bool is_new;
	double rate; /* per second */
};

struct top {
	struct cli *cli;
	struct remote remote;
	struct pool_view *pools;
	int64_t read_ms; /* when the statistics were read last; 0: never */
	struct row rows[ROWS_MAX];
	unsigned n_rows;
};

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && !strcmp(text + len - n, end);
}

static bool is_message(const struct row *row)
{
	return ends_with(row->name, "-received") || ends_with(row->name, "-sent");
}

/* True if it counts messages that got no response, by a reason. */
static bool is_drop(const struct row *row)
{
	static const char *const others[] = { "received", "sent", "receive-drop", "sent-by-mac", "options-omitted" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(row->name, others[i]))
			return false;
	return !is_message(row);
}

static struct row *row_of(struct top *top, const char *name)
{
	for (unsigned i = 0; i < top->n_rows; i++)
		if (!strcmp(top->rows[i].name, name))
			return &top->rows[i];
	if (top->n_rows == ROWS_MAX || strlen(name) >= sizeof(top->rows[0].name))
		return NULL;
	top->rows[top->n_rows] = (struct row){ .is_new = true };
	(void)snprintf(top->rows[top->n_rows].name, sizeof(top->rows[0].name), "%s", name);
	return &top->rows[top->n_rows++];
}

static void note(struct top *top, const char *name, struct json_object *samples, double seconds)
{
	struct json_object *pair =
		json_object_is_type(samples, json_type_array) ? json_object_array_get_idx(samples, 0) : NULL;
	struct json_object *value =
		json_object_is_type(pair, json_type_array) ? json_object_array_get_idx(pair, 0) : NULL;
	struct row *row;

	if (strncmp(name, "pkt4-", 5) != 0 && strncmp(name, "pkt6-", 5) != 0)
		return;
	row = row_of(top, name + 5);
	if (!row || !json_object_is_type(value, json_type_int))
		return;
	row->before = row->total;
	row->total = json_object_get_int64(value);
	/* statistic-reset */
	row->rate = row->is_new || row->total < row->before || seconds <= 0
			    ? 0
			    : (double)(row->total - row->before) / seconds;
	row->is_new = false;
}

static int read_stats(struct top *top, struct reply *reply)
{
	int64_t now_ms = clock_mono_ms();
	double seconds = top->read_ms ? (double)(now_ms - top->read_ms) / 1000 : 0;
	int code = remote_ask(&top->remote, "statistic-get-all", NULL, reply);

	if (code == EXIT_OK && reply->result != 0)
		code = reply_code(reply);
	if (code != EXIT_OK)
		return code;
	top->read_ms = now_ms;
	if (json_object_is_type(reply->arguments, json_type_object)) {
		json_object_object_foreach(reply->arguments, name, value) note(top, name, value, seconds);
		pool_view_read(top->pools, reply->arguments);
	}
	return EXIT_OK;
}

/* --- output --- */

static double rate_of(struct top *top, const char *name)
{
	struct row *row = row_of(top, name);

	return row ? row->rate : 0;
}

static void print_line(const struct str *text)
{
	struct str line = { 0 };

	(void)screen_add(&line, str_text(text), text->len, screen_width());
	puts(str_text(&line));
	str_free(&line);
}

static void print_head(struct top *top)
{
	time_t now = (time_t)clock_wall_sec();
	struct str text = { 0 };
	struct tm tm;

	(void)localtime_r(&now, &tm);
	str_addf(&text, "kea-dhcp%u  %02d:%02d:%02d  received %.1f/s  sent %.1f/s  dropped %.1f/s",
		 top->remote.family == KEY_6 ? 6 : 4, tm.tm_hour, tm.tm_min, tm.tm_sec, rate_of(top, "received"),
		 rate_of(top, "sent"), rate_of(top, "receive-drop"));
	print_line(&text);
	str_free(&text);
}

static int by_rate(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;

	if (x->rate != y->rate)
		return x->rate < y->rate ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void print_rows(const struct top *top, const char *title, bool (*wanted)(const struct row *row), unsigned max)
{
	static const struct column columns[] = {
		{ .title = "", .width = 24, .share = 1 },
		{ .title = "PER SECOND", .width = 10, .is_right = true },
		{ .title = "TOTAL", .width = 12, .is_right = true },
	};
	struct column titled[3] = { columns[0], columns[1], columns[2] };
	const struct row *sorted[ROWS_MAX];
	struct table table;
	unsigned n = 0;

	for (unsigned i = 0; i < top->n_rows; i++)
		if (wanted(&top->rows[i]) && top->rows[i].total)
			sorted[n++] = &top->rows[i];
	if (!n)
		return;
	qsort(sorted, n, sizeof(sorted[0]), by_rate);
	titled[0].title = title;
	puts("");
	table_begin(&table, titled, 3);
	for (unsigned i = 0; i < n && i < max; i++) {
		char rate[32], total[32];

		(void)snprintf(rate, sizeof(rate), "%.1f", sorted[i]->rate);
		(void)snprintf(total, sizeof(total), "%lld", (long long)sorted[i]->total);
		table_row(&table, (struct cell[]){ { sorted[i]->name, NULL }, { rate, NULL }, { total, NULL } });
	}
}

static void print_screen(struct top *top)
{
	if (isatty(STDOUT_FILENO))
		printf("\033[H\033[J");
	print_head(top);
	print_rows(top, "MESSAGES", is_message, 10);
	print_rows(top, "DROPPED", is_drop, 6);
	puts("");
	pool_view_print(top->pools, top->cli, SUBNETS);
}

static void print_json(struct top *top)
{
	struct json_object *map = json_object_new_object(), *messages = json_object_new_object(),
			   *dropped = json_object_new_object();

	json_object_object_add(map, "time", json_object_new_int64(clock_wall_sec()));
	json_object_object_add(map, "received", json_object_new_double(rate_of(top, "received")));
	json_object_object_add(map, "sent", json_object_new_double(rate_of(top, "sent")));
	for (unsigned i = 0; i < top->n_rows; i++) {
		const struct row *row = &top->rows[i];

		if (row->total && (is_message(row) || is_drop(row)))
			json_object_object_add(is_message(row) ? messages : dropped, row->name,
					       json_object_new_double(row->rate));
	}
	json_object_object_add(map, "messages", messages);
	json_object_object_add(map, "dropped", dropped);
	json_object_object_add(map, "subnets", pool_view_json(top->pools, top->cli, SUBNETS));
	screen_print_json_line(map);
	json_object_put(map);
}

static void pause_for(uint32_t sec)
{
	struct timespec t = { .tv_sec = sec };

	(void)nanosleep(&t, NULL);
}

static int watch(struct top *top)
{
	uint32_t interval = top->cli->interval_sec ? top->cli->interval_sec : INTERVAL_SEC;
	int code = EXIT_OK;

	/* The first reading is the beginning of the first interval. */
	for (uint32_t n = 0; code == EXIT_OK && !follow_is_stopped(); n++) {
		struct reply reply;

		code = read_stats(top, &reply);
		if (code == EXIT_OK && n && top->cli->json)
			print_json(top);
		else if (code == EXIT_OK && n)
			print_screen(top);
		reply_done(&reply);
		if (code == EXIT_OK && (fflush(stdout) != 0 || (n && n == top->cli->count)))
			break;
		if (code == EXIT_OK)
			pause_for(interval);
	}
	return follow_is_stopped() ? EXIT_OK : code;
}

int run_top(struct cli *cli, char **words, unsigned n)
{
	struct top top = { .cli = cli };
	int code;

	if (n)
		return cli_fail(EXIT_USAGE, "unexpected argument %s", words[0]);
	code = remote_open(cli, KEY_4, &top.remote);
	if (code != EXIT_OK)
		return code;
	if (top.remote.family == KEY_D2) {
		code = cli_fail(EXIT_USAGE, "kea-dhcp-ddns has no subnets");
	} else {
		follow_catch(&top.remote);
		code = pool_view_new(&top.remote, &top.pools);
		if (code == EXIT_OK)
			code = watch(&top);
	}
	pool_view_free(top.pools);
	remote_close(&top.remote);
	return code;
}
