/* SPDX-License-Identifier: MPL-2.0 */
#include "ddns/ncr.h"

#include "base/err.h"
#include "base/str.h"

#include <inttypes.h>
#include <json-c/json.h>

const char *const ncr_mode_words[] = {
	"check-with-dhcid", "no-check-with-dhcid", "check-exists-with-dhcid", "no-check-without-dhcid", NULL,
};

#define DEPTH_MAX 8

/* A request as it is read: the first error is kept. */
struct parse {
	struct json_object *map;
	char *why;
	bool failed;
};

static void fail(struct parse *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct parse *p, const char *fmt, ...)
{
	va_list ap;

	if (p->failed)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(p->why, NCR_WHY_MAX, fmt, ap);
	va_end(ap);
	p->failed = true;
}

/* Returns the member if it has that type; NULL if it is missing, which is an error if it is needed. */
static struct json_object *member(struct parse *p, const char *name, json_type type, bool is_needed)
{
	struct json_object *value;

	if (!json_object_object_get_ex(p->map, name, &value)) {
		if (is_needed)
			fail(p, "\"%s\" is missing", name);
		return NULL;
	}
	if (!json_object_is_type(value, type)) {
		fail(p, "\"%s\" is not a %s", name, json_type_to_name(type));
		return NULL;
	}
	return value;
}

/* Returns "" after an error. A string with a NUL character is one. */
static const char *string(struct parse *p, const char *name)
{
	struct json_object *value = member(p, name, json_type_string, true);
	const char *text = value ? json_object_get_string(value) : "";

	if (value && strlen(text) != (size_t)json_object_get_string_len(value)) {
		fail(p, "\"%s\" contains a NUL character", name);
		return "";
	}
	return text;
}

static bool boolean(struct parse *p, const char *name)
{
	struct json_object *value = member(p, name, json_type_boolean, true);

	return value && json_object_get_boolean(value);
}

static uint32_t number(struct parse *p, const char *name, uint32_t max)
{
	struct json_object *value = member(p, name, json_type_int, true);
	int64_t v = value ? json_object_get_int64(value) : 0;

	if (v < 0 || v > max) {
		fail(p, "\"%s\" is not in 0..%u", name, max);
		return 0;
	}
	return (uint32_t)v;
}

/* 0 if it is missing. */
static uint64_t serial(struct parse *p, const char *name)
{
	struct json_object *value = member(p, name, json_type_int, false);
	int64_t v = value ? json_object_get_int64(value) : 0;

	if (v < 0)
		fail(p, "\"%s\" is negative", name);
	return v < 0 ? 0 : (uint64_t)v;
}

static int digits(const char *text, size_t n)
{
	int v = 0;

	while (n--)
		v = v * 10 + (*text++ - '0');
	return v;
}

/* YYYYMMDDhhmmss, UTC. */
static int64_t date(struct parse *p, const char *name)
{
	const char *text = string(p, name);
	struct tm tm = { 0 }, again;
	time_t t;

	if (!p->failed && (strlen(text) != 14 || strspn(text, "0123456789") != 14))
		fail(p, "\"%s\" is not a date: YYYYMMDDhhmmss", name);
	if (p->failed)
		return 0;
	tm = (struct tm){ .tm_year = digits(text, 4) - 1900,
			  .tm_mon = digits(text + 4, 2) - 1,
			  .tm_mday = digits(text + 6, 2),
			  .tm_hour = digits(text + 8, 2),
			  .tm_min = digits(text + 10, 2),
			  .tm_sec = digits(text + 12, 2) };
	again = tm;
	t = timegm(&again);
	if (again.tm_mon != tm.tm_mon || again.tm_mday != tm.tm_mday || again.tm_hour != tm.tm_hour ||
	    again.tm_min != tm.tm_min || again.tm_sec != tm.tm_sec)
		fail(p, "\"%s\" is not a valid date", name);
	return (int64_t)t;
}

static void parse_mode(struct parse *p, struct ncr *ncr)
{
	struct json_object *word = member(p, "conflict-resolution-mode", json_type_string, false);
	struct json_object *checks = member(p, "use-conflict-resolution", json_type_boolean, false);

	if (!word) {
		/* Kea before 2.5 has only the boolean, and before 2.1 not even that. */
		ncr->mode = checks && !json_object_get_boolean(checks) ? NCR_NO_CHECK_WITH_DHCID : NCR_CHECK_WITH_DHCID;
		return;
	}
	for (unsigned i = 0; i < NCR_MODE_N; i++)
		if (!strcmp(json_object_get_string(word), ncr_mode_words[i])) {
			ncr->mode = (enum ncr_mode)i;
			return;
		}
	fail(p, "\"conflict-resolution-mode\" is not a mode");
}

static void parse_dhcid(struct parse *p, struct ncr *ncr)
{
	const char *text = string(p, "dhcid");
	size_t len = strlen(text);
	int n = 0;

	if (p->failed)
		return;
	if (len % 2 || strspn(text, "0123456789abcdefABCDEF") != len)
		n = -E_INVAL;
	else if (len)
		n = hex_to_bytes(text, len, ncr->dhcid, sizeof(ncr->dhcid));
	if (n < 0)
		fail(p, "\"dhcid\" is not an even number of at most %u hexadecimal digits", 2 * NCR_DHCID_MAX);
	else if (!n && ncr->mode != NCR_NO_CHECK_WITHOUT_DHCID)
		fail(p, "\"dhcid\" is empty");
	else
		ncr->dhcid_len = (uint8_t)n;
}

