/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/name.h"

#include "base/err.h"
#include "serve/classify.h"
#include "serve/family.h"
#include "serve/request.h"
#include "serve/service.h"

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

/* --- reading ------------------------------------------------------------------ */

bool name_read_labels(struct bytes labels, char *text, size_t *ret_len, bool *ret_is_partial)
{
	struct reader r = reader_of(labels);
	size_t n = 0;

	*ret_is_partial = true;
	while (reader_left(&r)) {
		uint8_t len = read_u8(&r);
		const uint8_t *label;

		if (!len) {
			*ret_is_partial = false;
			break;
		}
		label = len <= LABEL_MAX ? read_bytes(&r, len) : NULL;
		if (!label || n + len + 1 >= DOMAIN_TEXT_MAX)
			return false;
		memcpy(text + n, label, len);
		n += len;
		text[n++] = '.';
	}
	*ret_len = n;
	return true;
}

#define FQDN_S 0x01 /* the server should update the name's address record */
#define FQDN_O 0x02 /* the server overrides the client's S */

bool name_read_flags(struct bytes data, size_t fixed, uint8_t n_bit, struct name_asked *ret)
{
	if (data.len < fixed || (data.data[0] & (n_bit | FQDN_S)) == (n_bit | FQDN_S))
		return false;
	ret->client_s = data.data[0] & FQDN_S;
	ret->client_n = data.data[0] & n_bit;
	return true;
}

uint8_t name_flags(const struct name *name, uint8_t n_bit)
{
	return (uint8_t)((name->s ? FQDN_S : 0) | (name->o ? FQDN_O : 0) | (name->n ? n_bit : 0));
}

static bool is_letter_or_digit(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool name_read_labels_or_text(struct bytes data, char *text, size_t *ret_len, bool *ret_is_partial)
{
	size_t i;

	if (name_read_labels(data, text, ret_len, ret_is_partial))
		return true;
	for (i = 0; i < data.len; i++)
		if (!is_letter_or_digit(data.data[i]) && !memchr("-._", data.data[i], 3))
			return false;
	if (data.len >= DOMAIN_TEXT_MAX)
		return false;
	memcpy(text, data.data, data.len);
	*ret_len = data.len;
	*ret_is_partial = text[data.len - 1] != '.';
	return true;
}

/* Bytes are those of the name: nothing is an escape. */
void name_write_labels(struct writer *w, const struct name *name)
{
	size_t len = name->len - (name->len && name->text[name->len - 1] == '.'), i, start = 0;

	for (i = 0; i <= len; i++) {
		if (i < len && name->text[i] != '.')
			continue;
		write_u8(w, (uint8_t)(i - start));
		write_bytes(w, name->text + start, i - start);
		start = i + 1;
	}
	write_u8(w, 0);
}

/* --- making a name ------------------------------------------------------------- */

/* True for labels of 1 to 63 bytes, 255 with their lengths; a trailing dot makes no difference. */
static bool is_name(const char *text, size_t len)
{
	size_t label = 0, i;

	len -= len && text[len - 1] == '.';
	if (!len || len > DOMAIN_WIRE_MAX - 2)
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] != '.')
			label++;
		else if (!label)
			return false;
		else
			label = 0;
		if (label > LABEL_MAX)
			return false;
	}
	return label > 0;
}

/*
 * True if it can be stored everywhere: valid UTF-8 without control characters. Only a hostname-char-set that keeps
 * other bytes makes a difference.
 */
