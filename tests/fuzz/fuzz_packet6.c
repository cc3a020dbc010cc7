/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A message that parses is dumped, written and parsed again with the same relays and options; its IAs can be
 * read completely and rebuilt; a response to it goes back through the same relays.
 */
#include "wire/dump.h"
#include "wire/hwaddr6.h"
#include "wire/ia6.h"
#include "wire/ident.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t buf[1 << 17];

static void same_options(const struct opts *a, const struct opts *b)
{
	assert(a->n == b->n);
	for (unsigned i = 0; i < a->n; i++)
		assert(a->v[i].code == b->v[i].code && bytes_equal(a->v[i].data, b->v[i].data));
}

static void same(const struct packet6 *a, const struct packet6 *b)
{
	assert(a->type == b->type && a->xid == b->xid);
	assert(a->n_relays == b->n_relays && a->relay_type == b->relay_type);
	same_options(&a->opts, &b->opts);
	for (unsigned i = 0; i < a->n_relays; i++) {
		const struct relay6 *x = &a->relays[i], *y = &b->relays[i];

		assert(x->hop_count == y->hop_count);
		assert(ip_equal(&x->link, &y->link) && ip_equal(&x->peer, &y->peer));
		same_options(&x->opts, &y->opts);
	}
}

static void dump(const struct packet6 *pkt)
{
	static struct str text;

	str_reset(&text);
	dump_packet6(pkt, &text);
	for (size_t i = 0; i < text.len; i++)
		assert(text.text[i] >= ' ' && text.text[i] < 0x7f);
}

/* Into too little space: the options not left out are unchanged and in order. */
static void write_into(struct arena *arena, const struct packet6 *pkt, size_t size)
{
	struct opts_omitted omitted = { 0 };
	int len = packet6_write(pkt, buf, size, &omitted);
	unsigned n_left_out;
	struct packet6 again;
	const char *why;

	if (len < 0)
		return;
	assert((size_t)len <= size);
	assert(packet6_parse(bytes_of(buf, (size_t)len), arena, &again, &why) == 0);
	assert(again.n_relays == pkt->n_relays);
	for (unsigned i = 0, k = 0; i < again.opts.n; i++, k++) {
		while (k < pkt->opts.n && (pkt->opts.v[k].code != again.opts.v[i].code ||
					   !bytes_equal(pkt->opts.v[k].data, again.opts.v[i].data)))
			k++;
		assert(k < pkt->opts.n);
	}
	n_left_out = pkt->opts.n - again.opts.n;
	for (unsigned i = 0; i < pkt->n_relays; i++)
		n_left_out += pkt->relays[i].opts.n - again.relays[i].opts.n;
	assert(omitted.n == n_left_out);
}

static void write_and_read(struct arena *arena, const struct packet6 *pkt)
{
	struct packet6 again;
	const char *why;
	int len = packet6_write(pkt, buf, sizeof(buf), NULL);

	assert(len > 0);
	assert(packet6_write(pkt, buf, (size_t)len - 1, NULL) < 0);
	assert(packet6_write(pkt, buf, (size_t)len, NULL) == len);
	assert(packet6_parse(bytes_of(buf, (size_t)len), arena, &again, &why) == 0);
	same(pkt, &again);
	write_into(arena, pkt, (size_t)len - 1);
	write_into(arena, pkt, (size_t)len / 2);
	write_into(arena, pkt, sizeof(buf));
}

/* Copies each IA into a response through the relays of the query. */
static void answer(struct arena *arena, const struct packet6 *query)
{
	struct packet6 out = { .type = DHCP6_REPLY, .xid = query->xid, .opts = { .arena = arena } }, back;
	struct ia6_builder b;
	struct ia6_item item;
	struct bytes sub;
	struct ia6 ia;
	const char *why;
	unsigned pos = 0, n = 0;
	int len;

	assert(ia6_builder_init(&b, &out.opts, 65536) == 0);
	while (ia6_next(&query->opts, &pos, &ia)) {
		struct reader r = reader_of(ia.subs);

		n++;
		ia6_open(&b, ia.code, ia.iaid, ia.t1, ia.t2);
		while (ia6_next_item(&ia, &r, &item)) {
			struct prefix excluded;

			assert(item.prefix.len <= 128);
			ia6_begin_item(&b, &item.prefix, item.preferred, item.valid);
			if (opt_find6(item.subs, OPT6_PD_EXCLUDE, &sub) &&
			    pd_exclude_read(sub, &item.prefix, &excluded) == 0)
				ia6_add_exclude(&b, item.prefix.len, &excluded);
			ia6_end_item(&b);
		}
		assert(!r.err);
		assert(ia6_close(&b) == 0);
	}
	assert(n == ia6_count(&query->opts) && n == out.opts.n);
	assert(packet6_wrap_answer(query, arena, &out) == 0);
	len = packet6_write(&out, buf, sizeof(buf), NULL);
	if (len < 0)
		return;
	assert(packet6_parse(bytes_of(buf, (size_t)len), arena, &back, &why) == 0);
	same(&out, &back);
	assert(back.n_relays == query->n_relays);
}

static void identify(const struct packet6 *pkt)
{
	const struct opt *id = opts_find(&pkt->opts, OPT6_CLIENTID);
	struct bytes duid = id ? id->data : bytes_of(NULL, 0);
	struct ip from = ip_zero6;
	char label[IDENT_MAX];
	struct hwaddr6 hw = { 0 };

	if (hwaddr6_find(pkt, HWADDR6_ANY, &from, 1, &hw))
		assert(hw.len >= 1 && hw.len <= HWADDR6_MAX && hwaddr6_source_name(hw.source));
	ident_label6(duid, hw.hwtype, bytes_of(hw.b, hw.len), pkt->xid, label, sizeof(label));
	assert(strstr(label, "], tid=0x"));
	(void)duid_is_valid(duid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena;
	struct packet6 pkt, lenient;
	const char *why = NULL;
	int err, kind;

	if (!arena)
		arena = arena_new(1 << 21);
	arena_reset(arena);
	err = packet6_parse(bytes_of(data, size), arena, &pkt, &why);
	kind = packet6_parse_lenient(bytes_of(data, size), arena, &lenient, &why);
	if (err < 0) {
		assert(why);
	} else {
		assert(kind == 0);
		same(&pkt, &lenient);
	}
	if (kind == 0) {
		dump(&lenient);
		write_and_read(arena, &lenient);
		answer(arena, &lenient);
		identify(&lenient);
	}
	return 0;
}
