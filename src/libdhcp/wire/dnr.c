/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/dnr.h"

#include "base/err.h"
#include "base/ip.h"
#include "wire/domain.h"

#define FIELDS_MAX 4
#define PARAMS_MAX 16
#define FIELD_SIZE 512

enum { KEY_ALPN = 1, KEY_PORT = 3, KEY_DOHPATH = 7 };

static const struct {
	const char *name;
	uint16_t key;
} param_names[] = { { "alpn", KEY_ALPN }, { "port", KEY_PORT }, { "dohpath", KEY_DOHPATH } };
#define N_NAMES (sizeof(param_names) / sizeof(param_names[0]))

/* Lengths have one byte in DHCPv4, two in DHCPv6. */
static void write_len(struct writer *w, size_t len, bool v6)
{
	if (v6)
		write_u16(w, (uint16_t)len);
	else if (len > 255)
		w->err = true;
	else
		write_u8(w, (uint8_t)len);
}

static size_t read_len(struct reader *r, bool v6)
{
	return v6 ? read_u16(r) : read_u8(r);
}

/* --- text to bytes --- */

struct instance {
	char field[FIELDS_MAX][FIELD_SIZE];
	unsigned n;
};

/* Splits one instance into fields, drops blanks around them and resolves "\,"; returns the position after it. */
static const char *split(const char *text, struct instance *ret)
{
	size_t len = 0;

	ret->n = 0;
	for (;; text++) {
		char *field = ret->field[ret->n];
		bool ends = !*text || *text == '|' || *text == ',';

		if (ends) {
			while (len && field[len - 1] == ' ')
				len--;
			field[len] = '\0';
			len = 0;
			ret->n++;
			if (*text != ',')
				return text;
			if (ret->n == FIELDS_MAX)
				return NULL;
			continue;
		}
		if (text[0] == '\\' && (text[1] == ',' || text[1] == '|'))
			text++;
		else if (*text == ' ' && !len)
			continue;
		if (len == FIELD_SIZE - 1)
			return NULL;
		field[len++] = *text;
	}
}

static int write_addresses(struct writer *w, char *text, bool v6)
{
	uint8_t buf[16 * 32];
	struct writer list = writer_init(buf, sizeof(buf));
	char *save = NULL, *word;

	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		struct ip ip;

		if (ip_parse(word, &ip) < 0 || ip_is4(&ip) == v6)
			return -E_INVAL;
		write_bytes(&list, v6 ? ip.b : ip.b + 12, v6 ? 16 : 4);
	}
	if (list.err || !writer_len(&list))
		return -E_INVAL;
	write_len(w, writer_len(&list), v6);
	write_bytes(w, buf, writer_len(&list));
	return 0;
}

struct param {
	uint16_t key;
	const char *value;
};

static int parse_param(char *word, struct param *ret)
{
	char *equals = strchr(word, '='), *end;
	unsigned long key;
	size_t i;

	if (equals)
		*equals = '\0';
	ret->value = equals ? equals + 1 : "";
	for (i = 0; i < N_NAMES; i++)
		if (!strcmp(word, param_names[i].name)) {
			ret->key = param_names[i].key;
			return ret->value[0] ? 0 : -E_INVAL;
		}
	if (strncmp(word, "key", 3))
		return -E_INVAL;
	key = strtoul(word + 3, &end, 10);
	if (!word[3] || *end || key > 65534)
		return -E_INVAL;
	ret->key = (uint16_t)key;
	return 0;
}

