/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lease files of ISC dhcpd (dhcpd.leases(5)), read and written. What a lease has more than Kea can keep (failover
 * times, scripts, variables) is left out.
 */
#include "kea-migrate/leases.h"

#include "base/err.h"
#include "base/hash.h"
#include "ddns/dname.h"
#include "kea-migrate/dhcpd.h"
#include "lease/csv.h"
#include "lease/index.h"
#include "lease/lines.h"
#include "subnet/subnet.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <time.h>

#define FOREVER INT64_MAX
#define SECONDS_MAX (1LL << 37) /* of a time: until the year 6300 */

/* What dhcpd calls the states. */
static const struct {
	const char *name;
	enum lease_state state;
	bool is_used; /* without a client it does not matter */
} states[] = {
	{ "active", LEASE_DEFAULT, true },     { "abandoned", LEASE_DECLINED, true },
	{ "expired", LEASE_RECLAIMED, false }, { "released", LEASE_RELEASED, false },
	{ "free", LEASE_RECLAIMED, false },    { "backup", LEASE_RECLAIMED, false },
	{ "reset", LEASE_RECLAIMED, false },
};

static const struct {
	const char *name;
	uint8_t type;
} hardware_types[] = { { "ethernet", 1 }, { "token-ring", 6 }, { "fddi", 8 }, { "infiniband", 32 } };

static const struct {
	const char *word;
	enum lease_type type;
} ia_words[] = { { "ia_na", LEASE_NA }, { "ia_ta", LEASE_TA }, { "ia_pd", LEASE_PD } };

struct item {
	struct lease lease;
	struct pos pos;
	uint64_t ia, generation; /* DHCPv6: the declaration it comes from */
	bool is_dropped;
};

struct ia {
	struct bytes key; /* with its type */
	uint64_t generation;
};

struct work {
	const struct leases_input *in;
	struct report *rep;
	struct arena *arena;
	VEC(struct item) items;
	VEC(struct ia) ias;
	struct index by_addr, by_ia; /* positions + 1 */
	bool is_big_endian;
	unsigned n_leases;
};

/* --- what was declared before --- */

struct search {
	const struct work *w;
	const struct lease *lease;
	struct bytes key;
};

static bool is_item(const void *ctx, uint32_t ref)
{
	const struct search *s = ctx;
	const struct lease *a = &s->w->items.v[ref - 1].lease, *b = s->lease;

	return ip_equal(&a->addr, &b->addr) && a->prefix_len == b->prefix_len &&
	       (a->type == LEASE_PD) == (b->type == LEASE_PD);
}

static bool is_ia(const void *ctx, uint32_t ref)
{
	const struct search *s = ctx;

	return bytes_equal(s->w->ias.v[ref - 1].key, s->key);
}

/* Returns the item with this lease's address, which is new or that of an earlier declaration. */
static struct item *item_of(struct work *w, const struct lease *lease)
{
	uint64_t hash = hash_bytes(lease->addr.b, 16, lease->type == LEASE_PD ? lease->prefix_len : 200);
	const struct search search = { .w = w, .lease = lease };
	const struct index_slot *slot = index_find(&w->by_addr, hash, is_item, &search);
	struct item *item;

	if (slot)
		return &w->items.v[slot->ref - 1];
	item = vec_push(&w->items);
	item->lease.addr = lease->addr;
	item->lease.prefix_len = lease->prefix_len;
	item->lease.type = lease->type;
	index_add(&w->by_addr, hash, (uint32_t)w->items.n);
	return item;
}

static size_t ia_of(struct work *w, struct bytes key)
{
	uint64_t hash = hash_bytes(key.data, key.len, 0);
	const struct search search = { .w = w, .key = key };
	const struct index_slot *slot = index_find(&w->by_ia, hash, is_ia, &search);

	if (slot)
		return slot->ref - 1;
	*vec_push(&w->ias) = (struct ia){ .key = bytes_of(arena_dup(w->arena, key.data, key.len), key.len) };
	index_add(&w->by_ia, hash, (uint32_t)w->ias.n);
	return w->ias.n - 1;
}

