/* SPDX-License-Identifier: MPL-2.0 */
/* A name change request: what is read can be written, and reads back the same. */
#include "ddns/ncr.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[NCR_WHY_MAX] = "", text[NCR_TEXT_MAX];
	uint8_t buf[NCR_DATAGRAM_MAX];
	struct ncr ncr, again;
	int len;

	if (ncr_parse(bytes_of(data, size), &ncr, why) < 0) {
		assert(why[0]);
		return 0;
	}
	assert(ncr_format(&ncr, text)[0]);
	/* The text of a date has four digits of year. */
	len = ncr_write(&ncr, buf, sizeof(buf));
	assert(len > 0);
	assert(ncr_parse(bytes_of(buf, (size_t)len), &again, why) == 0);
	assert(again.change == ncr.change && again.mode == ncr.mode && again.forward == ncr.forward &&
	       again.reverse == ncr.reverse && again.expires_sec == ncr.expires_sec &&
	       again.lease_length == ncr.lease_length && ip_equal(&again.addr, &ncr.addr));
	assert(again.fqdn.len == ncr.fqdn.len && memcmp(again.fqdn.wire, ncr.fqdn.wire, ncr.fqdn.len) == 0);
	assert(again.dhcid_len == ncr.dhcid_len && memcmp(again.dhcid, ncr.dhcid, ncr.dhcid_len) == 0);
	return 0;
}
