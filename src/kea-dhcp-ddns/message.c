/* SPDX-License-Identifier: MPL-2.0 */
#include "kea-dhcp-ddns/message.h"

#include "base/arena.h"
#include "base/err.h"

#include <assert.h>

/* Adds the record that signs what is in buf. False if there is none. */
static bool sign(ldns_buffer *buf, const struct tsig_key *key, int64_t now_sec, struct tsig_mac *ret_mac)
{
	ldns_rr *tsig = tsig_new(key, now_sec, bytes_of(ldns_buffer_begin(buf), ldns_buffer_position(buf)), ret_mac);

	if (!tsig)
		return false;
	ldns_buffer_write_u16_at(buf, LDNS_ARCOUNT_OFF, 1);
	(void)ldns_rr2buffer_wire(buf, tsig, LDNS_SECTION_ADDITIONAL);
	ldns_rr_free(tsig);
	return true;
}

/*
 * Names are not compressed, which ldns_pkt2wire() would do: it takes 0.4 ms for the name of an IPv6 address, and its
 * time grows with the fourth power of the number of labels.
 */
size_t message_write(enum update_step step, const struct ncr *ncr, const struct dname *zone, const struct dname *owner,
		     uint16_t id, const struct tsig_key *key, int64_t now_sec, uint8_t to[UPDATE_MESSAGE_MAX],
		     struct tsig_mac *ret_mac)
{
	ldns_pkt *pkt = update_new(step, ncr, zone, owner, id);
	ldns_buffer *buf = ldns_buffer_new(UPDATE_MESSAGE_MAX);
	size_t len = 0;

	if (!buf)
		die_of_memory();
	(void)ldns_pkt2buffer_wire_compress(buf, pkt, NULL);
	if (!key || sign(buf, key, now_sec, ret_mac))
		len = ldns_buffer_position(buf);
	if (!ldns_buffer_status_ok(buf))
		die_of_memory();
	assert(len <= UPDATE_MESSAGE_MAX);
	memcpy(to, ldns_buffer_begin(buf), len);
	ldns_buffer_free(buf);
	ldns_pkt_free(pkt);
	return len;
}

static const ldns_pkt_section sections[] = { LDNS_SECTION_QUESTION, LDNS_SECTION_ANSWER, LDNS_SECTION_AUTHORITY,
					     LDNS_SECTION_ADDITIONAL };

/*
 * Reads all records; keeps the one that signs the message, or NULL, and where it begins. One by one, because
 * ldns_wire2pkt() accepts bytes after the last record and a signature that is not the last one, and of two signatures
 * it loses the memory of the first.
 */
static int read_records(struct bytes msg, ldns_rr **ret_tsig, size_t *ret_offset)
{
	const unsigned n[] = { LDNS_QDCOUNT(msg.data), LDNS_ANCOUNT(msg.data), LDNS_NSCOUNT(msg.data),
			       LDNS_ARCOUNT(msg.data) };
	size_t pos = LDNS_HEADER_SIZE, offset = 0;
	ldns_rr *rr, *tsig = NULL;

	for (unsigned s = 0; s < 4; s++)
		for (unsigned i = 0; i < n[s]; i++) {
			/* RFC 8945 5.1: it is the last one. */
			if (tsig)
				goto malformed;
			offset = pos;
			if (ldns_wire2rr(&rr, msg.data, msg.len, &pos, sections[s]) != LDNS_STATUS_OK)
				goto malformed;
			if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_TSIG && sections[s] != LDNS_SECTION_QUESTION)
				tsig = rr;
			else
				ldns_rr_free(rr);
		}
	if (pos != msg.len || (tsig && (!n[3] || !tsig_is_complete(tsig))))
		goto malformed;
	*ret_tsig = tsig;
	*ret_offset = offset;
	return 0;
malformed:
	ldns_rr_free(tsig);
	return -E_INVAL;
}

enum response_verdict message_read(struct bytes msg, uint16_t id, const struct tsig_key *key,
				   const struct tsig_mac *mac, int64_t now_sec, struct response *ret)
{
	struct response res = { 0 };
	ldns_rr *tsig;
	size_t offset;
	int err;

	if (msg.len < LDNS_HEADER_SIZE || LDNS_ID_WIRE(msg.data) != id || !LDNS_QR_WIRE(msg.data) ||
	    LDNS_OPCODE_WIRE(msg.data) != LDNS_PACKET_UPDATE || read_records(msg, &tsig, &offset) < 0)
		return RESPONSE_MALFORMED;
	res.rcode = LDNS_RCODE_WIRE(msg.data);
	res.is_truncated = LDNS_TC_WIRE(msg.data);
	err = !key ? 0 : tsig ? tsig_check(key, mac, msg, offset, tsig, now_sec, &res.tsig_error) : -E_INVAL;
	ldns_rr_free(tsig);
	*ret = res;
	return err == 0 ? RESPONSE_VALID : err == -E_CONFLICT ? RESPONSE_KEY_REFUSED : RESPONSE_UNSIGNED;
}

const char *rcode_text(unsigned rcode, char buf[RCODE_TEXT_MAX])
{
	static ldns_lookup_table errors[] = { { TSIG_BADSIG, "BADSIG" },
					      { TSIG_BADKEY, "BADKEY" },
					      { TSIG_BADTIME, "BADTIME" },
					      { TSIG_BADTRUNC, "BADTRUNC" },
					      { 0, NULL } };
	const ldns_lookup_table *row = ldns_lookup_by_id(ldns_rcodes, (int)rcode);

	if (!row)
		row = ldns_lookup_by_id(errors, (int)rcode);
	if (row)
		(void)snprintf(buf, RCODE_TEXT_MAX, "%s", row->name);
	else
		(void)snprintf(buf, RCODE_TEXT_MAX, "RCODE %u", rcode);
	return buf;
}
