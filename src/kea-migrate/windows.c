/* SPDX-License-Identifier: MPL-2.0 */
/* Scopes, exclusions, reservations and options of a Windows DHCP server to subnets, pools and reservations. */
#include "kea-migrate/windows.h"

#include "base/err.h"
#include "base/hash.h"
#include "lease/index.h"
#include "wire/dict4.h"

#include <stdlib.h>

#define WORDS_MAX 512 /* in a line, values of an option: netsh writes each byte as a word */
#define CLIENT_ID_MAX 255
#define SCOPES_MAX 20000
#define XML_DEPTH 32

struct span {
	struct ip first, last;
};

struct win_scope {
	struct prefix prefix;
	struct out *map;
	struct pos pos;
	VEC(struct span) ranges;
	VEC(struct span) excluded;
	bool is_off;
};

struct reservation {
	struct ip addr;
	const struct out *scope; /* its map */
	struct out *map;
};

struct windows {
	struct arena *arena;
	struct report *rep;
	struct dict *dict;
	struct out *root, *top;
	struct pos pos;
	const char *text;
	VEC(struct win_scope) scopes;
	VEC(struct reservation) reservations;
	struct index by_id, by_addr; /* of scopes and of reservations: positions + 1 */
};

static void decide(struct windows *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void decide(struct windows *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_decide(w->rep, w->top, &(struct undecided){ .pos = w->pos, .source = w->text }, fmt, ap);
	va_end(ap);
}

static struct out *unit(struct windows *w, struct out *o)
{
	o->src = w->pos;
	return o;
}

/* --- what both formats say --- */

struct search {
	const struct windows *w;
	struct ip addr;
	const struct out *scope;
};

static bool is_scope(const void *ctx, uint32_t ref)
{
	const struct search *s = ctx;

	return ip_equal(&s->w->scopes.v[ref - 1].prefix.addr, &s->addr);
}

static bool is_reservation(const void *ctx, uint32_t ref)
{
	const struct search *s = ctx;
	const struct reservation *r = &s->w->reservations.v[ref - 1];

	return r->scope == s->scope && ip_equal(&r->addr, &s->addr);
}

static struct win_scope *find_scope(struct windows *w, const char *id)
{
	struct search search = { .w = w };
	const struct index_slot *slot;

	if (ip_parse(id, &search.addr) < 0)
		return NULL;
	slot = index_find(&w->by_id, hash_16(search.addr.b), is_scope, &search);
	return slot ? &w->scopes.v[slot->ref - 1] : NULL;
}

static struct win_scope *add_scope(struct windows *w, const char *id, const char *mask, const char *name)
{
	struct win_scope *scope;
	struct prefix prefix = { .len = 0 };
	struct ip ip;
	char buf[PREFIX_TEXT_MAX];

	if (ip_parse(id, &prefix.addr) < 0 || ip_parse(mask, &ip) < 0 || !ip_mask_len(&ip, &prefix.len) ||
	    !ip_is4(&prefix.addr)) {
		decide(w, "expected the address and the mask of a scope");
		return NULL;
	}
	if (w->scopes.n == SCOPES_MAX) {
		decide(w, "too many scopes");
		return NULL;
	}
	scope = vec_push(&w->scopes);
	scope->prefix = prefix;
	scope->pos = w->pos;
	scope->map = unit(w, out_map(w->arena, out_get_list(w->arena, w->top, "subnet4"), NULL));
	if (*name)
		scope->map->comment = arena_strdup(w->arena, name);
	out_number(w->arena, scope->map, "id", (int64_t)w->scopes.n);
	out_string(w->arena, scope->map, "subnet", prefix_format(&prefix, buf));
	/* The first one of several with this address is the one that is found. */
	if (!find_scope(w, id))
		index_add(&w->by_id, hash_16(prefix.addr.b), (uint32_t)w->scopes.n);
	return scope;
}

static bool read_span(const char *first, const char *last, struct span *ret)
{
	return ip_parse(first, &ret->first) == 0 && ip_parse(last, &ret->last) == 0 && ip_is4(&ret->first) &&
	       ip_is4(&ret->last) && ip_cmp(&ret->first, &ret->last) <= 0;
}

static struct out *find_reservation(struct windows *w, struct win_scope *scope, const char *addr)
{
	struct search search = { .w = w, .scope = scope->map };
	const struct index_slot *slot;

	if (ip_parse(addr, &search.addr) < 0)
		return NULL;
	slot = index_find(&w->by_addr, hash_16(search.addr.b), is_reservation, &search);
	return slot ? w->reservations.v[slot->ref - 1].map : NULL;
}

/* "02-00-00-00-00-01" or "020000000001" to bytes; -E_INVAL, -E_SPACE. */
static int read_id(struct windows *w, const char *text, uint8_t buf[CLIENT_ID_MAX])
{
	char *copy = arena_strdup(w->arena, text);

	for (char *p = copy; *p; p++)
		if (*p == '-')
			*p = ':';
	return hex_to_bytes(copy, strlen(copy), buf, CLIENT_ID_MAX);
}

/* Returns the reservation; NULL after a decision. */
static struct out *reserve(struct windows *w, struct win_scope *scope, const char *addr, const char *id,
			   const char *name)
{
	uint8_t buf[CLIENT_ID_MAX];
	char hex[3 * CLIENT_ID_MAX];
	int len = read_id(w, id, buf);
	struct out *o;
	struct ip ip;

	if (len == -E_SPACE) {
		decide(w, "the identifier of the reservation is longer than %u bytes", CLIENT_ID_MAX);
		return NULL;
	}
	if (len <= 0 || ip_parse(addr, &ip) < 0 || !ip_is4(&ip)) {
		decide(w, "expected the address and the identifier of a reservation");
		return NULL;
	}
	(void)bytes_to_hex(bytes_of(buf, (size_t)len), ':', hex, sizeof(hex));
	o = unit(w, out_map(w->arena, out_get_list(w->arena, scope->map, "reservations"), NULL));
	/* Six bytes are a hardware address. */
	out_string(w->arena, o, len == 6 ? "hw-address" : "client-id", hex);
	out_string(w->arena, o, "ip-address", addr);
	if (*name)
		out_string(w->arena, o, "hostname", name);
	if (!find_reservation(w, scope, addr)) {
		*vec_push(&w->reservations) = (struct reservation){ ip, scope->map, o };
		index_add(&w->by_addr, hash_16(ip.b), (uint32_t)w->reservations.n);
	}
	return o;
}

static const char *hex_of(struct windows *w, const char *type, const char *const *values, unsigned n)
{
	struct str s = { 0 };
	const char *text;

	for (unsigned i = 0; i < n; i++) {
		const char *v = values[i];
		struct ip ip;

		if (str_case_equal(type, "IPADDRESS") && ip_parse(v, &ip) == 0)
			str_addf(&s, "%08x", ip_is4(&ip) ? ip_to4(&ip) : 0);
		else if (str_case_equal(type, "DWORD") || str_case_equal(type, "WORD") || str_case_equal(type, "BYTE"))
			str_addf(&s, "%0*lx",
				 str_case_equal(type, "DWORD")  ? 8
				 : str_case_equal(type, "WORD") ? 4
								: 2,
				 strtoul(v, NULL, 0) & (str_case_equal(type, "DWORD")  ? 0xffffffffUL
							: str_case_equal(type, "WORD") ? 0xffffUL
										       : 0xffUL));
		else if (str_case_equal(type, "BINARY") || str_case_equal(type, "ENCAPSULATED") ||
			 strncmp(v, "0x", 2) == 0)
			str_addf(&s, "%s%s", strlen(v) % 2 ? "0" : "", strncmp(v, "0x", 2) == 0 ? v + 2 : v);
		else
			for (; *v; v++)
				str_addf(&s, "%02x", (unsigned char)*v);
	}
	text = arena_strdup(w->arena, str_text(&s));
	str_free(&s);
	return text;
}

/* An option of the server, a scope or a reservation. type: of netsh, "" if it is not known. */
static void option(struct windows *w, struct out *map, const char *code_text, const char *type,
		   const char *const *values, unsigned n)
{
	const struct optdef *def;
	struct str s = { 0 };
	struct out *o;
	uint64_t code;
	bool is_hex;

	if (!dhcpd_number(code_text, 254, &code) || !code || !n) {
		decide(w, "expected an option with its value");
		return;
	}
	if (code == OPT4_DHCP_LEASE_TIME) {
		uint64_t sec;

		if (dhcpd_number(values[0], UINT32_MAX, &sec))
			unit(w, out_number(w->arena, map, "valid-lifetime", (int64_t)sec));
		else
			decide(w, "expected a number of seconds");
		return;
	}
	if (code == OPT4_FQDN) {
		report_note(w->rep, REPORT_NOTICE, w->pos,
			    "option 81 is a setting for DNS updates; left out, see ddns-...");
		return;
	}
	def = dict_by_code(w->dict, "dhcp4", (uint16_t)code);
	is_hex = !def || def->type == OPT_BINARY || def->type == OPT_INTERNAL || def->type == OPT_EMPTY ||
		 def->encapsulate || def->type == OPT_RECORD || def->more || str_case_equal(type, "BINARY") ||
		 str_case_equal(type, "ENCAPSULATED");
	for (unsigned i = 0; i < n; i++) {
		is_hex = is_hex || (def->type == OPT_STRING && strchr(values[i], ','));
		str_addf(&s, "%s%s", i ? ", " : "", values[i]);
	}
	o = unit(w, out_map(w->arena, out_get_list(w->arena, map, "option-data"), NULL));
	if (def)
		out_string(w->arena, o, "name", def->name);
	else
		out_number(w->arena, o, "code", (int64_t)code);
	if (is_hex)
		out_bool(w->arena, o, "csv-format", false);
	out_string(w->arena, o, "data", is_hex ? hex_of(w, type, values, n) : str_text(&s));
	str_free(&s);
}

/* The ranges without the exclusions. */
static void add_pools(struct windows *w, struct win_scope *scope)
{
	for (size_t i = 0; i < scope->ranges.n; i++) {
		struct ip at = scope->ranges.v[i].first, last = scope->ranges.v[i].last;

		for (;;) {
			const struct span *next = NULL;
			struct ip end = last;
			char a[IP_TEXT_MAX], b[IP_TEXT_MAX];

			/* The first exclusion that ends at or after `at`. */
			for (size_t k = 0; k < scope->excluded.n; k++) {
				const struct span *x = &scope->excluded.v[k];

				if (ip_cmp(&x->last, &at) >= 0 && ip_cmp(&x->first, &last) <= 0 &&
				    (!next || ip_cmp(&x->first, &next->first) < 0))
					next = x;
			}
			if (!next || ip_cmp(&next->first, &at) > 0) {
				if (next)
					end = ip_from4(ip_to4(&next->first) - 1);
				out_string(
					w->arena,
					unit(w, out_map(w->arena, out_get_list(w->arena, scope->map, "pools"), NULL)),
					"pool",
					arena_printf(w->arena, "%s - %s", ip_format(&at, a), ip_format(&end, b)));
			}
			if (!next || ip_cmp(&next->last, &last) >= 0)
				break;
			at = ip_add(&next->last, 1);
		}
	}
}

static void finish(struct windows *w)
{
	for (size_t i = 0; i < w->scopes.n; i++) {
		struct win_scope *scope = &w->scopes.v[i];

		w->pos = scope->pos;
		if (scope->is_off)
			scope->map->why = "the scope is not active";
		else
			add_pools(w, scope);
		vec_free(&scope->ranges);
		vec_free(&scope->excluded);
	}
	vec_free(&w->scopes);
	vec_free(&w->reservations);
	index_done(&w->by_id);
	index_done(&w->by_addr);
}

/* --- netsh --- */

/* Returns the number of words; WORDS_MAX + 1 if there are more than fit. */
static unsigned split(char *p, const char *words[WORDS_MAX])
{
	unsigned n = 0;

	for (;;) {
		p += strspn(p, " \t\r");
		if (!*p)
			return n;
		if (n == WORDS_MAX)
			return WORDS_MAX + 1;
		if (*p == '"') {
			words[n++] = ++p;
			p += strcspn(p, "\"");
		} else {
			words[n++] = p;
			p += strcspn(p, " \t\r");
		}
		if (*p)
			*p++ = '\0';
	}
}

static bool are(const char *const *words, unsigned n, const char *first, const char *second)
{
	return n >= 2 && str_case_equal(words[0], first) && str_case_equal(words[1], second);
}

static void set_option(struct windows *w, struct out *map, const char *const *words, unsigned n)
{
	if (n < 3) {
		decide(w, "expected an option with its value");
		return;
	}
	for (unsigned i = 1; i < n; i++)
		if (strncmp(words[i], "user=", 5) == 0 || strncmp(words[i], "vendor=", 7) == 0) {
			decide(w,
			       "an option for a class: define the class, and name it in client-classes of the option");
			return;
		}
	option(w, map, words[0], words[1], words + 2, n - 2);
}

static void scope_line(struct windows *w, const char *id, const char *const *words, unsigned n)
{
	struct win_scope *scope = find_scope(w, id);
	struct span span;

	if (!scope) {
		decide(w, "scope %s is not defined before", id);
	} else if (are(words, n, "set", "state") && n >= 3) {
		scope->is_off = strcmp(words[2], "0") == 0;
	} else if (are(words, n, "add", "iprange") || are(words, n, "add", "excluderange")) {
		bool is_range = str_case_equal(words[1], "iprange");

		if (n < 4 || !read_span(words[2], words[3], &span))
			decide(w, "expected two addresses");
		else if (is_range)
			*vec_push(&scope->ranges) = span;
		else
			*vec_push(&scope->excluded) = span;
	} else if (are(words, n, "set", "optionvalue")) {
		set_option(w, scope->map, words + 2, n - 2);
	} else if (are(words, n, "add", "reservedip") && n >= 4) {
		(void)reserve(w, scope, words[2], words[3], n > 4 ? words[4] : "");
	} else if (are(words, n, "set", "reservedoptionvalue") && n >= 4) {
		struct out *o = find_reservation(w, scope, words[2]);

		if (o)
			set_option(w, o, words + 3, n - 3);
		else
			decide(w, "the reservation is not defined before");
	} else {
		decide(w, "has no counterpart");
	}
}

static void netsh_line(struct windows *w, char *line)
{
	const char *words[WORDS_MAX];
	unsigned n = split(line, words), at;

	if (n < 3 || words[0][0] == '#' || !str_case_equal(words[0], "dhcp") || !str_case_equal(words[1], "server"))
		return;
	if (n > WORDS_MAX) {
		w->rep->statements++;
		decide(w, "too many words");
		return;
	}
	at = words[2][0] == '\\' || strchr(words[2], '.') ||
			     (n > 3 && !str_case_equal(words[2], "add") && !str_case_equal(words[2], "set") &&
			      !str_case_equal(words[2], "scope"))
		     ? 3
		     : 2;
	w->rep->statements++;
	if (at + 1 >= n)
		decide(w, "has no counterpart");
	else if (str_case_equal(words[at], "scope"))
		scope_line(w, words[at + 1], words + at + 2, n - at - 2);
	else if (are(words + at, n - at, "add", "scope") && n - at >= 4)
		(void)add_scope(w, words[at + 2], words[at + 3], n - at > 4 ? words[at + 4] : "");
	else if (are(words + at, n - at, "set", "optionvalue"))
		set_option(w, w->top, words + at + 2, n - at - 2);
	else if (are(words + at, n - at, "add", "optiondef"))
		/* Most of them are those that every server has; values are written by number. */
		return;
	else
		decide(w, "has no counterpart");
}

static void read_netsh(struct windows *w, const char *text, size_t len)
{
	const char *end = text + len;

	for (const char *p = text; p < end; w->pos.line++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		char *line;

		eol = eol ? eol : end;
		line = arena_strndup(w->arena, p, (size_t)(eol - p));
		p = eol + 1;
		line[strcspn(line, "\r")] = '\0';
		w->text = arena_strdup(w->arena, line);
		netsh_line(w, line);
	}
}

/* --- XML --- */

/* What has been read of the element that is open. */
struct xml_item {
	const char *scope_id, *name, *mask, *start, *end, *state, *duration, *address, *client, *option;
	const char *values[WORDS_MAX], *vendor, *user, *hostname;
	unsigned n_values; /* of the source; `values` has the first WORDS_MAX */
};

struct xml {
	const char *open[XML_DEPTH];
	unsigned depth;
	struct xml_item scope, reservation, option, range;
	struct win_scope *current;
	struct out *reserved;
};

static bool inside(const struct xml *x, const char *name)
{
	for (unsigned i = 0; i < x->depth; i++)
		if (strcmp(x->open[i], name) == 0)
			return true;
	return false;
}

/* 8.00:00:00 */
static void duration(struct windows *w, struct out *map, const char *text)
{
	unsigned days = 0, hours, minutes, seconds;
	const char *dot = strchr(text, '.');

	if ((dot && sscanf(text, "%5u", &days) != 1) ||
	    sscanf(dot ? dot + 1 : text, "%2u:%2u:%2u", &hours, &minutes, &seconds) != 3)
		decide(w, "LeaseDuration is malformed");
	else
		unit(w, out_number(w->arena, map, "valid-lifetime",
				   (int64_t)days * 86400 + hours * 3600 + minutes * 60 + seconds));
}

static void begin_scope(struct windows *w, struct xml *x)
{
	if (x->current || !x->scope.scope_id || !x->scope.mask)
		return;
	x->current = add_scope(w, x->scope.scope_id, x->scope.mask, x->scope.name ? x->scope.name : "");
	w->rep->statements += x->current != NULL;
}

static void end_option(struct windows *w, struct xml *x)
{
	const struct xml_item *item = &x->option;
	struct out *map = x->reserved ? x->reserved : x->current ? x->current->map : w->top;

	w->rep->statements++;
	if ((item->vendor && *item->vendor) || (item->user && *item->user))
		decide(w, "option %s is for a class: define the class, and name it in client-classes of the option",
		       item->option ? item->option : "");
	else if (item->n_values > WORDS_MAX)
		decide(w, "option %s has too many values", item->option ? item->option : "");
	else
		option(w, map, item->option ? item->option : "", "", item->values, item->n_values);
	x->option = (struct xml_item){ .n_values = 0 };
}

static void end_element(struct windows *w, struct xml *x, const char *name)
{
	struct span span;

	if (strcmp(name, "OptionValue") == 0) {
		end_option(w, x);
	} else if (strcmp(name, "Reservation") == 0) {
		x->reserved = NULL;
		x->reservation = (struct xml_item){ .n_values = 0 };
	} else if (strcmp(name, "IPRange") == 0 && x->current && inside(x, "ExclusionRanges")) {
		if (x->range.start && x->range.end && read_span(x->range.start, x->range.end, &span))
			*vec_push(&x->current->excluded) = span;
		else
			decide(w, "expected two addresses");
		x->range = (struct xml_item){ .n_values = 0 };
	} else if (strcmp(name, "Scope") == 0) {
		if (x->current && x->scope.start && x->scope.end && read_span(x->scope.start, x->scope.end, &span))
			*vec_push(&x->current->ranges) = span;
		if (x->current && x->scope.duration)
			duration(w, x->current->map, x->scope.duration);
		if (x->current && x->scope.state)
			x->current->is_off = str_case_equal(x->scope.state, "InActive");
		x->current = NULL;
		x->scope = (struct xml_item){ .n_values = 0 };
	}
}

static void element_text(struct windows *w, struct xml *x, const char *name, const char *text)
{
	struct xml_item *r = &x->reservation;

	if (inside(x, "OptionValue")) {
		if (strcmp(name, "OptionId") == 0)
			x->option.option = text;
		else if (strcmp(name, "Value") == 0 && x->option.n_values++ < WORDS_MAX)
			x->option.values[x->option.n_values - 1] = text;
		else if (strcmp(name, "VendorClass") == 0)
			x->option.vendor = text;
		else if (strcmp(name, "UserClass") == 0)
			x->option.user = text;
	} else if (inside(x, "Reservation")) {
		if (strcmp(name, "IPAddress") == 0)
			r->address = text;
		else if (strcmp(name, "ClientId") == 0)
			r->client = text;
		else if (strcmp(name, "Name") == 0)
			r->hostname = text;
		/* Its options follow. */
		if (r->address && r->client && r->hostname && !x->reserved && x->current) {
			w->rep->statements++;
			x->reserved = reserve(w, x->current, r->address, r->client, r->hostname);
		}
	} else if (inside(x, "ExclusionRanges")) {
		if (strcmp(name, "StartRange") == 0)
			x->range.start = text;
		else if (strcmp(name, "EndRange") == 0)
			x->range.end = text;
	} else if (inside(x, "Scope") && inside(x, "IPv4")) {
		if (strcmp(name, "ScopeId") == 0)
			x->scope.scope_id = text;
		else if (strcmp(name, "Name") == 0)
			x->scope.name = text;
		else if (strcmp(name, "SubnetMask") == 0)
			x->scope.mask = text;
		else if (strcmp(name, "StartRange") == 0)
			x->scope.start = text;
		else if (strcmp(name, "EndRange") == 0)
			x->scope.end = text;
		else if (strcmp(name, "LeaseDuration") == 0)
			x->scope.duration = text;
		else if (strcmp(name, "State") == 0)
			x->scope.state = text;
		begin_scope(w, x);
	}
}

/* Text without the entities that XML has. */
static const char *unescape(struct windows *w, const char *p, size_t len)
{
	static const char *const entities[][2] = {
		{ "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\"" }, { "&apos;", "'" }
	};
	struct str s = { 0 };
	const char *end = p + len, *text;

	while (p < end) {
		size_t i;

		for (i = 0; i < 5; i++) {
			size_t n = strlen(entities[i][0]);

			if ((size_t)(end - p) >= n && memcmp(p, entities[i][0], n) == 0) {
				str_add(&s, entities[i][1]);
				p += n;
				break;
			}
		}
		if (i == 5)
			str_addc(&s, *p++);
	}
	text = arena_strdup(w->arena, str_text(&s));
	str_free(&s);
	return text;
}

static void count_lines(struct windows *w, const char *from, const char *to)
{
	for (; from < to; from++)
		w->pos.line += *from == '\n';
}

static void read_xml(struct windows *w, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *begin = NULL;
	struct xml x = { .depth = 0 };

	while (p < end) {
		const char *tag = memchr(p, '<', (size_t)(end - p)), *close;
		const char *name;
		size_t n;

		if (!tag)
			break;
		close = memchr(tag, '>', (size_t)(end - tag));
		count_lines(w, p, tag);
		if (!close) {
			report_note(w->rep, REPORT_ERROR, w->pos, "a tag is not closed");
			break;
		}
		w->text =
			arena_strndup(w->arena, tag, (size_t)(close - tag) + 1 > 200 ? 200 : (size_t)(close - tag) + 1);
		n = strcspn(tag + 1, " \t\r\n/>");
		name = arena_strndup(w->arena, tag + 1, n);
		if (tag[1] == '/') {
			name = arena_strndup(w->arena, tag + 2, (size_t)(close - tag) - 2);
			if (!x.depth || strcmp(x.open[x.depth - 1], name) != 0) {
				report_note(w->rep, REPORT_ERROR, w->pos, "unexpected </%s>", name);
				break;
			}
			if (begin)
				element_text(w, &x, name, unescape(w, begin, (size_t)(tag - begin)));
			begin = NULL;
			x.depth--;
			end_element(w, &x, name);
		} else if (tag[1] != '?' && tag[1] != '!' && close[-1] != '/') {
			if (x.depth == XML_DEPTH) {
				report_note(w->rep, REPORT_ERROR, w->pos, "elements are nested too deeply");
				break;
			}
			x.open[x.depth++] = name;
			begin = close + 1;
		} else {
			begin = NULL;
		}
		count_lines(w, tag, close);
		p = close + 1;
	}
	if (p >= end && x.depth)
		report_note(w->rep, REPORT_ERROR, w->pos, "the file ends within <%s>", x.open[x.depth - 1]);
}

/* PowerShell writes UTF-16; what is not ASCII becomes a question mark. */
static const char *from_utf16(struct windows *w, const char *text, size_t *len)
{
	struct str s = { 0 };
	const char *copy;

	for (size_t i = 2; i + 1 < *len; i += 2)
		str_addc(&s, text[i + 1] || text[i] & 0x80 || !text[i] ? '?' : text[i]);
	copy = arena_strndup(w->arena, str_text(&s), s.len);
	*len = s.len;
	str_free(&s);
	return copy;
}

void windows_run(const struct windows_input *in, struct report *rep, struct conversion *ret)
{
	struct windows w = { .arena = rep->arena, .rep = rep, .text = "" };
	const char *text = in->text;
	size_t len = in->len;

	*ret = (struct conversion){ 0 };
	w.pos = (struct pos){ report_source(rep, in->name), 1, 1, 1 };
	rep->what = "statement";
	if (len >= 2 && memcmp(text, "\xff\xfe", 2) == 0)
		text = from_utf16(&w, text, &len);
	else
		text = arena_strndup(w.arena, text, len);
	len = strlen(text);
	w.dict = dict_new(w.arena, 0);
	w.root = out_new(w.arena, OUT_MAP);
	w.top = out_map(w.arena, w.root, "Dhcp4");
	out_string(w.arena, out_list(w.arena, out_map(w.arena, w.top, "interfaces-config"), "interfaces"), NULL, "*");
	/* Windows answers with authority, for eight days. */
	out_bool(w.arena, w.top, "authoritative", true);
	out_number(w.arena, w.top, "valid-lifetime", 691200);
	if (strstr(text, "<DHCPServer"))
		read_xml(&w, text, len);
	else
		read_netsh(&w, text, len);
	finish(&w);
	ret->family = 4;
	ret->root = w.root;
}
