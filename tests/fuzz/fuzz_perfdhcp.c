/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Server responses as perfdhcp reads them: what can be read is requested, renewed and released again, with
 * generated messages and with a template, which is the datagram itself. The first byte selects family and
 * options, the second and third the offsets in the template.
 */
#include "perfdhcp/packets.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_all(const struct proto *proto, const struct options *opt, const struct answer *a,
		      const struct ip *relay)
{
	static uint8_t buf[2048];

	for (int kind = FIRST; kind < N_KINDS; kind++) {
		struct writer w = writer_init(buf, sizeof(buf));
		struct message msg = { .kind = (enum kind)kind,
				       .client = a->xid,
				       .xid = a->xid,
				       .waited_ms = a->xid,
				       .grant = kind == FIRST ? NULL : &a->grant,
				       .relay = relay };

		proto->write(opt, &msg, &w);
		assert(writer_len(&w) <= sizeof(buf));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct options opt;
	struct reader r = reader_init(data, size);
	uint8_t choice = read_u8(&r), first = read_u8(&r), second = read_u8(&r);
	const struct proto *proto = choice & 1 ? &proto6 : &proto4;
	struct bytes datagram = read_rest(&r);
	struct ip relay = choice & 1 ? ip_zero6 : ip_zero4;
	struct answer a;
	bool last;

	opt = (struct options){ .family = choice & 1 ? 6 : 4,
				.clients = 70000,
				.leases = LEASE_BOTH,
				.relay_level = choice >> 1 & 1,
				.rapid = choice & 4 };
	if (!proto->read(&opt, datagram, &a))
		return 0;
	for (int kind = FIRST; kind < N_KINDS; kind++)
		(void)proto->answers(&opt, a.type, (enum kind)kind, &last);
	assert(proto->kind_of(a.type) <= N_KINDS);
	assert(!a.grant.has_prefix || a.grant.prefix_len <= 128);
	assert(a.grant.server.len <= datagram.len && a.client.len <= datagram.len);
	write_all(proto, &opt, &a, choice & 8 ? &relay : NULL);
	if (datagram.len > MAX_TEMPLATE)
		return 0;
	for (int i = 0; i < 2; i++) {
		memcpy(opt.templates[i].bytes, datagram.data, datagram.len);
		opt.templates[i].len = datagram.len;
		opt.templates[i].id_at = second;
	}
	opt.n_templates = 2;
	opt.server_id_at = first;
	opt.ip_at = second;
	opt.time_at = choice;
	write_all(proto, &opt, &a, choice & 8 ? &relay : NULL);
	return 0;
}
