/* SPDX-License-Identifier: MPL-2.0 */
/* Zones and keys go to the configuration of kea-dhcp-ddns, settings of names to that of the server. */
#include "kea-migrate/dhcpd.h"

static const char *with_dot(struct dhcpd *d, const char *name)
{
	size_t len = strlen(name);

	return len && name[len - 1] == '.' ? name : arena_printf(d->arena, "%s.", name);
}

static const char *without_dot(struct dhcpd *d, const char *name)
{
	size_t len = strlen(name);

	return len && name[len - 1] == '.' ? arena_strndup(d->arena, name, len - 1) : name;
}

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	return len >= n && str_case_equal(name + len - n, end);
}

static void add_servers(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st, struct out *list)
{
	char buf[IP_TEXT_MAX];
	struct ip ip;

	for (unsigned i = 1; i < st->n; i++) {
		unsigned family = ends_in(st->v[0].text, "6") ? 6 : 4;

		if (token_is(st, i, ","))
			continue;
		if (!dhcpd_address(d, st, st->v[i].text, family, &ip)) {
			dhcpd_decide(d, sc, st, "\"%s\" is no address, and no name that is known here", st->v[i].text);
			continue;
		}
		out_string(d->arena, out_map(d->arena, list, NULL), "ip-address", ip_format(&ip, buf));
	}
}

void dhcpd_zone(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	const char *name = with_dot(d, token_text(st, 1));
	bool is_reverse = ends_in(name, ".arpa.");
	struct dhcpd_scope own = { .kind = IN_ROOT, .map = d->ddns_top };
	struct out *part, *zone, *servers;

	if (sc->kind != IN_ROOT || st->n != 2 || !st->has_block) {
		dhcpd_decide(d, sc, st, "expected a name and a block");
		return;
	}
	d->has_zones = true;
	part = out_find(d->ddns_top, is_reverse ? "reverse-ddns" : "forward-ddns");
	if (!part)
		part = out_map(d->arena, d->ddns_top, is_reverse ? "reverse-ddns" : "forward-ddns");
	zone = dhcpd_unit(d, st, out_map(d->arena, out_get_list(d->arena, part, "ddns-domains"), NULL));
	out_string(d->arena, zone, "name", name);
	servers = out_list(d->arena, zone, "dns-servers");
	for (const struct statement *in = st->block; in; in = in->next) {
		if (token_is(in, 0, "primary") || token_is(in, 0, "primary6") || token_is(in, 0, "secondary") ||
		    token_is(in, 0, "secondary6"))
			add_servers(d, &own, in, servers);
		else if (token_is(in, 0, "key") && in->n == 2)
			out_string(d->arena, zone, "key-name", without_dot(d, token_text(in, 1)));
		else
			dhcpd_decide(d, &own, in, "unknown in a zone");
	}
	if (!servers->first) {
		out_remove(zone);
		dhcpd_decide(d, sc, st, "the zone has no server with a known address");
	}
}

void dhcpd_key(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct dhcpd_scope own = { .kind = IN_ROOT, .map = d->ddns_top };
	char algorithm[32] = "";
	const char *secret = "";
	struct out *key;

	if (sc->kind != IN_ROOT || st->n != 2 || !st->has_block) {
		dhcpd_decide(d, sc, st, "expected a name and a block");
		return;
	}
	for (const struct statement *in = st->block; in; in = in->next) {
		if (token_is(in, 0, "algorithm") && in->n == 2) {
			size_t len = strcspn(token_text(in, 1), ".");

			for (size_t i = 0; i < len && i + 1 < sizeof(algorithm); i++) {
				char c = token_text(in, 1)[i];

				algorithm[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
				algorithm[i + 1] = '\0';
			}
		} else if (token_is(in, 0, "secret") && in->n == 2) {
			secret = token_text(in, 1);
		} else {
			dhcpd_decide(d, &own, in, "unknown in a key");
		}
	}
	key = dhcpd_unit(d, st, out_map(d->arena, out_get_list(d->arena, d->ddns_top, "tsig-keys"), NULL));
	out_string(d->arena, key, "name", without_dot(d, token_text(st, 1)));
	out_string(d->arena, key, "algorithm", algorithm);
	out_string(d->arena, key, "secret", secret);
}

void dhcpd_ddns_style(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	if (token_is(st, 1, "none") || token_is(st, 1, "ad-hoc"))
		d->wants_updates = false;
	else if (token_is(st, 1, "standard") || token_is(st, 1, "interim"))
		d->wants_updates = true;
	else
		dhcpd_decide(d, sc, st, "unknown style");
	if (token_is(st, 1, "interim"))
		dhcpd_notice(d, st,
			     "Kea writes DHCID records, not TXT: remove the old records, or existing names "
			     "count as another client's");
	if (token_is(st, 1, "ad-hoc"))
		dhcpd_notice(d, st, "ad-hoc updates do not exist any longer, in dhcpd neither");
}

void dhcpd_finish_ddns(struct dhcpd *d)
{
	const char *domain = NULL;
	struct out *list = out_find(d->top, "option-data");

	if (!d->wants_updates)
		return;
	out_bool(d->arena, out_map(d->arena, d->top, "dhcp-ddns"), "enable-updates", true);
	for (struct out *o = list ? list->first : NULL; o; o = o->next) {
		const char *name = o->kind == OUT_MAP ? out_value(d->arena, o, "name") : NULL;

		if (name && strcmp(name, "domain-name") == 0)
			domain = out_value(d->arena, o, "data");
	}
	if (domain && !out_find(d->top, "ddns-qualifying-suffix"))
		out_string(d->arena, d->top, "ddns-qualifying-suffix", domain);
}
