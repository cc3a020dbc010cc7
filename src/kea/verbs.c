/* SPDX-License-Identifier: MPL-2.0 */
/* The tables: options, verbs, exit codes. */
#include "kea/cli.h"

enum {
	OPT_USER = 200,
	OPT_PASSWORD_FILE,
	OPT_CA,
	OPT_CERT,
	OPT_KEY,
	OPT_SERVICE,
	OPT_CSV,
	OPT_SUBNET,
	OPT_HW_ADDRESS,
	OPT_CLIENT_ID,
	OPT_HOSTNAME,
	OPT_STATE,
	OPT_EXPIRING,
	OPT_LIMIT,
	OPT_AFTER,
	OPT_FILE,
	OPT_WARNING,
	OPT_CRITICAL,
	OPT_NAGIOS,
	OPT_INTERVAL,
	OPT_BY,
	OPT_PRINT_MANUAL,
	OPT_PRINT_COMPLETION,
};

#define FLAG(field) .type = OPT_FLAG, .offset = offsetof(struct cli, field)
#define TEXT(field) .type = OPT_TEXT, .offset = offsetof(struct cli, field)
#define NUMBER(field, lowest, highest) \
	.type = OPT_NUMBER, .offset = offsetof(struct cli, field), .min = lowest, .max = highest

