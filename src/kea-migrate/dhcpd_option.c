/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Options of dhcpd: definitions, spaces, values. A value is read in dhcpd's format; it becomes text if the server's
 * definition of the option has the same format, and hexadecimal bytes otherwise.
 */
#include "kea-migrate/dhcpd.h"

#include "base/err.h"
#include "root/option_names.h"
#include "wire/dict4.h"
#include "wire/dict6.h"
#include "wire/domain.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#define VALUE_MAX 65000

/* dhcpd's names of options that have another one in Kea. */
static const struct {
	unsigned family;
	const char *name;
	uint16_t code;
} names[] = {
	{ 4, "bootfile-name", OPT4_BOOT_FILE_NAME },
	{ 4, "ien116-name-servers", OPT4_NAME_SERVERS },
	{ 4, "loader-configfile", OPT4_PXELINUX_CONFIG_FILE },
	{ 4, "loader-pathprefix", OPT4_PXELINUX_PATH_PREFIX },
	{ 4, "loader-reboottime", OPT4_PXELINUX_REBOOT_TIME },
	{ 4, "nisplus-domain", OPT4_NISPLUS_DOMAIN_NAME },
	{ 4, "nwip-domain", OPT4_NWIP_DOMAIN_NAME },
	{ 4, "pxe-system-type", OPT4_CLIENT_SYSTEM },
	{ 4, "pxe-interface-id", OPT4_CLIENT_NDI },
	{ 4, "pxe-client-id", OPT4_UUID_GUID },
	{ 4, "default-url", OPT4_V4_CAPTIVE_PORTAL },
	{ 4, "relay-agent-information", OPT4_DHCP_AGENT_OPTIONS },
	{ 4, "vivco", OPT4_VIVCO_SUBOPTIONS },
	{ 4, "vivso", OPT4_VIVSO_SUBOPTIONS },
	{ 4, "authenticate", OPT4_AUTHENTICATE },
	{ 6, "client-id", OPT6_CLIENTID },
	{ 6, "server-id", OPT6_SERVERID },
	{ 6, "ia-addr", OPT6_IAADDR },
	{ 6, "ia-prefix", OPT6_IAPREFIX },
	{ 6, "sip-servers-names", OPT6_SIP_SERVER_DNS },
	{ 6, "sip-servers-addresses", OPT6_SIP_SERVER_ADDR },
	{ 6, "name-servers", OPT6_DNS_SERVERS },
	{ 6, "info-refresh-time", OPT6_INFORMATION_REFRESH_TIME },
	{ 6, "bcms-server-d", OPT6_BCMCS_SERVER_DNS },
	{ 6, "bcms-server-a", OPT6_BCMCS_SERVER_ADDR },
	{ 6, "fqdn", OPT6_CLIENT_FQDN },
};

static const struct {
	const char *name;
	uint16_t code;
} agent_names[] = {
	{ "circuit-id", RAI_CIRCUIT_ID },
	{ "remote-id", RAI_REMOTE_ID },
	{ "agent-id", RAI_REMOTE_ID },
	{ "docsis-device-class", RAI_DOCSIS_DEVICE_CLASS },
	{ "link-selection", RAI_LINK_SELECTION },
	{ "relay-port", RAI_RELAY_PORT },
};

/* What dhcpd's words for formats are. */
static const struct {
	const char *word;
	enum opt_type type;
} formats[] = {
	{ "boolean", OPT_BOOLEAN },  { "ip-address", OPT_IPV4_ADDRESS }, { "ip6-address", OPT_IPV6_ADDRESS },
	{ "text", OPT_STRING },      { "string", OPT_BINARY },           { "domain-name", OPT_FQDN },
	{ "domain-list", OPT_FQDN }, { "zerolength", OPT_EMPTY },
};

static const char *main_space(const struct dhcpd *d)
{
	return d->family == 6 ? "dhcp6" : "dhcp4";
}

static char *lower(struct dhcpd *d, const char *text)
{
	char *copy = arena_strdup(d->arena, text);

	for (char *p = copy; *p; p++)
		*p = ascii_lower(*p);
	return copy;
}

