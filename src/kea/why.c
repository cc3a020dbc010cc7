/* SPDX-License-Identifier: MPL-2.0 */
/* kea why: what a client would get, and why. The server explains (command explain). */
#include "base/screen.h"
#include "io/capture.h"
#include "json/value.h"
#include "kea/commands.h"
#include "kea/remote.h"
#include "serve/explain_text.h"
#include "wire/packet4.h"
#include "wire/packet6.h"

#include <stdio.h>
#include <string.h>

/* --- a packet from a file -------------------------------------------------- */

/* The family of a request from a client or relay; 0: it is none. */
static unsigned family_of(const struct captured *packet)
{
	struct bytes bytes = packet->payload;

	if (packet->dport == 67 && bytes.len && bytes.data[0] == BOOTREQUEST)
		return KEY_4;
	return packet->dport == DHCP6_SERVER_PORT && bytes.len && packet6_is_request(bytes.data[0]) ? KEY_6 : 0;
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
		explain_print(reply.arguments);
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
