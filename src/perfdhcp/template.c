/* SPDX-License-Identifier: MPL-2.0 */
/* Shared by both families: the messages of -T. */
#include "perfdhcp/packets.h"

void template_client(const struct options *opt, uint8_t *bytes, size_t len, uint32_t id_at, uint32_t client)
{
	size_t n = 1;

	if (opt->has_mac) {
		if (id_at < len && id_at + 1 >= MAC_LEN)
			client_mac(opt, client, bytes + id_at + 1 - MAC_LEN);
		return;
	}
	while (n < 4 && opt->clients > 1u << 8 * n)
		n++;
	if (id_at < len && n <= id_at + 1)
		count_up(bytes + id_at + 1 - n, n, client);
}

/* Returns how many bytes of the template the option at its offset covers. */
static size_t covered(const uint8_t *bytes, size_t len, unsigned head_len, const struct splice *s)
{
	struct reader r = reader_init(bytes + s->at, len - s->at);
	bool wide = head_len == 4;
	unsigned code = wide ? read_u16(&r) : read_u8(&r);
	unsigned size = wide ? read_u16(&r) : read_u8(&r);

	if (!r.err && code == s->code && size <= reader_left(&r))
		return head_len + size;
	return s->option.len < len - s->at ? s->option.len : len - s->at;
}

void template_write(const uint8_t *bytes, size_t len, unsigned head_len, struct splice *splices, unsigned n,
		    struct writer *w)
{
	size_t done = 0;

	for (;;) {
		struct splice *next = NULL;

		for (unsigned i = 0; i < n; i++)
			if (splices[i].at && splices[i].at >= done && splices[i].at <= len &&
			    (!next || splices[i].at < next->at))
				next = &splices[i];
		if (!next)
			break;
		write_bytes(w, bytes + done, next->at - done);
		write_bytes(w, next->option.data, next->option.len);
		done = next->at + covered(bytes, len, head_len, next);
		next->at = 0;
	}
	write_bytes(w, bytes + done, len - done);
}
