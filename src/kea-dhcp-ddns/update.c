/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The steps: what each message requires and changes, and where a response leads. Adding a mode or changing what one
 * does is a change of the table. ldns makes the messages.
 */
#include "kea-dhcp-ddns/update.h"

#include "base/arena.h"

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
		ldns_pkt_rcode rcode;
		enum update_step next;
	} moves[MOVES_MAX];
	unsigned n_moves;
};

/* clang-format off */
#define MOVES(...) .moves = { __VA_ARGS__ }, .n_moves = sizeof((int[][2]){ __VA_ARGS__ }) / sizeof(int[2])
#define ON(rcode, next) { LDNS_RCODE_##rcode, next }
#define DONE UPDATE_N

static const struct step steps[UPDATE_N] = {
	/* RFC 4703 5.3.1: if nobody uses the name, it is the client's from now on. */
	[UPDATE_ADD] = {
		"add a name",
		{ { NEED_NO_NAME, ALL }, { ADD_RR, ADDR }, { ADD_RR, DHCID } },
		MOVES(ON(NOERROR, DONE), ON(YXDOMAIN, UPDATE_REPLACE)) },
	/* RFC 4703 5.3.2: if it is the client's, its address is replaced. It may have been removed meanwhile. */
	[UPDATE_REPLACE] = {
		"replace the address of a name",
		{ { NEED_NAME, ALL }, { NEED_RR, DHCID }, { DELETE_RRSET, ADDR }, { ADD_RR, ADDR } },
		MOVES(ON(NOERROR, DONE), ON(NXDOMAIN, UPDATE_ADD)) },
	/* RFC 4703 5.5. Without the client's DHCID nothing there is the client's, so nothing is removed. */
	[UPDATE_REMOVE_ADDR] = {
		"remove the address of a name",
		{ { NEED_RR, DHCID }, { DELETE_RR, ADDR } },
		MOVES(ON(NOERROR, UPDATE_REMOVE_NAME), ON(NXRRSET, DONE), ON(NXDOMAIN, DONE)) },
	/* The name goes with its last address. */
	[UPDATE_REMOVE_NAME] = {
		"remove a name without addresses",
		{ { NEED_RR, DHCID }, { NEED_NO_RRSET, A }, { NEED_NO_RRSET, AAAA }, { DELETE_NAME, ALL } },
		MOVES(ON(NOERROR, DONE), ON(YXRRSET, DONE), ON(NXRRSET, DONE)) },

	/* The same for a name with any DHCID, which becomes the client's. */
	[UPDATE_ADD_EXISTS] = {
		"add a name",
		{ { NEED_NO_NAME, ALL }, { ADD_RR, ADDR }, { ADD_RR, DHCID } },
		MOVES(ON(NOERROR, DONE), ON(YXDOMAIN, UPDATE_REPLACE_EXISTS)) },
	[UPDATE_REPLACE_EXISTS] = {
		"replace the address and client of a name",
		{ { NEED_NAME, ALL }, { NEED_RRSET, DHCID }, { DELETE_RRSET, ADDR }, { DELETE_RRSET, DHCID },
		  { ADD_RR, ADDR }, { ADD_RR, DHCID } },
		MOVES(ON(NOERROR, DONE), ON(NXDOMAIN, UPDATE_ADD_EXISTS)) },
	[UPDATE_REMOVE_ADDR_EXISTS] = {
		"remove the address of a name",
		{ { NEED_RRSET, DHCID }, { DELETE_RR, ADDR } },
		MOVES(ON(NOERROR, UPDATE_REMOVE_NAME_EXISTS), ON(NXRRSET, DONE), ON(NXDOMAIN, DONE)) },
	[UPDATE_REMOVE_NAME_EXISTS] = {
		"remove a name without addresses",
		{ { NEED_RRSET, DHCID }, { NEED_NO_RRSET, A }, { NEED_NO_RRSET, AAAA }, { DELETE_NAME, ALL } },
		MOVES(ON(NOERROR, DONE), ON(YXRRSET, DONE), ON(NXRRSET, DONE)) },

	/* Whatever is there is replaced; but only what the client added is removed. */
	[UPDATE_OVERWRITE] = {
		"overwrite a name",
		{ { DELETE_RRSET, ADDR }, { DELETE_RRSET, DHCID }, { ADD_RR, ADDR }, { ADD_RR, DHCID } },
		MOVES(ON(NOERROR, DONE)) },
	[UPDATE_REMOVE] = {
		"remove the records of a name",
		{ { DELETE_RR, ADDR }, { DELETE_RR, DHCID } },
		MOVES(ON(NOERROR, DONE)) },
	[UPDATE_OVERWRITE_PLAIN] = {
		"overwrite a name",
		{ { DELETE_RRSET, ADDR }, { DELETE_RRSET, DHCID }, { ADD_RR, ADDR } },
		MOVES(ON(NOERROR, DONE)) },
	[UPDATE_REMOVE_PLAIN] = {
		"remove the address of a name",
		{ { DELETE_RR, ADDR } },
		MOVES(ON(NOERROR, DONE)) },

	/* RFC 4703 5.4: whoever has the lease owns the name of the address. */
	[UPDATE_REVERSE] = {
		"set the name of an address",
		{ { DELETE_RRSET, PTR }, { DELETE_RRSET, DHCID }, { ADD_RR, PTR }, { ADD_RR, DHCID } },
		MOVES(ON(NOERROR, DONE)) },
	[UPDATE_REVERSE_PLAIN] = {
		"set the name of an address",
		{ { DELETE_RRSET, PTR }, { DELETE_RRSET, DHCID }, { ADD_RR, PTR } },
		MOVES(ON(NOERROR, DONE)) },
	/* If it names another client by now, it stays. */
	[UPDATE_REMOVE_REVERSE] = {
		"remove the name of an address",
		{ { NEED_RR, PTR }, { DELETE_NAME, ALL } },
		MOVES(ON(NOERROR, DONE), ON(NXRRSET, DONE), ON(NXDOMAIN, DONE)) },
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
	return rcode == LDNS_RCODE_YXDOMAIN || rcode == LDNS_RCODE_YXRRSET || rcode == LDNS_RCODE_NXDOMAIN ||
	       rcode == LDNS_RCODE_NXRRSET;
}