static void parse_map(struct parse *p, struct ncr *ncr)
{
	ncr->change = (enum ncr_change)number(p, "change-type", NCR_REMOVE);
	ncr->forward = boolean(p, "forward-change");
	ncr->reverse = boolean(p, "reverse-change");
	if (!p->failed && !ncr->forward && !ncr->reverse)
		fail(p, "neither \"forward-change\" nor \"reverse-change\" is true");
	if (dname_parse(string(p, "fqdn"), &ncr->fqdn) < 0 || ncr->fqdn.len == dname_root.len)
		fail(p, "\"fqdn\" is not a domain name");
	if (ip_parse(string(p, "ip-address"), &ncr->addr) < 0)
		fail(p, "\"ip-address\" is not an address");
	parse_mode(p, ncr);
	parse_dhcid(p, ncr);
	ncr->expires_sec = date(p, "lease-expires-on");
	ncr->lease_length = number(p, "lease-length", UINT32_MAX);
	ncr->journal = serial(p, "journal");
	ncr->serial = serial(p, "serial");
}

/* Returns the value of the whole text; NULL after an error. */
static struct json_object *parse_text(struct parse *p, struct bytes text)
{
	struct json_tokener *tok = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *value;

	if (!tok)
		die_of_memory();
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(tok, (const char *)text.data, (int)text.len);
	if (json_tokener_get_error(tok) != json_tokener_success)
		fail(p, "not JSON: %s", json_tokener_error_desc(json_tokener_get_error(tok)));
	else if (json_tokener_get_parse_end(tok) != text.len)
		fail(p, "text after the end of the request");
	else if (!json_object_is_type(value, json_type_object))
		fail(p, "not a map");
	json_tokener_free(tok);
	if (!p->failed)
		return value;
	json_object_put(value);
	return NULL;
}

int ncr_parse(struct bytes datagram, struct ncr *ret, char why[NCR_WHY_MAX])
{
	struct reader r = reader_of(datagram);
	struct bytes text = { NULL, read_u16(&r) };
	struct parse p = { .why = why };
	struct ncr ncr = { 0 };

	text.data = read_bytes(&r, text.len);
	if (r.err || reader_left(&r)) {
		fail(&p, "the length is %zu, but %zu bytes follow", text.len,
		     datagram.len < 2 ? (size_t)0 : datagram.len - 2);
		return -E_INVAL;
	}
	if (!text.len) {
		fail(&p, "no text");
		return -E_INVAL;
	}
	p.map = parse_text(&p, text);
	if (!p.map)
		return -E_INVAL;
	parse_map(&p, &ncr);
	json_object_put(p.map);
	if (p.failed)
		return -E_INVAL;
	*ret = ncr;
	return 0;
}

/* Characters outside ASCII are escaped in the name, so only quotes and backslashes matter. */
static void add_quoted(struct str *out, const char *text)
{
	str_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			str_addc(out, '\\');
		str_addc(out, *text);
	}
	str_addc(out, '"');
}

static void add_date(struct str *out, int64_t sec)
{
	time_t t = (time_t)sec;
	struct tm tm = { 0 };

	(void)gmtime_r(&t, &tm);
	str_addf(out, "%04d%02d%02d%02d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		 tm.tm_sec);
}

int ncr_write(const struct ncr *ncr, uint8_t *buf, size_t size)
{
	char name[DNAME_TEXT_MAX], addr[IP_TEXT_MAX], dhcid[NCR_ID_TEXT_MAX];
	struct writer w = writer_init(buf, size);
	struct str text = { 0 };

	(void)bytes_to_hex(bytes_of(ncr->dhcid, ncr->dhcid_len), 0, dhcid, sizeof(dhcid));
	str_addf(&text,
		 "{ \"change-type\": %d, \"forward-change\": %s, \"reverse-change\": %s, \"fqdn\": ", ncr->change,
		 ncr->forward ? "true" : "false", ncr->reverse ? "true" : "false");
	add_quoted(&text, dname_format(&ncr->fqdn, name));
	str_addf(&text, ", \"ip-address\": \"%s\", \"dhcid\": \"%s\", \"lease-expires-on\": \"",
		 ip_format(&ncr->addr, addr), dhcid);
	add_date(&text, ncr->expires_sec);
	str_addf(&text,
		 "\", \"lease-length\": %u, \"use-conflict-resolution\": %s, \"conflict-resolution-mode\": \"%s\"",
		 ncr->lease_length, ncr->mode == NCR_CHECK_WITH_DHCID ? "true" : "false", ncr_mode_words[ncr->mode]);
	if (ncr->serial)
		str_addf(&text, ", \"journal\": %" PRIu64 ", \"serial\": %" PRIu64, ncr->journal, ncr->serial);
	str_add(&text, " }");
	write_u16(&w, (uint16_t)text.len);
	write_bytes(&w, text.text, text.len);
	str_free(&text);
	return w.err ? -E_SPACE : (int)writer_len(&w);
}

const char *ncr_id(const struct ncr *ncr, char *buf)
{
	if (!ncr->dhcid_len)
		(void)snprintf(buf, NCR_ID_TEXT_MAX, "-");
	else
		(void)bytes_to_hex(bytes_of(ncr->dhcid, ncr->dhcid_len), 0, buf, NCR_ID_TEXT_MAX);
	return buf;
}

const char *ncr_format(const struct ncr *ncr, char *buf)
{
	char name[DNAME_TEXT_MAX], addr[IP_TEXT_MAX];

	(void)snprintf(buf, NCR_TEXT_MAX, "%s %s%s%s, name %s, address %s, lease length %u, %s",
		       ncr->change == NCR_ADD ? "add" : "remove", ncr->forward ? "forward" : "",
		       ncr->forward && ncr->reverse ? " and " : "", ncr->reverse ? "reverse" : "",
		       dname_format(&ncr->fqdn, name), ip_format(&ncr->addr, addr), ncr->lease_length,
		       ncr_mode_words[ncr->mode]);
	return buf;
}