static bool is_printable(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint8_t c = (uint8_t)text[i++];
		unsigned more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : (c & 0xf0) == 0xe0 ? 2 : 3;
		uint8_t first = i < len ? (uint8_t)text[i] : 0;

		if (c < ' ' || c == 0x7f || (c >= 0x80 && c < 0xc2) || c > 0xf4 || more > len - i)
			return false;
		/* Overlong forms, surrogates, and what is after the last code point. */
		if ((c == 0xe0 && first < 0xa0) || (c == 0xed && first > 0x9f) || (c == 0xf0 && first < 0x90) ||
		    (c == 0xf4 && first > 0x8f))
			return false;
		for (; more; more--)
			if (((uint8_t)text[i++] & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static unsigned count_labels(const char *text, size_t len)
{
	unsigned n = 1;
	size_t i;

	for (i = 0; i + 1 < len; i++)
		n += text[i] == '.';
	return n;
}

static void put(struct name *name, const void *text, size_t len)
{
	if (len > sizeof(name->text) - 1 - name->len) {
		name->is_unusable = true;
		return;
	}
	memcpy(name->text + name->len, text, len);
	name->len += len;
}

static void put_text(struct name *name, const char *text)
{
	put(name, text, strlen(text));
}

static bool ends_in_dot(const struct name *name)
{
	return name->len && name->text[name->len - 1] == '.';
}

void name_end(struct name *name)
{
	if (!name->len || ends_in_dot(name))
		return;
	put(name, ".", 1);
	name->text[name->len] = '\0';
}

/* Sanitizes `len` bytes of the client's text into the name. */
static void put_clean(struct name *name, const struct request *req, const struct naming *naming, const char *text,
		      size_t len)
{
	int n;

	if (!naming->sanitizer) {
		put(name, text, len);
		return;
	}
	n = sanitizer_run(naming->sanitizer, req->worker->scratch, bytes_of(text, len), name->text + name->len,
			  sizeof(name->text) - 1 - name->len);
	if (n < 0)
		name->is_unusable = true;
	else
		name->len += (size_t)n;
}

/* As in Kea: dots separate labels, whatever the character set says about them. */
static void put_clean_labels(struct name *name, const struct request *req, const struct naming *naming,
			     const char *text, size_t len)
{
	size_t i, start = 0;

	for (i = 0; i <= len; i++) {
		size_t before = name->len;

		if (i < len && text[i] != '.')
			continue;
		if (i > start)
			put_clean(name, req, naming, text + start, i - start);
		/* Nothing is left of a label: that would be another name. */
		if (i > start && name->len == before)
			name->is_unusable = true;
		if (i < len)
			put(name, ".", 1);
		start = i + 1;
	}
}

bool name_has_suffix(const struct name *name, const struct naming *naming)
{
	size_t suffix = strlen(naming->suffix), len = name->len - ends_in_dot(name);

	return suffix && len >= suffix && !memcmp(name->text + len - suffix, naming->suffix, suffix) &&
	       (len == suffix || name->text[len - suffix - 1] == '.');
}

/* Appends qualifying-suffix to a name that does not end in it. */
static void qualify(struct name *name, const struct naming *naming)
{
	if (!name->len || !naming->suffix[0] || name_has_suffix(name, naming))
		return;
	if (!ends_in_dot(name))
		put(name, ".", 1);
	put(name, naming->suffix, strlen(naming->suffix));
}

static void lower(struct name *name)
{
	size_t i;

	for (i = 0; i < name->len; i++)
		if (name->text[i] >= 'A' && name->text[i] <= 'Z')
			name->text[i] = (char)(name->text[i] - 'A' + 'a');
}

static void remove_dot(struct name *name)
{
	name->len -= ends_in_dot(name);
}

/* "myhost-192-0-2-1" */
static void generate(struct name *name, const struct naming *naming, const struct ip *addr)
{
	char text[IP_TEXT_MAX], *c;

	name->is_generated = true;
	name->from = NAME_FROM_ADDRESS;
	(void)ip_format(addr, text);
	for (c = text; *c; c++)
		if (*c == '.' || *c == ':')
			*c = '-';
	put_text(name, naming->prefix);
	put(name, "-", 1);
	put_text(name, text);
	lower(name);
	qualify(name, naming);
}

/* The client leaves its name to the server. */
static bool is_left_to_us(const struct name_asked *asked)
{
	return !asked->len || (asked->len == 1 && asked->text[0] == '.');
}

static bool replaces(const struct naming *naming)
{
	return naming->replace == REPLACE_ALWAYS || naming->replace == REPLACE_WHEN_PRESENT;
}

static bool makes_up(const struct naming *naming)
{
	return naming->replace == REPLACE_ALWAYS || naming->replace == REPLACE_WHEN_NOT_PRESENT;
}

static void take_fqdn(struct name *name, const struct request *req, const struct naming *naming,
		      const struct name_asked *asked, const struct ip *addr)
{
	if (replaces(naming) || is_left_to_us(asked)) {
		generate(name, naming, addr);
		return;
	}
	name->from = NAME_FROM_FQDN;
	put_clean_labels(name, req, naming, asked->text, asked->len);
	lower(name);
	if (asked->is_partial)
		qualify(name, naming);
}

/* A name of several labels is taken as fully qualified. */
static void take_hostname(struct name *name, const struct request *req, const struct naming *naming,
			  const struct name_asked *asked, const struct ip *addr)
{
	bool is_name_sent = is_name(asked->text, asked->len);

	if (!is_name_sent && !is_left_to_us(asked))
		return;
	if (replaces(naming) || !is_name_sent) {
		generate(name, naming, addr);
		return;
	}
	name->from = NAME_FROM_HOSTNAME;
	put_clean(name, req, naming, asked->text, asked->len);
	lower(name);
	if (count_labels(asked->text, asked->len) == 1) {
		remove_dot(name);
		qualify(name, naming);
	}
}

/* --- the decision --------------------------------------------------------------- */

/* RFC 4702 3, RFC 4704 5: who updates the address record. */
static void decide_flags(struct name *name, const struct naming *naming, bool sends, const struct name_asked *asked)
{
	if (!sends)
		name->s = false;
	else if (asked->client_n)
		name->s = naming->override_no_update;
	else
		name->s = asked->client_s || naming->override_client_update;
	name->n = !sends || (asked->client_n && !name->s);
	name->o = name->s != asked->client_s;
	name->fwd = name->s;
	name->rev = !name->n;
}

/* As it is reserved. */
static void take_reserved(struct name *name, const struct naming *naming, const char *hostname)
{
	name->from = NAME_FROM_HOST;
	put_text(name, hostname);
	lower(name);
	qualify(name, naming);
}

static bool is_usable(const struct name *name)
{
	return !name->is_unusable && is_name(name->text, name->len) && is_printable(name->text, name->len);
}

void name_of_host(const struct naming *naming, const char *hostname, struct name *ret)
{
	*ret = (struct name){ 0 };
	take_reserved(ret, naming, hostname);
	remove_dot(ret);
	if (!is_usable(ret))
		ret->len = 0;
	ret->text[ret->len] = '\0';
}

void name_decide(const struct request *req, const struct naming *naming, const struct name_asked *asked,
		 const struct ip *addr, struct name *ret)
{
	const char *reserved = req->host ? req->host->hostname : "";
	bool sends = naming->sends && !is_in_class(req, CLASS_BIT_SKIP_DDNS);

	*ret = (struct name){ .naming = naming, .is_fqdn = asked->has_fqdn, .fwd = sends, .rev = sends };
	if (asked->has_fqdn)
		decide_flags(ret, naming, sends, asked);
	if (reserved[0]) {
		take_reserved(ret, naming, reserved);
		if (!ret->is_fqdn)
			remove_dot(ret);
	} else if (asked->has_fqdn) {
		take_fqdn(ret, req, naming, asked, addr);
	} else if (asked->has_hostname) {
		take_hostname(ret, req, naming, asked, addr);
	} else if (makes_up(naming)) {
		generate(ret, naming, addr);
	}
	if (ret->is_fqdn)
		name_end(ret);
	if (!is_usable(ret)) {
		ret->len = 0;
		ret->is_generated = false;
	}
	ret->text[ret->len] = '\0';
}

int name_replace(struct name *name, const char *text)
{
	struct name next = *name;

	next.len = 0;
	next.is_generated = next.is_unusable = false;
	put_text(&next, text);
	lower(&next);
	if (next.is_fqdn)
		name_end(&next);
	else
		remove_dot(&next);
	if (next.is_unusable)
		return -E_RANGE;
	if (next.len && !is_usable(&next))
		return -E_INVAL;
	next.text[next.len] = '\0';
	*name = next;
	return 0;
}

static void ask_libraries(struct request *req, const struct pool *pool, struct name *name)
{
	struct hook_call call = {
		.point = HOOK_DDNS_UPDATE,
		.req = req,
		.packet = &req->hook_packet,
		.digit = req->fam->digit,
		.name = name,
		.pool = pool,
	};

	if (req->trace || !hooks_at(req->live->hooks, call.point))
		return;
	req->hook_packet.arena = req->arena;
	(void)hooks_call(req->live->hooks, &call);
}

void name_settle(struct request *req, const struct pool *pool, struct name *name)
{
	ask_libraries(req, pool, name);
	if (!name->len)
		name->fwd = name->rev = false;
}

void name_of_lease(const struct name *name, struct lease *lease)
{
	lease->hostname = name ? name->text : "";
	lease->fqdn_fwd = name && name->fwd;
	lease->fqdn_rev = name && name->rev;
}
