/* SPDX-License-Identifier: MPL-2.0 */
/*
 * coredhcp's config.yml to Kea. Only the part of YAML that such files use is read: maps by indentation, a list of
 * plugins, each "- name: arguments". All plugins together describe one subnet.
 */
#include "kea-migrate/coredhcp.h"

#include "base/err.h"

#include <stdlib.h>

#define LINES_MAX 100000
#define WORDS_MAX 64

struct coredhcp {
	struct arena *arena;
	struct report *rep;
	unsigned family;
	struct out *root, *top, *subnet;
	struct pos pos;
	const char *text; /* of the line */
	const char *dir;  /* of the file, with its slash; "" */
	bool may_read;
	struct ip first, last;
	uint8_t mask_len;
	bool has_range, has_mask;
	struct pos range_pos;
	struct out *reservations; /* wait for the subnet */
};

static void decide(struct coredhcp *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void decide(struct coredhcp *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_decide(c->rep, c->top, &(struct undecided){ .pos = c->pos, .source = c->text }, fmt, ap);
	va_end(ap);
}

static struct out *unit(struct coredhcp *c, struct out *o)
{
	o->src = c->pos;
	return o;
}

static void option(struct coredhcp *c, const char *name, char **words, unsigned n, const char *sep)
{
	struct out *o = unit(c, out_map(c->arena, out_get_list(c->arena, c->top, "option-data"), NULL));
	struct str s = { 0 };

	for (unsigned i = 0; i < n; i++)
		str_addf(&s, "%s%s", i ? sep : "", words[i]);
	out_string(c->arena, o, "name", name);
	out_string(c->arena, o, "data", str_text(&s));
	str_free(&s);
}

/* "1h30m", "3600s" */
static bool read_duration(const char *text, uint64_t *ret)
{
	uint64_t sum = 0;

	if (!*text)
		return false;
	while (*text) {
		char *end;
		unsigned long v = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : UINT32_MAX;

		if (v >= UINT32_MAX)
			return false;
		sum += v * (*end == 'h' ? 3600U : *end == 'm' ? 60U : 1U);
		if (*end != 'h' && *end != 'm' && *end != 's')
			return false;
		text = end + 1;
	}
	*ret = sum;
	return sum > 0 && sum < UINT32_MAX;
}

static void lifetime(struct coredhcp *c, const char *text)
{
	uint64_t sec;

	if (read_duration(text, &sec))
		unit(c, out_number(c->arena, c->top, "valid-lifetime", (int64_t)sec));
	else
		decide(c, "expected a duration");
}

static void range(struct coredhcp *c, char **words, unsigned n)
{
	if (n < 3 || ip_parse(words[1], &c->first) < 0 || ip_parse(words[2], &c->last) < 0 || !ip_is4(&c->first) ||
	    !ip_is4(&c->last)) {
		decide(c, "expected a file and two addresses");
		return;
	}
	c->has_range = true;
	c->range_pos = c->pos;
	if (n > 3)
		lifetime(c, words[3]);
}

static void routes(struct coredhcp *c, char **words, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char *comma = strchr(words[i], ',');

		if (!comma) {
			decide(c, "expected PREFIX,ROUTER");
			return;
		}
		*comma = '\0';
		words[i] = arena_printf(c->arena, "%s - %s", words[i], comma + 1);
	}
	option(c, "classless-static-route", words, n, ", ");
}

/* tftp://SERVER/FILE */
static void boot(struct coredhcp *c, const char *url)
{
	const char *slash;
	struct ip ip;

	if (c->family == 6) {
		char *copy = arena_strdup(c->arena, url);

		option(c, "bootfile-url", &copy, 1, "");
		return;
	}
	slash = strncmp(url, "tftp://", 7) == 0 ? strchr(url + 7, '/') : NULL;
	if (slash && ip_parse_n(url + 7, (size_t)(slash - url) - 7, &ip) == 0 && ip_is4(&ip)) {
		char buf[IP_TEXT_MAX];

		unit(c, out_string(c->arena, c->top, "next-server", ip_format(&ip, buf)));
		unit(c, out_string(c->arena, c->top, "boot-file-name", slash + 1));
	} else {
		unit(c, out_string(c->arena, c->top, "boot-file-name", url));
	}
}

