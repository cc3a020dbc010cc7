/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Queries and responses of lease_query by TCP: what active queries may have, and the bytes of changes and statuses. The
 * server is a table with one lease.
 */
#include "../suite.h"

#include "lease_query/answer.h"
#include "lease_query/bulk_run.h"

#include <time.h>

const struct kea_api *kea;

/* Of the library's main file. */
void plan_unref(struct plan *plan)
{
	(void)plan;
}

/* --- a server with one lease --- */

static struct {
	uint8_t addr[LINKS_ADDR];
	size_t addr_len;
	int64_t type, prefix_len, state, left, valid, preferred, subnet_id;
} lease;
static const uint8_t mac[] = { 2, 0, 0, 0, 0, 1 }, duid[] = { 0, 3, 0, 1, 2, 0, 0, 0, 0, 1 },
		     server_duid[] = { 0, 3, 0, 1, 9, 9, 9, 9, 9, 9 };
static const struct kea_object *the_lease = (const void *)&lease;

static int get_int(const struct kea_object *object, enum kea_field field, int64_t *ret)
{
	(void)object;
	*ret = field == KEA_LEASE_TYPE                 ? lease.type
	       : field == KEA_LEASE_PREFIX_LEN         ? lease.prefix_len
	       : field == KEA_LEASE_STATE              ? lease.state
	       : field == KEA_LEASE_LEFT               ? lease.left
	       : field == KEA_LEASE_VALID_LIFETIME     ? lease.valid
	       : field == KEA_LEASE_PREFERRED_LIFETIME ? lease.preferred
	       : field == KEA_LEASE_SUBNET_ID          ? lease.subnet_id
	       : field == KEA_LEASE_HWTYPE             ? 1
						       : 0;
	return 0;
}

static const void *get_bytes(const struct kea_object *object, enum kea_field field, size_t *ret_len)
{
	(void)object;
	*ret_len = field == KEA_LEASE_ADDRESS     ? lease.addr_len
		   : field == KEA_LEASE_HWADDR    ? sizeof(mac)
		   : field == KEA_LEASE_CLIENT_ID ? sizeof(duid)
						  : 0;
	return field == KEA_LEASE_ADDRESS     ? (const void *)lease.addr
	       : field == KEA_LEASE_HWADDR    ? mac
	       : field == KEA_LEASE_CLIENT_ID ? duid
					      : NULL;
}

static const void *server_id(const struct kea_library *lib, size_t *ret_len)
{
	(void)lib;
	*ret_len = sizeof(server_duid);
	return server_duid;
}

static const struct kea_api table = { .get_int = get_int, .get_bytes = get_bytes, .server_id = server_id };
static struct lease_query self;
static struct bulk_run run;
static uint8_t bytes[BULK_REPLY_MAX];
static struct out out;

static void setup(unsigned family)
{
	kea = &table;
	self = (struct lease_query){ .family = (int)family };
	run = (struct bulk_run){ .self = &self, .link = -1, .query = { .kind = BULK_ACTIVE, .xid = { 1, 2, 3, 4 } } };
	lease.addr_len = family == 4 ? 4 : LINKS_ADDR;
	memset(lease.addr, 0, sizeof(lease.addr));
	memcpy(lease.addr, family == 4 ? "\xc0\0\2\1" : "\x20\1\xd\xb8", 4);
	lease.type = family == 4 ? 3 : TYPE_NA;
	lease.prefix_len = family == 4 ? 32 : 128;
	lease.state = STATE_DEFAULT;
	lease.left = 1000;
	lease.valid = 1000;
	lease.preferred = 600;
	lease.subnet_id = 7;
	out = (struct out){ .bytes = bytes, .max = sizeof(bytes) };
}

/* Returns the value of an option of the message in `out`; NULL: it has none. */
static const uint8_t *option4(uint8_t code, size_t *ret_len)
{
	size_t at = 2 + 240;

	while (at + 2 <= out.n && bytes[at] != 255) {
		*ret_len = bytes[at + 1];
		if (bytes[at] == code)
			return bytes + at + 2;
		at += 2 + (size_t)bytes[at + 1];
	}
	return NULL;
}