static int write_param(struct writer *w, const struct param *param)
{
	uint8_t buf[FIELD_SIZE];
	struct writer value = writer_init(buf, sizeof(buf));
	const char *s = param->value;
	char *end;
	unsigned long port;

	switch (param->key) {
	case KEY_ALPN: /* RFC 9460 7.1: a list of names, each preceded by its length */
		for (;;) {
			size_t len = strcspn(s, ",");

			if (!len || len > 255)
				return -E_INVAL;
			write_u8(&value, (uint8_t)len);
			write_bytes(&value, s, len);
			if (!s[len])
				break;
			s += len + 1;
		}
		break;
	case KEY_PORT:
		port = strtoul(s, &end, 10);
		if (*end || port > 65535)
			return -E_INVAL;
		write_u16(&value, (uint16_t)port);
		break;
	default:
		write_bytes(&value, s, strlen(s));
		break;
	}
	if (value.err)
		return -E_INVAL;
	write_u16(w, param->key);
	write_u16(w, (uint16_t)writer_len(&value));
	write_bytes(w, buf, writer_len(&value));
	return 0;
}

/* RFC 9460 2.2: in ascending order of keys, without duplicates. */
static int write_params(struct writer *w, char *text)
{
	struct param params[PARAMS_MAX];
	unsigned n = 0, i, k;
	char *save = NULL, *word;

	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		struct param param;

		if (n == PARAMS_MAX || parse_param(word, &param) < 0)
			return -E_INVAL;
		for (i = 0; i < n && params[i].key < param.key; i++)
			;
		if (i < n && params[i].key == param.key)
			return -E_INVAL;
		for (k = n++; k > i; k--)
			params[k] = params[k - 1];
		params[i] = param;
	}
	for (i = 0; i < n; i++)
		if (write_param(w, &params[i]) < 0)
			return -E_INVAL;
	return 0;
}

static int write_instance(struct writer *w, struct instance *in, bool v6, const char **reterr_why)
{
	uint8_t name[DOMAIN_WIRE_MAX];
	struct writer nw = writer_init(name, sizeof(name));
	char *end;
	unsigned long priority = strtoul(in->field[0], &end, 10);

	if (!in->field[0][0] || *end || priority > 65535) {
		*reterr_why = "the service priority is not a number in 0..65535";
		return -E_INVAL;
	}
	if (in->n < 2 || domain_write(&nw, in->field[1], strlen(in->field[1])) < 0 || nw.err) {
		*reterr_why = "the second field is not the domain name of the resolver";
		return -E_INVAL;
	}
	write_u16(w, (uint16_t)priority);
	write_len(w, writer_len(&nw), v6);
	write_bytes(w, name, writer_len(&nw));
	if (in->n > 2 && write_addresses(w, in->field[2], v6) < 0) {
		*reterr_why = "the third field is not a list of addresses of this family";
		return -E_INVAL;
	}
	if (in->n > 3 && write_params(w, in->field[3]) < 0) {
		*reterr_why = "a service parameter is not alpn=..., port=..., dohpath=... or keyNNNNN=...";
		return -E_INVAL;
	}
	return 0;
}

int dnr_write(struct writer *w, const char *text, bool v6, const char **reterr_why)
{
	for (;;) {
		struct instance in;
		uint8_t buf[2048];
		struct writer one = writer_init(buf, sizeof(buf));
		int err;

		text = split(text, &in);
		if (!text) {
			*reterr_why = "more than four fields, or one that is too long";
			return -E_INVAL;
		}
		err = write_instance(&one, &in, v6, reterr_why);
		if (err < 0)
			return err;
		if (one.err || (v6 && *text)) {
			*reterr_why = v6 && *text ? "a DHCPv6 option holds one instance" : "an instance is too long";
			return -E_INVAL;
		}
		if (!v6)
			write_u16(w, (uint16_t)writer_len(&one));
		write_bytes(w, buf, writer_len(&one));
		if (!*text)
			break;
		text++;
	}
	if (w->err)
		*reterr_why = "too long";
	return w->err ? -E_SPACE : 0;
}

/* --- bytes to text --- */

static void add(struct str *out, const char *text)
{
	if (out)
		str_add(out, text);
}

/* Printable, without blanks and bars, commas escaped, so that it can be read back. */
static int add_text(struct str *out, struct bytes text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c <= ' ' || c > 126 || c == '|' || c == '\\')
			return -E_INVAL;
		if (out && c == ',')
			str_addc(out, '\\');
		if (out)
			str_addc(out, (char)c);
	}
	return 0;
}