/* --- words --- */

/* "4 2026/11/29 22:53:01", "epoch 1796000000" or "never". */
static bool read_time(const struct statement *st, unsigned i, int64_t *ret)
{
	unsigned y, m, d, hour, min, sec;
	struct tm tm;
	char end;

	if (token_is(st, i, "never")) {
		*ret = FOREVER;
		return st->n == i + 1;
	}
	if (token_is(st, i, "epoch")) {
		const char *text = token_text(st, i + 1);

		if (st->n != i + 2 || !*text || strlen(text) > 12 || text[strspn(text, "0123456789")])
			return false;
		*ret = strtoll(text, NULL, 10);
		return *ret < SECONDS_MAX;
	}
	if (st->n != i + 3 || sscanf(token_text(st, i + 1), "%4u/%2u/%2u%c", &y, &m, &d, &end) != 3 ||
	    sscanf(token_text(st, i + 2), "%2u:%2u:%2u%c", &hour, &min, &sec, &end) != 3)
		return false;
	if (y < 1970 || m < 1 || m > 12 || d < 1 || d > 31 || hour > 23 || min > 59 || sec > 60)
		return false;
	tm = (struct tm){ .tm_year = (int)y - 1900,
			  .tm_mon = (int)m - 1,
			  .tm_mday = (int)d,
			  .tm_hour = (int)hour,
			  .tm_min = (int)min,
			  .tm_sec = (int)sec };
	*ret = timegm(&tm);
	return true;
}

/* A text in quotes or hexadecimal bytes; in the arena. */
static bool read_bytes_of(struct work *w, const struct statement *st, unsigned i, size_t max, struct bytes *ret)
{
	uint8_t *buf;
	size_t len;
	int n;

	if (i >= st->n || st->n != i + 1)
		return false;
	len = st->v[i].len;
	if (st->v[i].kind == TOKEN_STRING) {
		*ret = bytes_of(arena_dup(w->arena, st->v[i].text, len + 1), len);
		return len && len <= max;
	}
	buf = arena_alloc(w->arena, max + 1);
	n = dhcpd_hex(st->v[i].text, buf, max);
	*ret = bytes_of(buf, n > 0 ? (size_t)n : 0);
	return n > 0;
}

static bool read_seconds(const struct statement *st, uint32_t *ret)
{
	const char *text = token_text(st, 1);
	unsigned long long v;

	if (st->n != 2 || !*text || strlen(text) > 10 || text[strspn(text, "0123456789")])
		return false;
	v = strtoull(text, NULL, 10);
	*ret = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
	return true;
}

/* --- one lease --- */

struct parsed {
	int64_t starts, ends, cltt; /* -1: not there */
	uint32_t max_life;
	bool has_max_life, has_state, is_used;
	struct bytes circuit, remote;
	const char *client_hostname, *name; /* name: that of the DNS */
	const char *why;
};

static const char *text_of(struct work *w, struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.data[i] <= ' ' || b.data[i] > '~' || b.data[i] == ',')
			return NULL;
	return b.len && b.len <= LEASE_HOSTNAME_MAX ? arena_strndup(w->arena, (const char *)b.data, b.len) : NULL;
}

static void read_state(const struct statement *st, struct lease *lease, struct parsed *p)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (st->n != 3 || !token_is(st, 2, states[i].name))
			continue;
		lease->state = states[i].state;
		p->is_used = states[i].is_used;
		p->has_state = true;
		return;
	}
	p->why = "unknown binding state";
}

static void read_hardware(struct work *w, const struct statement *st, struct lease *lease, struct parsed *p)
{
	uint64_t number = 0;

	for (size_t i = 0; i < sizeof(hardware_types) / sizeof(hardware_types[0]); i++)
		if (token_is(st, 1, hardware_types[i].name))
			number = hardware_types[i].type;
	if (!number && strncmp(token_text(st, 1), "unknown-", 8) == 0)
		number = strtoul(token_text(st, 1) + 8, NULL, 10);
	lease->hwtype = (uint8_t)(number > 255 ? 0 : number);
	if (!read_bytes_of(w, st, 2, LEASE_HWADDR_MAX, &lease->hwaddr))
		p->why = "malformed hardware address";
}

