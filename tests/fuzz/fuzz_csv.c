/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A lease file of either family. A valid row is written within its bound, reads back as the same lease, and is
 * written the same again.
 */
#include "base/arena.h"
#include "lease/load.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct lease_row again;

static void check_row(void *ctx, const struct lease_row *row)
{
	int family = *(const int *)ctx;
	const struct lease *lease = &row->lease;
	size_t bound = csv_row_bound(lease);
	char *buf = xmalloc(2 * bound), *end = csv_write_row(family, lease, row->deleted, buf), *second;
	char header[CSV_HEADER_MAX];
	struct csv_layout layout;
	const char *why;

	assert((size_t)(end - buf) <= bound && end[-1] == '\n');
	assert(!memchr(buf, '\n', (size_t)(end - buf) - 1));
	assert(csv_read_header(family, header, csv_write_header(family, header) - 1, &layout, &why) == 0);
	assert(csv_read_row(&layout, buf, (size_t)(end - buf) - 1, &again) == 0);
	assert(again.deleted == row->deleted && ip_equal(&again.lease.addr, &lease->addr));
	assert(bytes_equal(again.lease.hwaddr, lease->hwaddr) && bytes_equal(again.lease.client_id, lease->client_id));
	assert(strcmp(again.lease.hostname, lease->hostname) == 0);
	assert(again.lease.state == lease->state && again.lease.subnet_id == lease->subnet_id);
	second = csv_write_row(family, &again.lease, again.deleted, buf + bound);
	assert(second - (buf + bound) == end - buf && memcmp(buf, buf + bound, (size_t)(end - buf)) == 0);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int family = 0; family < 2; family++) {
		struct load_result res = { 0 };
		const char *why = NULL;
		int err = load_text((const char *)data, size, family, check_row, &family, &res, &why);

		assert(err < 0 ? why != NULL : res.good_len >= 0 && (size_t)res.good_len <= size);
	}
	return 0;
}
