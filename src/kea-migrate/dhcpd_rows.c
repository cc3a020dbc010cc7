/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The statements of dhcpd.conf(5), one row each: where Kea can have them, and what becomes of them. "kea-migrate
 * --list" prints this table; tests/migrate/run checks that every statement in it is in some test.
 */
#include "kea-migrate/dhcpd.h"

#include "wire/ident.h"

#include <stdlib.h>

#define DUID_ID_MAX (DUID_MAX - 6) /* bytes of an identifier, after the type and the enterprise number */

static void set_number(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	uint64_t v;

	if (st->n != 2 || !dhcpd_number(token_text(st, 1), UINT32_MAX, &v))
		dhcpd_decide(d, sc, st, "expected a number");
	else
		dhcpd_unit(d, st, out_number(d->arena, sc->map, d->row->key, (int64_t)v));
}

static void set_flag(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	bool on;

	if (!dhcpd_flag(st, 1, &on))
		dhcpd_decide(d, sc, st, "expected on or off");
	else
		dhcpd_unit(d, st, out_bool(d->arena, sc->map, d->row->key, on));
}

static void set_flag_not(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	bool on;

	if (!dhcpd_flag(st, 1, &on))
		dhcpd_decide(d, sc, st, "expected on or off");
	else
		dhcpd_unit(d, st, out_bool(d->arena, sc->map, d->row->key, !on));
}

/* A percentage becomes a fraction. */
static void set_percent(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	uint64_t v;

	if (st->n != 2 || !dhcpd_number(token_text(st, 1), 100, &v))
		dhcpd_decide(d, sc, st, "expected a percentage");
	else
		dhcpd_unit(d, st,
			   out_raw(d->arena, sc->map, d->row->key,
				   arena_printf(d->arena, "%u.%02u", (unsigned)v / 100, (unsigned)v % 100)));
}

/* A text that does not depend on the client; NULL after a decision. */
static const char *constant_text(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	const char *why = NULL;
	unsigned i = token_is(st, 1, "=") ? 2 : 1;
	struct ex e;

	if (st->n == 2 && st->v[1].len == strlen(st->v[1].text))
		return st->v[1].text;
	e = dhcpd_expr(d, st, &i, &why);
	if (e.type == EX_DATA && e.is_const && i == st->n && !memchr(e.data.data, '\0', e.data.len))
		return arena_strndup(d->arena, (const char *)e.data.data, e.data.len);
	dhcpd_decide(d, sc, st, "the value depends on the client: Kea needs a class for each value, or a hook library");
	return NULL;
}

static void set_text(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	const char *text = constant_text(d, sc, st);

	if (text)
		dhcpd_unit(d, st, out_string(d->arena, sc->map, d->row->key, text));
}

static void set_boot(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	const char *text = constant_text(d, sc, st);

	if (text)
		dhcpd_unit(d, st, out_string(d->arena, dhcpd_boot_map(d, sc), d->row->key, text));
}

static void set_next_server(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	char buf[IP_TEXT_MAX];
	struct ip ip;

	if (st->n != 2 || !dhcpd_address(d, st, token_text(st, 1), 4, &ip))
		dhcpd_decide(d, sc, st, "expected an address, or a name that is known here");
	else
		dhcpd_unit(d, st, out_string(d->arena, dhcpd_boot_map(d, sc), "next-server", ip_format(&ip, buf)));
}

static void server_identifier(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	char buf[IP_TEXT_MAX];
	struct ip ip;

	if (st->n != 2 || !dhcpd_address(d, st, token_text(st, 1), 4, &ip))
		dhcpd_decide(d, sc, st, "expected an address");
	else
		(void)dhcpd_add_option(d, sc, st, "dhcp4", 54, "dhcp-server-identifier", ip_format(&ip, buf), false);
}

static void authoritative(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	bool is_not = token_is(st, 0, "not");

	if (is_not ? st->n != 2 || !token_is(st, 1, "authoritative") : st->n != 1)
		dhcpd_decide(d, sc, st, "unexpected words");
	else
		dhcpd_unit(d, st, out_bool(d->arena, sc->map, "authoritative", !is_not));
}

