/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Leasequery as it arrives by TCP, bulk and active. The first byte chooses the family and how the stream is cut into
 * pieces. The messages found are the same however it is cut, and what they ask for is within bounds and of the message.
 */
#include "lease_query/bulk_parse.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(const uint8_t *at, size_t n, const uint8_t *data, size_t len)
{
	return !n || (at >= data && n <= len && (size_t)(at - data) <= len - n);
}

static void check_message(const uint8_t *data, size_t len, bool is_v6)
{
	struct bulk_query query;
	enum bulk_status status = BULK_SUCCESS;
	const char *why = NULL;

	if (!(is_v6 ? bulk_parse6 : bulk_parse4)(data, len, &query, &status, &why))
		return;
	assert(why && status <= BULK_TERMINATED && strlen(why) < 200);
	assert(is_inside(query.requester, query.requester_len, data, len) && query.requester_len <= BULK_ID_MAX);
	assert(is_inside(query.server, query.server_len, data, len));
	if (status != BULK_SUCCESS)
		return;
	assert(query.kind == BULK_QUERY || query.kind == BULK_ACTIVE || query.kind == BULK_TLS);
	if (query.kind == BULK_TLS)
		return;
	assert(query.id_len <= sizeof(query.id));
	/* A query about something never becomes one about everything. */
	assert(query.id_len || query.by == BULK_ALL ||
	       (query.by == BULK_BY_LINK && (query.has_link || query.kind == BULK_ACTIVE)));
	assert(query.by != BULK_ALL || !is_v6 || query.kind == BULK_ACTIVE);
	assert(query.kind != BULK_ACTIVE || (query.by != BULK_BY_ADDRESS && query.by != BULK_BY_CLIENT_ID));
	assert(query.kind != BULK_ACTIVE || is_v6 || query.by == BULK_ALL);
	assert(!query.has_start || !query.has_end || query.start <= query.end);
	assert(query.by != BULK_BY_ADDRESS || query.id_len == (is_v6 ? 16 : 4));
}

/* Returns where the stream ends, because no message is complete (len) or none can be; *ret_n counts messages. */
static size_t read_stream(const uint8_t *data, size_t len, size_t piece, bool is_v6, unsigned *ret_n)
{
	size_t at = 0, arrived = 0;

	for (*ret_n = 0; arrived < len;) {
		int n = 1;

		arrived = len - arrived < piece ? len : arrived + piece;
		while (n > 0) {
			n = bulk_frame(data + at, arrived - at);
			assert(n <= BULK_HEAD + BULK_MESSAGE_MAX && (n <= 0 || (size_t)n <= arrived - at));
			if (n < 0)
				return at;
			if (n)
				check_message(data + at + BULK_HEAD, (size_t)n - BULK_HEAD, is_v6);
			*ret_n += n > 0;
			at += (size_t)n;
		}
	}
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned n, n_cut;
	bool is_v6;

	if (!size)
		return 0;
	is_v6 = data[0] & 1;
	/* What a relay said is read by the same functions, from a lease. */
	(void)bulk_suboption4(data + 1, size - 1, SUBOPT_RELAY_ID, &(size_t){ 0 });
	(void)bulk_option6(data + 1, size - 1, OPT6_RELAY_ID, &(size_t){ 0 });
	check_message(data + 1, size - 1, is_v6);
	assert(read_stream(data + 1, size - 1, size, is_v6, &n) ==
	       read_stream(data + 1, size - 1, 1 + (data[0] >> 1), is_v6, &n_cut));
	assert(n == n_cut);
	return 0;
}