/* set NAME = VALUE */
static void read_variable(struct work *w, const struct statement *st, struct lease *lease, struct parsed *p)
{
	struct bytes value;

	if (!token_is(st, 2, "=") || !read_bytes_of(w, st, 3, LEASE_HOSTNAME_MAX, &value))
		return;
	if (token_is(st, 1, "ddns-fwd-name") || token_is(st, 1, "ddns-client-fqdn")) {
		p->name = text_of(w, value);
		lease->fqdn_fwd = p->name && token_is(st, 1, "ddns-fwd-name");
	} else if (token_is(st, 1, "ddns-rev-name")) {
		lease->fqdn_rev = true;
	}
}

static void read_one(struct work *w, const struct statement *st, struct lease *lease, struct parsed *p)
{
	struct bytes b;
	bool ok = true;

	if (token_is(st, 0, "starts"))
		ok = read_time(st, 1, &p->starts);
	else if (token_is(st, 0, "ends"))
		ok = read_time(st, 1, &p->ends);
	else if (token_is(st, 0, "cltt"))
		ok = read_time(st, 1, &p->cltt);
	else if (token_is(st, 0, "binding"))
		read_state(st, lease, p);
	else if (token_is(st, 0, "hardware"))
		read_hardware(w, st, lease, p);
	else if (token_is(st, 0, "uid"))
		ok = read_bytes_of(w, st, 1, LEASE_ID_MAX, &lease->client_id);
	else if (token_is(st, 0, "client-hostname"))
		p->client_hostname = read_bytes_of(w, st, 1, LEASE_HOSTNAME_MAX, &b) ? text_of(w, b) : NULL;
	else if (token_is(st, 0, "set"))
		read_variable(w, st, lease, p);
	else if (token_is(st, 1, "agent.circuit-id"))
		ok = read_bytes_of(w, st, 2, 255, &p->circuit);
	else if (token_is(st, 1, "agent.remote-id"))
		ok = read_bytes_of(w, st, 2, 255, &p->remote);
	else if (token_is(st, 0, "preferred-life"))
		ok = read_seconds(st, &lease->preferred);
	else if (token_is(st, 0, "max-life"))
		ok = p->has_max_life = read_seconds(st, &p->max_life);
	if (!ok)
		p->why = arena_printf(w->rep->arena, "malformed %s", token_text(st, 0));
}

/* Kea keeps what relays said in the lease's context. */
static void add_context(struct work *w, struct lease *lease, const struct parsed *p)
{
	uint8_t buf[600];
	char hex[1300];
	struct writer wr = writer_init(buf, sizeof(buf));
	const struct bytes *subs[] = { &p->circuit, &p->remote };

	for (unsigned i = 0; i < 2; i++) {
		if (!subs[i]->len)
			continue;
		write_u8(&wr, (uint8_t)(i + 1));
		write_u8(&wr, (uint8_t)subs[i]->len);
		write_bytes(&wr, subs[i]->data, subs[i]->len);
	}
	if (!writer_len(&wr))
		return;
	(void)bytes_to_hex(bytes_of(buf, writer_len(&wr)), 0, hex, sizeof(hex));
	lease->user_context =
		arena_printf(w->arena, "{ \"ISC\": { \"relay-agent-info\": { \"sub-options\": \"0x%s\" } } }", hex);
}