static int code4(uint8_t code)
{
	size_t len;
	const uint8_t *value = option4(code, &len);

	return value && len ? value[0] : -1;
}

static void check_frame(void)
{
	ck_assert(!out.is_full);
	ck_assert_int_eq(bulk_frame(bytes, out.n), (int)out.n);
}

/* --- responses --- */

START_TEST(changes4)
{
	static const struct {
		enum kea_change change;
		int state, type, lease_state;
	} v[] = {
		{ BULK_STORED, 2, DHCPLEASEACTIVE, STATE_DEFAULT },
		{ KEA_CHANGE_GRANTED, 2, DHCPLEASEACTIVE, STATE_DEFAULT },
		{ KEA_CHANGE_RENEWED, 2, DHCPLEASEACTIVE, STATE_DEFAULT },
		{ KEA_CHANGE_RELEASED, 4, DHCPLEASEUNASSIGNED, STATE_DEFAULT },
		{ KEA_CHANGE_DECLINED, 5, DHCPLEASEUNASSIGNED, STATE_DEFAULT },
		{ KEA_CHANGE_EXPIRED, 3, DHCPLEASEUNASSIGNED, STATE_DEFAULT },
		{ KEA_CHANGE_EXPIRED, 1, DHCPLEASEUNASSIGNED, STATE_DECLINED },
		{ KEA_CHANGE_DELETED, 1, DHCPLEASEUNASSIGNED, STATE_DEFAULT },
		{ KEA_CHANGE_UPDATED, 5, DHCPLEASEUNASSIGNED, STATE_DECLINED },
	};
	size_t len;

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		setup(4);
		lease.state = v[i].lease_state;
		bulk4.add_lease(&out, &run, the_lease, v[i].change);
		check_frame();
		ck_assert_mem_eq(bytes + 2 + 4, "\1\2\3\4", 4);
		ck_assert_mem_eq(bytes + 2 + 12, lease.addr, 4);
		ck_assert_mem_eq(bytes + 2 + 28, mac, sizeof(mac));
		ck_assert_int_eq(code4(OPT_TYPE), v[i].type);
		ck_assert_int_eq(code4(OPT_DHCP_STATE), v[i].state);
		ck_assert_ptr_nonnull(option4(OPT_BASE_TIME, &len));
		/* What has ended has no time left. */
		ck_assert_int_eq(option4(OPT_LEASE_TIME, &len) != NULL, v[i].type == DHCPLEASEACTIVE);
	}
}
END_TEST

START_TEST(statuses4)
{
	static const struct {
		enum bulk_status status;
		int code;
	} v[] = { { BULK_TERMINATED, 2 },    { BULK_MALFORMED, 3 },    { BULK_NOT_ALLOWED, 4 },
		  { BULK_NOT_SUPPORTED, 4 }, { BULK_DATA_MISSING, 5 }, { BULK_CONNECTION_ACTIVE, 6 },
		  { BULK_CAUGHT_UP, 7 } };

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		setup(4);
		bulk4.add_status(&out, &run, v[i].status, v[i].code == 6 ? NULL : "why");
		check_frame();
		ck_assert_int_eq(code4(OPT_TYPE), DHCPLEASEQUERYSTATUS);
		ck_assert_int_eq(code4(OPT_STATUS_CODE), v[i].code);
		ck_assert_int_ne(code4(OPT_BASE_TIME), -1);
	}
	setup(4);
	bulk4.add_tls(&out, &run, BULK_TLS_REFUSED, "no");
	ck_assert_int_eq(code4(OPT_TYPE), DHCPTLS);
	ck_assert_int_eq(code4(OPT_STATUS_CODE), 8);
}
END_TEST

