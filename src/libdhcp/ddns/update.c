/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The steps: what each message requires and changes, and where a response leads. Adding a mode or changing what one
 * does is a change of the table.
 */
#include "ddns/update.h"

#include "base/err.h"

enum op {
	OP_END,
	/* RFC 2136 2.4: prerequisites, which come first */
	NEED_NO_NAME,
	NEED_NAME,
	NEED_NO_RRSET,
	NEED_RRSET,
	NEED_RR,
	/* RFC 2136 2.5: changes */
	ADD_RR,
	DELETE_RRSET,
	DELETE_NAME,
	DELETE_RR,
};
#define OP_FIRST_CHANGE ADD_RR

/* ADDR is A or AAAA, as the family of the lease; ALL stands for any type. */
enum record { ALL, ADDR, A, AAAA, PTR, DHCID };

struct row {
	enum op op;
	enum record record;
};

#define ROWS_MAX 6
#define MOVES_MAX 3

struct step {
	const char *text;
	struct row rows[ROWS_MAX];
	/* Any other response code means that the update was rejected. */
	struct {
		enum dns_rcode rcode;
		enum update_step next;
	} moves[MOVES_MAX];
	unsigned n_moves;
};

#define MOVES(...) .moves = { __VA_ARGS__ }, .n_moves = sizeof((int[][2]){ __VA_ARGS__ }) / sizeof(int[2])
#define DONE UPDATE_N

