/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Hosts become reservations: in the subnet of each fixed address, or global ones. In dhcpd a host is known everywhere;
 * if that matters (known-clients), a host with an address also gets a global reservation of its identifier.
 */
#include "kea-migrate/dhcpd.h"

#include "base/err.h"

#define IDS_MAX 4
#define ADDRESSES_MAX 64

static const char *const id_keys[] = { "client-id", "duid", "hw-address", "circuit-id" };
enum { ID_CLIENT, ID_DUID, ID_HARDWARE, ID_CIRCUIT, ID_KEYS };

struct host_text {
	struct {
		unsigned key;
		const char *value;
	} ids[IDS_MAX];
	unsigned n_ids;
	struct ip addrs[ADDRESSES_MAX];
	unsigned n_addrs;
	const char *prefixes[ADDRESSES_MAX];
	unsigned n_prefixes;
	bool is_deleted;
};

void dhcpd_host_stmt(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	if (st->n != 2 || !st->has_block) {
		dhcpd_decide(d, sc, st, "expected a name and a block");
		return;
	}
	*vec_push(&d->hosts) = (struct dhcpd_host){ st, sc->inherited };
}

static bool add_id(struct dhcpd *d, struct host_text *h, unsigned key, const struct statement *st, unsigned i)
{
	uint8_t buf[256];
	char hex[3 * 256];
	struct bytes b = { buf, 0 };
	int len;

	if (i + 1 != st->n || h->n_ids == IDS_MAX || key == (d->family == 6 ? ID_CLIENT : ID_DUID))
		return false;
	if (st->v[i].kind == TOKEN_STRING) {
		b = bytes_of(st->v[i].text, st->v[i].len);
	} else {
		len = dhcpd_hex(st->v[i].text, buf, sizeof(buf));
		if (len <= 0)
			return false;
		b.len = (size_t)len;
	}
	if (!b.len || b.len > (key == ID_HARDWARE ? 20 : 255))
		return false;
	(void)bytes_to_hex(b, ':', hex, sizeof(hex));
	h->ids[h->n_ids].key = key;
	h->ids[h->n_ids++].value = arena_strdup(d->arena, hex);
	d->host_ids |= 1U << key;
	return true;
}

static bool read_id(struct dhcpd *d, struct host_text *h, const struct statement *st)
{
	if (token_is(st, 0, "hardware")) {
		if (!token_is(st, 1, "ethernet"))
			dhcpd_notice(d, st, "Kea does not compare the hardware type");
		return add_id(d, h, ID_HARDWARE, st, 2);
	}
	if (token_is(st, 0, "uid") || token_is(st, 0, "dhcp-client-identifier"))
		return add_id(d, h, ID_CLIENT, st, 1);
	if (token_is(st, 0, "option") && token_is(st, 1, "dhcp-client-identifier"))
		return add_id(d, h, ID_CLIENT, st, 2);
	if (token_is(st, 2, "dhcp6.client-id"))
		return add_id(d, h, ID_DUID, st, 3);
	if (token_is(st, 2, "agent.circuit-id"))
		return add_id(d, h, ID_CIRCUIT, st, 3);
	return token_is(st, 2, "dhcp-client-identifier") && add_id(d, h, ID_CLIENT, st, 3);
}

static bool read_addresses(struct dhcpd *d, struct host_text *h, const struct statement *st)
{
	for (unsigned i = 1; i < st->n; i++) {
		if (token_is(st, i, ","))
			continue;
		if (h->n_addrs == ADDRESSES_MAX ||
		    !dhcpd_address(d, st, st->v[i].text, d->family, &h->addrs[h->n_addrs]))
			return false;
		h->n_addrs++;
	}
	return true;
}

/* What identifies the host and where it is. */
static void read_host(struct dhcpd *d, struct dhcpd_scope *sc, struct host_text *h, const struct statement *first)
{
	for (const struct statement *st = first; st; st = st->next) {
		const char *word = token_text(st, 0);

		if (str_case_equal(word, "hardware") || str_case_equal(word, "uid") ||
		    str_case_equal(word, "dhcp-client-identifier") || str_case_equal(word, "host-identifier") ||
		    (str_case_equal(word, "option") && token_is(st, 1, "dhcp-client-identifier"))) {
			if (!read_id(d, h, st))
				dhcpd_decide(d, sc, st, "the host cannot be identified by this");
		} else if (str_case_equal(word, d->family == 6 ? "fixed-address6" : "fixed-address")) {
			if (!read_addresses(d, h, st))
				dhcpd_decide(d, sc, st, "an address is malformed, or a name that is not known here");
		} else if (str_case_equal(word, "fixed-prefix6") && d->family == 6) {
			struct prefix p;

			if (st->n != 2 || prefix_parse(token_text(st, 1), &p) < 0 || h->n_prefixes == ADDRESSES_MAX)
				dhcpd_decide(d, sc, st, "expected a prefix");
			else
				h->prefixes[h->n_prefixes++] = token_text(st, 1);
		} else if (str_case_equal(word, "deleted")) {
			h->is_deleted = true;
		}
	}
}

