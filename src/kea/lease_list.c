/* SPDX-License-Identifier: MPL-2.0 */
#include "kea/lease_list.h"

#include "base/clock.h"
#include "base/err.h"
#include "daemon/lease_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As people see it: a lease of state default is active until it expires. */
enum seen { SEEN_ACTIVE, SEEN_EXPIRED, SEEN_DECLINED, SEEN_RECLAIMED, SEEN_RELEASED, SEEN_REGISTERED, SEEN_N };
const char *const lease_state_words[] = {
	"active", "expired", "declined", "reclaimed", "released", "registered", NULL
};

static enum seen state_of(const struct lease_list *list, const struct lease_item *item)
{
	switch (item->lease.state) {
	case LEASE_DECLINED:
		return SEEN_DECLINED;
	case LEASE_RECLAIMED:
		return SEEN_RECLAIMED;
	case LEASE_RELEASED:
		return SEEN_RELEASED;
	case LEASE_REGISTERED:
		return SEEN_REGISTERED;
	default:
		return item->expires_wall <= list->now ? SEEN_EXPIRED : SEEN_ACTIVE;
	}
}

/* --- the filter --- */

static int read_id(const char *option, const char *text, uint8_t *buf, size_t size, struct bytes *ret)
{
	int n = text ? hex_to_bytes(text, strlen(text), buf, size) : 0;

	if (text && n <= 0)
		return cli_fail(EXIT_USAGE, "--%s: %s is not 1 to %zu hexadecimal bytes", option, text, size);
	*ret = bytes_of(buf, (size_t)n);
	return EXIT_OK;
}