static void set_times(struct lease *lease, struct parsed *p)
{
	int64_t base = p->cltt >= 0 && p->cltt != FOREVER ? p->cltt : p->starts, valid;

	if (p->ends == FOREVER) {
		lease->valid = LEASE_FOREVER;
		lease->cltt = base >= 0 && base != FOREVER ? base : 0;
		return;
	}
	if (p->ends < 0) {
		p->why = "the lease has no end";
		return;
	}
	if (base < 0 || base == FOREVER || base >= p->ends)
		base = p->starts >= 0 && p->starts < p->ends ? p->starts : p->ends - 1;
	valid = p->has_max_life && p->max_life ? p->max_life : p->ends - base;
	/* A lifetime of 0 would mean that there is no lease. */
	valid = valid < 1 ? 1 : valid >= LEASE_FOREVER ? LEASE_FOREVER - 1 : valid;
	if (valid > p->ends)
		valid = p->ends ? p->ends : 1;
	lease->valid = (uint32_t)valid;
	lease->cltt = p->ends > valid ? p->ends - valid : 0;
}

static uint32_t subnet_of_lease(struct work *w, const struct lease *lease)
{
	const struct plan *plan = &w->in->cfg->plan;
	const struct subnet *sub;

	if (lease->type != LEASE_PD) {
		sub = subnet_by_address(plan, &lease->addr);
		return sub ? sub->id : 0;
	}
	for (size_t i = 0; i < plan->n; i++)
		for (unsigned k = 0; k < plan->subs[i].n_pd_pools; k++) {
			const struct pool *pool = &plan->subs[i].pd_pools[k];
			/* pool->last is the last prefix. */
			struct prefix last = { pool->last, pool->len };
			struct ip end = prefix_last(&last);

			if (ip_cmp(&pool->first, &lease->addr) <= 0 && ip_cmp(&lease->addr, &end) <= 0)
				return plan->subs[i].id;
		}
	return 0;
}

/* Reads the statements of a lease, and stores it unless something is wrong. */
static void add_lease(struct work *w, const struct statement *st, struct lease *lease, struct parsed *p, uint64_t ia,
		      uint64_t generation)
{
	struct item *item;
	char buf[PREFIX_TEXT_MAX];

	for (const struct statement *in = st->block; in && !p->why; in = in->next)
		read_one(w, in, lease, p);
	if (!p->why && !p->has_state)
		p->why = "the lease has no binding state";
	if (!p->why)
		set_times(lease, p);
	item = item_of(w, lease);
	item->is_dropped = true;
	item->ia = ia;
	item->generation = generation;
	item->pos = st->pos;
	if (!p->why && !lease->hwaddr.len && !lease->client_id.len && lease->state != LEASE_DECLINED) {
		if (!p->is_used)
			return;
		p->why = "it has no client";
	}
	if (!p->why) {
		lease->subnet_id = subnet_of_lease(w, lease);
		if (!lease->subnet_id)
			p->why = "no subnet of the configuration contains it";
	}
	if (p->why) {
		report_note(w->rep, REPORT_DECISION, st->pos, "lease %s: %s", lease_address_text(lease, buf), p->why);
		return;
	}
	/* Kea keeps no client of an address that was declined; in DHCPv6 its DUID is three zeros. */
	if (lease->state == LEASE_DECLINED) {
		lease->hwaddr = bytes_of(NULL, 0);
		lease->client_id = bytes_of("\0\0", lease->type == LEASE_V4 ? 0 : 3);
	}
	lease->hostname = p->name ? p->name : p->client_hostname ? p->client_hostname : "";
	add_context(w, lease, p);
	item->lease = *lease;
	item->is_dropped = false;
}

static void add_v4(struct work *w, const struct statement *st)
{
	struct lease lease = { .type = LEASE_V4, .prefix_len = 32, .hostname = "" };
	struct parsed p = { .starts = -1, .ends = -1, .cltt = -1 };

	w->n_leases++;
	if (st->n != 2 || ip_parse(token_text(st, 1), &lease.addr) < 0 || !ip_is4(&lease.addr)) {
		report_note(w->rep, REPORT_DECISION, st->pos, "expected a lease's address");
		return;
	}
	add_lease(w, st, &lease, &p, 0, 0);
}

