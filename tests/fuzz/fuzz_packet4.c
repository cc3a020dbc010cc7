/* SPDX-License-Identifier: MPL-2.0 */
/* A packet that parses is dumped, written with several limits, and parses again with the same options. */
#include "base/err.h"
#include "wire/dump.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_omitted(const struct opts_omitted *omitted, uint16_t code)
{
	if (omitted->n > OMITTED_MAX)
		return true; /* perhaps */
	for (unsigned i = 0; i < omitted->n; i++)
		if (omitted->codes[i] == code)
			return true;
	return false;
}

/* Each option is complete or was reported as omitted; no limit is exceeded. */
static void write_and_read(struct arena *arena, const struct packet4 *pkt, unsigned client, unsigned link)
{
	static uint8_t buf[65536];
	struct packet4_limits limits = { client, link };
	struct opts_omitted omitted = { 0 };
	const struct opt *relay_info;
	struct packet4 again;
	const char *why;
	int len = packet4_write(pkt, &limits, buf, sizeof(buf), &omitted), relay_len = 0;

	if (len < 0)
		return;
	assert(len >= PACKET4_MIN && (unsigned)len + 28 <= link);
	assert(packet4_parse(bytes_of(buf, (size_t)len), arena, &again, &why) == 0);
	assert(again.type == pkt->type && again.xid == pkt->xid);
	for (unsigned i = 0; i < pkt->opts.n; i++) {
		uint16_t code = pkt->opts.v[i].code;
		const struct opt *opt = opts_find(&again.opts, code);

		if (code == OPT4_DHCP_OPTION_OVERLOAD)
			continue;
		assert(opt ? bytes_equal(opt->data, pkt->opts.v[i].data) : is_omitted(&omitted, code));
	}
	relay_info = opts_find(&again.opts, OPT4_DHCP_AGENT_OPTIONS);
	if (relay_info)
		relay_len = (int)opt_wire_len4(relay_info->data.len);
	assert(len == PACKET4_MIN || (unsigned)(len - relay_len) + 28 <= client);
	assert(packet4_write(pkt, &limits, buf, sizeof(buf), NULL) == (omitted.n ? -E_SPACE : len));
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
		write_and_read(arena, &pkt, 576, 576);
		write_and_read(arena, &pkt, 576, 1500);
		write_and_read(arena, &pkt, 65535, 65535);
		write_and_read(arena, &pkt, 576 + pkt.secs, 576 + (pkt.xid & 0xfff));
	} else {
		assert(why);
	}
	str_free(&text);
	return 0;
}
