/* SPDX-License-Identifier: MPL-2.0 */
/* A response of a DNS server: the message, its signature, names and their text. The id is taken from the input. */
#include "ddns/tsig.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const struct dname *name)
{
	char text[DNAME_TEXT_MAX];
	struct dname again;

	assert(dname_parse(dname_format(name, text), &again) == 0);
	assert(again.len == name->len && memcmp(again.wire, name->wire, name->len) == 0);
	assert(dname_is_under(name, &dname_root));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes msg = bytes_of(data, size);
	struct reader r = reader_of(msg);
	struct tsig_key key = { .algorithm = &tsig_algorithms[3],
				.secret = bytes_of("0123456789abcdef", 16),
				.mac_len = 16 };
	struct tsig_mac mac = { .len = 32 };
	struct dns_response res;
	struct dname name;
	unsigned error = 0;

	if (dns_response_parse(msg, read_u16(&r), &res) == 0 && res.tsig.is_there) {
		check_name(&res.tsig.key);
		check_name(&res.tsig.algorithm);
		key.name = res.tsig.key;
		assert(tsig_check(&key, &mac, msg, &res.tsig, res.tsig.time_sec, &error) < 0);
	}
	for (size_t at = 0; at < size; at++) {
		r = reader_of(msg);
		(void)read_bytes(&r, at);
		dname_read(&r, msg, &name);
		check_name(&name);
	}
	return 0;
}