static void interface(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	if (st->n != 2)
		dhcpd_decide(d, sc, st, "expected a name");
	else
		dhcpd_unit(d, st, out_string(d->arena, sc->map, "interface", token_text(st, 1)));
}

static void host_names(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	bool on;

	if (!dhcpd_flag(st, 1, &on))
		dhcpd_decide(d, sc, st, "expected on or off");
	else
		d->uses_host_names = d->uses_host_names || on;
}

static void conflict_detection(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	bool on;

	if (!dhcpd_flag(st, 1, &on))
		dhcpd_decide(d, sc, st, "expected on or off");
	else
		dhcpd_unit(d, st,
			   out_string(d->arena, sc->map, "ddns-conflict-resolution-mode",
				      on ? "check-with-dhcid" : "no-check-with-dhcid"));
}

static void log_facility(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct out *logger, *list;

	if (st->n != 2 || sc->kind != IN_ROOT) {
		dhcpd_decide(d, sc, st, "expected a facility");
		return;
	}
	list = out_list(d->arena, sc->map, "loggers");
	logger = dhcpd_unit(d, st, out_map(d->arena, list, NULL));
	out_string(d->arena, logger, "name", d->family == 6 ? "kea-dhcp6" : "kea-dhcp4");
	list = out_list(d->arena, logger, "output-options");
	out_string(d->arena, out_map(d->arena, list, NULL), "output",
		   arena_printf(d->arena, "syslog:%s", token_text(st, 1)));
}

/* server-duid LLT|EN|LL ... */
static void server_duid(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct out *map;
	uint64_t n;

	if (sc->kind == IN_ROOT && st->n == 2 && (token_is(st, 1, "LLT") || token_is(st, 1, "LL"))) {
		map = dhcpd_unit(d, st, out_map(d->arena, sc->map, "server-id"));
		out_string(d->arena, map, "type", token_is(st, 1, "LL") ? "LL" : "LLT");
	} else if (sc->kind == IN_ROOT && st->n == 4 && token_is(st, 1, "EN") &&
		   dhcpd_number(token_text(st, 2), UINT32_MAX, &n) && st->v[3].len <= DUID_ID_MAX) {
		char hex[2 * DUID_ID_MAX + 1];

		(void)bytes_to_hex(bytes_of(st->v[3].text, st->v[3].len), 0, hex, sizeof(hex));
		map = dhcpd_unit(d, st, out_map(d->arena, sc->map, "server-id"));
		out_string(d->arena, map, "type", "EN");
		out_number(d->arena, map, "enterprise-id", (int64_t)n);
		out_string(d->arena, map, "identifier", hex);
	} else {
		dhcpd_decide(d, sc, st, "the DUID is kept in kea-dhcp6-serverid; copy it there");
	}
}

/* What may only be one value: the one that Kea always has. */
static void must_be_off(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	bool on;

	if (!dhcpd_flag(st, 1, &on) || on)
		dhcpd_decide(d, sc, st, "%s", d->row->doc);
}

static void must_be_on(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	bool on;

	if (!dhcpd_flag(st, 1, &on) || !on)
		dhcpd_decide(d, sc, st, "%s", d->row->doc);
}

static void decide(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	dhcpd_decide(d, sc, st, "%s", d->row->doc);
}

/* Kea needs nothing for it. */
static void drop(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	(void)d;
	(void)sc;
	(void)st;
}

static void drop_notice(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	(void)sc;
	dhcpd_notice(d, st, "%s: %s", d->row->name, d->row->doc);
}

/* "default", "supersede" ... of options */
static void assign(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct statement copy = *st;

	if (st->n < 3 || token_is(st, 0, "append") || token_is(st, 0, "prepend") || !token_is(st, 1, "option")) {
		dhcpd_decide(d, sc, st, "%s", d->row->doc);
		return;
	}
	copy.v++;
	copy.n--;
	dhcpd_option(d, sc, &copy);
}