/* The format that the server's definition has. */
static void format_of(const struct optdef *def, struct dhcpd_option *opt)
{
	opt->def = def;
	opt->n = def->type == OPT_RECORD ? def->record_n : 1;
	opt->n = opt->n > 16 ? 16 : opt->n;
	for (unsigned i = 0; i < opt->n; i++)
		opt->fields[i] = def->type == OPT_RECORD ? def->record[i] : def->type;
	opt->is_array = def->array;
	opt->is_text = def->type != OPT_INTERNAL && def->type != OPT_TUPLE && def->type != OPT_BINARY;
	if (def->type == OPT_INTERNAL || def->type == OPT_TUPLE || def->encapsulate || def->more)
		opt->fields[0] = OPT_BINARY;
	if (opt->fields[0] == OPT_BINARY)
		opt->is_text = false;
}

static struct dhcpd_space *find_space(struct dhcpd *d, const char *name)
{
	for (size_t i = 0; i < d->spaces.n; i++)
		if (str_case_equal(d->spaces.v[i].name, name))
			return &d->spaces.v[i];
	return NULL;
}

static const char *kea_space(struct dhcpd *d, const char *name)
{
	struct dhcpd_space *space;

	if (str_case_equal(name, "dhcp"))
		return "dhcp4";
	if (str_case_equal(name, "dhcp6"))
		return "dhcp6";
	space = find_space(d, name);
	return space ? space->kea : arena_strdup(d->arena, name);
}

/* unknown-150, option-150 */
static bool by_number(const char *name, uint16_t *ret)
{
	uint64_t code;

	if (strncmp(name, "unknown-", 8) != 0 && strncmp(name, "option-", 7) != 0)
		return false;
	if (!dhcpd_number(strchr(name, '-') + 1, 65535, &code) || !code)
		return false;
	*ret = (uint16_t)code;
	return true;
}

static bool find_builtin(struct dhcpd *d, unsigned family, const char *name, struct dhcpd_option *ret)
{
	const char *space = family == 6 ? "dhcp6" : "dhcp4";
	struct dict *dict = d->dict;
	const struct optdef *def = NULL;
	uint16_t code = 0;
	bool is_number;

	if (family != d->family) {
		if (!d->other_dict)
			d->other_dict = dict_new(d->arena, family == 6);
		dict = d->other_dict;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !code; i++)
		if (names[i].family == family && strcmp(names[i].name, name) == 0)
			code = names[i].code;
	is_number = !code && by_number(name, &code);
	if (code)
		def = dict_by_code(dict, space, code);
	else
		def = dict_by_name(dict, space, name);
	if (!def && !code)
		return false;
	*ret = (struct dhcpd_option){ .name = name, .space = space, .code = code, .fields = { OPT_BINARY }, .n = 1 };
	if (def) {
		ret->code = def->code;
		ret->def = def;
		if (!is_number)
			format_of(def, ret);
	}
	return true;
}

bool dhcpd_find_option(struct dhcpd *d, const char *word, struct dhcpd_option *ret)
{
	const char *name = lower(d, word), *dot = strchr(name, '.');

	for (size_t i = d->options.n; i-- > 0;) {
		if (strcmp(d->options.v[i].name, name) == 0) {
			*ret = d->options.v[i];
			return true;
		}
	}
	if (!dot)
		return find_builtin(d, 4, name, ret);
	if (strncmp(name, "dhcp6.", 6) == 0)
		return find_builtin(d, 6, dot + 1, ret);
	if (strncmp(name, "dhcp.", 5) == 0)
		return find_builtin(d, 4, dot + 1, ret);
	if (strncmp(name, "agent.", 6) == 0) {
		*ret = (struct dhcpd_option){ .name = name, .space = "agent", .fields = { OPT_BINARY }, .n = 1 };
		for (size_t i = 0; i < sizeof(agent_names) / sizeof(agent_names[0]); i++)
			if (strcmp(agent_names[i].name, dot + 1) == 0)
				ret->code = agent_names[i].code;
		return ret->code || by_number(dot + 1, &ret->code);
	}
	return false;
}

/* --- definitions --- */

