/* SPDX-License-Identifier: MPL-2.0 */
/*
 * dnsmasq.conf(5) to Kea: ranges become subnets with a pool, tags become classes, options go where their tags say. What
 * concerns the DNS, TFTP or router advertisements is left out with a notice. Ranges and tags are converted first, as
 * options may use tags that are set further down.
 */
#include "kea-migrate/dnsmasq.h"

#include "base/err.h"
#include "wire/dict4.h"
#include "wire/dict6.h"

#include <stdlib.h>

#define WORDS_MAX 128
#define LINES_MAX 500000
#define VALUES_MAX 50000 /* of options that are copied to several ranges */

struct line {
	struct pos pos;
	const char *text; /* as in the file */
	const char *key, *value;
	const char *comment; /* lines before it */
};

struct tag {
	const char *name;
	struct str test; /* conditions, joined with "or" */
	unsigned n;
	struct pos pos;
	struct out *hardware;
	bool is_host; /* set by reservations */
	bool is_range;
};

struct range {
	struct prefix prefix;
	struct out *map;
	const char *tag; /* NULL if none */
	struct pos pos;
	bool has_router, has_dns;
};

struct dnsmasq {
	struct arena *arena;
	struct report *rep;
	unsigned family;
	const char *ethers;
	bool may_read;
	struct dict *dict;
	struct out *root, *top;
	VEC(struct line) lines;
	VEC(struct tag) tags;
	VEC(struct range) ranges;
	struct out *classes, *subnets;
	const struct line *line;
	unsigned n_values, next_class;
	bool has_router, has_dns, has_client_ids, needs_shared_addresses;
	struct str drop; /* conditions under which there is no response */
};