static struct out *subnet_with(struct dhcpd *d, const struct ip *ip)
{
	struct dhcpd_subnet *best = NULL;

	for (size_t i = 0; i < d->subs.n; i++)
		if (prefix_contains(&d->subs.v[i].prefix, ip) && (!best || d->subs.v[i].prefix.len > best->prefix.len))
			best = &d->subs.v[i];
	return best ? best->map : NULL;
}

static struct out *new_reservation(struct dhcpd *d, const struct dhcpd_host *host, const struct host_text *h,
				   unsigned id, struct out *in)
{
	struct out *map = dhcpd_unit(d, host->st, out_map(d->arena, out_get_list(d->arena, in, "reservations"), NULL));

	if (in == d->top)
		out_bool(d->arena, d->top, "reservations-global", true);
	d->n_values++;
	out_string(d->arena, map, id_keys[h->ids[id].key], h->ids[id].value);
	return map;
}

static void fill(struct dhcpd *d, const struct dhcpd_host *host, struct out *map)
{
	struct dhcpd_scope sc = { .kind = IN_HOST, .map = map, .inherited = host->inherited };

	dhcpd_block(d, &sc, host->st);
	if (d->uses_host_names && !out_find(map, "hostname"))
		out_string(d->arena, map, "hostname", token_text(host->st, 1));
}

/* The reservation in one subnet: the addresses from `from` on that are in it. */
static void in_subnet(struct dhcpd *d, const struct dhcpd_host *host, struct host_text *h, struct out *sub,
		      unsigned from, bool *is_done)
{
	char buf[IP_TEXT_MAX];

	for (unsigned id = 0; id < h->n_ids; id++) {
		struct out *map = new_reservation(d, host, h, id, sub), *list = NULL;
		unsigned n = 0;

		for (unsigned i = from; i < h->n_addrs; i++) {
			if (subnet_with(d, &h->addrs[i]) != sub)
				continue;
			is_done[i] = true;
			(void)ip_format(&h->addrs[i], buf);
			if (d->family == 6)
				out_string(d->arena, list ? list : (list = out_list(d->arena, map, "ip-addresses")),
					   NULL, buf);
			else if (!n++)
				out_string(d->arena, map, "ip-address", buf);
			else
				dhcpd_notice(d, host->st,
					     "Kea reserves one address of a subnet for a host: %s is left out", buf);
		}
		for (unsigned i = 0; i < h->n_prefixes; i++)
			out_string(d->arena, out_get_list(d->arena, map, "prefixes"), NULL, h->prefixes[i]);
		fill(d, host, map);
	}
	h->n_prefixes = 0;
	if (h->n_ids > 1)
		out_bool(d->arena, d->top, "ip-reservations-unique", false);
}

static void convert_host(struct dhcpd *d, const struct dhcpd_host *host)
{
	struct dhcpd_scope top = { .kind = IN_ROOT, .map = d->top };
	struct host_text h = { .n_ids = 0 };
	bool is_done[ADDRESSES_MAX] = { false };
	bool is_placed = false;

	read_host(d, &top, &h, host->st->block);
	if (h.is_deleted)
		return;
	if (!h.n_ids) {
		dhcpd_decide(d, &top, host->st, "nothing identifies this host");
		return;
	}
	for (unsigned i = 0; i < h.n_addrs; i++) {
		char buf[IP_TEXT_MAX];
		struct out *sub = is_done[i] ? NULL : subnet_with(d, &h.addrs[i]);

		is_placed = is_placed || sub || is_done[i];
		if (sub)
			in_subnet(d, host, &h, sub, i, is_done);
		else if (!is_done[i])
			dhcpd_decide(d, &top, host->st, "no subnet contains %s", ip_format(&h.addrs[i], buf));
	}
	for (unsigned id = 0; id < h.n_ids && (!is_placed || d->uses_known); id++) {
		struct out *map;

		if (!is_placed && h.n_addrs)
			break;
		map = new_reservation(d, host, &h, id, d->top);
		if (is_placed)
			continue;
		for (unsigned i = 0; i < h.n_prefixes; i++)
			out_string(d->arena, out_get_list(d->arena, map, "prefixes"), NULL, h.prefixes[i]);
		fill(d, host, map);
	}
}

void dhcpd_finish_hosts(struct dhcpd *d)
{
	struct out *list;

	for (size_t i = 0; i < d->hosts.n && d->n_values < DHCPD_VALUES_MAX; i++)
		convert_host(d, &d->hosts.v[i]);
	if (!d->host_ids)
		return;
	/* dhcpd looks for the client identifier first. */
	list = out_list(d->arena, d->top, "host-reservation-identifiers");
	for (unsigned key = 0; key < ID_KEYS; key++)
		if (d->host_ids & 1U << key)
			out_string(d->arena, list, NULL, id_keys[key]);
}