static int read_alpn(struct bytes value, struct str *out)
{
	struct reader r = reader_of(value);
	bool first = true;

	while (reader_left(&r)) {
		size_t len = read_u8(&r);
		struct bytes name = { read_bytes(&r, len), len };
		size_t i;

		if (r.err || !len)
			return -E_INVAL;
		for (i = 0; i < len; i++)
			if (name.data[i] == ',')
				return -E_INVAL;
		add(out, first ? "" : "\\,");
		first = false;
		if (add_text(out, name) < 0)
			return -E_INVAL;
	}
	return first ? -E_INVAL : 0;
}

static int read_params(struct reader *r, struct str *out)
{
	int last = -1;

	while (reader_left(r)) {
		unsigned key = read_u16(r);
		size_t len = read_u16(r), i;
		struct bytes value = { read_bytes(r, len), len };
		char name[16];
		int err;

		if (r->err || (int)key <= last || key == 65535)
			return -E_INVAL;
		add(out, last < 0 ? ", " : " ");
		last = (int)key;
		(void)snprintf(name, sizeof(name), "key%u", key);
		for (i = 0; i < N_NAMES; i++)
			if (param_names[i].key == key)
				(void)snprintf(name, sizeof(name), "%s", param_names[i].name);
		add(out, name);
		add(out, "=");
		if (key == KEY_ALPN) {
			err = read_alpn(value, out);
		} else if (key == KEY_PORT) {
			struct reader port = reader_of(value);

			err = len == 2 ? 0 : -E_INVAL;
			if (!err && out)
				str_addf(out, "%u", read_u16(&port));
		} else {
			err = key == KEY_DOHPATH && !len ? -E_INVAL : add_text(out, value);
		}
		if (err < 0)
			return err;
	}
	return 0;
}

static int read_instance(struct reader *r, bool v6, struct str *out)
{
	unsigned priority = read_u16(r);
	struct reader name = read_sub(r, read_len(r, v6));
	struct reader addrs;
	struct bytes whole = { name.pos, reader_left(&name) };
	char text[DOMAIN_TEXT_MAX];
	const char *blank = ", ";

	if (r->err || domain_read(&name, whole, text) < 0 || reader_left(&name) || !text[0])
		return -E_INVAL;
	if (strpbrk(text, ",|\\ "))
		return -E_INVAL;
	if (out)
		str_addf(out, "%u, %s", priority, text);
	if (!reader_left(r)) /* only the name: RFC 9463 3.1.6 */
		return 0;
	addrs = read_sub(r, read_len(r, v6));
	if (r->err || !reader_left(&addrs))
		return -E_INVAL;
	while (reader_left(&addrs)) {
		struct ip ip = ip_zero4;

		read_copy(&addrs, v6 ? ip.b : ip.b + 12, v6 ? 16 : 4);
		if (addrs.err || (v6 && ip_is4(&ip)))
			return -E_INVAL;
		add(out, blank);
		add(out, ip_format(&ip, text));
		blank = " ";
	}
	return read_params(r, out);
}

static int read_all(struct bytes data, bool v6, struct str *out)
{
	struct reader r = reader_of(data);
	bool first = true;

	if (v6)
		return read_instance(&r, true, out);
	do {
		struct reader one = read_sub(&r, read_u16(&r));

		add(out, first ? "" : " | ");
		first = false;
		if (r.err || read_instance(&one, false, out) < 0)
			return -E_INVAL;
	} while (reader_left(&r));
	return 0;
}

int dnr_read(struct bytes data, bool v6, struct str *out)
{
	size_t before = out ? out->len : 0;
	int err = read_all(data, v6, out);

	if (err < 0 && out && out->text) {
		out->len = before;
		out->text[before] = '\0';
	}
	return err;
}