static bool read_type(struct dhcpd *d, const struct statement *st, unsigned *i, struct dhcpd_option *opt)
{
	const char *word = token_text(st, *i);
	bool is_signed = !str_case_equal(word, "unsigned");
	uint64_t bits;

	if (opt->n == 16)
		return false;
	if (str_case_equal(word, "signed") || str_case_equal(word, "unsigned"))
		word = token_text(st, ++*i);
	++*i;
	if (str_case_equal(word, "integer")) {
		if (!dhcpd_number(token_text(st, (*i)++), 32, &bits) || (bits != 8 && bits != 16 && bits != 32))
			return false;
		opt->fields[opt->n++] = bits == 8    ? (is_signed ? OPT_INT8 : OPT_UINT8)
					: bits == 16 ? (is_signed ? OPT_INT16 : OPT_UINT16)
						     : (is_signed ? OPT_INT32 : OPT_UINT32);
		return true;
	}
	if (str_case_equal(word, "encapsulate")) {
		opt->encapsulates = arena_strdup(d->arena, token_text(st, (*i)++));
		opt->fields[opt->n++] = OPT_EMPTY;
		return *opt->encapsulates;
	}
	for (size_t k = 0; k < sizeof(formats) / sizeof(formats[0]); k++) {
		if (!str_case_equal(formats[k].word, word))
			continue;
		opt->fields[opt->n++] = formats[k].type;
		opt->is_list = str_case_equal(word, "domain-list");
		if (token_is(st, *i, "compressed"))
			++*i;
		return true;
	}
	return false;
}

static bool read_format(struct dhcpd *d, const struct statement *st, unsigned i, struct dhcpd_option *opt)
{
	if (token_is(st, i, "array") && token_is(st, i + 1, "of")) {
		opt->is_array = true;
		i += 2;
	}
	if (!token_is(st, i, "{"))
		return read_type(d, st, &i, opt) && i == st->n;
	do {
		i++;
		if (!read_type(d, st, &i, opt))
			return false;
	} while (token_is(st, i, ","));
	return token_is(st, i, "}") && i + 1 == st->n;
}

/* True if values of the two formats are the same text. */
static bool same_format(const struct dhcpd_option *opt, const struct optdef *def)
{
	struct dhcpd_option theirs = { 0 };

	format_of(def, &theirs);
	if (def->type == OPT_INTERNAL || def->type == OPT_TUPLE || theirs.n != opt->n || def->more)
		return false;
	for (unsigned i = 0; i < opt->n; i++)
		if (opt->fields[i] != theirs.fields[i])
			return false;
	return theirs.is_array == (opt->is_array || opt->is_list) && (opt->n == 1 || !opt->is_array) &&
	       opt->fields[0] != OPT_BINARY;
}

static void add_definition(struct dhcpd *d, const struct statement *st, struct dhcpd_option *opt, const char *name)
{
	struct out *o = dhcpd_unit(d, st, out_map(d->arena, d->option_defs, NULL));
	bool is_bytes = opt->is_array && opt->n > 1;

	out_string(d->arena, o, "name", name);
	out_number(d->arena, o, "code", opt->code);
	if (strcmp(opt->space, main_space(d)) != 0)
		out_string(d->arena, o, "space", opt->space);
	if (is_bytes) {
		out_string(d->arena, o, "type", "binary");
		opt->is_text = false;
		return;
	}
	out_string(d->arena, o, "type", opt->n > 1 ? "record" : opt_type_name(opt->fields[0]));
	if (opt->n > 1) {
		struct str types = { 0 };

		for (unsigned i = 0; i < opt->n; i++)
			str_addf(&types, "%s%s", i ? ", " : "", opt_type_name(opt->fields[i]));
		out_string(d->arena, o, "record-types", str_text(&types));
		str_free(&types);
	}
	if (opt->is_array || opt->is_list)
		out_bool(d->arena, o, "array", true);
	if (opt->encapsulates)
		out_string(d->arena, o, "encapsulate", kea_space(d, opt->encapsulates));
	opt->is_text = opt->fields[0] != OPT_BINARY;
}