/* clang-format off */
static const struct step steps[UPDATE_N] = {
	/* RFC 4703 5.3.1: if nobody uses the name, it is the client's from now on. */
	[UPDATE_ADD] = {
		"add a name",
		{ { NEED_NO_NAME, ALL }, { ADD_RR, ADDR }, { ADD_RR, DHCID } },
		MOVES({ DNS_NOERROR, DONE }, { DNS_YXDOMAIN, UPDATE_REPLACE }) },
	/* RFC 4703 5.3.2: if it is the client's, its address is replaced. It may have been removed meanwhile. */
	[UPDATE_REPLACE] = {
		"replace the address of a name",
		{ { NEED_NAME, ALL }, { NEED_RR, DHCID }, { DELETE_RRSET, ADDR }, { ADD_RR, ADDR } },
		MOVES({ DNS_NOERROR, DONE }, { DNS_NXDOMAIN, UPDATE_ADD }) },
	/* RFC 4703 5.5. Without the client's DHCID nothing there is the client's, so nothing is removed. */
	[UPDATE_REMOVE_ADDR] = {
		"remove the address of a name",
		{ { NEED_RR, DHCID }, { DELETE_RR, ADDR } },
		MOVES({ DNS_NOERROR, UPDATE_REMOVE_NAME }, { DNS_NXRRSET, DONE }, { DNS_NXDOMAIN, DONE }) },
	/* The name goes with its last address. */
	[UPDATE_REMOVE_NAME] = {
		"remove a name without addresses",
		{ { NEED_RR, DHCID }, { NEED_NO_RRSET, A }, { NEED_NO_RRSET, AAAA }, { DELETE_NAME, ALL } },
		MOVES({ DNS_NOERROR, DONE }, { DNS_YXRRSET, DONE }, { DNS_NXRRSET, DONE }) },

	/* The same for a name with any DHCID, which becomes the client's. */
	[UPDATE_ADD_EXISTS] = {
		"add a name",
		{ { NEED_NO_NAME, ALL }, { ADD_RR, ADDR }, { ADD_RR, DHCID } },
		MOVES({ DNS_NOERROR, DONE }, { DNS_YXDOMAIN, UPDATE_REPLACE_EXISTS }) },
	[UPDATE_REPLACE_EXISTS] = {
		"replace the address and client of a name",
		{ { NEED_NAME, ALL }, { NEED_RRSET, DHCID }, { DELETE_RRSET, ADDR }, { DELETE_RRSET, DHCID },
		  { ADD_RR, ADDR }, { ADD_RR, DHCID } },
		MOVES({ DNS_NOERROR, DONE }, { DNS_NXDOMAIN, UPDATE_ADD_EXISTS }) },
	[UPDATE_REMOVE_ADDR_EXISTS] = {
		"remove the address of a name",
		{ { NEED_RRSET, DHCID }, { DELETE_RR, ADDR } },
		MOVES({ DNS_NOERROR, UPDATE_REMOVE_NAME_EXISTS }, { DNS_NXRRSET, DONE }, { DNS_NXDOMAIN, DONE }) },
	[UPDATE_REMOVE_NAME_EXISTS] = {
		"remove a name without addresses",
		{ { NEED_RRSET, DHCID }, { NEED_NO_RRSET, A }, { NEED_NO_RRSET, AAAA }, { DELETE_NAME, ALL } },
		MOVES({ DNS_NOERROR, DONE }, { DNS_YXRRSET, DONE }, { DNS_NXRRSET, DONE }) },

	/* Whatever is there is replaced; but only what the client added is removed. */
	[UPDATE_OVERWRITE] = {
		"overwrite a name",
		{ { DELETE_RRSET, ADDR }, { DELETE_RRSET, DHCID }, { ADD_RR, ADDR }, { ADD_RR, DHCID } },
		MOVES({ DNS_NOERROR, DONE }) },
	[UPDATE_REMOVE] = {
		"remove the records of a name",
		{ { DELETE_RR, ADDR }, { DELETE_RR, DHCID } },
		MOVES({ DNS_NOERROR, DONE }) },
	[UPDATE_OVERWRITE_PLAIN] = {
		"overwrite a name",
		{ { DELETE_RRSET, ADDR }, { DELETE_RRSET, DHCID }, { ADD_RR, ADDR } },
		MOVES({ DNS_NOERROR, DONE }) },
	[UPDATE_REMOVE_PLAIN] = {
		"remove the address of a name",
		{ { DELETE_RR, ADDR } },
		MOVES({ DNS_NOERROR, DONE }) },

	/* RFC 4703 5.4: whoever has the lease owns the name of the address. */
	[UPDATE_REVERSE] = {
		"set the name of an address",
		{ { DELETE_RRSET, PTR }, { DELETE_RRSET, DHCID }, { ADD_RR, PTR }, { ADD_RR, DHCID } },
		MOVES({ DNS_NOERROR, DONE }) },
	[UPDATE_REVERSE_PLAIN] = {
		"set the name of an address",
		{ { DELETE_RRSET, PTR }, { DELETE_RRSET, DHCID }, { ADD_RR, PTR } },
		MOVES({ DNS_NOERROR, DONE }) },
	/* If it names another client by now, it stays. */
	[UPDATE_REMOVE_REVERSE] = {
		"remove the name of an address",
		{ { NEED_RR, PTR }, { DELETE_NAME, ALL } },
		MOVES({ DNS_NOERROR, DONE }, { DNS_NXRRSET, DONE }, { DNS_NXDOMAIN, DONE }) },
};

/* The first step: forward add and remove, reverse add and remove. */
static const enum update_step firsts[NCR_MODE_N][2][2] = {
	[NCR_CHECK_WITH_DHCID] = { { UPDATE_ADD, UPDATE_REMOVE_ADDR }, { UPDATE_REVERSE, UPDATE_REMOVE_REVERSE } },
	[NCR_NO_CHECK_WITH_DHCID] = { { UPDATE_OVERWRITE, UPDATE_REMOVE }, { UPDATE_REVERSE, UPDATE_REMOVE_REVERSE } },
	[NCR_CHECK_EXISTS_WITH_DHCID] = { { UPDATE_ADD_EXISTS, UPDATE_REMOVE_ADDR_EXISTS },
					  { UPDATE_REVERSE, UPDATE_REMOVE_REVERSE } },
	[NCR_NO_CHECK_WITHOUT_DHCID] = { { UPDATE_OVERWRITE_PLAIN, UPDATE_REMOVE_PLAIN },
					 { UPDATE_REVERSE_PLAIN, UPDATE_REMOVE_REVERSE } },
};
/* clang-format on */

const char *update_step_text(enum update_step step)
{
	return steps[step].text;
}

enum update_step update_first(const struct ncr *ncr, bool reverse)
{
	return firsts[ncr->mode][reverse][ncr->change];
}

