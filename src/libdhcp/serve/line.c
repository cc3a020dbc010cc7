/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/line.h"

#include "base/hash.h"
#include "log/fold.h"
#include "serve/host.h"
#include "serve/binding.h"
#include "serve/event.h"
#include "serve/family.h"
#include "serve/link_text.h"
#include "serve/service.h"
#include "wire/ident.h"

#include <stdio.h>

#define LINE_MAX_BYTES 4096
#define LEASE_TEXT_MAX 2048

/* A line being built; text that is too long is truncated. */
struct out {
	size_t n;
	char v[LINE_MAX_BYTES];
};

static void put(struct out *out, const char *text)
{
	size_t len = strnlen(text, sizeof(out->v) - 1 - out->n);

	memcpy(out->v + out->n, text, len);
	out->n += len;
}

static void put_number(struct out *out, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	put(out, text);
}

static void put_ip(struct out *out, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	put(out, ip_format(ip, text));
}

/* Returns printable text, whatever a client sent; in buf of `size`. */
static const char *printable(const char *text, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i + 1 < size && text[i]; i++)
		buf[i] = text[i] >= ' ' && text[i] < 0x7f ? text[i] : '?';
	buf[i] = '\0';
	return buf;
}

/* Returns the whole lease, one line per field. */
static const char *lease_text(const struct lease *lease, char buf[LEASE_TEXT_MAX])
{
	char addr[IP_TEXT_MAX], hex[80], id[3 * LEASE_ID_MAX + 1], name[LEASE_HOSTNAME_MAX + 1];
	char what[200], who[sizeof(id) + sizeof(hex) + 40];
	const char *hwaddr = lease->hwaddr.len ? hex : "(none)";

	(void)ip_format(&lease->addr, addr);
	(void)bytes_to_hex(lease->hwaddr, ':', hex, sizeof(hex));
	ident_id(lease->client_id, id, sizeof(id));
	if (lease->type == LEASE_V4) {
		(void)snprintf(what, sizeof(what), "\nAddress:       %s", addr);
		(void)snprintf(who, sizeof(who), "\nHardware addr: %s\nClient id:     %s", hwaddr, id);
	} else {
		(void)snprintf(what, sizeof(what),
			       "\nType:          %s(%d)\nAddress:       %s\nPrefix length: %u\nIAID:          %u\n"
			       "Pref life:     %u",
			       lease->type == LEASE_PD ? "IA_PD" : "IA_NA", lease->type, addr, lease->prefix_len,
			       lease->iaid, lease->preferred);
		(void)snprintf(who, sizeof(who), "\nDUID:          %s\nHardware addr: %s", id, hwaddr);
	}
	(void)snprintf(buf, LEASE_TEXT_MAX,
		       "%s\nValid life:    %u\nCltt:          %lld%s\nSubnet ID:     %u\nPool ID:       %u\n"
		       "State:         %s\nHostname:      %s",
		       what, lease->valid, (long long)lease->cltt, who, lease->subnet_id, lease->pool_id,
		       lease_state_name(lease->state), printable(lease->hostname, name, sizeof(name)));
	return buf;
}

/* --- what a conversion stands for ------------------------------------------ */

static void say_label(const struct subject *s, struct out *out)
{
	put(out, request_label(s->req));
}

static void say_address(const struct subject *s, struct out *out)
{
	put_ip(out, &s->addr);
}

static void say_address_or_none(const struct subject *s, struct out *out)
{
	if (ip_is_zero(&s->addr))
		put(out, "(no address)");
	else
		put_ip(out, &s->addr);
}

static void say_lease(const struct subject *s, struct out *out)
{
	char text[PREFIX_TEXT_MAX];

	put(out, lease_address_text(s->lease, text));
}

static void say_length(const struct subject *s, struct out *out)
{
	put_number(out, s->prefix_len);
}

static void say_kind(const struct subject *s, struct out *out)
{
	put(out, if_prefix(s) ? "prefix" : "address");
}

static void say_iaid(const struct subject *s, struct out *out)
{
	put_number(out, s->ia ? s->ia->iaid : s->lease->iaid);
}

static void say_valid(const struct subject *s, struct out *out)
{
	put_number(out, s->lease->valid);
}

static void say_seconds(const struct subject *s, struct out *out)
{
	put_number(out, s->event->seconds);
}

static void say_state(const struct subject *s, struct out *out)
{
	put(out, lease_state_name(s->lease->state));
}

static void say_client_id(const struct subject *s, struct out *out)
{
	char text[3 * LEASE_ID_MAX + 1];

	ident_id(s->lease->client_id, text, sizeof(text));
	put(out, text);
}

static void say_hwaddr(const struct subject *s, struct out *out)
{
	char text[80];

	ident_hwaddr(s->lease->hwtype, s->lease->hwaddr, text, sizeof(text));
	put(out, text);
}

static void say_lease_iaid(const struct subject *s, struct out *out)
{
	put_number(out, s->lease->iaid);
}

static void describe(const struct lease *lease, struct out *out)
{
	char text[LEASE_TEXT_MAX];

	put(out, lease_text(lease, text));
}