static void define(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	const char *name = lower(d, token_text(st, 1)), *dot = strchr(name, '.');
	struct dhcpd_option opt = { .name = name, .is_defined = true };
	uint64_t code;

	if (!dhcpd_number(token_text(st, 3), 4294967295, &code) || !token_is(st, 4, "=") ||
	    !read_format(d, st, 5, &opt)) {
		dhcpd_decide(d, sc, st, "malformed definition of an option");
		return;
	}
	/* An enterprise number; dhcpd_prepare_options() has seen it. */
	if (dot && opt.encapsulates &&
	    (strncmp(name, "vsio.", 5) == 0 || strncmp(name, "vendor.", 7) == 0 || strncmp(name, "vivso.", 6) == 0))
		return;
	opt.space = dot ? kea_space(d, arena_strndup(d->arena, name, (size_t)(dot - name))) : "dhcp4";
	if (code < 1 || code > (d->family == 6 ? 65535 : 254) || strcmp(opt.space, "agent") == 0) {
		dhcpd_decide(d, sc, st, "an option with this code cannot be defined");
		return;
	}
	opt.code = (uint16_t)code;
	if ((strcmp(opt.space, "dhcp4") == 0 && d->family == 6) ||
	    (strcmp(opt.space, "dhcp6") == 0 && d->family == 4)) {
		dhcpd_notice(d, st, "an option of the other protocol; left out");
		*vec_push(&d->options) = opt;
		return;
	}
	opt.def = dict_by_code(d->dict, opt.space, opt.code);
	if (opt.def && !opt.encapsulates) {
		opt.is_text = same_format(&opt, opt.def);
		if (strcmp(opt.def->name, dot ? dot + 1 : name) != 0)
			dhcpd_notice(d, st, "option %u is defined in Kea, as %s", opt.code, opt.def->name);
	} else {
		add_definition(d, st, &opt, dot ? dot + 1 : name);
		opt.def = NULL;
	}
	*vec_push(&d->options) = opt;
}

/* Spaces are known before anything is converted: what contains them may be defined after their options. */
void dhcpd_prepare_options(struct dhcpd *d, const struct statement *first)
{
	for (const struct statement *st = first; st; st = st->next) {
		const char *name;
		struct dhcpd_space *space;
		uint64_t code;

		if (!token_is(st, 0, "option") || st->n < 3)
			continue;
		name = token_text(st, 1);
		if (str_case_equal(name, "space")) {
			if (find_space(d, token_text(st, 2)) || d->spaces.n > 1000)
				continue;
			space = vec_push(&d->spaces);
			space->name = lower(d, token_text(st, 2));
			space->kea = space->name;
			for (unsigned i = 3; i + 2 < st->n; i++)
				if (token_is(st, i, "code") && token_is(st, i + 1, "width"))
					space->is_wide = !token_is(st, i + 2, "1");
			continue;
		}
		if (!token_is(st, 2, "code") || !token_is(st, 5, "encapsulate") ||
		    !dhcpd_number(token_text(st, 3), UINT32_MAX, &code))
			continue;
		space = find_space(d, token_text(st, 6));
		if (!space)
			continue;
		if (strncmp(name, "vsio.", 5) == 0 || strncmp(name, "vendor.", 7) == 0 ||
		    strncmp(name, "vivso.", 6) == 0)
			space->kea = arena_printf(d->arena, "vendor-%u", (unsigned)code);
		else if (code <= 65535)
			space->container = (uint16_t)code;
	}
}

/* --- values --- */

bool dhcpd_address(struct dhcpd *d, const struct statement *st, const char *text, unsigned family, struct ip *ret)
{
	struct addrinfo hints = { .ai_family = family == 6 ? AF_INET6 : AF_INET, .ai_socktype = SOCK_DGRAM },
			*ai = NULL;
	char buf[IP_TEXT_MAX];

	if (ip_parse(text, ret) == 0)
		return ip_is4(ret) == (family == 4);
	if (!d->may_resolve || !*text || strlen(text) > 255 || strchr(text, '/') || strchr(text, ':'))
		return false;
	if (getaddrinfo(text, NULL, &hints, &ai) != 0 || !ai)
		return false;
	if (family == 6)
		memcpy(ret->b, &((const struct sockaddr_in6 *)(const void *)ai->ai_addr)->sin6_addr, 16);
	else
		*ret = ip_from4(ntohl(((const struct sockaddr_in *)(const void *)ai->ai_addr)->sin_addr.s_addr));
	freeaddrinfo(ai);
	dhcpd_notice(d, st, "%s is %s now: Kea needs the address, and does not follow the name", text,
		     ip_format(ret, buf));
	return true;
}

struct value {
	struct str text;
	uint8_t *bytes;
	size_t len;
	bool is_hex; /* the text does not have everything */
	const char *why;
};

static void add_bytes(struct value *v, const void *data, size_t len)
{
	if (v->len + len > VALUE_MAX) {
		v->why = "the value is too long";
		return;
	}
	if (len)
		memcpy(v->bytes + v->len, data, len);
	v->len += len;
}