enum update_step update_next(enum update_step step, unsigned rcode)
{
	for (unsigned i = 0; i < steps[step].n_moves; i++)
		if (steps[step].moves[i].rcode == rcode)
			return steps[step].moves[i].next;
	return UPDATE_REJECTED;
}

bool update_is_conflict(unsigned rcode)
{
	return rcode == DNS_YXDOMAIN || rcode == DNS_YXRRSET || rcode == DNS_NXDOMAIN || rcode == DNS_NXRRSET;
}

/* --- writing --- */

#define ZONE_OFFSET DNS_HEADER_LEN
#define POINTER 0xc000u

/* What the rows are about. */
struct subject {
	const struct ncr *ncr;
	const struct dname *zone, *owner;
	size_t owner_offset; /* where the owner was written; 0: nowhere yet */
};

static enum dns_type type_of(const struct ncr *ncr, enum record record)
{
	switch (record) {
	case ALL:
		return DNS_TYPE_ANY;
	case ADDR:
		return ip_is4(&ncr->addr) ? DNS_A : DNS_AAAA;
	case A:
		return DNS_A;
	case AAAA:
		return DNS_AAAA;
	case PTR:
		return DNS_PTR;
	case DHCID:
		return DNS_DHCID;
	}
	return DNS_TYPE_ANY;
}

static void write_owner(struct subject *s, struct writer *w)
{
	size_t prefix = s->owner->len - s->zone->len;

	if (s->owner_offset) {
		write_u16(w, (uint16_t)(POINTER | s->owner_offset));
		return;
	}
	s->owner_offset = writer_len(w);
	write_bytes(w, s->owner->wire, prefix);
	if (s->zone->len > dname_root.len)
		write_u16(w, POINTER | ZONE_OFFSET);
	else
		write_u8(w, 0);
}

static void write_rdata(const struct ncr *ncr, enum record record, struct writer *w)
{
	bool is4 = ip_is4(&ncr->addr);

	switch (record) {
	case PTR:
		dname_write(w, &ncr->fqdn);
		break;
	case DHCID:
		write_bytes(w, ncr->dhcid, ncr->dhcid_len);
		break;
	default:
		write_bytes(w, ncr->addr.b + (is4 ? 12 : 0), is4 ? 4 : 16);
	}
}

static void write_rr(struct subject *s, enum dns_type type, enum dns_class class, uint32_t ttl, bool has_data,
		     enum record record, struct writer *w)
{
	struct writer len;

	write_owner(s, w);
	write_u16(w, (uint16_t)type);
	write_u16(w, (uint16_t) class);
	write_u32(w, ttl);
	len = *w;
	write_u16(w, 0);
	if (!has_data || w->err)
		return;
	write_rdata(s->ncr, record, w);
	write_u16(&len, (uint16_t)(w->pos - len.pos - 2));
}

static void write_row(struct subject *s, const struct row *row, struct writer *w)
{
	/* RFC 2181 8: 31 bits */
	uint32_t ttl = s->ncr->lease_length > INT32_MAX ? INT32_MAX : s->ncr->lease_length;
	enum dns_type type = type_of(s->ncr, row->record);

	switch (row->op) {
	case NEED_NO_NAME:
	case NEED_NO_RRSET:
		write_rr(s, type, DNS_NONE, 0, false, row->record, w);
		break;
	case NEED_NAME:
	case NEED_RRSET:
	case DELETE_RRSET:
	case DELETE_NAME:
		write_rr(s, type, DNS_CLASS_ANY, 0, false, row->record, w);
		break;
	case NEED_RR:
		write_rr(s, type, DNS_IN, 0, true, row->record, w);
		break;
	case DELETE_RR:
		write_rr(s, type, DNS_NONE, 0, true, row->record, w);
		break;
	case ADD_RR:
		write_rr(s, type, DNS_IN, ttl, true, row->record, w);
		break;
	case OP_END:
		break;
	}
}