/* A file of reservations: "MAC ADDRESS" in each line. */
static void file(struct coredhcp *c, const char *name)
{
	const char *path = name[0] == '/' ? name : arena_printf(c->arena, "%s%s", c->dir, name), *why = NULL;
	size_t len;
	char *text;
	struct pos outer = c->pos;

	if (!c->may_read)
		return;
	text = source_read(c->arena, path, SOURCE_MAX, &len, &why);
	if (!text) {
		decide(c, "%s: %s", path, why);
		return;
	}
	c->pos = (struct pos){ report_source(c->rep, path), 1, 1, 1 };
	for (char *p = text, *end; *p; p = *end ? end + 1 : end, c->pos.line++) {
		char mac[64], addr[64], extra;
		uint8_t buf[20];
		struct out *o;
		struct ip ip;

		end = strchr(p, '\n');
		end = end ? end : p + strlen(p);
		c->text = arena_strndup(c->arena, p, (size_t)(end - p));
		if (c->text[strspn(c->text, " \t\r")] == '\0' || *c->text == '#')
			continue;
		if (sscanf(c->text, "%63s %63s %c", mac, addr, &extra) != 2 || ip_parse(addr, &ip) < 0 ||
		    ip_is4(&ip) != (c->family == 4) || dhcpd_hex(mac, buf, sizeof(buf)) <= 0) {
			decide(c, "expected a hardware address and an address");
			continue;
		}
		o = unit(c, out_map(c->arena, c->reservations, NULL));
		out_string(c->arena, o, "hw-address", mac);
		if (c->family == 4)
			out_string(c->arena, o, "ip-address", addr);
		else
			out_string(c->arena, out_list(c->arena, o, "ip-addresses"), NULL, addr);
		c->rep->statements++;
	}
	c->pos = outer;
}

static void plugin(struct coredhcp *c, const char *name, char **words, unsigned n)
{
	bool v4 = c->family == 4;
	struct ip mask;

	c->rep->statements++;
	if (n > WORDS_MAX) {
		decide(c, "plugin %s has too many arguments", name);
	} else if (!n && strcmp(name, "autoconfigure") != 0) {
		decide(c, "plugin %s without arguments", name);
	} else if (strcmp(name, "dns") == 0) {
		option(c, v4 ? "domain-name-servers" : "dns-servers", words, n, ", ");
	} else if (strcmp(name, "searchdomains") == 0) {
		option(c, "domain-search", words, n, ", ");
	} else if (strcmp(name, "router") == 0 && v4) {
		option(c, "routers", words, n, ", ");
	} else if (strcmp(name, "mtu") == 0 && v4) {
		option(c, "interface-mtu", words, n, "");
	} else if (strcmp(name, "netmask") == 0 && v4) {
		c->has_mask = ip_parse(words[0], &mask) == 0 && ip_mask_len(&mask, &c->mask_len);
		if (!c->has_mask)
			decide(c, "the netmask is malformed");
	} else if (strcmp(name, "staticroute") == 0 && v4) {
		routes(c, words, n);
	} else if (strcmp(name, "lease_time") == 0) {
		lifetime(c, words[0]);
	} else if (strcmp(name, "range") == 0 && v4) {
		range(c, words, n);
	} else if (strcmp(name, "server_id") == 0 && v4) {
		option(c, "dhcp-server-identifier", words, 1, "");
	} else if (strcmp(name, "ipv6only") == 0 && v4) {
		option(c, "v6-only-preferred", words, 1, "");
	} else if (strcmp(name, "nbp") == 0) {
		boot(c, words[0]);
	} else if (strcmp(name, "file") == 0) {
		file(c, words[0]);
	} else {
		decide(c, "plugin %s has no counterpart", name);
	}
}

/* Returns the number of words; WORDS_MAX + 1 if there are more than fit. */
static unsigned split(char *text, char *words[WORDS_MAX])
{
	unsigned n = 0;

	for (;;) {
		size_t len;

		text += strspn(text, " \t\r\"'");
		if (!*text || *text == '#')
			return n;
		if (n == WORDS_MAX)
			return WORDS_MAX + 1;
		len = strcspn(text, " \t\r\"'");
		words[n++] = text;
		text += len;
		if (*text)
			*text++ = '\0';
	}
}