static void decide(struct dnsmasq *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void decide(struct dnsmasq *d, const char *fmt, ...)
{
	const struct line *line = d->line;
	va_list ap;

	va_start(ap, fmt);
	out_decide(d->rep, d->top, &(struct undecided){ line->pos, line->key, line->comment, line->text }, fmt, ap);
	va_end(ap);
}

static void notice(struct dnsmasq *d, const char *text)
{
	report_note(d->rep, REPORT_NOTICE, d->line->pos, "%s: %s", d->line->key, text);
}

static struct out *unit(struct dnsmasq *d, struct out *o)
{
	o->src = d->line->pos;
	if (d->line->comment)
		o->comment = d->line->comment;
	return o;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* --- tags --- */

static struct tag *tag_of(struct dnsmasq *d, const char *name)
{
	for (size_t i = 0; i < d->tags.n; i++)
		if (strcmp(d->tags.v[i].name, name) == 0)
			return &d->tags.v[i];
	return NULL;
}

static struct tag *get_tag(struct dnsmasq *d, const char *name)
{
	struct tag *tag = tag_of(d, name);

	if (!tag) {
		tag = vec_push(&d->tags);
		tag->name = arena_strdup(d->arena, name);
		tag->pos = d->line->pos;
	}
	return tag;
}

/* The first word is "set:TAG" (or, in old files, the tag alone): adds a condition to it. */
static void set_tag(struct dnsmasq *d, const char *word, const char *test)
{
	struct tag *tag = get_tag(d, begins(word, "set:") ? word + 4 : word);

	if (tag->test.len + strlen(test) > 50000) {
		decide(d, "too many conditions for one tag");
		return;
	}
	str_addf(&tag->test, "%s%s", tag->n++ ? " or " : "", test);
}

static const char *literal(struct dnsmasq *d, const char *text)
{
	char *hex;
	size_t len = strlen(text);

	if (!strpbrk(text, "'\\"))
		return arena_printf(d->arena, "'%s'", text);
	hex = arena_alloc(d->arena, 2 * len + 3);
	(void)bytes_to_hex(bytes_of(text, len), 0, hex + 2, 2 * len + 1);
	hex[0] = '0';
	hex[1] = 'x';
	return hex;
}

/* What "tag:a,tag:!b" means: the ranges whose tag it is, and a class or a condition for the rest. */
struct guard {
	const char *class, *tag; /* class: NULL if it is for all; tag: of the range */
	bool ok;
};

static const char *condition_of(struct dnsmasq *d, const char *name)
{
	struct tag *tag;

	if (strcmp(name, "known") == 0)
		return "known";
	tag = tag_of(d, name);
	return tag && (tag->n || tag->is_host || tag->hardware) ? arena_printf(d->arena, "member('%s')", name) : NULL;
}

static const char *new_class(struct dnsmasq *d, const char *test)
{
	struct out *map = unit(d, out_map(d->arena, d->classes, NULL));
	const char *name = arena_printf(d->arena, "dnsmasq-%u", ++d->next_class);

	map->comment = NULL;
	out_string(d->arena, map, "name", name);
	out_string(d->arena, map, "test", test);
	return name;
}

/* Reads the tags at the beginning of the words; *at is the first other word. */
static struct guard read_guard(struct dnsmasq *d, char **words, unsigned n, unsigned *at)
{
	struct guard g = { .ok = true };
	struct str test = { 0 };
	unsigned n_tests = 0;
	const char *single = NULL;

	for (; *at < n && (begins(words[*at], "tag:") || begins(words[*at], "net:")); ++*at) {
		const char *name = words[*at] + 4;
		bool is_not = *name == '!';
		struct tag *tag = tag_of(d, name + is_not);
		const char *condition = condition_of(d, name + is_not);

		if (!is_not && tag && tag->is_range && !g.tag) {
			g.tag = tag->name;
			continue;
		}
		if (!condition) {
			decide(d, "tag %s is never set here", name);
			g.ok = false;
			break;
		}
		str_addf(&test, "%s%s%s", n_tests++ ? " and " : "", is_not ? "not " : "", condition);
		single = is_not ? NULL : strcmp(name, "known") == 0 ? "KNOWN" : tag->name;
	}
	if (g.ok && n_tests)
		g.class = n_tests == 1 && single ? single : new_class(d, str_text(&test));
	str_free(&test);
	return g;
}

/* --- ranges --- */

static bool read_time(const char *text, uint32_t *ret)
{
	static const struct {
		char unit;
		uint32_t sec;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	char *end;
	unsigned long v;

	if (strcmp(text, "infinite") == 0) {
		*ret = UINT32_MAX;
		return true;
	}
	if (*text < '0' || *text > '9')
		return false;
	v = strtoul(text, &end, 10);
	for (size_t i = 0; i < 5; i++)
		if (*end == units[i].unit && !end[1] && v < UINT32_MAX / units[i].sec) {
			*ret = (uint32_t)v * units[i].sec;
			return true;
		}
	*ret = (uint32_t)v;
	return !*end && v <= UINT32_MAX;
}

struct range_text {
	struct ip addr[3];
	unsigned n;
	uint32_t lease, len;
	bool has_lease, has_len, is_static, is_proxy;
	const char *tag, *why;
};

static void read_range_word(struct range_text *r, char *word)
{
	static const char *const modes[] = { "ra-only",      "slaac",    "ra-names",  "ra-stateless",
					     "ra-advrouter", "off-link", "nodefault", NULL };
	struct ip ip;
	char *end;

	if (begins(word, "set:")) {
		r->tag = word + 4;
	} else if (begins(word, "tag:") || begins(word, "net:")) {
		r->why = "a range for a tag only has no counterpart without a class for the pool";
	} else if (begins(word, "constructor:")) {
		r->why = "the prefix comes from an interface; Kea needs it in the configuration";
	} else if (strcmp(word, "static") == 0) {
		r->is_static = true;
	} else if (strcmp(word, "proxy") == 0) {
		r->is_proxy = true;
	} else if (ip_parse(word, &ip) == 0) {
		if (r->n < 3)
			r->addr[r->n++] = ip;
	} else if (r->n && !ip_is4(&r->addr[0]) && !r->has_len && strtoul(word, &end, 10) <= 128 && !*end) {
		r->len = (uint32_t)strtoul(word, &end, 10);
		r->has_len = true;
	} else if (read_time(word, &r->lease)) {
		r->has_lease = true;
	} else {
		for (unsigned i = 0; modes[i]; i++)
			if (strcmp(word, modes[i]) == 0)
				return;
		r->why = "unexpected word";
	}
}

static void add_range(struct dnsmasq *d, struct range_text *r)
{
	char a[PREFIX_TEXT_MAX], b[IP_TEXT_MAX];
	struct range *range = NULL;
	struct prefix prefix = { r->addr[0], d->family == 6 ? 64 : 24 };
	struct out *pool;
	unsigned mask = 1 + !r->is_static;

	if (d->family == 6 && r->has_len)
		prefix.len = (uint8_t)r->len;
	if (d->family == 4 && r->n > mask) {
		if (!ip_mask_len(&r->addr[mask], &prefix.len)) {
			decide(d, "the netmask is malformed");
			return;
		}
	} else if (d->family == 4) {
		notice(d, "without a netmask dnsmasq uses that of the interface; 255.255.255.0 is assumed");
	}
	prefix.addr = prefix_first(&prefix);
	for (size_t i = 0; i < d->ranges.n; i++)
		if (prefix_equal(&d->ranges.v[i].prefix, &prefix))
			range = &d->ranges.v[i];
	if (!range) {
		range = vec_push(&d->ranges);
		*range = (struct range){ .prefix = prefix, .pos = d->line->pos };
		range->map = unit(d, out_map(d->arena, d->subnets, NULL));
		out_number(d->arena, range->map, "id", (int64_t)d->ranges.n);
		out_string(d->arena, range->map, "subnet", prefix_format(&prefix, a));
		if (r->has_lease)
			out_number(d->arena, range->map, "valid-lifetime", r->lease);
	}
	if (r->tag) {
		range->tag = arena_strdup(d->arena, r->tag);
		get_tag(d, r->tag)->is_range = true;
	}
	if (r->is_static || r->n < 2)
		return;
	pool = unit(d, out_map(d->arena, out_get_list(d->arena, range->map, "pools"), NULL));
	pool->comment = NULL;
	out_string(d->arena, pool, "pool",
		   arena_printf(d->arena, "%s - %s", ip_format(&r->addr[0], a), ip_format(&r->addr[1], b)));
}

static void dhcp_range(struct dnsmasq *d, char **words, unsigned n)
{
	struct range_text r = { 0 };

	for (unsigned i = 0; i < n && !r.why; i++)
		read_range_word(&r, words[i]);
	if (!r.why && r.is_proxy)
		r.why = "proxy DHCP is not supported";
	if (!r.why && !r.n)
		r.why = "expected addresses";
	if (!r.why && r.n > 1 && ip_is4(&r.addr[0]) != ip_is4(&r.addr[1]))
		r.why = "addresses of both protocols";
	if (!r.why && ip_is4(&r.addr[0]) != (d->family == 4)) {
		notice(d, "a range of the other protocol; left out");
		return;
	}
	if (r.why)
		decide(d, "%s", r.why);
	else
		add_range(d, &r);
}

/* --- what sets tags --- */

static void match_text(struct dnsmasq *d, char **words, unsigned n, const char *option)
{
	if (n != 2 || strpbrk(words[1], "'\\"))
		decide(d, "expected a tag and a text");
	else
		/* dnsmasq looks for the text anywhere in the option. */
		set_tag(d, words[0],
			arena_printf(d->arena, "match('(?s).*?\\Q%s\\E.*', option[%s].hex)", words[1], option));
}

static void dhcp_vendorclass(struct dnsmasq *d, char **words, unsigned n)
{
	match_text(d, words, n, d->family == 6 ? "16" : "60");
}

static void dhcp_userclass(struct dnsmasq *d, char **words, unsigned n)
{
	match_text(d, words, n, d->family == 6 ? "15" : "77");
}

static void dhcp_mac(struct dnsmasq *d, char **words, unsigned n)
{
	const char *star;
	struct tag *tag;

	if (n != 2) {
		decide(d, "expected a tag and a hardware address");
		return;
	}
	star = strchr(words[1], '*');
	if (star && star[strspn(star, "*:")]) {
		decide(d, "asterisks are only possible at the end");
		return;
	}
	tag = get_tag(d, begins(words[0], "set:") ? words[0] + 4 : words[0]);
	if (!tag->hardware)
		tag->hardware = out_new(d->arena, OUT_LIST);
	out_string(d->arena, tag->hardware, NULL,
		   star ? arena_printf(d->arena, "%.*s*", (int)(star - words[1]), words[1]) : words[1]);
}

static void relay_option(struct dnsmasq *d, char **words, unsigned n, unsigned code)
{
	uint8_t buf[255];
	int len;

	if (n != 2 || d->family == 6) {
		decide(d, "expected a tag and a value, in DHCPv4");
		return;
	}
	len = strchr(words[1], ':') ? dhcpd_hex(words[1], buf, sizeof(buf)) : -1;
	if (len > 0) {
		char hex[600];

		(void)bytes_to_hex(bytes_of(buf, (size_t)len), 0, hex, sizeof(hex));
		set_tag(d, words[0], arena_printf(d->arena, "relay4[%u].hex == 0x%s", code, hex));
	} else {
		set_tag(d, words[0], arena_printf(d->arena, "relay4[%u].hex == %s", code, literal(d, words[1])));
	}
}

static void dhcp_circuitid(struct dnsmasq *d, char **words, unsigned n)
{
	relay_option(d, words, n, 1);
}

static void dhcp_remoteid(struct dnsmasq *d, char **words, unsigned n)
{
	relay_option(d, words, n, 2);
}

static void dhcp_subscrid(struct dnsmasq *d, char **words, unsigned n)
{
	relay_option(d, words, n, 6);
}

static void dhcp_name_match(struct dnsmasq *d, char **words, unsigned n)
{
	size_t len = n == 2 ? strlen(words[1]) : 0;

	if (n != 2 || d->family == 6)
		decide(d, "expected a tag and a name, in DHCPv4");
	else if (len && words[1][len - 1] == '*')
		set_tag(d, words[0],
			arena_printf(d->arena, "substring(option[12].hex, 0, %u) == %s", (unsigned)len - 1,
				     literal(d, arena_strndup(d->arena, words[1], len - 1))));
	else
		set_tag(d, words[0], arena_printf(d->arena, "option[12].hex == %s", literal(d, words[1])));
}

static void tag_if(struct dnsmasq *d, char **words, unsigned n)
{
	struct str test = { 0 };

	for (unsigned i = 0; i < n; i++) {
		const char *name = words[i] + 4, *condition;

		if (!begins(words[i], "tag:"))
			continue;
		condition = condition_of(d, name + (*name == '!'));
		if (!condition) {
			decide(d, "tag %s is not set before", name);
			goto out;
		}
		str_addf(&test, "%s%s%s", test.len ? " and " : "", *name == '!' ? "not " : "", condition);
	}
	for (unsigned i = 0; i < n && test.len; i++)
		if (begins(words[i], "set:"))
			set_tag(d, words[i], arena_printf(d->arena, "(%s)", str_text(&test)));
	if (!test.len)
		decide(d, "a tag that is always set has no counterpart");
out:
	str_free(&test);
}

/* --- options --- */

static const struct {
	unsigned family;
	const char *name;
	uint16_t code;
} names[] = {
	{ 4, "netmask", 1 },
	{ 4, "time-offset", 2 },
	{ 4, "router", 3 },
	{ 4, "time-server", 4 },
	{ 4, "dns-server", 6 },
	{ 4, "log-server", 7 },
	{ 4, "lpr-server", 9 },
	{ 4, "hostname", 12 },
	{ 4, "boot-file-size", 13 },
	{ 4, "domain-name", 15 },
	{ 4, "swap-server", 16 },
	{ 4, "root-path", 17 },
	{ 4, "extension-path", 18 },
	{ 4, "ip-forward-enable", 19 },
	{ 4, "non-local-source-routing", 20 },
	{ 4, "policy-filter", 21 },
	{ 4, "max-datagram-reassembly", 22 },
	{ 4, "default-ttl", 23 },
	{ 4, "mtu", 26 },
	{ 4, "all-subnets-local", 27 },
	{ 4, "broadcast", 28 },
	{ 4, "router-discovery", 31 },
	{ 4, "router-solicitation", 32 },
	{ 4, "static-route", 33 },
	{ 4, "trailer-encapsulation", 34 },
	{ 4, "arp-timeout", 35 },
	{ 4, "ethernet-encap", 36 },
	{ 4, "tcp-ttl", 37 },
	{ 4, "tcp-keepalive", 38 },
	{ 4, "nis-domain", 40 },
	{ 4, "nis-server", 41 },
	{ 4, "ntp-server", 42 },
	{ 4, "vendor-encap", 43 },
	{ 4, "netbios-ns", 44 },
	{ 4, "netbios-dd", 45 },
	{ 4, "netbios-nodetype", 46 },
	{ 4, "netbios-scope", 47 },
	{ 4, "x-windows-fs", 48 },
	{ 4, "x-windows-dm", 49 },
	{ 4, "requested-address", 50 },
	{ 4, "lease-time", 51 },
	{ 4, "T1", 58 },
	{ 4, "T2", 59 },
	{ 4, "vendor-class", 60 },
	{ 4, "client-id", 61 },
	{ 4, "nis+-domain", 64 },
	{ 4, "nis+-server", 65 },
	{ 4, "tftp-server", 66 },
	{ 4, "bootfile-name", 67 },
	{ 4, "mobile-ip-home", 68 },
	{ 4, "smtp-server", 69 },
	{ 4, "pop3-server", 70 },
	{ 4, "nntp-server", 71 },
	{ 4, "irc-server", 74 },
	{ 4, "user-class", 77 },
	{ 4, "client-arch", 93 },
	{ 4, "client-interface-id", 94 },
	{ 4, "client-machine-id", 97 },
	{ 4, "posix-timezone", 100 },
	{ 4, "tzdb-timezone", 101 },
	{ 4, "domain-search", 119 },
	{ 4, "sip-server", 120 },
	{ 4, "classless-static-route", 121 },
	{ 4, "vendor-id-encap", 125 },
	{ 4, "tftp-server-address", 150 },
	{ 4, "server-ip-address", 150 },
	{ 6, "sip-server-domain", 21 },
	{ 6, "sip-server", 22 },
	{ 6, "dns-server", 23 },
	{ 6, "domain-search", 24 },
	{ 6, "nis-server", 27 },
	{ 6, "nis+-server", 28 },
	{ 6, "nis-domain", 29 },
	{ 6, "nis+-domain", 30 },
	{ 6, "sntp-server", 31 },
	{ 6, "information-refresh-time", 32 },
	{ 6, "fqdn", 39 },
	{ 6, "ntp-server", 56 },
	{ 6, "bootfile-url", 59 },
	{ 6, "bootfile-param", 60 },
};

/* "option:NAME", "option6:NAME" or a number; 0 if there is none. */
static uint16_t option_code(const char *word, unsigned *ret_family)
{
	const char *name;
	uint64_t code;

	*ret_family = begins(word, "option6:") ? 6 : 4;
	name = strchr(word, ':') ? strchr(word, ':') + 1 : word;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].family == *ret_family && strcmp(names[i].name, name) == 0)
			return names[i].code;
	return dhcpd_number(name, *ret_family == 6 ? 65535 : 254, &code) ? (uint16_t)code : 0;
}

/* True if what the guard is for belongs in the i-th range; ranges.n: in the global scope. */
static bool is_place(const struct dnsmasq *d, const struct guard *g, size_t i)
{
	const char *tag = i < d->ranges.n ? d->ranges.v[i].tag : NULL;

	return g->tag ? tag && strcmp(tag, g->tag) == 0 : i == d->ranges.n;
}

static struct out *place(const struct dnsmasq *d, size_t i)
{
	return i < d->ranges.n ? d->ranges.v[i].map : d->top;
}

/* Adds an option to each range that has the tag, or globally. */
static void add_option(struct dnsmasq *d, const struct guard *g, uint16_t code, const char *data, bool is_hex,
		       bool force)
{
	const struct optdef *def = dict_by_code(d->dict, d->family == 6 ? "dhcp6" : "dhcp4", code);

	for (size_t i = 0; i <= d->ranges.n; i++) {
		struct out *list, *o;

		if (!is_place(d, g, i))
			continue;
		if (g->tag && d->n_values++ >= VALUES_MAX) {
			decide(d, "too many options for so many ranges with one tag");
			return;
		}
		list = out_get_list(d->arena, place(d, i), "option-data");
		o = unit(d, out_map(d->arena, list, NULL));
		if (def)
			out_string(d->arena, o, "name", def->name);
		else
			out_number(d->arena, o, "code", code);
		if (g->class) {
			out_string(d->arena, out_list(d->arena, o, "client-classes"), NULL, g->class);
			out_move_first(list, o);
		}
		if (is_hex)
			out_bool(d->arena, o, "csv-format", false);
		if (force)
			out_bool(d->arena, o, "always-send", true);
		out_string(d->arena, o, "data", data);
	}
}

static void note_option(struct dnsmasq *d, const struct guard *g, uint16_t code)
{
	uint16_t router = d->family == 6 ? 0 : OPT4_ROUTERS,
		 dns = d->family == 6 ? OPT6_DNS_SERVERS : OPT4_DOMAIN_NAME_SERVERS;

	if (code != router && code != dns)
		return;
	if (!g->tag && !g->class) {
		d->has_router = d->has_router || code == router;
		d->has_dns = d->has_dns || code == dns;
	}
	for (size_t i = 0; i < d->ranges.n; i++)
		if (is_place(d, g, i)) {
			d->ranges.v[i].has_router |= code == router;
			d->ranges.v[i].has_dns |= code == dns;
		}
}

/* Hexadecimal bytes of what dnsmasq makes of a value whose type it does not know. */
static const char *guess_bytes(struct dnsmasq *d, char **words, unsigned n)
{
	uint8_t buf[1024];
	size_t len = 0;
	char *hex;

	for (unsigned i = 0; i < n; i++) {
		size_t size = strlen(words[i]);
		uint64_t v;
		struct ip ip;
		int bytes;

		if (len + size + 16 > sizeof(buf))
			return NULL;
		bytes = strchr(words[i], ':') ? dhcpd_hex(words[i], buf + len, sizeof(buf) - len) : -1;
		if (bytes > 0) {
			len += (size_t)bytes;
		} else if (ip_parse(words[i], &ip) == 0) {
			memcpy(buf + len, ip_is4(&ip) ? ip.b + 12 : ip.b, ip_is4(&ip) ? 4 : 16);
			len += ip_is4(&ip) ? 4 : 16;
		} else if (dhcpd_number(words[i], UINT32_MAX, &v)) {
			for (int k = v > 65535 ? 3 : v > 255 ? 1 : 0; k >= 0; k--)
				buf[len++] = (uint8_t)(v >> (8 * k));
		} else {
			memcpy(buf + len, words[i], size);
			len += size;
		}
	}
	hex = arena_alloc(d->arena, 2 * len + 1);
	(void)bytes_to_hex(bytes_of(buf, len), 0, hex, 2 * len + 1);
	return hex;
}

static const char *routes(struct dnsmasq *d, char **words, unsigned n)
{
	struct str s = { 0 };
	const char *text;

	for (unsigned i = 0; i + 1 < n; i += 2)
		str_addf(&s, "%s%s - %s", i ? ", " : "", words[i], words[i + 1]);
	text = n % 2 ? NULL : arena_strdup(d->arena, str_text(&s));
	str_free(&s);
	return text;
}

static void option(struct dnsmasq *d, char **words, unsigned n, bool force)
{
	unsigned at = 0, family;
	struct guard g = read_guard(d, words, n, &at);
	const struct optdef *def;
	struct str s = { 0 };
	const char *data;
	uint16_t code;
	bool is_hex = false;

	if (!g.ok)
		return;
	if (at < n && (begins(words[at], "encap:") || begins(words[at], "vi-encap:") || begins(words[at], "vendor:") ||
		       begins(words[at], "cdx:"))) {
		decide(d, "define the sub-options with option-def");
		return;
	}
	code = at < n ? option_code(words[at], &family) : 0;
	if (!code) {
		decide(d, "unknown option");
		return;
	}
	if (family != d->family) {
		notice(d, "an option of the other protocol; left out");
		return;
	}
	at++;
	note_option(d, &g, code);
	/* Without a value, dnsmasq does not send its default. */
	if (at == n)
		return;
	for (unsigned i = at; i < n; i++) {
		if (strcmp(words[i], "0.0.0.0") == 0 || strcmp(words[i], "[::]") == 0) {
			decide(d, "dnsmasq puts its own address here: write it down");
			return;
		}
		if (words[i][0] == '[' && words[i][strlen(words[i]) - 1] == ']') {
			words[i][strlen(words[i]) - 1] = '\0';
			words[i]++;
		}
	}
	def = dict_by_code(d->dict, d->family == 6 ? "dhcp6" : "dhcp4", code);
	for (unsigned i = at; i < n; i++)
		str_addf(&s, "%s%s", i > at ? (def && def->type == OPT_STRING && !def->array ? "," : ", ") : "",
			 words[i]);
	data = str_text(&s);
	if (def && def->type == OPT_INTERNAL) {
		data = routes(d, words + at, n - at);
	} else if (!def || def->type == OPT_BINARY || def->type == OPT_EMPTY || def->encapsulate || def->more ||
		   (def->type == OPT_STRING && strchr(data, ','))) {
		is_hex = true;
		if (def && def->type == OPT_STRING) {
			char *whole = arena_strdup(d->arena, data);

			data = guess_bytes(d, &whole, 1);
		} else {
			data = guess_bytes(d, words + at, n - at);
		}
	}
	if (data)
		add_option(d, &g, code, data, is_hex, force);
	else
		decide(d, "malformed value");
	str_free(&s);
}

static void dhcp_option(struct dnsmasq *d, char **words, unsigned n)
{
	option(d, words, n, false);
}

static void dhcp_option_force(struct dnsmasq *d, char **words, unsigned n)
{
	option(d, words, n, true);
}

static void dhcp_match(struct dnsmasq *d, char **words, unsigned n)
{
	unsigned family;
	uint16_t code = n >= 2 ? option_code(words[1], &family) : 0;
	const struct optdef *def;
	uint64_t v;

	if (!code || n > 3) {
		decide(d, "expected a tag, an option and perhaps a value");
		return;
	}
	if (family != d->family) {
		notice(d, "an option of the other protocol; left out");
		return;
	}
	def = dict_by_code(d->dict, family == 6 ? "dhcp6" : "dhcp4", code);
	if (n == 2) {
		set_tag(d, words[0], arena_printf(d->arena, "option[%u].exists", code));
	} else if (def && opt_type_size(def->type) && opt_type_size(def->type) <= 4 &&
		   dhcpd_number(words[2], UINT32_MAX, &v)) {
		set_tag(d, words[0],
			arena_printf(d->arena, "option[%u].hex == 0x%0*llx", code, (int)(2 * opt_type_size(def->type)),
				     (unsigned long long)v));
	} else if (strpbrk(words[2], "'\\")) {
		decide(d, "this value cannot be compared");
	} else {
		set_tag(d, words[0],
			arena_printf(d->arena, "match('(?s).*?\\Q%s\\E.*', option[%u].hex)", words[2], code));
	}
}

/* --- boot --- */

static void dhcp_boot(struct dnsmasq *d, char **words, unsigned n)
{
	static const char *const keys[] = { "boot-file-name", "server-hostname", "next-server" };
	unsigned at = 0;
	struct guard g = read_guard(d, words, n, &at);

	if (!g.ok)
		return;
	if (d->family == 6) {
		notice(d, "of DHCPv4; left out");
		return;
	}
	for (size_t i = 0; i <= d->ranges.n; i++) {
		struct out *map = place(d, i);

		if (!is_place(d, &g, i))
			continue;
		if (g.class && g.tag) {
			decide(d,
			       "boot fields for a range and a condition: add a class to evaluate-additional-classes");
			return;
		}
		if (g.class) {
			map = NULL;
			for (struct out *o = d->classes->first; o; o = o->next) {
				const char *name = o->kind == OUT_MAP ? out_value(d->arena, o, "name") : NULL;

				if (name && strcmp(name, g.class) == 0)
					map = o;
			}
			if (!map) {
				const char *condition = strcmp(g.class, "KNOWN") == 0
								? "known"
								: arena_printf(d->arena, "member('%s')", g.class);

				(void)new_class(d, condition);
				map = d->classes->last;
			}
		}
		for (unsigned k = 0; k < 3 && at + k < n; k++)
			if (*words[at + k])
				unit(d, out_string(d->arena, map, keys[k], words[at + k]));
	}
	if (at == n)
		decide(d, "expected a file");
}

static void pxe_service(struct dnsmasq *d, char **words, unsigned n)
{
	static const struct {
		const char *name;
		unsigned arch;
	} archs[] = { { "x86PC", 0 },    { "PC98", 1 },       { "IA64_EFI", 2 },
		      { "Alpha", 3 },    { "Arc_x86", 4 },    { "Intel_Lean_Client", 5 },
		      { "IA32_EFI", 6 }, { "x86-64_EFI", 7 }, { "Xscale_EFI", 8 },
		      { "BC_EFI", 9 },   { "ARM32_EFI", 10 }, { "ARM64_EFI", 11 } };
	unsigned at = 0, arch = 99;
	struct guard g = read_guard(d, words, n, &at);
	const char *file;
	uint64_t v;

	if (!g.ok)
		return;
	for (size_t i = 0; at < n && i < sizeof(archs) / sizeof(archs[0]); i++)
		if (strcmp(words[at], archs[i].name) == 0)
			arch = archs[i].arch;
	if (at + 2 >= n || arch == 99 || dhcpd_number(words[at + 2], 65535, &v) || g.class || g.tag || d->family == 6) {
		decide(d, "only a file for a known architecture can be converted, without a menu");
		return;
	}
	notice(d, "Kea has no boot menus: the client loads the file at once");
	file = strchr(words[at + 2], '.') || arch ? words[at + 2] : arena_printf(d->arena, "%s.0", words[at + 2]);
	(void)new_class(d, arena_printf(d->arena,
					"substring(option[60].hex, 0, 9) == 'PXEClient' and option[93].hex == 0x%04x",
					arch));
	out_string(d->arena, d->classes->last, "boot-file-name", file);
	if (at + 3 < n)
		out_string(d->arena, d->classes->last, "next-server", words[at + 3]);
}

/* --- hosts --- */

#define HOST_IDS_MAX 16

struct host_text {
	const char *ids[HOST_IDS_MAX];
	bool is_client_id[HOST_IDS_MAX];
	unsigned n_ids;
	struct ip ip;
	bool has_ip, is_ignored;
	const char *name, *tag, *why;
};

static void read_host_word(struct dnsmasq *d, struct host_text *h, char *word)
{
	uint8_t buf[255];
	char hex[800];
	uint32_t sec;
	int len;

	if (word[0] == '[' && strchr(word, ']')) {
		*strchr(word, ']') = '\0';
		word++;
	}
	if (begins(word, "set:") || begins(word, "net:")) {
		h->tag = arena_strdup(d->arena, word + 4);
	} else if (begins(word, "tag:")) {
		h->why = "a host for a tag only has no counterpart";
	} else if (h->n_ids == HOST_IDS_MAX &&
		   (begins(word, "id:") || (strchr(word, ':') && ip_parse(word, &h->ip) < 0))) {
		h->why = "too many identifiers";
	} else if (begins(word, "id:")) {
		len = strchr(word + 3, ':') ? dhcpd_hex(word + 3, buf, sizeof(buf)) : -1;
		if (strcmp(word, "id:*") == 0) {
			h->why = "match-client-id is a setting of subnets";
			return;
		}
		if (len <= 0 && strlen(word + 3) > sizeof(buf)) {
			h->why = "the identifier is longer than 255 bytes";
			return;
		}
		(void)bytes_to_hex(len > 0 ? bytes_of(buf, (size_t)len) : bytes_of(word + 3, strlen(word + 3)), ':',
				   hex, sizeof(hex));
		h->is_client_id[h->n_ids] = true;
		h->ids[h->n_ids++] = arena_strdup(d->arena, hex);
	} else if (strcmp(word, "ignore") == 0) {
		h->is_ignored = true;
	} else if (ip_parse(word, &h->ip) == 0) {
		h->has_ip = true;
	} else if (strchr(word, ':')) {
		const char *mac = strchr(word, '-') ? strchr(word, '-') + 1 : word;

		len = dhcpd_hex(mac, buf, 20);
		if (len <= 0) {
			h->why = "a hardware address with asterisks, or malformed";
			return;
		}
		(void)bytes_to_hex(bytes_of(buf, (size_t)len), ':', hex, sizeof(hex));
		h->ids[h->n_ids++] = arena_strdup(d->arena, hex);
	} else if (read_time(word, &sec)) {
		h->why = "a lease time for a host has no counterpart without a class";
	} else if (*word) {
		h->name = arena_strdup(d->arena, word);
	}
}

static void add_host(struct dnsmasq *d, const struct host_text *h)
{
	struct out *in = d->top;
	char buf[IP_TEXT_MAX];

	for (size_t i = 0; h->has_ip && i < d->ranges.n; i++)
		if (prefix_contains(&d->ranges.v[i].prefix, &h->ip))
			in = d->ranges.v[i].map;
	if (h->has_ip && in == d->top) {
		decide(d, "no range's subnet contains %s", ip_format(&h->ip, buf));
		return;
	}
	if (in == d->top)
		out_bool(d->arena, d->top, "reservations-global", true);
	d->needs_shared_addresses |= h->has_ip && h->n_ids > 1;
	for (unsigned i = 0; i < h->n_ids; i++) {
		struct out *map = unit(d, out_map(d->arena, out_get_list(d->arena, in, "reservations"), NULL));

		d->has_client_ids |= h->is_client_id[i] && d->family == 4;
		out_string(d->arena, map,
			   !h->is_client_id[i] ? "hw-address"
			   : d->family == 6    ? "duid"
					       : "client-id",
			   h->ids[i]);
		if (h->has_ip && d->family == 4)
			out_string(d->arena, map, "ip-address", ip_format(&h->ip, buf));
		else if (h->has_ip)
			out_string(d->arena, out_list(d->arena, map, "ip-addresses"), NULL, ip_format(&h->ip, buf));
		if (h->name)
			out_string(d->arena, map, "hostname", h->name);
		if (h->tag)
			out_string(d->arena, out_get_list(d->arena, map, "client-classes"), NULL, h->tag);
		if (h->is_ignored)
			out_string(d->arena, out_get_list(d->arena, map, "client-classes"), NULL, "DROP");
	}
}

/* Tags that hosts set are needed by options. */
static void host_tag(struct dnsmasq *d, char **words, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (begins(words[i], "set:"))
			get_tag(d, words[i] + 4)->is_host = true;
}

static void dhcp_host(struct dnsmasq *d, char **words, unsigned n)
{
	struct host_text h = { .n_ids = 0 };

	for (unsigned i = 0; i < n && !h.why; i++)
		read_host_word(d, &h, words[i]);
	if (h.has_ip && ip_is4(&h.ip) != (d->family == 4)) {
		notice(d, "an address of the other protocol; left out");
		return;
	}
	if (!h.why && !h.n_ids)
		h.why = "Kea identifies hosts by hardware address or client identifier, not by name";
	if (h.why)
		decide(d, "%s", h.why);
	else
		add_host(d, &h);
}

static void read_ethers(struct dnsmasq *d, char **words, unsigned n)
{
	const char *why = NULL;
	size_t len;
	char *text, *p, *end;
	struct line *own, fake;
	uint32_t file;

	(void)words;
	(void)n;
	if (!d->may_read)
		return;
	text = source_read(d->arena, d->ethers, SOURCE_MAX, &len, &why);
	if (!text) {
		decide(d, "%s: %s", d->ethers, why);
		return;
	}
	file = report_source(d->rep, d->ethers);
	fake = *d->line;
	own = &fake;
	for (p = text, own->pos = (struct pos){ file, 1, 1, 1 }; *p; p = *end ? end + 1 : end, own->pos.line++) {
		struct host_text h = { .n_ids = 0 };
		const struct line *outer = d->line;
		char *mac, *what;

		end = strchr(p, '\n');
		end = end ? end : p + strlen(p);
		mac = arena_strndup(d->arena, p, strcspn(p, "#\n"));
		own->text = arena_strdup(d->arena, mac);
		own->comment = NULL;
		mac += strspn(mac, " \t\r");
		what = mac + strcspn(mac, " \t\r");
		if (*what)
			*what++ = '\0';
		what += strspn(what, " \t\r");
		what[strcspn(what, " \t\r")] = '\0';
		if (!*mac)
			continue;
		d->line = own;
		read_host_word(d, &h, mac);
		read_host_word(d, &h, what);
		if (h.why || !h.n_ids || (h.has_ip && ip_is4(&h.ip) != (d->family == 4)))
			decide(d, "%s", h.why ? h.why : "expected a hardware address, and an address or a name");
		else
			add_host(d, &h);
		d->line = outer;
		d->rep->statements++;
	}
}

/* --- settings --- */

static void domain(struct dnsmasq *d, char **words, unsigned n)
{
	struct guard g = { .ok = true };

	if (n != 1)
		decide(d, "a domain for a part of the addresses is an option of its subnet");
	else
		add_option(d, &g, d->family == 6 ? OPT6_DOMAIN_SEARCH : OPT4_DOMAIN_NAME, words[0], false, false);
}

static void interface(struct dnsmasq *d, char **words, unsigned n)
{
	struct out *map = out_find(d->top, "interfaces-config");
	struct out *list = out_get_list(d->arena, map, "interfaces");

	if (d->line->comment)
		map->comment = d->line->comment;
	if (list->first && !list->first->next && list->first->text && strcmp(list->first->text, "\"*\"") == 0)
		list->first = list->last = NULL;
	for (unsigned i = 0; i < n; i++) {
		struct out *o = list->first, *name = out_string(d->arena, list, NULL, words[i]);

		for (; o && o != name; o = o->next)
			if (strcmp(o->text, name->text) == 0) {
				out_remove(name);
				break;
			}
	}
}

static void authoritative(struct dnsmasq *d, char **words, unsigned n)
{
	(void)words;
	(void)n;
	unit(d, out_bool(d->arena, d->top, "authoritative", true));
}

static void rapid_commit(struct dnsmasq *d, char **words, unsigned n)
{
	(void)words;
	(void)n;
	for (size_t i = 0; i < d->ranges.n && d->family == 6; i++)
		out_bool(d->arena, d->ranges.v[i].map, "rapid-commit", true);
	if (d->family == 4)
		notice(d, "of DHCPv6 only in Kea");
}

static void dhcp_ignore(struct dnsmasq *d, char **words, unsigned n)
{
	unsigned at = 0;
	struct guard g;

	if (n == 1 && (strcmp(words[0], "tag:!known") == 0 || strcmp(words[0], "#known") == 0)) {
		unit(d, out_bool(d->arena, d->top, "deny-unknown", true));
		return;
	}
	g = read_guard(d, words, n, &at);
	if (!g.ok)
		return;
	if (g.tag || !g.class || at < n)
		decide(d, "expected tags that are no ranges'");
	else
		str_addf(&d->drop, "%smember('%s')", d->drop.len ? " or " : "", g.class);
}

static void drop(struct dnsmasq *d, char **words, unsigned n)
{
	(void)d;
	(void)words;
	(void)n;
}

static const struct dnsmasq_row *row_of(const char *key)
{
	for (unsigned i = 0; i < dnsmasq_n_rows; i++)
		if (strcmp(dnsmasq_rows[i].name, key) == 0)
			return &dnsmasq_rows[i];
	return NULL;
}

static void decide_row(struct dnsmasq *d, char **words, unsigned n)
{
	(void)words;
	(void)n;
	decide(d, "%s", row_of(d->line->key)->doc);
}

/* clang-format off */
const struct dnsmasq_row dnsmasq_rows[] = {
	{ "dhcp-range", dhcp_range, 1, "a subnet with a pool" },
	{ "dhcp-match", dhcp_match, 1, "a class for the tag" },
	{ "dhcp-vendorclass", dhcp_vendorclass, 1, "a class for the tag" },
	{ "dhcp-userclass", dhcp_userclass, 1, "a class for the tag" },
	{ "dhcp-mac", dhcp_mac, 1, "a class for the tag" },
	{ "dhcp-circuitid", dhcp_circuitid, 1, "a class for the tag" },
	{ "dhcp-remoteid", dhcp_remoteid, 1, "a class for the tag" },
	{ "dhcp-subscrid", dhcp_subscrid, 1, "a class for the tag" },
	{ "dhcp-name-match", dhcp_name_match, 1, "a class for the tag" },
	{ "tag-if", tag_if, 1, "a class for the tag, from other classes" },
	{ "dhcp-host", dhcp_host, 2, "a reservation; its tag is a class" },
	{ "dhcp-option", dhcp_option, 2,
	  "option-data, globally or in the subnet whose tag it names, guarded by classes" },
	{ "dhcp-option-force", dhcp_option_force, 2, "option-data with always-send" },
	{ "dhcp-boot", dhcp_boot, 2, "boot-file-name, server-hostname and next-server" },
	{ "pxe-service", pxe_service, 2, "a class for the architecture, without a menu" },
	{ "pxe-prompt", decide_row, 2, "Kea has no boot menus" },
	{ "read-ethers", read_ethers, 2, "reservations from /etc/ethers (--ethers)" },
	{ "domain", domain, 2, "option-data domain-name" },
	{ "interface", interface, 2, "interfaces-config" },
	{ "dhcp-authoritative", authoritative, 2, "authoritative" },
	{ "dhcp-rapid-commit", rapid_commit, 2, "rapid-commit of each subnet" },
	{ "dhcp-ignore", dhcp_ignore, 2, "deny-unknown, or class DROP" },
	{ "dhcp-sequential-ip", drop, 2, "nothing: the default allocator is iterative" },
	{ "dhcp-lease-max", drop, 2, "nothing: pools are the limit" },
	{ "dhcp-leasefile", drop, 2, "nothing: the file has another format" },
	{ "dhcp-no-override", drop, 2, "nothing: fields are never used for options of their own" },
	{ "dhcp-script", decide_row, 2,
	  "a script at events: libdhcp_run_script(8) says what it needs" },
	{ "dhcp-luascript", decide_row, 2, "a script at events: write it for libdhcp_run_script(8)" },
	{ "dhcp-ignore-names", decide_row, 2, "names that clients send are used if DNS updates are enabled" },
	{ "dhcp-broadcast", decide_row, 2, "the server broadcasts if the client asks for it" },
	{ "dhcp-generate-names", decide_row, 2, "see ddns-replace-client-name" },
	{ "dhcp-proxy", decide_row, 2, "relays that are proxies are not supported" },
	{ "dhcp-relay", decide_row, 2, "Kea is no relay" },
	{ "dhcp-alternate-port", decide_row, 2, "the port is an option of the command line, for tests" },
	{ "dhcp-hostsfile", decide_row, 2, "add its lines as dhcp-host" },
	{ "dhcp-hostsdir", decide_row, 2, "add its lines as dhcp-host" },
	{ "dhcp-optsfile", decide_row, 2, "add its lines as dhcp-option" },
	{ "dhcp-optsdir", decide_row, 2, "add its lines as dhcp-option" },
	{ "dhcp-duid", decide_row, 2, "see server-id" },
	{ "dhcp-reply-delay", decide_row, 2, "responses are not delayed" },
	{ "dhcp-ttl", decide_row, 2, "see ddns-ttl" },
	{ "dhcp-pxe-vendor", decide_row, 2, "see option-data vendor-class-identifier" },
	{ "dhcp-no-ping", drop, 2, "nothing: addresses are not probed" },
	{ "no-ping", drop, 2, "nothing: addresses are not probed" },
	{ "no-dhcp-interface", decide_row, 2, "name the other interfaces in interfaces-config" },
	{ "except-interface", decide_row, 2, "name the other interfaces in interfaces-config" },
	{ "shared-network", decide_row, 2, "add the addresses to \"relay\" of the subnet" },
	{ "bridge-interface", decide_row, 2, "name the interface in interfaces-config" },
	{ "conf-file", decide_row, 2, "convert the file, and merge the results" },
	{ "conf-dir", decide_row, 2, "convert the files, and merge the results" },
	{ "servers-file", drop, 2, "nothing: the DNS is not converted" },
	{ "log-dhcp", drop, 2, "nothing: loggers" },
	{ "leasefile-ro", decide_row, 2, "leases are always written" },
	{ "enable-ra", decide_row, 2, "router advertisements need another program, for example radvd" },
	{ "enable-tftp", decide_row, 2, "TFTP needs another program" },
	{ "tftp-root", drop, 2, "nothing: see enable-tftp" },
};
/* clang-format on */
const unsigned dnsmasq_n_rows = sizeof(dnsmasq_rows) / sizeof(dnsmasq_rows[0]);

/* --- reading --- */

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static void read_line(struct dnsmasq *d, struct pos pos, char *text, struct str *comment)
{
	char *p = trim(text), *eq;
	bool in_quotes = false;
	struct line *line;

	if (*p == '#') {
		if (comment->len < 16384)
			str_addf(comment, "%s\n", trim(p + strspn(p, "#")));
		return;
	}
	if (!*p) {
		str_reset(comment);
		return;
	}
	line = vec_push(&d->lines);
	line->pos = pos;
	line->text = arena_strdup(d->arena, p);
	/* A comment begins after a blank. */
	for (char *q = p; *q; q++) {
		in_quotes ^= *q == '"';
		if (!in_quotes && *q == '#' && q > p && (q[-1] == ' ' || q[-1] == '\t')) {
			*q = '\0';
			break;
		}
	}
	p = trim(p);
	eq = strchr(p, '=');
	if (eq)
		*eq++ = '\0';
	line->key = arena_strdup(d->arena, trim(begins(p, "--") ? p + 2 : p));
	line->value = arena_strdup(d->arena, eq ? trim(eq) : "");
	if (comment->len)
		line->comment = arena_strndup(d->arena, comment->text, comment->len - 1);
	str_reset(comment);
	d->rep->statements++;
}

static void read_text(struct dnsmasq *d, uint32_t file, const char *text, size_t len)
{
	struct pos pos = { file, 1, 1, 1 };
	struct str comment = { 0 };
	const char *end = text + len;

	for (const char *p = text; p < end; pos.line++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		char *line;

		if (d->lines.n == LINES_MAX) {
			report_note(d->rep, REPORT_ERROR, pos, "too many lines; the rest is left out");
			break;
		}
		eol = eol ? eol : end;
		line = arena_strndup(d->arena, p, (size_t)(eol - p));
		read_line(d, pos, line, &comment);
		p = eol + 1;
	}
	str_free(&comment);
}

/* Words between commas, without quotes. Returns their number; WORDS_MAX + 1 if there are more than fit. */
static unsigned split(struct dnsmasq *d, const char *value, char *words[WORDS_MAX])
{
	char *p = arena_strdup(d->arena, value);
	unsigned n = 0;

	while (*p && n < WORDS_MAX) {
		struct str word = { 0 };
		bool in_quotes = false;

		for (; *p && (in_quotes || *p != ','); p++) {
			if (*p == '"')
				in_quotes = !in_quotes;
			else if (*p == '\\' && p[1])
				str_addc(&word, *++p);
			else
				str_addc(&word, *p);
		}
		p += *p == ',';
		words[n++] = trim(arena_strdup(d->arena, str_text(&word)));
		str_free(&word);
	}
	return n + (*p != '\0');
}

static void convert_lines(struct dnsmasq *d, unsigned pass)
{
	char *words[WORDS_MAX];

	for (size_t i = 0; i < d->lines.n; i++) {
		const struct dnsmasq_row *row;
		unsigned n;

		d->line = &d->lines.v[i];
		row = row_of(d->line->key);
		if (!row) {
			if (pass == 1 && (begins(d->line->key, "dhcp-") || begins(d->line->key, "pxe-")))
				decide(d, "this line is unknown");
			else if (pass == 1)
				notice(d, "concerns the DNS or the program; left out");
			continue;
		}
		n = split(d, d->line->value, words);
		if (n > WORDS_MAX) {
			if (row->pass == pass)
				decide(d, "too many words");
			continue;
		}
		if (pass == 1 && strcmp(row->name, "dhcp-host") == 0)
			host_tag(d, words, n);
		if (row->pass == pass)
			row->convert(d, words, n);
	}
}

/* Between the passes: the classes of the tags. */
static void add_classes(struct dnsmasq *d)
{
	for (size_t i = 0; i < d->tags.n; i++) {
		struct tag *tag = &d->tags.v[i];
		struct out *map;

		if (tag->is_range && !tag->n && !tag->is_host && !tag->hardware)
			continue;
		map = out_map(d->arena, d->classes, NULL);
		map->src = tag->pos;
		out_string(d->arena, map, "name", tag->name);
		if (tag->hardware && !tag->n) {
			tag->hardware->key = "hardware";
			out_append(out_map(d->arena, map, "match"), tag->hardware);
		} else if (tag->n) {
			out_string(d->arena, map, "test", str_text(&tag->test));
			if (tag->hardware)
				report_note(d->rep, REPORT_DECISION, tag->pos,
					    "tag %s has hardware addresses and other conditions: the addresses are "
					    "left out",
					    tag->name);
		}
	}
}

/* dnsmasq sends its own address as router and name server unless the configuration says otherwise. */
static void check_defaults(struct dnsmasq *d)
{
	for (size_t i = 0; i < d->ranges.n; i++) {
		const struct range *r = &d->ranges.v[i];
		bool router = d->family == 6 || d->has_router || r->has_router, dns = d->has_dns || r->has_dns;

		if (!router || !dns)
			report_note(d->rep, REPORT_DECISION, r->pos,
				    "dnsmasq sends its own address as %s%s%s: add option-data to the subnet",
				    router ? "" : "router", router || dns ? "" : " and ", dns ? "" : "DNS server");
	}
}

static bool is_only_v6(const struct dnsmasq *d)
{
	bool v4 = false, v6 = false;

	for (size_t i = 0; i < d->lines.n; i++) {
		if (strcmp(d->lines.v[i].key, "dhcp-range") != 0)
			continue;
		v6 = v6 || strstr(d->lines.v[i].value, "::");
		v4 = v4 || !strstr(d->lines.v[i].value, "::");
	}
	return v6 && !v4;
}

static void finish(struct dnsmasq *d)
{
	struct out *list;

	if (d->drop.len) {
		struct out *map = out_map(d->arena, d->classes, NULL);

		map->src = d->lines.v[0].pos;
		out_string(d->arena, map, "name", "DROP");
		out_string(d->arena, map, "test", str_text(&d->drop));
	}
	if (d->has_client_ids) {
		list = out_list(d->arena, d->top, "host-reservation-identifiers");
		out_string(d->arena, list, NULL, "hw-address");
		out_string(d->arena, list, NULL, "client-id");
	}
	if (d->needs_shared_addresses)
		out_bool(d->arena, d->top, "ip-reservations-unique", false);
	if (d->classes->first) {
		d->classes->key = "client-classes";
		out_append(d->top, d->classes);
	}
	if (d->subnets->first) {
		d->subnets->key = d->family == 6 ? "subnet6" : "subnet4";
		out_append(d->top, d->subnets);
	}
	check_defaults(d);
}

void dnsmasq_run(const struct dnsmasq_input *in, struct report *rep, struct conversion *ret)
{
	struct dnsmasq d = { .arena = rep->arena, .rep = rep, .ethers = in->ethers, .may_read = !in->text };
	uint32_t file = report_source(rep, in->name);
	const char *text = in->text, *why = NULL;
	size_t len = in->len;

	*ret = (struct conversion){ 0 };
	if (!text)
		text = source_read(d.arena, in->name, SOURCE_MAX, &len, &why);
	if (!text) {
		report_note(rep, REPORT_ERROR, (struct pos){ .file = file }, "%s", why);
		rep->is_unusable = true;
		return;
	}
	rep->what = "line";
	read_text(&d, file, text, len);
	d.family = in->family ? in->family : is_only_v6(&d) ? 6 : 4;
	d.dict = dict_new(d.arena, d.family == 6);
	d.root = out_new(d.arena, OUT_MAP);
	d.top = out_map(d.arena, d.root, d.family == 6 ? "Dhcp6" : "Dhcp4");
	out_string(d.arena, out_list(d.arena, out_map(d.arena, d.top, "interfaces-config"), "interfaces"), NULL, "*");
	/* dnsmasq's default is an hour; a day in DHCPv6. */
	out_number(d.arena, d.top, "valid-lifetime", d.family == 6 ? 86400 : 3600);
	d.classes = out_new(d.arena, OUT_LIST);
	d.subnets = out_new(d.arena, OUT_LIST);
	convert_lines(&d, 1);
	add_classes(&d);
	convert_lines(&d, 2);
	finish(&d);
	ret->family = d.family;
	ret->root = d.root;
	for (size_t i = 0; i < d.tags.n; i++)
		str_free(&d.tags.v[i].test);
	vec_free(&d.tags);
	vec_free(&d.ranges);
	vec_free(&d.lines);
	str_free(&d.drop);
}