const struct cli_option cli_options[] = {
	{ '4', NULL, NULL, FLAG(is4),
	  .doc = "kea-dhcp4 (default, unless the command, the address or the configuration says otherwise)" },
	{ '6', NULL, NULL, FLAG(is6), .doc = "kea-dhcp6" },
	{ 'D', NULL, NULL, FLAG(is_d2), .doc = "kea-dhcp-ddns" },
	{ 'c', "config", "FILE", TEXT(config), .is_remote = true,
	  .doc = "the server's configuration, which names its unix socket; default: the installed one" },
	{ 's', "socket", "PATH", TEXT(socket), .is_remote = true, .doc = "the unix socket of the server" },
	{ 'u', "url", "URL", TEXT(url), .is_remote = true,
	  .doc = "an HTTP socket instead: http://HOST:PORT/ or https://HOST:PORT/" },
	{ OPT_USER, "user", "NAME", TEXT(user), .is_remote = true, .doc = "with --url: user for basic authentication" },
	{ OPT_PASSWORD_FILE, "password-file", "FILE", TEXT(password_file), .is_remote = true,
	  .doc = "with --user: the first line of this file is the password" },
	{ OPT_CA, "ca", "PATH", TEXT(ca), .is_remote = true,
	  .doc = "with https: file or directory of the certificates that are trusted; default: the system's" },
	{ OPT_CERT, "cert", "FILE", TEXT(cert), .is_remote = true, .doc = "with https: the client's certificate" },
	{ OPT_KEY, "key", "FILE", TEXT(key), .is_remote = true,
	  .doc = "with https: the key of the client's certificate" },
	{ OPT_SERVICE, "service", "NAME", TEXT(service), .is_remote = true,
	  .doc = "with --url of a control agent: dhcp4, dhcp6 or d2" },
	{ 't', "timeout", "SECONDS", NUMBER(timeout_sec, 1, 86400), .is_remote = true,
	  .doc = "how long a request may take until its response is complete (60)" },
	{ 'j', "json", NULL, FLAG(json), .doc = "print JSON, for programs" },
	{ OPT_CSV, "csv", NULL, FLAG(csv), .verbs = FOR_LEASES, .doc = "leases: print CSV, all columns" },
	{ OPT_SUBNET, "subnet", "ID", NUMBER(subnet, 1, UINT32_MAX - 1), .verbs = FOR_LEASES | FOR_POOLS,
	  .doc = "leases, pools: only of this subnet" },
	{ OPT_HW_ADDRESS, "hw-address", "HEX", TEXT(hw_address), .verbs = FOR_LEASES,
	  .doc = "leases: only of this hardware address" },
	{ OPT_CLIENT_ID, "client-id", "HEX", TEXT(client_id), .verbs = FOR_LEASES,
	  .doc = "leases: only of this client identifier, in DHCPv6 DUID" },
	{ OPT_HOSTNAME, "hostname", "NAME", TEXT(hostname), .verbs = FOR_LEASES,
	  .doc = "leases: only with this host name; *.example.org matches the end" },
	{ OPT_STATE, "state", "STATE", TEXT(state), .verbs = FOR_LEASES,
	  .doc = "leases: only in this state: active, expired, declined, reclaimed, released or registered" },
	{ OPT_EXPIRING, "expiring", "TIME", TEXT(expiring), .verbs = FOR_LEASES,
	  .doc = "leases: only active ones that expire within this time: 90s, 10m, 2h or 1d" },
	{ OPT_LIMIT, "limit", "N", NUMBER(limit, 1, UINT32_MAX), .verbs = FOR_LEASES,
	  .doc = "leases: print so many at most" },
	{ OPT_AFTER, "after", "ADDRESS", TEXT(after), .verbs = FOR_LEASES, .doc = "leases: begin after this address" },
	{ OPT_FILE, "file", "FILE", TEXT(file), .verbs = FOR_LEASES,
	  .doc = "leases: read this lease file, and those a cleanup has left beside it, instead of asking a server" },
	{ OPT_WARNING, "warning", "PERCENT", NUMBER(warning, 1, 100), .verbs = FOR_POOLS,
	  .doc = "pools: exit code 1 if so much of a subnet or pool is in use" },
	{ OPT_CRITICAL, "critical", "PERCENT", NUMBER(critical, 1, 100), .verbs = FOR_POOLS,
	  .doc = "pools: exit code 2 if so much of a subnet or pool is in use" },
	{ OPT_NAGIOS, "nagios", NULL, FLAG(nagios), .verbs = FOR_POOLS,
	  .doc = "pools: print a line for Nagios, with performance data; exit code 3 if the server does not respond" },
	{ OPT_INTERVAL, "interval", "SECONDS", NUMBER(interval_sec, 1, 3600), .verbs = FOR_POOLS,
	  .doc = "pools: read twice, this long apart, to find how fast pools fill" },
	{ OPT_BY, "by", "TYPE", TEXT(by), .verbs = FOR_RESERVE,
	  .doc = "reserve: identify the client by hw-address, client-id or duid" },
	{ OPT_PRINT_MANUAL, "print-manual", NULL, FLAG(print_manual),
	  .doc = "print the source of this program's manual page" },
	{ OPT_PRINT_COMPLETION, "print-completion", NULL, FLAG(print_completion),
	  .doc = "print the completion script for bash" },
};
const unsigned cli_n_options = sizeof(cli_options) / sizeof(cli_options[0]);

const struct verb verbs[] = {
	{ "leases", "", "list leases; all of a server are in order of address", FOR_LEASES, .run = run_leases },
	{ "lease drop", "ADDRESS[/LENGTH]", "delete a lease, and its DNS records", .run = run_lease_drop },
	{ "reserve", "ADDRESS[/LENGTH]", "turn a lease into a reservation", FOR_RESERVE, .run = run_reserve },
	{ "pools", "", "show how full subnets and pools are", FOR_POOLS, .run = run_pools },
	{ "doc", "KEY|COMMAND", "explain a configuration key or a command", .is_local = true, .run = run_doc },
};
const unsigned n_verbs = sizeof(verbs) / sizeof(verbs[0]);

const struct exit_row exit_rows[EXIT_N] = {
	[EXIT_OK] = { "success; pools: nothing exceeds --warning or --critical" },
	[EXIT_REFUSED] = { "the server responded with an error; pools: --warning exceeded" },
	[EXIT_USAGE] = { "error in the command line; pools: --critical exceeded" },
	[EXIT_NOTHING] = { "nothing was found; pools --nagios: unknown" },
	[EXIT_UNREACHABLE] = { "no server, no valid response in time, or a file cannot be read" },
};