static void say_details(const struct subject *s, struct out *out)
{
	describe(s->lease, out);
}

static void say_old_details(const struct subject *s, struct out *out)
{
	describe(s->binding->candidate.lease, out);
}

static void say_why(const struct subject *s, struct out *out)
{
	put(out, s->why ? s->why : "");
}

static void say_hint(const struct subject *s, struct out *out)
{
	char text[PREFIX_TEXT_MAX];

	if (!s->ia->n_hints)
		put(out, "(none)");
	else if (if_prefix(s))
		put(out, prefix_format(&s->ia->hints[0].prefix, text));
	else
		put_ip(out, &s->ia->hints[0].prefix.addr);
}

static void say_ia_status(const struct subject *s, struct out *out)
{
	put_number(out, s->ia->status);
}

static void say_ia_status_text(const struct subject *s, struct out *out)
{
	put(out, s->ia->text);
}

static void say_status(const struct subject *s, struct out *out)
{
	put_number(out, s->req->status);
}

static void say_status_text(const struct subject *s, struct out *out)
{
	put(out, s->req->status_text);
}

static void say_subnet_id(const struct subject *s, struct out *out)
{
	put_number(out, s->req->sub->id);
}

static void say_subnet(const struct subject *s, struct out *out)
{
	char text[PREFIX_TEXT_MAX];

	put(out, prefix_format(&s->req->chosen->prefix, text));
}

static void say_interface(const struct subject *s, struct out *out)
{
	put(out, s->req->in.ifname);
}

/* A query contains only an interface-id that a subnet names. */
static void say_interface_id(const struct subject *s, struct out *out)
{
	const struct opt *sent = packet6_relay_opt(&s->req->q6, OPT6_INTERFACE_ID);
	struct link_text text = { 0 };

	link_text_bytes(&text, "interface-id", s->query->iface_id.len || !sent ? s->query->iface_id : sent->data);
	put(out, text.buf);
}

static void say_local(const struct subject *s, struct out *out)
{
	put_ip(out, &s->req->in.local);
}

static void say_source(const struct subject *s, struct out *out)
{
	put_ip(out, &s->req->in.src);
}

static void say_destination(const struct subject *s, struct out *out)
{
	put_ip(out, &s->req->in.dst);
}

static void say_ciaddr(const struct subject *s, struct out *out)
{
	struct ip ciaddr = ip_from4(s->req->q.ciaddr);

	put_ip(out, &ciaddr);
}

static void say_reserved(const struct subject *s, struct out *out)
{
	if (s->req->n_reserved)
		put_ip(out, &s->req->reserved[0].prefix.addr);
}

static void say_wanted(const struct subject *s, struct out *out)
{
	put_ip(out, &s->req->wanted);
}

static void say_type(const struct subject *s, struct out *out)
{
	put_number(out, s->req->type);
}

static void say_message(const struct subject *s, struct out *out)
{
	put(out, s->req->row->name);
}

static const struct {
	void (*put)(const struct subject *s, struct out *out);
	bool is_number;
} says[SAY_N] = {
	[SAY_LABEL] = { say_label, false },
	[SAY_ADDRESS] = { say_address, false },
	[SAY_ADDRESS_OR_NONE] = { say_address_or_none, false },
	[SAY_LEASE] = { say_lease, false },
	[SAY_LENGTH] = { say_length, true },
	[SAY_KIND] = { say_kind, false },
	[SAY_IAID] = { say_iaid, true },
	[SAY_VALID] = { say_valid, true },
	[SAY_SECONDS] = { say_seconds, true },
	[SAY_STATE] = { say_state, false },
	[SAY_CLIENT_ID] = { say_client_id, false },
	[SAY_HWADDR] = { say_hwaddr, false },
	[SAY_LEASE_IAID] = { say_lease_iaid, true },
	[SAY_DETAILS] = { say_details, false },
	[SAY_OLD_DETAILS] = { say_old_details, false },
	[SAY_WHY] = { say_why, false },
	[SAY_HINT] = { say_hint, false },
	[SAY_IA_STATUS] = { say_ia_status, true },
	[SAY_IA_STATUS_TEXT] = { say_ia_status_text, false },
	[SAY_STATUS] = { say_status, true },
	[SAY_STATUS_TEXT] = { say_status_text, false },
	[SAY_SUBNET_ID] = { say_subnet_id, true },
	[SAY_SUBNET] = { say_subnet, false },
	[SAY_INTERFACE] = { say_interface, false },
	[SAY_INTERFACE_ID] = { say_interface_id, false },
	[SAY_LOCAL] = { say_local, false },
	[SAY_SOURCE] = { say_source, false },
	[SAY_DESTINATION] = { say_destination, false },
	[SAY_CIADDR] = { say_ciaddr, false },
	[SAY_WANTED] = { say_wanted, false },
	[SAY_RESERVED] = { say_reserved, false },
	[SAY_TYPE] = { say_type, true },
	[SAY_MESSAGE] = { say_message, false },
};

