/* SPDX-License-Identifier: MPL-2.0 */
/* kea why: what a client would get, and why. The server explains (command explain); here it is made readable. */
#include "io/capture.h"
#include "kea/commands.h"
#include "kea/remote.h"
#include "kea/screen.h"
#include "wire/packet4.h"
#include "wire/packet6.h"

#include <stdio.h>
#include <string.h>

#define LABEL 14 /* columns */
#define WIDTH_MAX 100

/* --- a packet from a file -------------------------------------------------- */

/* The family of a request from a client or relay; 0: it is none. */
static unsigned family_of(const struct captured *packet)
{
	struct bytes bytes = packet->payload;

	if (packet->dport == 67 && bytes.len && bytes.data[0] == BOOTREQUEST)
		return KEY_4;
	return packet->dport == DHCP6_SERVER_PORT && bytes.len ? KEY_6 : 0;
}

static const char *type_name(const struct captured *packet)
{
	struct arena *arena = arena_new(0);
	const char *name = "not valid", *why;
	struct packet4 pkt4;
	struct packet6 pkt6;

	if (family_of(packet) == KEY_4) {
		if (packet4_parse_lenient(packet->payload, arena, &pkt4, &why) >= 0)
			name = packet4_type_name(pkt4.type);
	} else if (packet6_parse_lenient(packet->payload, arena, &pkt6, &why) >= 0) {
		name = packet6_type_name(pkt6.type);
	}
	arena_free(arena);
	return name;
}

static void list_packet(const struct captured *packet)
{
	char src[IP_TEXT_MAX], dst[IP_TEXT_MAX];

	printf("%8llu  %-20s %s > %s\n", (unsigned long long)packet->number, type_name(packet),
	       ip_format(&packet->src, src), ip_format(&packet->dst, dst));
}

static void add_text(struct json_object *map, const char *name, const char *text)
{
	json_object_object_add(map, name, json_object_new_string(text));
}

static struct json_object *packet_arguments(const struct captured *packet)
{
	struct json_object *map = json_object_new_object();
	char *hex = xmalloc(2 * packet->payload.len + 1), text[IP_TEXT_MAX];

	(void)bytes_to_hex(packet->payload, 0, hex, 2 * packet->payload.len + 1);
	add_text(map, "packet", hex);
	add_text(map, "source", ip_format(&packet->src, text));
	add_text(map, "destination", ip_format(&packet->dst, text));
	free(hex);
	return map;
}

/*
 * Finds the packet of that number; 0: the only request of the file, or none, after listing them. The arguments are NULL
 * if there is nothing to explain.
 */
static int read_capture(const struct cli *cli, struct json_object **ret_args, unsigned *ret_family)
{
	struct json_object *args = NULL;
	char why[CAPTURE_WHY_MAX];
	struct capture *capture;
	struct captured packet;
	int err = capture_open(cli->pcap, &capture, why);
	unsigned n = 0;

	if (err < 0)
		return cli_fail(EXIT_UNREACHABLE, "%s: %s", cli->pcap, why);
	while ((err = capture_next(capture, &packet, why)) > 0) {
		if (!family_of(&packet) || (cli->number && packet.number != cli->number))
			continue;
		if (!n++) {
			args = packet_arguments(&packet);
			*ret_family = family_of(&packet);
		}
	}
	capture_close(capture);
	if (err < 0 && !n)
		return cli_fail(EXIT_UNREACHABLE, "%s: %s", cli->pcap, why);
	if (!n && cli->number)
		return cli_fail(EXIT_NOTHING, "%s: packet %u is no DHCP request", cli->pcap, cli->number);
	if (!n)
		return cli_fail(EXIT_NOTHING, "%s: there is no DHCP request in it", cli->pcap);
	if (n > 1) {
		json_object_put(args);
		args = NULL;
	}
	*ret_args = args;
	return EXIT_OK;
}

static int list_capture(const struct cli *cli)
{
	char why[CAPTURE_WHY_MAX];
	struct capture *capture;
	struct captured packet;
	int err = capture_open(cli->pcap, &capture, why);

	if (err < 0)
		return cli_fail(EXIT_UNREACHABLE, "%s: %s", cli->pcap, why);
	while ((err = capture_next(capture, &packet, why)) > 0)
		if (family_of(&packet))
			list_packet(&packet);
	capture_close(capture);
	if (err < 0)
		return cli_fail(EXIT_UNREACHABLE, "%s: %s", cli->pcap, why);
	return cli_fail(EXIT_USAGE, "choose one of these packets with --number");
}

/* --- text ------------------------------------------------------------------ */