int64_t cli_seconds(const char *text)
{
	static const struct {
		char letter;
		int64_t sec;
	} units[] = { { '\0', 1 }, { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || v > UINT32_MAX || (*end && end[1]))
		return 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (*end == units[i].letter)
			return (int64_t)v * units[i].sec;
	return 0;
}

static int read_state(struct lease_list *list, const char *text)
{
	list->state = -1;
	if (!text)
		return EXIT_OK;
	for (int i = 0; lease_state_words[i]; i++)
		if (!strcmp(text, lease_state_words[i]))
			list->state = i;
	return list->state >= 0 ? EXIT_OK
				: cli_fail(EXIT_USAGE,
					   "--state: %s is not active, expired, declined, reclaimed, released or "
					   "registered",
					   text);
}

int lease_list_init(struct lease_list *list, const struct cli *cli)
{
	int64_t within = 0;
	int code;

	*list = (struct lease_list){ .cli = cli,
				     .now = clock_wall_sec(),
				     .left = cli->limit ? cli->limit : UINT32_MAX };
	if (cli->json && cli->csv)
		return cli_fail(EXIT_USAGE, "--json and --csv exclude each other");
	code = read_id("hw-address", cli->hw_address, list->hwaddr_buf, sizeof(list->hwaddr_buf), &list->hwaddr);
	if (code == EXIT_OK)
		code = read_id("client-id", cli->client_id, list->client_id_buf, sizeof(list->client_id_buf),
			       &list->client_id);
	if (code == EXIT_OK)
		code = read_state(list, cli->state);
	if (code == EXIT_OK && cli->expiring) {
		within = cli_seconds(cli->expiring);
		if (!within)
			return cli_fail(EXIT_USAGE, "--expiring: %s is not a time such as 90s, 10m, 2h or 1d",
					cli->expiring);
		list->expiring_until = list->now + within;
	}
	return code;
}

static bool has_name(const struct lease *lease, const char *wanted)
{
	const char *name = lease->hostname;
	size_t len = strlen(name), n = strlen(wanted + 1);

	if (wanted[0] != '*')
		return str_case_equal(name, wanted);
	return len >= n && str_case_equal(name + len - n, wanted + 1);
}

static bool passes(const struct lease_list *list, const struct lease_item *item)
{
	const struct lease *lease = &item->lease;
	enum seen state = state_of(list, item);

	return (!list->cli->subnet || lease->subnet_id == list->cli->subnet) &&
	       (!list->hwaddr.len || bytes_equal(list->hwaddr, lease->hwaddr)) &&
	       (!list->client_id.len || bytes_equal(list->client_id, lease->client_id)) &&
	       (list->state < 0 || (enum seen)list->state == state) &&
	       (!list->expiring_until || (state == SEEN_ACTIVE && item->expires_wall <= list->expiring_until)) &&
	       (!list->cli->hostname || has_name(lease, list->cli->hostname));
}

/* --- the output --- */

static const struct column columns4[] = {
	{ .title = "ADDRESS", .width = 15 },
	{ .title = "HARDWARE ADDRESS", .width = 17 },
	{ .title = "HOST NAME", .width = 10, .share = 1 },
	{ .title = "SUBNET", .width = 6, .is_right = true },
	{ .title = "STATE", .width = 8 },
	{ .title = "EXPIRES", .width = 7, .is_right = true },
};
static const struct column columns6[] = {
	{ .title = "ADDRESS", .width = 22 },
	{ .title = "CLIENT", .width = 6, .share = 2 },
	{ .title = "HOST NAME", .width = 10, .share = 3 },
	{ .title = "SUBNET", .width = 6, .is_right = true },
	{ .title = "STATE", .width = 8 },
	{ .title = "EXPIRES", .width = 7, .is_right = true },
};
#define N_COLUMNS 6

static const char *const csv_columns[] = { "address",   "type",      "hw_address", "client_id", "iaid",
					   "hostname",  "subnet_id", "pool_id",    "state",     "cltt",
					   "valid_lft", "expires",   NULL };

void lease_list_begin(struct lease_list *list)
{
	if (list->cli->json && list->cli->watch) {
		return;
	} else if (list->cli->json) {
		printf("[");
	} else if (list->cli->csv) {
		for (unsigned i = 0; csv_columns[i]; i++)
			printf("%s%s", i ? "," : "", csv_columns[i]);
		printf("\n");
	} else {
		table_begin(&list->table, list->family == KEY_6 ? columns6 : columns4, N_COLUMNS);
	}
}

/* "3h05m", with two units at most. */
static void add_left(struct str *out, int64_t sec)
{
	if (sec < 60)
		str_addf(out, "%llds", (long long)sec);
	else if (sec < 3600)
		str_addf(out, "%lldm%02llds", (long long)(sec / 60), (long long)(sec % 60));
	else if (sec < 86400)
		str_addf(out, "%lldh%02lldm", (long long)(sec / 3600), (long long)(sec / 60 % 60));
	else
		str_addf(out, "%lldd%02lldh", (long long)(sec / 86400), (long long)(sec / 3600 % 24));
}

static void add_hex(struct str *out, struct bytes v)
{
	char hex[3 * LEASE_ID_MAX + 1];

	(void)bytes_to_hex(v, ':', hex, sizeof(hex));
	str_add(out, v.len ? hex : "");
}

static void print_table_row(const struct lease_list *list, const struct lease_item *item)
{
	static const char *const colors[SEEN_N] = {
		[SEEN_EXPIRED] = "2", [SEEN_DECLINED] = "33", [SEEN_RECLAIMED] = "2", [SEEN_RELEASED] = "2"
	};
	const struct lease *lease = &item->lease;
	enum seen state = state_of(list, item);
	struct str id = { 0 }, left = { 0 };
	char addr[PREFIX_TEXT_MAX], subnet[16];
	struct cell cells[N_COLUMNS];

	add_hex(&id, list->family == KEY_6 || !lease->hwaddr.len ? lease->client_id : lease->hwaddr);
	(void)snprintf(subnet, sizeof(subnet), "%u", lease->subnet_id);
	if (item->expires_wall == INT64_MAX)
		str_add(&left, "never");
	else if (state == SEEN_ACTIVE || (item->expires_wall > list->now && state != SEEN_RELEASED))
		add_left(&left, item->expires_wall - list->now);
	else
		str_add(&left, "-");
	cells[0] = (struct cell){ lease_address_text(lease, addr), NULL };
	cells[1] = (struct cell){ id.len ? str_text(&id) : "-", NULL };
	cells[2] = (struct cell){ lease->hostname[0] ? lease->hostname : "-", NULL };
	cells[3] = (struct cell){ subnet, NULL };
	cells[4] = (struct cell){ item->event ? item->event : lease_state_words[state], colors[state] };
	cells[5] = (struct cell){ str_text(&left), NULL };
	/* The id of a DHCPv4 client without a hardware address may be longer than its column. */
	table_row(&list->table, cells);
	str_free(&id);
	str_free(&left);
}

/* RFC 4180; a name that a spreadsheet would take for a formula, or a terminal obey, is still the name. */
static void add_csv(struct str *out, const char *text)
{
	struct str clean = { 0 };

	screen_add(&clean, text, strlen(text), SIZE_MAX);
	if (!strpbrk(str_text(&clean), ",\"\r\n")) {
		str_add(out, str_text(&clean));
	} else {
		str_addc(out, '"');
		for (const char *p = clean.text; *p; p++) {
			if (*p == '"')
				str_addc(out, '"');
			str_addc(out, *p);
		}
		str_addc(out, '"');
	}
	str_free(&clean);
}

static void print_csv_row(const struct lease_list *list, const struct lease_item *item)
{
	const struct lease *lease = &item->lease;
	struct str out = { 0 };
	char addr[PREFIX_TEXT_MAX];

	str_addf(&out, "%s,%s,", lease_address_text(lease, addr),
		 lease->type == LEASE_V4 ? "V4" : lease_type_words[lease->type]);
	add_hex(&out, lease->hwaddr);
	str_addc(&out, ',');
	add_hex(&out, lease->client_id);
	str_addc(&out, ',');
	if (lease->type != LEASE_V4)
		str_addf(&out, "%u", lease->iaid);
	str_addc(&out, ',');
	add_csv(&out, lease->hostname);
	str_addf(&out, ",%u,%u,%s,%lld,%u,", lease->subnet_id, lease->pool_id,
		 item->event ? item->event : lease_state_words[state_of(list, item)], (long long)lease->cltt,
		 lease->valid);
	if (item->expires_wall != INT64_MAX)
		str_addf(&out, "%lld", (long long)item->expires_wall);
	puts(str_text(&out));
	str_free(&out);
}

static void print_json_row(const struct lease_list *list, const struct lease_item *item)
{
	struct str text = { 0 }, out = { 0 };

	if (item->json)
		str_add(&text, json_object_to_json_string_ext(item->json, JSON_C_TO_STRING_SPACED |
										  JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		lease_add_json(&text, &item->lease);
	screen_add_json(&out, str_text(&text), text.len);
	if (list->cli->watch)
		printf("{ \"event\": \"%s\", \"lease\": %s }\n", item->event ? item->event : "listed", str_text(&out));
	else
		printf("%s\n%s", list->n ? "," : "", str_text(&out));
	str_free(&text);
	str_free(&out);
}

bool lease_list_add(struct lease_list *list, const struct lease_item *item)
{
	if (!passes(list, item))
		return true;
	if (list->cli->json)
		print_json_row(list, item);
	else if (list->cli->csv)
		print_csv_row(list, item);
	else
		print_table_row(list, item);
	list->n++;
	/* A reader that has gone. */
	return --list->left > 0 && !ferror(stdout);
}

int lease_list_end(struct lease_list *list)
{
	if (list->cli->json && !list->cli->watch)
		printf("%s]\n", list->n ? "\n" : "");
	return list->n ? EXIT_OK : EXIT_NOTHING;
}