static void add_text(struct value *v, const char *text)
{
	str_addf(&v->text, "%s%s", v->text.len ? ", " : "", text);
}

static void add_name(struct value *v, const char *name)
{
	uint8_t buf[DOMAIN_WIRE_MAX];
	struct writer w = writer_init(buf, sizeof(buf));

	add_text(v, name);
	if (domain_write(&w, name, strlen(name)) < 0)
		v->why = "not a domain name";
	else
		add_bytes(v, buf, writer_len(&w));
}

/* One or several names in a string. */
static void read_names(struct dhcpd *d, struct value *v, const char *text)
{
	while (*text && !v->why) {
		size_t len = strcspn(text, " ,");

		if (len)
			add_name(v, arena_strndup(d->arena, text, len));
		text += len + (text[len] != '\0');
	}
}

static void read_text(struct value *v, const struct token *tok)
{
	uint8_t *buf = v->bytes + v->len;

	if (tok->kind == TOKEN_STRING) {
		add_bytes(v, tok->text, tok->len);
	} else {
		int len = dhcpd_hex(tok->text, buf, VALUE_MAX - v->len);

		if (len < 0) {
			v->why = "expected a text in quotes or hexadecimal bytes";
			return;
		}
		buf = NULL;
		v->len += (size_t)len;
	}
	/* Elsewhere a comma or a blank would end the field. */
	v->is_hex = v->is_hex || tok->kind != TOKEN_STRING || memchr(tok->text, '\0', tok->len) || !tok->len ||
		    memchr(tok->text, ',', tok->len) || memchr(tok->text, '\\', tok->len) || tok->text[0] == ' ' ||
		    tok->text[tok->len - 1] == ' ';
	for (size_t i = 0; i < tok->len && !v->is_hex; i++)
		v->is_hex = (unsigned char)tok->text[i] < ' ' || (unsigned char)tok->text[i] > '~';
	add_text(v, v->is_hex ? "" : tok->text);
}