/* --- messages --- */

/* What the operations are in a message (RFC 2136 2.4, 2.5). */
static const struct {
	ldns_pkt_section section;
	ldns_rr_class class;
	bool has_data, has_ttl;
} ops[] = {
	[NEED_NO_NAME] = { LDNS_SECTION_ANSWER, LDNS_RR_CLASS_NONE },
	[NEED_NAME] = { LDNS_SECTION_ANSWER, LDNS_RR_CLASS_ANY },
	[NEED_NO_RRSET] = { LDNS_SECTION_ANSWER, LDNS_RR_CLASS_NONE },
	[NEED_RRSET] = { LDNS_SECTION_ANSWER, LDNS_RR_CLASS_ANY },
	[NEED_RR] = { LDNS_SECTION_ANSWER, LDNS_RR_CLASS_IN, .has_data = true },
	[ADD_RR] = { LDNS_SECTION_AUTHORITY, LDNS_RR_CLASS_IN, .has_data = true, .has_ttl = true },
	[DELETE_RRSET] = { LDNS_SECTION_AUTHORITY, LDNS_RR_CLASS_ANY },
	[DELETE_NAME] = { LDNS_SECTION_AUTHORITY, LDNS_RR_CLASS_ANY },
	[DELETE_RR] = { LDNS_SECTION_AUTHORITY, LDNS_RR_CLASS_NONE, .has_data = true },
};

static const ldns_rr_type types[] = {
	[ALL] = LDNS_RR_TYPE_ANY, [A] = LDNS_RR_TYPE_A,         [AAAA] = LDNS_RR_TYPE_AAAA,
	[PTR] = LDNS_RR_TYPE_PTR, [DHCID] = LDNS_RR_TYPE_DHCID,
};

static ldns_rdf *rdf_of(ldns_rdf_type type, const void *data, size_t len)
{
	ldns_rdf *rdf = ldns_rdf_new_frm_data(type, len, data);

	if (!rdf)
		die_of_memory();
	return rdf;
}

static ldns_rdf *rdf_of_name(const struct dname *name)
{
	return rdf_of(LDNS_RDF_TYPE_DNAME, name->wire, name->len);
}

static ldns_rdf *rdf_of_record(const struct ncr *ncr, enum record record)
{
	switch (record) {
	case PTR:
		return rdf_of_name(&ncr->fqdn);
	case DHCID:
		return rdf_of(LDNS_RDF_TYPE_B64, ncr->dhcid, ncr->dhcid_len);
	case AAAA:
		return rdf_of(LDNS_RDF_TYPE_AAAA, ncr->addr.b, 16);
	default:
		return rdf_of(LDNS_RDF_TYPE_A, ncr->addr.b + 12, 4);
	}
}

/* Adds a record; takes rdf, which may be NULL. */
static void push(ldns_pkt *pkt, ldns_pkt_section section, const struct dname *owner, ldns_rr_type type,
		 ldns_rr_class class, uint32_t ttl, ldns_rdf *rdf)
{
	ldns_rr *rr = ldns_rr_new();

	if (!rr)
		die_of_memory();
	ldns_rr_set_owner(rr, rdf_of_name(owner));
	ldns_rr_set_type(rr, type);
	ldns_rr_set_class(rr, class);
	ldns_rr_set_ttl(rr, ttl);
	if ((rdf && !ldns_rr_push_rdf(rr, rdf)) || !ldns_pkt_push_rr(pkt, section, rr))
		die_of_memory();
}

static void push_row(ldns_pkt *pkt, const struct row *row, const struct ncr *ncr, const struct dname *owner)
{
	enum record record = row->record != ADDR ? row->record : ip_is4(&ncr->addr) ? A : AAAA;
	/* RFC 2181 8: 31 bits */
	uint32_t ttl = ncr->lease_length > INT32_MAX ? INT32_MAX : ncr->lease_length;

	push(pkt, ops[row->op].section, owner, types[record], ops[row->op].class, ops[row->op].has_ttl ? ttl : 0,
	     ops[row->op].has_data ? rdf_of_record(ncr, record) : NULL);
}

/* ldns_update_pkt_new() would copy every record, and set RD. */
ldns_pkt *update_new(enum update_step step, const struct ncr *ncr, const struct dname *zone, const struct dname *owner,
		     uint16_t id)
{
	const struct row *rows = steps[step].rows;
	ldns_pkt *pkt = ldns_pkt_new();

	if (!pkt)
		die_of_memory();
	ldns_pkt_set_id(pkt, id);
	ldns_pkt_set_opcode(pkt, LDNS_PACKET_UPDATE);
	push(pkt, LDNS_SECTION_QUESTION, zone, LDNS_RR_TYPE_SOA, LDNS_RR_CLASS_IN, 0, NULL);
	for (unsigned i = 0; i < ROWS_MAX && rows[i].op != OP_END; i++)
		push_row(pkt, &rows[i], ncr, owner);
	return pkt;
}