START_TEST(changes6)
{
	static const struct {
		enum kea_change change;
		int64_t state, left;
		bool is_active;
	} v[] = {
		{ KEA_CHANGE_GRANTED, STATE_DEFAULT, 1000, true },
		{ BULK_STORED, STATE_RELEASED, 0, false },
		{ BULK_STORED, STATE_DECLINED, 500, false },
		{ KEA_CHANGE_RELEASED, STATE_DEFAULT, 1000, false },
		{ KEA_CHANGE_DELETED, STATE_DEFAULT, UINT32_MAX, false },
	};

	for (unsigned i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		size_t n = 0, len = 0;
		const uint8_t *data, *addr, *value;

		setup(6);
		lease.state = v[i].state;
		lease.left = v[i].left;
		/* Infinite, which is over nevertheless. */
		lease.preferred = i ? UINT32_MAX : 600;
		run.has_begun = true;
		bulk6.add_lease(&out, &run, the_lease, v[i].change);
		check_frame();
		ck_assert_int_eq(bytes[2], LEASEQUERY_DATA);
		value = bulk_option6(bytes + 6, out.n - 6, OPT6_BASE_TIME, &len);
		ck_assert_ptr_nonnull(value);
		data = bulk_option6(bytes + 6, out.n - 6, OPT6_CLIENT_DATA, &n);
		ck_assert_ptr_nonnull(data);
		addr = bulk_option6(data, n, OPT6_IAADDR, &len);
		ck_assert(addr && len == 24);
		ck_assert_mem_eq(addr, lease.addr, LINKS_ADDR);
		ck_assert_int_eq(memcmp(addr + 16, "\0\0\0\0\0\0\0\0", 8) != 0, v[i].is_active);
	}
}
END_TEST

START_TEST(statuses6)
{
	static const struct {
		enum bulk_status status;
		int code; /* -1: none */
	} v[] = { { BULK_TERMINATED, 11 },    { BULK_MALFORMED, 8 },     { BULK_NOT_ALLOWED, 10 },
		  { BULK_NOT_SUPPORTED, 14 }, { BULK_DATA_MISSING, 12 }, { BULK_CONNECTION_ACTIVE, -1 },
		  { BULK_CAUGHT_UP, 13 } };
	const uint8_t *value;
	size_t len = 0;

	for (unsigned i = 0; i < 2 * sizeof(v) / sizeof(v[0]); i++) {
		setup(6);
		run.has_begun = i & 1;
		bulk6.add_status(&out, &run, v[i / 2].status, v[i / 2].code < 0 ? NULL : "why");
		check_frame();
		ck_assert_int_eq(bytes[2], run.has_begun ? LEASEQUERY_DATA : LEASEQUERY_REPLY);
		value = bulk_option6(bytes + 6, out.n - 6, OPT6_STATUS_CODE, &len);
		ck_assert_int_eq(value ? value[0] << 8 | value[1] : -1, v[i / 2].code);
		/* It is the first message that says who the server is. */
		ck_assert_int_eq(bulk_option6(bytes + 6, out.n - 6, OPT6_SERVERID, &len) != NULL, !run.has_begun);
	}
	setup(6);
	bulk6.add_tls(&out, &run, BULK_TLS_REFUSED, "no");
	ck_assert_int_eq(bytes[2], REPLY6);
	value = bulk_option6(bytes + 6, out.n - 6, OPT6_STATUS_CODE, &len);
	ck_assert(value && value[1] == 15);
}
END_TEST

/* --- queries --- */

static size_t message4(uint8_t *to, uint8_t type, const void *more, size_t len)
{
	static const uint8_t end[] = { 255 };

	memset(to, 0, 240);
	to[0] = 1;
	memcpy(to + 236, "\x63\x82\x53\x63", 4);
	memcpy(to + 240, (uint8_t[]){ 53, 1, type }, 3);
	if (len)
		memcpy(to + 243, more, len);
	memcpy(to + 243 + len, end, 1);
	return 244 + len;
}

START_TEST(queries4)
{
	static const uint8_t start[] = { 154, 4, 0, 0, 1, 0 }, relay[] = { 82, 3, 2, 1, 7 }, id[] = { 61, 2, 1, 2 };
	enum bulk_status status = BULK_SUCCESS;
	struct bulk_query query;
	uint8_t data[300];
	const char *why;
	size_t n;

	n = message4(data, 16, start, sizeof(start));
	ck_assert(bulk_parse4(data, n, &query, &status, &why));
	ck_assert_int_eq(status, BULK_SUCCESS);
	ck_assert(query.kind == BULK_ACTIVE && query.by == BULK_ALL && query.has_start && query.start == 256);
	n = message4(data, 14, start, sizeof(start));
	ck_assert(bulk_parse4(data, n, &query, &status, &why) && query.kind == BULK_QUERY);
	n = message4(data, 18, NULL, 0);
	ck_assert(bulk_parse4(data, n, &query, &status, &why) && query.kind == BULK_TLS && status == BULK_SUCCESS);
	ck_assert(!bulk_parse4(data, message4(data, 17, NULL, 0), &query, &status, &why));
	/* An active query is about everything. */
	n = message4(data, 16, relay, sizeof(relay));
	ck_assert(bulk_parse4(data, n, &query, &status, &why) && status == BULK_MALFORMED);
	n = message4(data, 16, id, sizeof(id));
	ck_assert(bulk_parse4(data, n, &query, &status, &why) && status == BULK_MALFORMED);
}
END_TEST