static void read_integer(struct value *v, const char *text, unsigned size, bool is_signed)
{
	char *end;
	long long n = strtoll(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
	long long max = (1LL << (8 * size)) - 1;
	uint8_t buf[4];
	char num[24];

	if (!*text || *end || n > max || n < (is_signed ? -(max / 2) - 1 : 0)) {
		v->why = "the number is malformed or out of range";
		return;
	}
	if (is_signed && n > max / 2)
		n -= max + 1;
	for (unsigned i = 0; i < size; i++)
		buf[i] = (uint8_t)(n >> (8 * (size - 1 - i)));
	add_bytes(v, buf, size);
	(void)snprintf(num, sizeof(num), "%lld", n);
	add_text(v, num);
}

static void read_address(struct dhcpd *d, const struct statement *st, struct value *v, const char *text,
			 unsigned family)
{
	char buf[IP_TEXT_MAX];
	struct ip ip;

	if (!dhcpd_address(d, st, text, family, &ip)) {
		v->why = arena_printf(d->arena, "\"%s\" is no address, and no name that is known here", text);
		return;
	}
	add_bytes(v, family == 6 ? ip.b : ip.b + 12, family == 6 ? 16 : 4);
	add_text(v, ip_format(&ip, buf));
}

static void read_flag(struct value *v, const char *text)
{
	bool on = str_case_equal(text, "on") || str_case_equal(text, "true") || strcmp(text, "1") == 0;
	uint8_t byte = on;

	if (!on && !str_case_equal(text, "off") && !str_case_equal(text, "false") && strcmp(text, "0") != 0) {
		v->why = "expected on or off";
		return;
	}
	add_bytes(v, &byte, 1);
	add_text(v, on ? "true" : "false");
}

static void read_field(struct dhcpd *d, const struct statement *st, unsigned i, const struct dhcpd_option *opt,
		       unsigned field, struct value *v)
{
	const struct token *tok = &st->v[i];

	switch (opt->fields[field]) {
	case OPT_IPV4_ADDRESS:
	case OPT_IPV6_ADDRESS:
		read_address(d, st, v, tok->text, opt->fields[field] == OPT_IPV6_ADDRESS ? 6 : 4);
		break;
	case OPT_BOOLEAN:
		read_flag(v, tok->text);
		break;
	case OPT_INT8:
	case OPT_UINT8:
		read_integer(v, tok->text, 1, opt->fields[field] == OPT_INT8);
		break;
	case OPT_INT16:
	case OPT_UINT16:
		read_integer(v, tok->text, 2, opt->fields[field] == OPT_INT16);
		break;
	case OPT_INT32:
	case OPT_UINT32:
		read_integer(v, tok->text, 4, opt->fields[field] == OPT_INT32);
		break;
	case OPT_FQDN:
		read_names(d, v, tok->text);
		break;
	default:
		read_text(v, tok);
		v->is_hex = v->is_hex || opt->fields[field] != OPT_STRING;
		break;
	}
}

/* Reads the rest of the statement as the option's value. */
static void read_value(struct dhcpd *d, const struct statement *st, unsigned i, const struct dhcpd_option *opt,
		       struct value *v)
{
	unsigned field = 0, n = 0, first = opt->is_defined ? 0 : opt->n - 1;

	if (opt->n == 1 && opt->fields[0] == OPT_EMPTY) {
		v->why = i < st->n ? "this option has no value" : NULL;
		return;
	}
	for (; i < st->n && !v->why; i++) {
		if (token_is(st, i, ","))
			continue;
		if (st->v[i].kind == TOKEN_PUNCT) {
			v->why = arena_printf(d->arena, "unexpected \"%s\"", st->v[i].text);
			break;
		}
		if (field == opt->n) {
			if (!opt->is_array && !opt->is_list && opt->fields[0] != OPT_FQDN) {
				v->why = "too many values";
				break;
			}
			field = first;
		}
		read_field(d, st, i, opt, field++, v);
		n++;
	}
	if (!v->why && (!n || field < opt->n))
		v->why = "the value is incomplete";
}

static void read_expression(struct dhcpd *d, const struct statement *st, unsigned i, const struct dhcpd_option *opt,
			    struct value *v)
{
	const char *why = NULL;
	struct ex e = dhcpd_expr(d, st, &i, &why);

	if (e.type == EX_BAD || i < st->n) {
		v->why = why ? why : "the value depends on the client";
	} else if (e.type != EX_DATA || !e.is_const) {
		v->why = "the value depends on the client: Kea needs a class for each value, or a hook library";
	} else {
		struct token tok = { TOKEN_STRING, (const char *)e.data.data, e.data.len, st->pos };

		tok.text = arena_strndup(d->arena, (const char *)e.data.data, e.data.len);
		add_bytes(v, e.data.data, e.data.len);
		v->is_hex = opt->n > 1 || opt->fields[0] != OPT_STRING || strlen(tok.text) != e.data.len;
		if (!v->is_hex) {
			v->len = 0;
			read_text(v, &tok);
		}
	}
}

/* --- output --- */

struct out *dhcpd_add_option(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st, const char *space,
			     uint16_t code, const char *name, const char *data, bool is_hex)
{
	struct dhcpd_scope *to = sc->guarded ? sc->guarded : sc;
	struct out *list = out_get_list(d->arena, to->map, "option-data"), *o = NULL;
	bool is_main = strcmp(space, main_space(d)) == 0;

	d->n_values++;
	if (!sc->guarded) {
		/* A later value replaces an earlier one. */
		for (struct out *c = list->first; c; c = c->next) {
			struct out *key = out_find(c, name ? "name" : "code");
			const char *other = out_value(d->arena, c, "space");

			if (c->why || !key || out_find(c, "client-classes") ||
			    strcmp(other ? other : main_space(d), space) != 0)
				continue;
			if (strcmp(key->text, name ? arena_printf(d->arena, "\"%s\"", name)
						   : arena_printf(d->arena, "%u", code)) == 0)
				o = c;
		}
		if (o)
			o->first = o->last = NULL;
	}
	if (!o)
		o = out_map(d->arena, list, NULL);
	dhcpd_unit(d, st, o);
	if (name)
		out_string(d->arena, o, "name", name);
	else
		out_number(d->arena, o, "code", code);
	if (!is_main)
		out_string(d->arena, o, "space", space);
	if (sc->guarded) {
		out_string(d->arena, out_list(d->arena, o, "client-classes"), NULL, sc->class_name);
		out_move_first(list, o);
	}
	if (is_hex)
		out_bool(d->arena, o, "csv-format", false);
	if (data && *data)
		out_string(d->arena, o, "data", data);
	return o;
}

/* Sub-options are only sent with the option that contains them, which must be in the same list. */
static void add_container(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st, const char *space)
{
	const struct dhcpd_space *s = NULL;
	const struct dhcpd_option *opt = NULL;
	const struct optdef *def;

	for (size_t i = 0; i < d->spaces.n; i++)
		if (strcmp(d->spaces.v[i].kea, space) == 0)
			s = &d->spaces.v[i];
	if (!s || !s->container)
		return;
	for (size_t i = 0; i < d->options.n; i++)
		if (d->options.v[i].encapsulates && d->options.v[i].code == s->container)
			opt = &d->options.v[i];
	def = dict_by_code(d->dict, main_space(d), s->container);
	(void)dhcpd_add_option(d, sc, st, main_space(d), s->container,
			       def   ? def->name
			       : opt ? opt->name
				     : NULL,
			       NULL, false);
}

static void emit(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st, const struct dhcpd_option *opt,
		 const struct value *v)
{
	bool is_hex = v->is_hex || !opt->is_text;
	const char *dot = strchr(opt->name, '.'), *name = opt->def ? opt->def->name : NULL;
	char *hex = NULL;

	if (!name && opt->is_defined)
		name = dot ? dot + 1 : opt->name;
	if (opt->n == 1 && opt->fields[0] == OPT_EMPTY)
		is_hex = false;
	if (is_hex) {
		hex = arena_alloc(d->arena, 2 * v->len + 1);
		(void)bytes_to_hex(bytes_of(v->bytes, v->len), 0, hex, 2 * v->len + 1);
	}
	add_container(d, sc, st, opt->space);
	(void)dhcpd_add_option(d, sc, st, opt->space, opt->code, name, is_hex ? hex : str_text(&v->text), is_hex);
}

/* Options that are no options in Kea. True if this one is dealt with. */
static bool is_special(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st,
		       const struct dhcpd_option *opt, const struct value *v)
{
	bool is_link = sc->kind & (IN_ROOT | IN_NET | IN_SUBNET) && !sc->guarded;

	if (d->family == 6) {
		if (opt->code != OPT6_RAPID_COMMIT)
			return false;
		if (sc->kind & (IN_NET | IN_SUBNET))
			dhcpd_unit(d, st, out_bool(d->arena, sc->map, "rapid-commit", true));
		else if (sc->kind == IN_ROOT)
			d->rapid_commit = st;
		else
			dhcpd_decide(d, sc, st, "rapid commit is a setting of subnets and shared networks");
		return true;
	}
	switch (opt->code) {
	case OPT4_SUBNET_MASK:
		if (sc->kind == IN_SUBNET && v->len == 4) {
			uint32_t mask = sc->prefix.len ? UINT32_MAX << (32 - sc->prefix.len) : 0;
			struct ip ip = ip_from4(mask);

			/* Kea sends the subnet's own mask anyway. */
			return memcmp(ip.b + 12, v->bytes, 4) == 0;
		}
		return false;
	case OPT4_DHCP_LEASE_TIME:
		dhcpd_notice(d, st, "the server determines the lease time; left out, as dhcpd ignores it");
		return true;
	case OPT4_DHCP_RENEWAL_TIME:
	case OPT4_DHCP_REBINDING_TIME:
		if (is_link && !v->is_hex)
			dhcpd_unit(d, st,
				   out_raw(d->arena, sc->map,
					   opt->code == OPT4_DHCP_RENEWAL_TIME ? "renew-timer" : "rebind-timer",
					   str_text(&v->text)));
		return is_link && !v->is_hex;
	case OPT4_HOST_NAME:
		if (sc->kind == IN_HOST && !v->is_hex)
			dhcpd_unit(d, st, out_string(d->arena, sc->map, "hostname", str_text(&v->text)));
		return sc->kind == IN_HOST && !v->is_hex;
	case OPT4_DHCP_PARAMETER_REQUEST_LIST:
		dhcpd_decide(d, sc, st,
			     "Kea sends options that a client does not request if they have "
			     "\"always-send\": true");
		return true;
	default:
		return false;
	}
}

void dhcpd_option(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct value v = { 0 };
	struct dhcpd_option opt;
	unsigned i = 2;
	uint64_t timer;

	if (token_is(st, 1, "space")) {
		if (sc->kind != IN_ROOT)
			dhcpd_decide(d, sc, st, "an option space can only be defined globally");
		return;
	}
	if (token_is(st, 2, "code") && st->n > 3 && token_is(st, 4, "=")) {
		define(d, sc, st);
		return;
	}
	if (!dhcpd_find_option(d, token_text(st, 1), &opt)) {
		dhcpd_decide(d, sc, st, "option %s is unknown", token_text(st, 1));
		return;
	}
	/* dhcpd -6 takes T1 and T2 from the options of DHCPv4. */
	if (d->family == 6 && strcmp(opt.space, "dhcp4") == 0 && sc->kind & IN_LINKS && st->n == 3 &&
	    (opt.code == OPT4_DHCP_RENEWAL_TIME || opt.code == OPT4_DHCP_REBINDING_TIME) &&
	    dhcpd_number(token_text(st, 2), UINT32_MAX, &timer)) {
		dhcpd_unit(d, st,
			   out_number(d->arena, sc->map,
				      opt.code == OPT4_DHCP_RENEWAL_TIME ? "renew-timer" : "rebind-timer",
				      (int64_t)timer));
		return;
	}
	if (strcmp(opt.space, d->family == 6 ? "dhcp4" : "dhcp6") == 0) {
		dhcpd_notice(d, st, "an option of the other protocol; left out");
		return;
	}
	if (strcmp(opt.space, "agent") == 0) {
		dhcpd_decide(d, sc, st, "options of relay agents are not sent to clients");
		return;
	}
	/* It identifies the host, see dhcpd_host.c. */
	if (sc->kind == IN_HOST && opt.code == OPT4_DHCP_CLIENT_IDENTIFIER && strcmp(opt.space, "dhcp4") == 0)
		return;
	v.bytes = xmalloc(VALUE_MAX);
	if (token_is(st, 2, "="))
		read_expression(d, st, 3, &opt, &v);
	else
		read_value(d, st, i, &opt, &v);
	if (!v.why && opt.def && opt.def->role == OPT_MADE && opt.code != OPT4_DHCP_LEASE_TIME &&
	    !(d->family == 6 && opt.code == OPT6_RAPID_COMMIT))
		v.why = "only the server sets this option";
	if (v.why)
		dhcpd_decide(d, sc, st, "%s", v.why);
	else if (strcmp(opt.space, main_space(d)) != 0 || !is_special(d, sc, st, &opt, &v))
		emit(d, sc, st, &opt, &v);
	str_free(&v.text);
	free(v.bytes);
}

/* vendor-option-space: what option 43 contains. */
void dhcpd_vendor_space(struct dhcpd *d, struct dhcpd_scope *sc, const struct statement *st)
{
	struct dhcpd_space *space = find_space(d, token_text(st, 1));
	struct out *defs, *o;

	if (!space || space->is_wide || d->family == 6 || st->n != 2) {
		dhcpd_decide(d, sc, st, "option 43 cannot have this space");
		return;
	}
	if (space->container && space->container != OPT4_VENDOR_ENCAPSULATED_OPTIONS) {
		dhcpd_decide(d, sc, st, "the space already is in option %u", space->container);
		return;
	}
	if (!(sc->kind & (IN_ROOT | IN_CLASS)) && !(sc->kind == IN_IF && !sc->guarded)) {
		if (!d->vendor_space || !str_case_equal(d->vendor_space, space->name)) {
			dhcpd_decide(d, sc, st, "the format of option 43 can be defined globally and in classes");
			return;
		}
	} else {
		defs = sc->kind == IN_ROOT ? d->option_defs : out_get_list(d->arena, sc->map, "option-def");
		o = dhcpd_unit(d, st, out_map(d->arena, defs, NULL));
		out_string(d->arena, o, "name", "vendor-encapsulated-options");
		out_number(d->arena, o, "code", OPT4_VENDOR_ENCAPSULATED_OPTIONS);
		out_string(d->arena, o, "type", "empty");
		out_string(d->arena, o, "encapsulate", space->kea);
		if (sc->kind == IN_ROOT)
			d->vendor_space = space->name;
	}
	space->container = OPT4_VENDOR_ENCAPSULATED_OPTIONS;
	add_container(d, sc, st, space->kea);
}
