/* SPDX-License-Identifier: MPL-2.0 */
/* A response of a DNS server, without a key and with one of each algorithm. The id is taken from the input. */
#include "kea-dhcp-ddns/message.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Not the secret of the seeds. */
	struct tsig_key key = { .name = { .len = 5, .wire = "\3key" }, .secret = bytes_of("fedcba9876543210", 16) };
	struct tsig_mac mac = { .len = 32 };
	struct bytes msg = bytes_of(data, size);
	struct reader r = reader_of(msg);
	uint16_t id = read_u16(&r);
	char text[RCODE_TEXT_MAX];
	struct response res;

	if (message_read(msg, id, NULL, NULL, 0, &res) == RESPONSE_MALFORMED)
		return 0;
	(void)rcode_text(res.rcode, text);
	for (const struct tsig_algorithm *row = tsig_algorithms; row->word; row++) {
		key.algorithm = row;
		key.mac_len = tsig_bits_min(row) / 8;
		switch (message_read(msg, id, &key, &mac, 1767225600, &res)) {
		case RESPONSE_UNSIGNED:
			break;
		case RESPONSE_KEY_REFUSED:
			(void)rcode_text(res.tsig_error, text);
			break;
		default:
			assert(!"a signature without the secret");
		}
	}
	return 0;
}