/* Prints a paragraph after its label, at the same column on every line. */
static void paragraph(const char *label, const char *text)
{
	size_t width = screen_width(), at = LABEL, left;
	struct str line = { 0 };

	width = width > WIDTH_MAX ? WIDTH_MAX : width;
	left = width - LABEL;
	str_addf(&line, "%-*s", LABEL, label);
	while (*text) {
		size_t len = strcspn(text, " "), columns;
		struct str word = { 0 };

		columns = screen_add(&word, text, len, left);
		if (at > LABEL && at + 1 + columns > width) {
			str_addf(&line, "\n%*s", LABEL, "");
			at = LABEL;
		} else if (at > LABEL) {
			str_addc(&line, ' ');
			at++;
		}
		str_add_n(&line, str_text(&word), word.len);
		at += columns;
		str_free(&word);
		text += len;
		text += strspn(text, " ");
	}
	puts(str_text(&line));
	str_free(&line);
}

static void printed(const char *label, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void printed(const char *label, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	paragraph(label, str_text(&text));
	str_free(&text);
}

static size_t list_size(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static bool is_true(struct json_object *map, const char *name)
{
	return json_object_get_boolean(member(map, name));
}

/* True if the map has the member, be it null. */
static bool has(struct json_object *map, const char *name)
{
	return json_object_object_get_ex(map, name, NULL);
}

static const char *place_of(struct json_object *map)
{
	const char *text = member_text(map, "address");

	return text[0] ? text : member_text(map, "prefix");
}

/* --- the parts of an explanation --- */

static void print_outcome(struct json_object *what)
{
	const char *response = member_text(what, "response"), *reason = member_text(what, "reason");

	printed("Message", "%s from %s%s%s%s%s", member_text(what, "message"), member_text(what, "client"),
		member_text(what, "interface")[0] ? ", interface " : "", member_text(what, "interface"),
		member_text(what, "link")[0] ? ", " : "", member_text(what, "link"));
	if (response[0])
		printed("Response", "%s%s%s", response, reason[0] ? ": " : "", reason);
	else
		printed("Response", "none: %s", reason);
}

static void print_subnet(struct json_object *what)
{
	struct json_object *sub = member(what, "subnet"), *closed = member(sub, "closed-to-the-client");
	const char *net = member_text(sub, "shared-network");

	if (!has(what, "subnet"))
		return;
	if (!sub) {
		printed("Subnet", "none");
		return;
	}
	printed("Subnet", "%lld, %s%s%s", (long long)member_int(sub, "id", 0), member_text(sub, "subnet"),
		net[0] ? ", in shared network " : "", net);
	printed("", "%s", member_text(sub, "rule"));
	for (size_t i = 0; i < list_size(closed); i++)
		printed("", "subnet %d is for clients in other classes",
			json_object_get_int(json_object_array_get_idx(closed, i)));
}

static void print_class(const char *label, struct json_object *class)
{
	const char *because = member_text(class, "because"), *from = member_text(class, "from");
	const char *value = member_text(class, "value");

	printed(label, "%s %s%s%s%s%s%s", is_true(class, "member") ? "+" : "-", member_text(class, "name"),
		because[0] || from[0] ? ": " : "", because[0] ? because : from, value[0] ? " (" : "", value,
		value[0] ? ")" : "");
}

static void print_classes(struct json_object *what)
{
	struct json_object *list = member(what, "classes");

	for (size_t i = 0; i < list_size(list); i++)
		print_class(i ? "" : "Classes", json_object_array_get_idx(list, i));
	if (has(what, "classes-left-out"))
		printed("", "and %lld others", (long long)member_int(what, "classes-left-out", 0));
}

static void print_reservation(struct json_object *what)
{
	struct json_object *host = member(what, "reservation"), *list = member(host, "addresses");
	const char *name = member_text(host, "hostname");

	if (!has(what, "reservation"))
		return;
	if (!host) {
		printed("Reservation", "none");
		return;
	}
	printed("Reservation", "by %s %s, %s, from %s", member_text(host, "identifier-type"),
		member_text(host, "identifier"), is_true(host, "global") ? "global" : "in the subnet",
		member_text(host, "source"));
	for (size_t i = 0; i < list_size(list); i++)
		printed("", "%s", json_object_get_string(json_object_array_get_idx(list, i)));
	if (name[0])
		printed("", "host name %s", name);
}

static void print_granted(const char *label, struct json_object *map)
{
	const char *pool = member_text(map, "pool");

	printed(label, "%s: %s", place_of(map), member_text(map, "why"));
	if (pool[0])
		printed("", "pool %s, subnet %lld", pool, (long long)member_int(map, "subnet-id", 0));
	else
		printed("", "subnet %lld, outside of its pools", (long long)member_int(map, "subnet-id", 0));
	printed("", "valid for %lld s (%s)%s%s", (long long)member_int(map, "valid-lifetime", 0),
		member_text(map, "valid-lifetime-from"),
		is_true(map, "is-reduced") ? ", reduced: the pool is nearly full" : "",
		is_true(map, "is-unchanged") ? ", confirmed unchanged" : "");
	if (has(map, "preferred-lifetime"))
		printed("", "preferred for %lld s (%s)", (long long)member_int(map, "preferred-lifetime", 0),
			member_text(map, "preferred-lifetime-from"));
}

static void print_binding(struct json_object *map)
{
	struct json_object *granted = member(map, "granted"), *passed = member(map, "passed-over");
	const char *label = strcmp(member_text(map, "type"), "prefix") ? "Address" : "Prefix";

	for (size_t i = 0; i < list_size(granted); i++)
		print_granted(i ? "" : label, json_object_array_get_idx(granted, i));
	if (!list_size(granted))
		printed(label, "none%s%s", member_text(map, "reason")[0] ? ": " : "", member_text(map, "reason"));
	for (size_t i = 0; i < list_size(passed); i++) {
		struct json_object *one = json_object_array_get_idx(passed, i);
		const char *place = place_of(one);

		printed(i ? "" : "Passed over", "%s%s: %s", place[0] ? "" : "pool ",
			place[0] ? place : member_text(one, "pool"), member_text(one, "why"));
	}
}

static void print_bindings(struct json_object *what)
{
	struct json_object *list = member(what, "bindings");

	for (size_t i = 0; i < list_size(list); i++)
		print_binding(json_object_array_get_idx(list, i));
	if (is_true(what, "is-cut"))
		printed("", "and more that was passed over");
}

static void print_decisions(struct json_object *what)
{
	struct json_object *list = member(what, "decisions");

	for (size_t i = 0; i < list_size(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		const char *place = place_of(one), *why = member_text(one, "why");

		printed(i ? "" : "Decisions", "%s%s%s%s%s", place, place[0] ? " " : "", member_text(one, "what"),
			why[0] ? ": " : "", why);
	}
}

static void print_options(struct json_object *what)
{
	struct json_object *fields = member(what, "boot-fields"), *list = member(what, "options");
	size_t n = list_size(fields);

	for (size_t i = 0; i < n + list_size(list); i++) {
		struct json_object *one =
			i < n ? json_object_array_get_idx(fields, i) : json_object_array_get_idx(list, i - n);
		char code[32] = "";

		if (i >= n)
			(void)snprintf(code, sizeof(code), "%lld ", (long long)member_int(one, "code", 0));
		printed(i ? "" : "Options", "%s%s %s (%s)", code, member_text(one, "name"), member_text(one, "data"),
			member_text(one, "from"));
	}
}

static void print_explanation(struct json_object *what)
{
	print_outcome(what);
	print_subnet(what);
	print_classes(what);
	print_reservation(what);
	print_bindings(what);
	print_decisions(what);
	print_options(what);
	if (member_text(what, "not-asked")[0])
		printed("Not asked", "%s", member_text(what, "not-asked"));
}

/* --- the verb -------------------------------------------------------------- */

/* What only DHCPv6 has. */
static bool is_of_6(const char *word)
{
	static const char *const names[] = { "duid=", "iaid=", "want=", "interface-id=", "relay-options=" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(word, names[i], strlen(names[i])))
			return true;
	return false;
}

static int ask(const struct cli *cli, struct remote *remote, struct json_object *args)
{
	struct reply reply;
	int code = remote_ask(remote, "explain", args, &reply);

	if (code == EXIT_OK && cli->json)
		screen_print_json(reply.root);
	else if (code == EXIT_OK && reply.arguments && (reply.result == 0 || reply.result == 3))
		print_explanation(reply.arguments);
	else if (code == EXIT_OK)
		code = reply_code(&reply);
	if (code == EXIT_OK && reply.result)
		code = reply.result == 3 ? EXIT_NOTHING : EXIT_REFUSED;
	reply_done(&reply);
	return code;
}

int run_why(struct cli *cli, char **words, unsigned n)
{
	struct json_object *args = NULL, *more = NULL;
	unsigned family = KEY_4;
	struct remote remote;
	int code = EXIT_OK;

	for (unsigned i = 0; i < n; i++)
		if (is_of_6(words[i]))
			family = KEY_6;
	if (cli->number && !cli->pcap)
		return cli_fail(EXIT_USAGE, "--number needs --pcap");
	if (cli->pcap) {
		code = read_capture(cli, &args, &family);
		if (code == EXIT_OK && !args)
			code = list_capture(cli);
	} else if (!n) {
		code = cli_fail(EXIT_USAGE,
				"who asks? for example hw-address=02:00:00:00:00:01; see \"kea doc explain\"");
	}
	if (code != EXIT_OK)
		return code;
	code = remote_open(cli, family, &remote);
	if (code != EXIT_OK) {
		json_object_put(args);
		return code;
	}
	if (cli->pcap && remote.family != family)
		code = cli_fail(EXIT_USAGE, "the packet is for the other server: use -%c", family == KEY_4 ? '4' : '6');
	else
		code = command_arguments(command_row("explain", remote.family), remote.family, words, n, &more);
	if (more && args) {
		json_object_object_foreach(more, name, value)
			json_object_object_add(args, name, json_object_get(value));
	}
	if (code == EXIT_OK)
		code = ask(cli, &remote, args ? json_object_get(args) : json_object_get(more));
	json_object_put(args);
	json_object_put(more);
	remote_close(&remote);
	return code;
}