static void add_v6(struct work *w, const struct statement *st, enum lease_type type, struct bytes id, int64_t cltt,
		   size_t number)
{
	struct lease lease = { .type = type, .prefix_len = 128, .hostname = "" };
	struct parsed p = { .starts = -1, .ends = -1, .cltt = cltt };
	struct prefix prefix;
	const char *text = token_text(st, 1);

	w->n_leases++;
	lease.iaid = w->is_big_endian ? (uint32_t)id.data[0] << 24 | (uint32_t)id.data[1] << 16 |
						(uint32_t)id.data[2] << 8 | id.data[3]
				      : (uint32_t)id.data[3] << 24 | (uint32_t)id.data[2] << 16 |
						(uint32_t)id.data[1] << 8 | id.data[0];
	lease.client_id = bytes_of(id.data + 4, id.len - 4);
	if (type == LEASE_PD && st->n == 2 && prefix_parse(text, &prefix) == 0 && !ip_is4(&prefix.addr) &&
	    prefix_is_clean(&prefix) && prefix.len > 0) {
		lease.addr = prefix.addr;
		lease.prefix_len = prefix.len;
	} else if (type == LEASE_PD || st->n != 2 || ip_parse(text, &lease.addr) < 0 || ip_is4(&lease.addr)) {
		report_note(w->rep, REPORT_DECISION, st->pos, "expected a lease's address or prefix");
		return;
	}
	add_lease(w, st, &lease, &p, number + 1, w->ias.v[number].generation);
}

/* ia_na IAID_DUID { ... }: it replaces what an earlier declaration of the same IA had. */
static void add_ia(struct work *w, const struct statement *st, enum lease_type type)
{
	struct bytes id;
	uint8_t key[LEASE_ID_MAX + 8];
	int64_t cltt = -1;
	size_t number;

	if (!read_bytes_of(w, st, 1, LEASE_ID_MAX + 4, &id) || id.len < 5) {
		report_note(w->rep, REPORT_DECISION, st->pos, "malformed IAID and DUID");
		return;
	}
	key[0] = (uint8_t)type;
	memcpy(key + 1, id.data, id.len);
	number = ia_of(w, bytes_of(key, id.len + 1));
	w->ias.v[number].generation++;
	for (const struct statement *in = st->block; in; in = in->next)
		if (token_is(in, 0, "cltt") && !read_time(in, 1, &cltt))
			report_note(w->rep, REPORT_DECISION, in->pos, "malformed cltt");
	for (const struct statement *in = st->block; in; in = in->next)
		if (token_is(in, 0, "iaaddr") || token_is(in, 0, "iaprefix"))
			add_v6(w, in, type, id, cltt, number);
}

static void add_top(struct work *w, const struct statement *st)
{
	if (w->in->family == 4 && token_is(st, 0, "lease")) {
		add_v4(w, st);
		return;
	}
	for (size_t i = 0; i < 3 && w->in->family == 6; i++)
		if (token_is(st, 0, ia_words[i].word)) {
			add_ia(w, st, ia_words[i].type);
			return;
		}
	if (token_is(st, 0, "authoring-byte-order"))
		w->is_big_endian = token_is(st, 1, "big-endian");
	else if (token_is(st, 0, "server-duid"))
		(void)(w->in->family == 6 &&
		       report_note(
			       w->rep, REPORT_NOTICE, st->pos,
			       "the server's DUID is in kea-dhcp6-serverid; without it clients see another server"));
	else if (token_is(st, 0, "host") || token_is(st, 0, "group") || token_is(st, 0, "class") ||
		 token_is(st, 0, "subclass"))
		report_note(w->rep, REPORT_DECISION, st->pos, "%s: made by OMAPI; add it to the configuration",
			    token_text(st, 0));
	else if (!token_is(st, 0, "failover"))
		report_note(w->rep, REPORT_DECISION, st->pos, "%s: unknown in a lease file of this protocol",
			    token_text(st, 0));
}

static void write_rows(struct work *w, struct str *out)
{
	char header[CSV_HEADER_MAX];
	int family = w->in->family == 6;
	size_t len = csv_write_header(family, header);

	str_add_n(out, header, len);
	for (size_t i = 0; i < w->items.n; i++) {
		const struct item *item = &w->items.v[i];
		char *row, *end;

		if (item->is_dropped || (item->ia && w->ias.v[item->ia - 1].generation != item->generation))
			continue;
		row = xmalloc(csv_row_bound(&item->lease));
		end = csv_write_row(family, &item->lease, false, row);
		str_add_n(out, row, (size_t)(end - row));
		free(row);
	}
}