/* --- making a line ----------------------------------------------------------- */

/* Finds the next conversion of a text: its begin and end, and its letter; false if there is none. */
static bool next_conversion(const char **from, const char **begin, char *letter)
{
	const char *p = strchr(*from, '%');

	if (!p)
		return false;
	*begin = p;
	p += 1 + strspn(p + 1, "0123456789.l");
	*letter = *p;
	*from = *p ? p + 1 : p;
	return true;
}

bool line_is_right(const struct line *line)
{
	const char *from = line->text, *begin;
	unsigned i = 0;
	char letter;

	while (next_conversion(&from, &begin, &letter)) {
		bool is_rest = line->often != LINE_EACH && !*from;

		if (letter == '%')
			continue;
		if (is_rest)
			return letter == 's' && (i == LINE_ARGS || line->args[i] == SAY_END);
		if (i == LINE_ARGS || line->args[i] == SAY_END || says[line->args[i]].is_number != (letter != 's'))
			return false;
		i++;
	}
	return line->often == LINE_EACH && (i == LINE_ARGS || line->args[i] == SAY_END);
}

static void write_line(const struct line *line, const struct subject *s, const char *rest)
{
	const char *done = line->text, *from = line->text, *begin;
	struct out out;
	unsigned i = 0;
	char letter;

	out.n = 0;
	while (next_conversion(&from, &begin, &letter)) {
		size_t len = (size_t)(begin - done), room = sizeof(out.v) - 1 - out.n;

		memcpy(out.v + out.n, done, len < room ? len : room);
		out.n += len < room ? len : room;
		done = from;
		if (letter == '%')
			put(&out, "%");
		else if (i < LINE_ARGS && line->args[i] != SAY_END)
			says[line->args[i++]].put(s, &out);
		else
			put(&out, rest);
	}
	put(&out, done);
	out.v[out.n] = '\0';
	log_write(line->msg, "%s", out.v);
}

/* The client and an address. */
static uint64_t key_of_address(const struct request *req, const struct ip *addr)
{
	return req->turn.client.a ^ hash_16(addr->b);
}

static uint64_t key_of(const struct line *line, const struct subject *s)
{
	switch (line->often) {
	case LINE_ONCE_PER_CLIENT:
		return s->req->turn.client.a;
	case LINE_ONCE_PER_ADDRESS:
		/* Each reason is a constant string. */
		return key_of_address(s->req, &s->addr) ^ (uintptr_t)s->why;
	case LINE_EACH:
	case LINE_ONCE:
		break;
	}
	return 0;
}

static void log_row(const struct line *line, const struct subject *s)
{
	char rest[FOLD_TEXT_MAX] = "";

	if (!log_is_on(line->msg))
		return;
	if (line->often == LINE_EACH || log_fold_passes(s->req->worker->srv->fold, line->msg, key_of(line, s), rest))
		write_line(line, s, rest);
}

void line_log(const struct line *line, const struct subject *s)
{
	for (; line && line->msg; line++)
		if (!line->when || line->when(s)) {
			log_row(line, s);
			if (!line->goes_on)
				return;
		}
}

/* --- conditions ---------------------------------------------------------------- */

bool if_prefix(const struct subject *s)
{
	return s->ia ? s->ia->type == LEASE_PD : s->lease && s->lease->type == LEASE_PD;
}

bool if_lease(const struct subject *s)
{
	return s->lease;
}

bool if_held(const struct subject *s)
{
	return ia_held_at(s->ia, &s->lease->addr);
}

bool if_wanted(const struct subject *s)
{
	return ip_equal(&s->req->wanted, &s->lease->addr);
}

bool if_reserved(const struct subject *s)
{
	return s->req->n_reserved != 0;
}

bool if_from_host(const struct subject *s)
{
	return s->binding && s->binding->candidate.source == SOURCE_RESERVED;
}

bool if_takes_over(const struct subject *s)
{
	const struct lease *old = s->binding->candidate.lease;

	return old && !s->req->fam->belongs(s->req, s->ia, old);
}

bool if_deleted(const struct subject *s)
{
	for (unsigned i = 0; i < s->req->n_changes; i++) {
		const struct store_change *change = &s->req->changes[i];

		if (change->new.type == s->lease->type && ip_equal(&change->addr, &s->lease->addr))
			return change->kind == CHANGE_DELETE;
	}
	return false;
}

bool if_decline(const struct subject *s)
{
	return s->req->row->declines;
}

bool if_relayed(const struct subject *s)
{
	return s->query->has_relay && !s->query->has_link && !ip_is_zero(&s->query->relay_addr);
}

bool if_not_relayed(const struct subject *s)
{
	return !s->query->has_link && !if_relayed(s);
}

bool if_by_relay(const struct subject *s)
{
	return s->by == SELECTED_BY_RELAY;
}

bool if_by_interface(const struct subject *s)
{
	return s->by == SELECTED_BY_INTERFACE;
}

bool if_by_interface_id(const struct subject *s)
{
	return s->by == SELECTED_BY_INTERFACE_ID;
}