void update_write(enum update_step step, const struct ncr *ncr, const struct dname *zone, const struct dname *owner,
		  uint16_t id, struct writer *w)
{
	struct subject s = { .ncr = ncr, .zone = zone, .owner = owner };
	const struct row *rows = steps[step].rows;
	unsigned n, n_needs = 0;

	for (n = 0; n < ROWS_MAX && rows[n].op != OP_END; n++)
		n_needs += rows[n].op < OP_FIRST_CHANGE;
	write_u16(w, id);
	write_u16(w, DNS_OPCODE_UPDATE << 11);
	write_u16(w, 1);
	write_u16(w, (uint16_t)n_needs);
	write_u16(w, (uint16_t)(n - n_needs));
	write_u16(w, 0);
	dname_write(w, zone);
	write_u16(w, DNS_SOA);
	write_u16(w, DNS_IN);
	for (unsigned i = 0; i < n; i++)
		write_row(&s, &rows[i], w);
}

/* --- reading --- */

static void read_tsig(struct reader rdata, struct bytes msg, struct dns_tsig *tsig)
{
	dname_read(&rdata, msg, &tsig->algorithm);
	tsig->time_sec = (int64_t)read_u16(&rdata) << 32;
	tsig->time_sec |= read_u32(&rdata);
	tsig->fudge = read_u16(&rdata);
	tsig->mac.len = read_u16(&rdata);
	tsig->mac.data = read_bytes(&rdata, tsig->mac.len);
	tsig->original_id = read_u16(&rdata);
	tsig->error = read_u16(&rdata);
	tsig->other.len = read_u16(&rdata);
	tsig->other.data = read_bytes(&rdata, tsig->other.len);
	tsig->is_there = !rdata.err && !reader_left(&rdata);
}

/* Reads a record; a TSIG record goes to tsig, which is an error if is_last is false. */
static void read_rr(struct reader *r, struct bytes msg, bool is_last, struct dns_tsig *tsig)
{
	size_t offset = (size_t)(r->pos - msg.data);
	uint16_t type, class;
	uint32_t ttl;
	struct reader rdata;
	struct dname name;

	dname_read(r, msg, &name);
	type = read_u16(r);
	class = read_u16(r);
	ttl = read_u32(r);
	rdata = read_sub(r, read_u16(r));
	if (r->err || type != DNS_TSIG)
		return;
	/* RFC 8945 5.1, 5.2: the last record, class ANY, TTL 0 */
	if (is_last && class == DNS_CLASS_ANY && ttl == 0)
		read_tsig(rdata, msg, tsig);
	tsig->key = name;
	tsig->offset = offset;
	if (!tsig->is_there)
		r->err = true;
}

int dns_response_parse(struct bytes msg, uint16_t id, struct dns_response *ret)
{
	struct reader r = reader_of(msg);
	struct dns_response res = { 0 };
	uint16_t flags, n[4];
	unsigned n_rr;

	if (read_u16(&r) != id)
		return -E_INVAL;
	flags = read_u16(&r);
	for (unsigned i = 0; i < 4; i++)
		n[i] = read_u16(&r);
	if (r.err || !(flags & 0x8000) || (flags >> 11 & 15) != DNS_OPCODE_UPDATE)
		return -E_INVAL;
	res.rcode = flags & 15;
	res.is_truncated = flags & 0x0200;
	for (unsigned i = 0; i < n[0] && !r.err; i++) {
		struct dname name;

		dname_read(&r, msg, &name);
		(void)read_u32(&r);
	}
	n_rr = (unsigned)n[1] + n[2] + n[3];
	for (unsigned i = 0; i < n_rr && !r.err; i++)
		read_rr(&r, msg, i == n_rr - 1 && n[3], &res.tsig);
	if (r.err || reader_left(&r))
		return -E_INVAL;
	*ret = res;
	return 0;
}

const char *dns_rcode_text(unsigned rcode)
{
	static const char *const names[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",   "REFUSED",  "YXDOMAIN", "YXRRSET",
		"NXRRSET", "NOTAUTH", "NOTZONE",  "RCODE 11", "RCODE 12", "RCODE 13", "RCODE 14", "RCODE 15",
		"BADSIG",  "BADKEY",  "BADTIME",  "BADMODE",  "BADNAME",  "BADALG",   "BADTRUNC",
	};

	return rcode < sizeof(names) / sizeof(names[0]) ? names[rcode] : "unknown RCODE";
}