START_TEST(queries6)
{
	/* type, xid, client id of 3 bytes */
	uint8_t data[300] = { 22, 0, 0, 9, 0, 1, 0, 3, 1, 2, 3 };
	static const uint8_t start[] = { 0, 101, 0, 4, 0, 0, 1, 0 }, end[] = { 0, 102, 0, 4, 0, 0, 0, 1 };
	enum bulk_status status = BULK_SUCCESS;
	struct bulk_query query;
	const char *why;
	size_t n = 11;

	ck_assert(bulk_parse6(data, n, &query, &status, &why) && status == BULK_SUCCESS);
	ck_assert(query.kind == BULK_ACTIVE && query.by == BULK_ALL && !query.has_start);
	memcpy(data + n, start, sizeof(start));
	ck_assert(bulk_parse6(data, n + sizeof(start), &query, &status, &why) && status == BULK_SUCCESS);
	ck_assert(query.has_start && query.start == BULK_EPOCH6 + 256);
	memcpy(data + n + sizeof(start), end, sizeof(end));
	ck_assert(bulk_parse6(data, n + sizeof(start) + sizeof(end), &query, &status, &why));
	ck_assert_int_eq(status, BULK_MALFORMED);
	/* A query option: on a link, which may be any; not about one client. */
	memset(data + n, 0, 40);
	memcpy(data + n, (uint8_t[]){ 0, 44, 0, 17, 4 }, 5);
	ck_assert(bulk_parse6(data, n + 21, &query, &status, &why) && status == BULK_SUCCESS &&
		  query.by == BULK_BY_LINK);
	data[n + 4] = 2;
	ck_assert(bulk_parse6(data, n + 21, &query, &status, &why) && status == BULK_NOT_ALLOWED);
	/* A bulk query without one is none. */
	data[0] = 14;
	ck_assert(bulk_parse6(data, 11, &query, &status, &why) && status == BULK_MALFORMED);
	data[0] = 23;
	ck_assert(bulk_parse6(data, 4, &query, &status, &why) && status == BULK_SUCCESS && query.kind == BULK_TLS);
	data[0] = 15;
	ck_assert(!bulk_parse6(data, 11, &query, &status, &why));
}
END_TEST

/* RFC 9686: registered addresses are no bindings; leases that have ended are news to an active query only. */
START_TEST(what_is_sent)
{
	setup(6);
	run.query.by = BULK_ALL;
	ck_assert(bulk_run_wants(&run, the_lease));
	lease.state = STATE_RELEASED;
	lease.left = 0;
	ck_assert(bulk_run_wants(&run, the_lease));
	run.query.kind = BULK_QUERY;
	ck_assert(!bulk_run_wants(&run, the_lease));
	run.query.kind = BULK_ACTIVE;
	lease.state = STATE_REGISTERED;
	ck_assert(!bulk_run_wants(&run, the_lease));
	/* On a link that is no longer configured there is nothing. */
	lease.state = STATE_DEFAULT;
	lease.left = 10;
	run.query.has_link = true;
	ck_assert(!bulk_run_wants(&run, the_lease));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("bulk");

	tcase_add_test(tc, changes4);
	tcase_add_test(tc, statuses4);
	tcase_add_test(tc, changes6);
	tcase_add_test(tc, statuses6);
	tcase_add_test(tc, queries4);
	tcase_add_test(tc, queries6);
	tcase_add_test(tc, what_is_sent);
	return suite_run(tc);
}
