/* SPDX-License-Identifier: MPL-2.0 */
/* What parses is dumped, written at two limits, and parses again with the same options. */
#include "wire/dump.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(struct arena *arena, const struct packet4 *pkt, unsigned max_len, bool all)
{
	static uint8_t buf[65536];
	struct packet4 again;
	const char *why;
	int len = packet4_write(pkt, max_len, buf, sizeof(buf));

	if (len < 0)
		return;
	assert(len >= PACKET4_MIN);
	assert(packet4_parse(bytes_of(buf, (size_t)len), arena, &again, &why) == 0);
	assert(again.type == pkt->type && again.xid == pkt->xid);
	for (unsigned i = 0; all && i < pkt->opts.n; i++) {
		const struct opt *opt = opts_find(&again.opts, pkt->opts.v[i].code);

		if (pkt->opts.v[i].code == OPT4_DHCP_OPTION_OVERLOAD)
			continue;
		assert(opt && bytes_equal(opt->data, pkt->opts.v[i].data));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena;
	struct str text = { 0 };
	struct packet4 pkt;
	const char *why = NULL;

	if (!arena)
		arena = arena_new(1 << 20);
	arena_reset(arena);
	if (packet4_parse(bytes_of(data, size), arena, &pkt, &why) == 0) {
		dump_packet4(&pkt, &text);
		for (size_t i = 0; i < text.len; i++)
			assert(text.text[i] >= ' ' && text.text[i] < 0x7f);
		write_and_read(arena, &pkt, 576, false);
		write_and_read(arena, &pkt, 65535, true);
	} else {
		assert(why);
	}
	str_free(&text);
	return 0;
}