#define LINKS (IN_ROOT | IN_NET | IN_SUBNET)
#define CLASSES (IN_CLASS | IN_SUBCLASS | IN_IF)
#define ALL_46 DHCPD_46, IN_ALL

/* clang-format off */
const struct dhcpd_row dhcpd_rows[] = {
	/* declarations */
	{ "class", DHCPD_46, LINKS, dhcpd_class_stmt, .is_declaration = true, .doc = "a client class" },
	{ "failover", DHCPD_46, IN_ALL, decide, .is_declaration = true,
	  .doc = "there is no failover protocol: run several servers on one PostgreSQL or MariaDB database "
		 "(doc/guide/servers.md), or one server" },
	{ "group", DHCPD_46, LINKS, dhcpd_group, .is_declaration = true,
	  .doc = "its statements are repeated in what it contains" },
	{ "host", DHCPD_46, LINKS | IN_POOL, dhcpd_host_stmt, .is_declaration = true,
	  .doc = "a reservation, in the subnet of its address or globally" },
	{ "if", DHCPD_46, IN_ALL, drop, .doc = "a class for each branch; elsif and else too" },
	{ "elsif", DHCPD_46, IN_ALL, decide, .doc = "there is no \"if\" before it" },
	{ "else", DHCPD_46, IN_ALL, decide, .doc = "there is no \"if\" before it" },
	{ "include", DHCPD_46, IN_ALL, drop, .is_declaration = true, .doc = "the file is read in its place" },
	{ "key", DHCPD_46, IN_ROOT, dhcpd_key, .is_declaration = true, .doc = "a TSIG key of kea-dhcp-ddns" },
	{ "pool", DHCPD_46, IN_NET | IN_SUBNET, dhcpd_pool_stmt, .is_declaration = true,
	  .doc = "pools with their options and classes" },
	{ "pool6", DHCPD_46, IN_NET | IN_SUBNET, dhcpd_pool_stmt, .is_declaration = true, .doc = "the same" },
	{ "shared-network", DHCPD_46, IN_ROOT, dhcpd_network, .is_declaration = true, .doc = "a shared network" },
	{ "subclass", DHCPD_46, LINKS, dhcpd_subclass, .is_declaration = true,
	  .doc = "a condition of its class; with a block a class of its own" },
	{ "subnet", DHCPD_4, IN_ROOT | IN_NET, dhcpd_subnet_stmt, .is_declaration = true, .doc = "a subnet" },
	{ "subnet6", DHCPD_6, IN_ROOT | IN_NET, dhcpd_subnet_stmt, .is_declaration = true, .doc = "a subnet" },
	{ "zone", DHCPD_46, IN_ROOT, dhcpd_zone, .is_declaration = true, .doc = "a domain of kea-dhcp-ddns" },

	/* in them */
	{ "allow", DHCPD_46, IN_ALL, dhcpd_permit,
	  .doc = "in pools: client-classes; elsewhere deny-unknown, ddns-override-client-update" },
	{ "deny", DHCPD_46, IN_ALL, dhcpd_permit, .doc = "the same" },
	{ "ignore", DHCPD_46, IN_ALL, dhcpd_permit, .doc = "the same" },
	{ "fixed-address", DHCPD_4, IN_HOST, drop, .doc = "ip-address of the reservation" },
	{ "fixed-address6", DHCPD_6, IN_HOST, drop, .doc = "ip-addresses of the reservation" },
	{ "fixed-prefix6", DHCPD_6, IN_HOST, drop, .doc = "prefixes of the reservation" },
	{ "hardware", DHCPD_46, IN_HOST, drop, .doc = "hw-address of the reservation" },
	{ "host-identifier", DHCPD_46, IN_HOST, drop, .doc = "duid, circuit-id or client-id of the reservation" },
	{ "uid", DHCPD_46, IN_HOST, drop, .doc = "client-id of the reservation" },
	{ "dhcp-client-identifier", DHCPD_46, IN_HOST, drop, .doc = "client-id of the reservation" },
	{ "dynamic", DHCPD_46, IN_HOST, drop, .doc = "nothing" },
	{ "deleted", DHCPD_46, IN_HOST, drop, .doc = "the host is left out" },
	{ "interface", DHCPD_46, IN_NET | IN_SUBNET, interface, .doc = "interface" },
	{ "lease", DHCPD_46, IN_CLASS, decide, .doc = "a limit of leases for a class needs a hook library" },
	{ "match", DHCPD_46, IN_CLASS, dhcpd_match, .doc = "test of the class" },
	{ "spawn", DHCPD_46, IN_CLASS, dhcpd_spawn, .doc = "template-test of the class" },
	{ "prefix6", DHCPD_6, IN_NET | IN_SUBNET | IN_POOL, dhcpd_prefix6, .doc = "pd-pools" },
	{ "range", DHCPD_4, IN_NET | IN_SUBNET | IN_POOL, dhcpd_range, .doc = "a pool" },
	{ "range6", DHCPD_6, IN_NET | IN_SUBNET | IN_POOL, dhcpd_range6,
	  .doc = "a pool; temporary ones need a decision" },

	/* options */
	{ "option", DHCPD_46, IN_ALL | IN_GUARDED, dhcpd_option, .doc = "option-data; definitions: option-def" },
	{ "send", DHCPD_46, IN_ALL | IN_GUARDED, assign, .doc = "with \"option\": option-data" },
	{ "supersede", DHCPD_46, IN_ALL | IN_GUARDED, assign, .doc = "with \"option\": option-data" },
	{ "default", DHCPD_46, IN_ALL | IN_GUARDED, assign, .doc = "with \"option\": option-data" },
	{ "append", DHCPD_46, IN_ALL | IN_GUARDED, assign,
	  .doc = "an option's value replaces that of outer scopes in Kea" },
	{ "prepend", DHCPD_46, IN_ALL | IN_GUARDED, assign,
	  .doc = "an option's value replaces that of outer scopes in Kea" },
	{ "vendor-option-space", DHCPD_4, IN_ALL | IN_GUARDED, dhcpd_vendor_space, .doc = "option-def of option 43" },
	{ "site-option-space", DHCPD_4, IN_ALL, decide,
	  .doc = "options for private use can be defined globally or, in Kea, in each class" },

	/* lifetimes */
	{ "default-lease-time", DHCPD_46, LINKS | CLASSES, set_number, "valid-lifetime",
	  .doc = "valid-lifetime; without it dhcpd's default of 43200 is written" },
	{ "max-lease-time", DHCPD_46, LINKS | CLASSES, set_number, "max-valid-lifetime", .doc = "max-valid-lifetime" },
	{ "min-lease-time", DHCPD_46, LINKS | CLASSES, set_number, "min-valid-lifetime", .doc = "min-valid-lifetime" },
	{ "preferred-lifetime", DHCPD_6, LINKS | CLASSES, set_number, "preferred-lifetime",
	  .doc = "preferred-lifetime" },
	{ "adaptive-lease-time-threshold", DHCPD_46, LINKS, set_percent, "adaptive-lease-time-threshold",
	  .doc = "adaptive-lease-time-threshold" },
	{ "dhcp-cache-threshold", DHCPD_46, LINKS, set_percent, "cache-threshold", .doc = "cache-threshold" },
	{ "abandon-lease-time", DHCPD_46, IN_ROOT, set_number, "decline-probation-period",
	  .doc = "decline-probation-period" },
	{ "infinite-is-reserved", DHCPD_46, IN_ALL, must_be_off,
	  .doc = "an infinite lease does not reserve its address" },

	/* boot */
	{ "filename", DHCPD_4, LINKS | IN_HOST | CLASSES | IN_GUARDED, set_boot, "boot-file-name",
	  .doc = "boot-file-name" },
	{ "next-server", DHCPD_4, LINKS | IN_HOST | CLASSES | IN_GUARDED, set_next_server, "next-server",
	  .doc = "next-server; a name is resolved" },
	{ "server-name", DHCPD_4, LINKS | IN_HOST | CLASSES | IN_GUARDED, set_boot, "server-hostname",
	  .doc = "server-hostname" },

	/* behavior */
	{ "authoritative", DHCPD_46, LINKS, authoritative, .doc = "authoritative" },
	{ "not", DHCPD_46, LINKS, authoritative, .doc = "not authoritative: authoritative is false" },
	{ "server-identifier", DHCPD_4, IN_ALL, server_identifier, .doc = "option-data dhcp-server-identifier" },
	{ "echo-client-id", DHCPD_4, IN_ROOT, set_flag, "echo-client-id", .doc = "echo-client-id" },
	{ "ignore-client-uids", DHCPD_4, LINKS, set_flag_not, "match-client-id",
	  .doc = "match-client-id, the opposite" },
	{ "stash-agent-options", DHCPD_4, IN_ROOT, set_flag, "stash-agent-options", .doc = "stash-agent-options" },
	{ "limit-addrs-per-ia", DHCPD_6, LINKS, set_number, "max-addresses-per-ia", .doc = "max-addresses-per-ia" },
	{ "limit-prefs-per-ia", DHCPD_6, LINKS, set_number, "max-prefixes-per-ia", .doc = "max-prefixes-per-ia" },
	{ "use-host-decl-names", DHCPD_46, IN_ALL, host_names, .doc = "hostname of each reservation, for all hosts" },
	{ "server-duid", DHCPD_6, IN_ROOT, server_duid, .doc = "server-id; a DUID in full must be copied by hand" },
	{ "one-lease-per-client", DHCPD_46, IN_ALL, drop, .doc = "nothing: a client has one lease in a network" },
	{ "ping-check", DHCPD_4, IN_ALL, must_be_off, .doc = "addresses are not probed before they are offered" },
	{ "ping-timeout", DHCPD_4, IN_ALL, drop, .doc = "nothing: addresses are not probed" },
	{ "ping-cltt-secs", DHCPD_4, IN_ALL, drop, .doc = "nothing: addresses are not probed" },
	{ "ping-timeout-ms", DHCPD_4, IN_ALL, drop, .doc = "nothing: addresses are not probed" },
	{ "always-broadcast", DHCPD_4, IN_ALL, must_be_off,
	  .doc = "the server broadcasts if the client asks for it; use another client setting" },
	{ "always-reply-rfc1048", DHCPD_4, IN_ALL, must_be_off, .doc = "BOOTP clients are not served" },
	{ "boot-unknown-clients", DHCPD_46, LINKS, set_flag_not, "deny-unknown", .doc = "deny-unknown, the opposite" },
	{ "dynamic-bootp-lease-cutoff", DHCPD_4, IN_ALL, drop_notice, .doc = "BOOTP clients are not served" },
	{ "dynamic-bootp-lease-length", DHCPD_4, IN_ALL, drop_notice, .doc = "BOOTP clients are not served" },
	{ "get-lease-hostnames", DHCPD_46, IN_ALL, must_be_off,
	  .doc = "the server does not look for names of addresses in the DNS" },
	{ "min-secs", DHCPD_4, IN_ALL, decide, .doc = "the server does not wait for the field secs of a client" },
	{ "use-lease-addr-for-default-route", DHCPD_4, IN_ALL, must_be_off,
	  .doc = "the router cannot be the client itself" },
	{ "check-secs-byte-order", DHCPD_4, IN_ALL, drop, .doc = "nothing: the field secs is not used" },
	{ "server-id-check", DHCPD_4, IN_ALL, must_be_off, .doc = "a class on option 54 does that" },
	{ "prefix-length-mode", DHCPD_6, IN_ALL, decide,
	  .doc = "a client gets a prefix of another length if none of the length it asks for is there (mode prefer)" },
	{ "release-on-roam", DHCPD_6, IN_ALL, drop, .doc = "nothing: leases on other links end on their own" },
	{ "use-eui-64", DHCPD_6, IN_ALL, must_be_off, .doc = "addresses are not made from hardware addresses" },
	{ "persist-eui-64-leases", DHCPD_6, IN_ALL, drop, .doc = "nothing" },
	{ "ignore-client-ids", DHCPD_4, LINKS, set_flag_not, "match-client-id",
	  .doc = "match-client-id, the opposite" },
	{ "dynamic-bootp", DHCPD_4, IN_ALL, drop_notice, .doc = "BOOTP clients are not served" },

	/* names */
	{ "ddns-update-style", DHCPD_46, IN_ROOT, dhcpd_ddns_style, .doc = "dhcp-ddns: enable-updates" },
	{ "ddns-updates", DHCPD_46, LINKS, set_flag, "ddns-send-updates", .doc = "ddns-send-updates" },
	{ "ddns-domainname", DHCPD_46, LINKS, set_text, "ddns-qualifying-suffix", .doc = "ddns-qualifying-suffix" },
	{ "ddns-hostname", DHCPD_46, IN_HOST, set_text, "hostname", .doc = "hostname of a reservation" },
	{ "ddns-rev-domainname", DHCPD_46, IN_ALL, decide, .doc = "reverse zones are in-addr.arpa and ip6.arpa" },
	{ "ddns-ttl", DHCPD_46, LINKS, set_number, "ddns-ttl", .doc = "ddns-ttl" },
	{ "update-conflict-detection", DHCPD_46, LINKS, conflict_detection, .doc = "ddns-conflict-resolution-mode" },
	{ "update-optimization", DHCPD_46, LINKS, set_flag_not, "ddns-update-on-renew", .doc = "ddns-update-on-renew" },
	{ "update-static-leases", DHCPD_46, IN_ALL, drop, .doc = "nothing: reserved addresses are leases like others" },
	{ "do-forward-updates", DHCPD_46, IN_ALL, must_be_on, .doc = "leave the domain out of forward-ddns instead" },
	{ "do-reverse-updates", DHCPD_46, IN_ALL, must_be_on, .doc = "leave the domain out of reverse-ddns instead" },
	{ "ddns-guard-id-must-match", DHCPD_46, IN_ALL, decide, .doc = "see ddns-conflict-resolution-mode" },
	{ "ddns-other-guard-is-dynamic", DHCPD_46, IN_ALL, decide, .doc = "see ddns-conflict-resolution-mode" },
	{ "ddns-dual-stack-mixed-mode", DHCPD_46, IN_ALL, decide, .doc = "see ddns-conflict-resolution-mode" },
	{ "dns-local-address4", DHCPD_46, IN_ALL, decide, .doc = "kea-dhcp-ddns chooses the address it sends from" },
	{ "dns-local-address6", DHCPD_46, IN_ALL, decide, .doc = "kea-dhcp-ddns chooses the address it sends from" },
	{ "ddns-local-address4", DHCPD_46, IN_ALL, decide, .doc = "kea-dhcp-ddns chooses the address it sends from" },
	{ "ddns-local-address6", DHCPD_46, IN_ALL, decide, .doc = "kea-dhcp-ddns chooses the address it sends from" },
	{ "fqdn-reply", DHCPD_46, IN_ALL, drop, .doc = "nothing: the option is sent to clients that send it" },

	/* the process */
	{ "log-facility", DHCPD_46, IN_ROOT, log_facility, .doc = "a logger to syslog" },
	{ "local-port", DHCPD_46, IN_ALL, decide, .doc = "the port is an option of the command line, for tests" },
	{ "remote-port", DHCPD_46, IN_ALL, decide, .doc = "the port is an option of the command line, for tests" },
	{ "local-address", DHCPD_46, IN_ALL, decide, .doc = "name the interface and address in interfaces-config" },
	{ "local-address6", DHCPD_46, IN_ALL, decide, .doc = "name the interface and address in interfaces-config" },
	{ "bind-local-address6", DHCPD_46, IN_ALL, decide,
	  .doc = "name the interface and address in interfaces-config" },
	{ "limited-broadcast-address", DHCPD_4, IN_ALL, decide, .doc = "the broadcast address is 255.255.255.255" },
	{ "lease-file-name", DHCPD_46, IN_ALL, drop, .doc = "nothing: convert the file with --from dhcpd-leases" },
	{ "dhcpv6-lease-file-name", DHCPD_46, IN_ALL, drop, .doc = "the same" },
	{ "pid-file-name", DHCPD_46, IN_ALL, drop, .doc = "nothing: the service manager knows the process" },
	{ "dhcpv6-pid-file-name", DHCPD_46, IN_ALL, drop, .doc = "nothing" },
	{ "db-time-format", DHCPD_46, IN_ALL, drop, .doc = "nothing: lease files are CSV" },
	{ "lease-id-format", DHCPD_46, IN_ALL, drop, .doc = "nothing: lease files are CSV" },
	{ "authoring-byte-order", DHCPD_46, IN_ALL, drop, .doc = "nothing" },
	{ "delayed-ack", DHCPD_46, IN_ALL, drop, .doc = "nothing: leases are always written in groups" },
	{ "max-ack-delay", DHCPD_46, IN_ALL, drop, .doc = "nothing" },
	{ "dont-use-fsync", DHCPD_46, IN_ALL, must_be_off, .doc = "\"sync\": \"none\" of lease-database does that" },
	{ "log-threshold-high", DHCPD_46, IN_ALL, drop, .doc = "nothing" },
	{ "log-threshold-low", DHCPD_46, IN_ALL, drop, .doc = "nothing" },
	{ "omapi-port", DHCPD_46, IN_ALL, drop_notice, .doc = "Kea has control sockets instead (control-sockets)" },
	{ "omapi-key", DHCPD_46, IN_ALL, drop_notice, .doc = "Kea has control sockets instead (control-sockets)" },
	{ "ldap-server", DHCPD_46, IN_ALL, decide, .doc = "hosts in LDAP: export them, or use a database" },
	{ "ldap-port", DHCPD_46, IN_ALL, decide, .doc = "hosts in LDAP: export them, or use a database" },
	{ "ldap-username", DHCPD_46, IN_ALL, decide, .doc = "hosts in LDAP: export them, or use a database" },
	{ "ldap-password", DHCPD_46, IN_ALL, decide, .doc = "hosts in LDAP: export them, or use a database" },
	{ "ldap-base-dn", DHCPD_46, IN_ALL, decide, .doc = "hosts in LDAP: export them, or use a database" },
	{ "ldap-method", DHCPD_46, IN_ALL, decide, .doc = "hosts in LDAP: export them, or use a database" },
	{ "ldap-debug-file", DHCPD_46, IN_ALL, decide, .doc = "hosts in LDAP: export them, or use a database" },
	{ "ldap-dhcp-server-cn", DHCPD_46, IN_ALL, decide, .doc = "hosts in LDAP: export them, or use a database" },

	/* programs */
	{ "on", DHCPD_46, IN_ALL, decide,
	  .doc = "a script at events: libdhcp_run_script(8) says what it needs" },
	{ "execute", DHCPD_46, IN_ALL, decide,
	  .doc = "a script at events: libdhcp_run_script(8) says what it needs" },
	{ "set", DHCPD_46, IN_ALL, decide, .doc = "there are no variables" },
	{ "unset", DHCPD_46, IN_ALL, decide, .doc = "there are no variables" },
	{ "eval", DHCPD_46, IN_ALL, decide, .doc = "there are no variables" },
	{ "define", DHCPD_46, IN_ALL, decide, .doc = "there are no functions" },
	{ "log", DHCPD_46, IN_ALL, decide, .doc = "what is logged is a setting of loggers" },
	{ "switch", DHCPD_46, IN_ALL, decide, .doc = "write it as if and elsif" },
	{ "break", DHCPD_46, IN_ALL, decide, .doc = "a switch cannot be converted" },
	{ "add", DHCPD_46, IN_ALL, decide, .doc = "a client's classes follow from their conditions only" },
	{ "parse-vendor-option", DHCPD_4, IN_ALL, decide,
	  .doc = "option 43 of a client is parsed if option-def defines it" },
	{ "return", DHCPD_46, IN_ALL, decide, .doc = "there are no functions" },
};
/* clang-format on */
const unsigned dhcpd_n_rows = sizeof(dhcpd_rows) / sizeof(dhcpd_rows[0]);