static void read_lines(struct coredhcp *c, uint32_t number, const char *text, size_t len, const char *section)
{
	const char *end = text + len, *now = "";
	bool in_plugins = false;

	c->pos = (struct pos){ number, 1, 1, 1 };
	for (const char *p = text; p < end; c->pos.line++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		char *line, *name, *colon, *words[WORDS_MAX];

		if (c->pos.line > LINES_MAX) {
			report_note(c->rep, REPORT_ERROR, c->pos, "too many lines; the rest is left out");
			break;
		}
		eol = eol ? eol : end;
		line = arena_strndup(c->arena, p, (size_t)(eol - p));
		p = eol + 1;
		c->text = arena_strdup(c->arena, line);
		name = line + strspn(line, " \t\r-");
		colon = strchr(name, ':');
		if (!*name || *name == '#')
			continue;
		if (colon)
			*colon++ = '\0';
		name[strcspn(name, " \t\r")] = '\0';
		if (name == line) {
			now = name;
			in_plugins = false;
		} else if (strcmp(now, section) != 0) {
			continue;
		} else if (!memchr(line, '-', (size_t)(name - line))) {
			in_plugins = strcmp(name, "plugins") == 0;
			if (!in_plugins)
				decide(c, "name the interfaces in interfaces-config");
			c->rep->statements += !in_plugins;
		} else if (in_plugins) {
			plugin(c, name, words, colon ? split(colon, words) : 0);
		} else {
			decide(c, "unexpected list");
		}
	}
}

static void add_subnet(struct coredhcp *c)
{
	struct prefix prefix = { c->first, c->has_mask ? c->mask_len : 24 };
	char a[PREFIX_TEXT_MAX], b[IP_TEXT_MAX];

	if (!c->has_range) {
		if (c->reservations->first) {
			out_bool(c->arena, c->top, "reservations-global", true);
			c->reservations->key = "reservations";
			out_append(c->top, c->reservations);
		}
		return;
	}
	c->pos = c->range_pos;
	if (!c->has_mask)
		report_note(c->rep, REPORT_NOTICE, c->pos, "without plugin netmask 255.255.255.0 is assumed");
	prefix.addr = prefix_first(&prefix);
	c->subnet = unit(c, out_map(c->arena, out_list(c->arena, c->top, "subnet4"), NULL));
	out_number(c->arena, c->subnet, "id", 1);
	out_string(c->arena, c->subnet, "subnet", prefix_format(&prefix, a));
	out_string(c->arena, out_map(c->arena, out_list(c->arena, c->subnet, "pools"), NULL), "pool",
		   arena_printf(c->arena, "%s - %s", ip_format(&c->first, a), ip_format(&c->last, b)));
	if (c->reservations->first) {
		c->reservations->key = "reservations";
		out_append(c->subnet, c->reservations);
	}
}

void coredhcp_run(const struct coredhcp_input *in, struct report *rep, struct conversion *ret)
{
	struct coredhcp c = { .arena = rep->arena, .rep = rep, .may_read = !in->text };
	uint32_t number = report_source(rep, in->name);
	const char *text = in->text, *why = NULL, *slash = strrchr(in->name, '/');
	size_t len = in->len;

	*ret = (struct conversion){ 0 };
	if (!text)
		text = source_read(c.arena, in->name, SOURCE_MAX, &len, &why);
	if (!text) {
		report_note(rep, REPORT_ERROR, (struct pos){ .file = number }, "%s", why);
		rep->is_unusable = true;
		return;
	}
	rep->what = "plugin";
	text = arena_strndup(c.arena, text, len);
	len = strlen(text);
	c.dir = slash ? arena_strndup(c.arena, in->name, (size_t)(slash - in->name) + 1) : "";
	c.family = in->family ? in->family : strstr(text, "server4:") ? 4 : strstr(text, "server6:") ? 6 : 4;
	c.root = out_new(c.arena, OUT_MAP);
	c.top = out_map(c.arena, c.root, c.family == 6 ? "Dhcp6" : "Dhcp4");
	c.reservations = out_new(c.arena, OUT_LIST);
	out_string(c.arena, out_list(c.arena, out_map(c.arena, c.top, "interfaces-config"), "interfaces"), NULL, "*");
	read_lines(&c, number, text, len, c.family == 6 ? "server6" : "server4");
	add_subnet(&c);
	ret->family = c.family;
	ret->root = c.root;
}