void leases_from_dhcpd(const struct leases_input *in, struct report *rep, struct str *out)
{
	struct arena *scratch = arena_new(0);
	struct work w = { .in = in, .rep = rep, .arena = rep->arena };
	struct statement_reader *reader = statement_reader_new(in->name, in->text, in->len, rep);
	const struct statement *st;

	while ((st = statement_reader_next(reader, scratch)) != NULL && w.items.n < UINT32_MAX - 1) {
		add_top(&w, st);
		arena_reset(scratch);
	}
	statement_reader_free(reader);
	rep->what = "lease";
	rep->statements = w.n_leases;
	write_rows(&w, out);
	vec_free(&w.items);
	vec_free(&w.ias);
	index_done(&w.by_addr);
	index_done(&w.by_ia);
	arena_free(scratch);
}

/* --- back --- */

static void add_time(struct str *out, const char *word, int64_t sec, unsigned depth)
{
	struct tm tm;
	time_t t = (time_t)sec;

	str_addf(out, "%*s%s ", (int)depth * 2, "", word);
	if (sec == FOREVER || !gmtime_r(&t, &tm))
		str_add(out, "never;\n");
	else
		str_addf(out, "%d %04d/%02d/%02d %02d:%02d:%02d;\n", tm.tm_wday, tm.tm_year + 1900, tm.tm_mon + 1,
			 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* In quotes, as dhcpd writes it by default. */
static void add_quoted(struct str *out, struct bytes b)
{
	str_addc(out, '"');
	for (size_t i = 0; i < b.len; i++) {
		uint8_t c = b.data[i];

		if (c < ' ' || c > '~')
			str_addf(out, "\\%03o", c);
		else if (c == '"' || c == '\\')
			str_addf(out, "\\%c", c);
		else
			str_addc(out, (char)c);
	}
	str_addc(out, '"');
}

static const char *state_word(const struct lease *lease, bool is_v4)
{
	switch (lease->state) {
	case LEASE_DEFAULT:
		return "active";
	case LEASE_DECLINED:
		return "abandoned";
	case LEASE_RELEASED:
		return "released";
	default:
		return is_v4 ? "free" : "expired";
	}
}

static void add_name(struct str *out, const struct lease *lease, unsigned depth)
{
	struct bytes name = bytes_of(lease->hostname, strlen(lease->hostname));
	int indent = (int)depth * 2;

	if (lease->fqdn_fwd || (lease->fqdn_rev && name.len)) {
		str_addf(out, "%*sset %s = ", indent, "", lease->fqdn_fwd ? "ddns-fwd-name" : "ddns-client-fqdn");
		add_quoted(out, name);
		str_add(out, ";\n");
	}
	if (lease->fqdn_rev) {
		struct dname reverse = dname_reverse(&lease->addr);
		char text[DNAME_TEXT_MAX];

		str_addf(out, "%*sset ddns-rev-name = \"%s\";\n", indent, "", dname_format(&reverse, text));
	}
}

/* The sub-options that relays sent, from the context. */
static void add_agent(struct str *out, const char *context)
{
	struct json_object *top = context ? json_tokener_parse(context) : NULL, *isc, *info, *subs;
	uint8_t buf[600];
	int len = -1;

	if (top && json_object_object_get_ex(top, "ISC", &isc) &&
	    json_object_object_get_ex(isc, "relay-agent-info", &info)) {
		subs = info;
		if (json_object_is_type(info, json_type_object) &&
		    !json_object_object_get_ex(info, "sub-options", &subs))
			subs = NULL;
		if (subs && json_object_is_type(subs, json_type_string))
			len = hex_to_bytes(json_object_get_string(subs), (size_t)json_object_get_string_len(subs), buf,
					   sizeof(buf));
	}
	if (len > 0) {
		struct reader r = reader_init(buf, (size_t)len);

		while (reader_left(&r)) {
			uint8_t code = read_u8(&r), n = read_u8(&r);
			const uint8_t *data = read_bytes(&r, n);

			if (!data || !n || code < 1 || code > 2)
				continue;
			str_addf(out, "  option agent.%s ", code == 1 ? "circuit-id" : "remote-id");
			add_quoted(out, bytes_of(data, n));
			str_add(out, ";\n");
		}
	}
	if (top)
		json_object_put(top);
}

static void write_v4(struct str *out, const struct lease *lease)
{
	char addr[IP_TEXT_MAX], hex[3 * LEASE_HWADDR_MAX + 1];
	int64_t ends = lease->valid == LEASE_FOREVER ? FOREVER : lease->cltt + lease->valid;

	str_addf(out, "lease %s {\n", ip_format(&lease->addr, addr));
	add_time(out, "starts", lease->cltt, 1);
	add_time(out, "ends", ends, 1);
	add_time(out, "cltt", lease->cltt, 1);
	str_addf(out, "  binding state %s;\n", state_word(lease, true));
	if (lease->state == LEASE_DEFAULT)
		str_add(out, "  next binding state free;\n");
	if (lease->hwaddr.len) {
		const char *type = NULL;

		for (size_t i = 0; i < sizeof(hardware_types) / sizeof(hardware_types[0]); i++)
			if (hardware_types[i].type == (lease->hwtype ? lease->hwtype : 1))
				type = hardware_types[i].name;
		(void)bytes_to_hex(lease->hwaddr, ':', hex, sizeof(hex));
		if (type)
			str_addf(out, "  hardware %s %s;\n", type, hex);
		else
			str_addf(out, "  hardware unknown-%u %s;\n", lease->hwtype, hex);
	}
	if (lease->client_id.len) {
		str_add(out, "  uid ");
		add_quoted(out, lease->client_id);
		str_add(out, ";\n");
	}
	add_agent(out, lease->user_context);
	add_name(out, lease, 1);
	if (*lease->hostname) {
		str_add(out, "  client-hostname ");
		add_quoted(out, bytes_of(lease->hostname, strlen(lease->hostname)));
		str_add(out, ";\n");
	}
	str_add(out, "}\n");
}

/* Each lease is an IA of its own in the text; dhcpd adds up declarations of different addresses only within one. */
static void write_v6(struct str *out, const struct item *const *v, size_t n)
{
	const struct lease *first = &v[0]->lease;
	uint8_t id[LEASE_ID_MAX + 4] = { (uint8_t)first->iaid, (uint8_t)(first->iaid >> 8),
					 (uint8_t)(first->iaid >> 16), (uint8_t)(first->iaid >> 24) };
	int64_t cltt = 0;

	memcpy(id + 4, first->client_id.data, first->client_id.len);
	str_addf(out, "%s ", ia_words[first->type].word);
	add_quoted(out, bytes_of(id, first->client_id.len + 4));
	str_add(out, " {\n");
	for (size_t i = 0; i < n; i++)
		cltt = v[i]->lease.cltt > cltt ? v[i]->lease.cltt : cltt;
	add_time(out, "cltt", cltt, 1);
	for (size_t i = 0; i < n; i++) {
		const struct lease *lease = &v[i]->lease;
		char addr[PREFIX_TEXT_MAX];

		str_addf(out, "  %s %s {\n", lease->type == LEASE_PD ? "iaprefix" : "iaaddr",
			 lease_address_text(lease, addr));
		str_addf(out, "    binding state %s;\n    preferred-life %u;\n    max-life %u;\n",
			 state_word(lease, false), lease->preferred, lease->valid);
		add_time(out, "ends", lease->valid == LEASE_FOREVER ? FOREVER : lease->cltt + lease->valid, 2);
		add_name(out, lease, 2);
		str_add(out, "  }\n");
	}
	str_add(out, "}\n");
}

static int by_ia(const void *a, const void *b)
{
	const struct lease *x = &(*(const struct item *const *)a)->lease, *y = &(*(const struct item *const *)b)->lease;
	size_t len = x->client_id.len < y->client_id.len ? x->client_id.len : y->client_id.len;
	int order = len ? memcmp(x->client_id.data, y->client_id.data, len) : 0;

	if (order)
		return order;
	if (x->client_id.len != y->client_id.len)
		return x->client_id.len < y->client_id.len ? -1 : 1;
	if (x->iaid != y->iaid)
		return x->iaid < y->iaid ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return ip_cmp(&x->addr, &y->addr);
}

static bool same_ia(const struct lease *a, const struct lease *b)
{
	return a->iaid == b->iaid && a->type == b->type && bytes_equal(a->client_id, b->client_id);
}

static void write_all(struct work *w, struct str *out)
{
	const struct item **v = xcalloc(w->items.n + 1, sizeof(const struct item *));
	size_t n = 0;

	for (size_t i = 0; i < w->items.n; i++)
		if (!w->items.v[i].is_dropped)
			v[n++] = &w->items.v[i];
	if (w->in->family == 6)
		qsort(v, n, sizeof(*v), by_ia);
	for (size_t i = 0, end; i < n; i = end) {
		end = i + 1;
		if (w->in->family == 4) {
			write_v4(out, &v[i]->lease);
			continue;
		}
		while (end < n && same_ia(&v[i]->lease, &v[end]->lease))
			end++;
		write_v6(out, v + i, end - i);
	}
	free(v);
}

static void read_csv_row(struct work *w, const struct csv_layout *layout, const struct lines *lines,
			 struct lease_row *row, uint32_t file)
{
	struct pos pos = { .file = file, .line = (uint32_t)lines->number, .col = 1, .len = 1 };
	struct item *item;

	if (csv_read_row(layout, lines->text, lines->len, row) < 0) {
		w->n_leases++;
		report_note(w->rep, REPORT_DECISION, pos, "%s", row->why ? row->why : "malformed row");
		return;
	}
	item = item_of(w, &row->lease);
	w->n_leases += !item->pos.line;
	item->pos = pos;
	item->is_dropped = row->deleted;
	if (row->deleted)
		return;
	if (w->in->family == 6 && !row->lease.client_id.len)
		row->lease.client_id = bytes_of("\0\0", 3);
	if (row->lease.state == LEASE_REGISTERED) {
		item->is_dropped = true;
		report_note(w->rep, REPORT_DECISION, pos, "dhcpd has no such leases");
		return;
	}
	if (lease_copy(w->arena, &row->lease, &item->lease) < 0)
		item->is_dropped = true;
}

void leases_to_dhcpd(const struct leases_input *in, struct report *rep, struct str *out)
{
	struct work w = { .in = in, .rep = rep, .arena = rep->arena };
	struct lease_row *row = xcalloc(1, sizeof(*row));
	struct csv_layout layout;
	uint32_t file = report_source(rep, in->name);
	const char *why = NULL;
	bool has_header = false;
	struct lines lines;
	int kind;

	str_add(out, "# The format of this file is documented in the dhcpd.leases(5) manual page.\n"
		     "authoring-byte-order little-endian;\n\n");
	lines_begin_text(&lines, in->text, in->len);
	while ((kind = lines_next(&lines)) > 0) {
		struct pos pos = { .file = file, .line = (uint32_t)lines.number, .col = 1, .len = 1 };

		if (kind == LINE_LONG ||
		    (!has_header && csv_read_header(in->family == 6, lines.text, lines.len, &layout, &why) < 0)) {
			report_note(rep, REPORT_ERROR, pos, "%s", why ? why : "the line is too long");
			if (!has_header)
				break;
			continue;
		}
		if (!has_header)
			has_header = true;
		else if (lines.len)
			read_csv_row(&w, &layout, &lines, row, file);
	}
	lines_end(&lines);
	rep->what = "lease";
	rep->statements = w.n_leases;
	rep->is_unusable = !has_header;
	write_all(&w, out);
	vec_free(&w.items);
	index_done(&w.by_addr);
	free(row);
}
