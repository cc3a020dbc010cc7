/* SPDX-License-Identifier: MPL-2.0 */
/* What every store must do, run for each kind: in memory, with a file, with an unsynced file, and the test double. */
#include "fake_store.h"
#include "util.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

static struct tmp_dir tmp;
static struct store *store;
static struct arena *arena;
static enum store_kind kind;

static void open_kind(int family)
{
	store = open_kind_of_store(kind, family, &tmp);
}

static void setup(int i)
{
	kind = (enum store_kind)i;
	tmp_make(&tmp);
	arena = arena_new(0);
	open_kind(0);
}

static void teardown(void)
{
	store_close(store);
	arena_free(arena);
	tmp_remove(&tmp);
	clock_set_real();
}

static const struct ip *addr_of(uint32_t i)
{
	static struct ip addr;

	addr = ip_from4(0x0a000000 + i);
	return &addr;
}

#define STORE_TEST(name) \
	START_TEST(name) \
	{                \
		setup(_i);
#define STORE_END   \
	teardown(); \
	}           \
	END_TEST

STORE_TEST(insert_find_update_delete)
struct lease lease = test_lease(7, 1000), got;
uint64_t version;

lease.user_context = "{ \"a,b\": \"c&d\" }";
lease.fqdn_fwd = true;
lease.pool_id = 3;
ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
ck_assert_int_eq(get(store, arena, &lease.addr, &got), 1);
ck_assert(same_lease(&lease, &got));
version = got.version;

/* the address is taken, regardless of the client */
lease = test_lease(8, 1000);
lease.addr = got.addr;
ck_assert_int_eq(insert(store, &lease), CHANGE_CONFLICT);
ck_assert_int_eq(get(store, arena, &lease.addr, &got), 1);
ck_assert_str_eq(got.hostname, "h7");

/* an update of the lease that was read; a second one with the old version conflicts */
got.hostname = "renamed";
got.state = LEASE_RECLAIMED;
ck_assert_int_eq(update(store, &got, version), CHANGE_OK);
ck_assert_int_eq(update(store, &got, version), CHANGE_CONFLICT);
ck_assert_int_eq(get(store, arena, &lease.addr, &got), 1);
ck_assert_str_eq(got.hostname, "renamed");
ck_assert_uint_ne(got.version, version);
/* in any state it is still a lease: INSERT does not replace it */
ck_assert_int_eq(insert(store, &lease), CHANGE_CONFLICT);

ck_assert_int_eq(delete_addr(store, &lease.addr, version), CHANGE_CONFLICT);
ck_assert_int_eq(delete_addr(store, &lease.addr, got.version), CHANGE_OK);
ck_assert_int_eq(delete_addr(store, &lease.addr, 0), CHANGE_GONE);
ck_assert_int_eq(update(store, &lease, 0), CHANGE_GONE);
ck_assert_int_eq(get(store, arena, &lease.addr, &got), 0);
STORE_END

STORE_TEST(find_by_client)
struct lease out[4], lease;
struct lease_query query = { .by = BY_HWADDR, .type = LEASE_V4, .hwtype = 1 };
uint8_t hw[6] = { 2, 0, 0, 0, 0, 9 };

/* one hardware address in three subnets */
for (uint32_t i = 1; i <= 3; i++) {
	lease = test_lease(i, 1000);
	lease.hwaddr = bytes_of(hw, 6);
	lease.subnet_id = i;
	ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
}
query.id = bytes_of(hw, 6);
ck_assert_int_eq(store_find_wait(store, &query, arena, out, 4), 3);
ck_assert_int_eq(store_find_wait(store, &query, arena, out, 2), 2);
query.subnets = &(const uint32_t){ 2 };
query.n_subnets = 1;
ck_assert_int_eq(store_find_wait(store, &query, arena, out, 4), 1);
ck_assert_uint_eq(ip_to4(&out[0].addr), 0x0a000002);

/* by client id, in any subnet, in the right one and in a wrong one */
query = (struct lease_query){ .by = BY_CLIENT_ID, .type = LEASE_V4, .id = out[0].client_id };
ck_assert_int_eq(store_find_wait(store, &query, arena, out, 4), 1);
query.subnets = &(const uint32_t){ 3 };
query.n_subnets = 1;
ck_assert_int_eq(store_find_wait(store, &query, arena, out, 4), 0);

/* the middle one moves to another client; the others are still found */
ck_assert_int_eq(get(store, arena, addr_of(2), &lease), 1);
lease.hwaddr = test_lease(77, 1).hwaddr;
ck_assert_int_eq(update(store, &lease, lease.version), CHANGE_OK);
query = (struct lease_query){ .by = BY_HWADDR, .type = LEASE_V4, .hwtype = 1, .id = bytes_of(hw, 6) };
ck_assert_int_eq(store_find_wait(store, &query, arena, out, 4), 2);
ck_assert_int_eq(delete_addr(store, &out[0].addr, 0), CHANGE_OK);
ck_assert_int_eq(store_find_wait(store, &query, arena, out, 4), 1);
ck_assert_int_eq(delete_addr(store, &out[0].addr, 0), CHANGE_OK);
ck_assert_int_eq(store_find_wait(store, &query, arena, out, 4), 0);
/* an empty identifier finds nothing: declined leases have none */
query.id.len = 0;
lease = test_lease(50, 1000);
lease.state = LEASE_DECLINED;
lease.hwaddr.len = lease.client_id.len = 0;
ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
ck_assert_int_eq(store_find_wait(store, &query, arena, out, 4), 0);
STORE_END

STORE_TEST(all_or_none)
struct lease a = test_lease(1, 1000), got;
struct store_change v[3] = { { .kind = CHANGE_INSERT }, { .kind = CHANGE_DELETE }, { .kind = CHANGE_INSERT } };
char *before;

ck_assert_int_eq(insert(store, &a), CHANGE_OK);
before = dump_store(store);
v[0].new = test_lease(2, 1000);
v[1].addr = a.addr;
v[2].new = test_lease(2, 1000);
ck_assert_int_eq(apply(store, v, 3), CHANGE_CONFLICT);
ck_assert_int_eq(v[0].result, CHANGE_ABORTED);
ck_assert_int_eq(v[1].result, CHANGE_ABORTED);
ck_assert_int_eq(v[2].result, CHANGE_CONFLICT);
check_dump(before, store);

/* delete and insert the same address in one transaction */
v[0] = (struct store_change){ .kind = CHANGE_DELETE, .addr = a.addr };
v[1] = (struct store_change){ .kind = CHANGE_INSERT, .new = test_lease(3, 1000) };
v[1].new.addr = a.addr;
ck_assert_int_eq(apply(store, v, 2), CHANGE_OK);
ck_assert_int_eq(get(store, arena, &a.addr, &got), 1);
ck_assert_str_eq(got.hostname, "h3");
ck_assert_uint_eq(got.version, v[1].new.version);
STORE_END

STORE_TEST(refused_leases)
struct lease lease = test_lease(1, 1000);
struct store_change change = { .kind = CHANGE_INSERT, .new = lease };
struct store_txn txn = { .v = &change, .n = 1 };
char name[300];

change.new.valid = 0;
ck_assert_int_eq(store_apply(store, &txn), -E_RANGE);
change.new = test_lease6(1, 1000, false);
ck_assert_int_eq(store_apply(store, &txn), -E_RANGE);
change.new = lease;
memset(name, 'x', sizeof(name));
name[256] = '\0';
change.new.hostname = name;
ck_assert_int_eq(store_apply(store, &txn), -E_RANGE);
name[255] = '\0';
ck_assert_int_eq(insert(store, &change.new), CHANGE_OK);
STORE_END

struct seen {
	unsigned taken, freed;
	struct store_notice last;
};

static void seen(void *ctx, const struct store_notice *notice)
{
	struct seen *s = ctx;

	ck_assert(notice->old.present || notice->new.present);
	ck_assert_int_eq(notice->old.present ? notice->old.type : notice->new.type, LEASE_V4);
	ck_assert(!notice->is_undo);
	s->taken += notice->new.in_use;
	s->freed += notice->old.in_use && !notice->new.in_use;
	s->last = *notice;
}

struct seen6 {
	struct prefix now; /* occupied; length 0: nothing */
};

static void seen6(void *ctx, const struct store_notice *notice)
{
	struct seen6 *s = ctx;

	ck_assert_uint_eq(notice->old.in_use ? notice->old.len : 0, s->now.len);
	s->now = (struct prefix){ notice->addr, notice->new.in_use ? notice->new.len : 0 };
}

/* One lease for an address, whatever its type and length: the watcher sees what it occupies. */
STORE_TEST(one_lease_of_any_type_at_an_address)
struct seen6 s = { .now.len = 0 };
struct lease pd, na, got;
struct store_change undone[2];

store_close(store);
(void)unlink(tmp.path);
open_kind(1);
store_watch(store, seen6, &s);
pd = test_lease6(1, 1000, true);
na = test_lease6(2, 1000, false);
na.addr = pd.addr;
ck_assert_int_eq(insert(store, &pd), CHANGE_OK);
ck_assert_uint_eq(s.now.len, 56);
ck_assert_int_eq(insert(store, &na), CHANGE_CONFLICT);
ck_assert_int_eq(update(store, &na, 0), CHANGE_OK);
ck_assert_uint_eq(s.now.len, 128);
ck_assert_int_eq(get(store, arena, &pd.addr, &got), 1);
ck_assert(same_lease(&na, &got));
/* and back, with a different length; another type alone changes nothing */
pd.prefix_len = 64;
ck_assert_int_eq(update(store, &pd, 0), CHANGE_OK);
ck_assert_uint_eq(s.now.len, 64);
pd.prefix_len = 128;
ck_assert_int_eq(update(store, &pd, 0), CHANGE_OK);
ck_assert_int_eq(update(store, &na, 0), CHANGE_OK);
ck_assert_uint_eq(s.now.len, 128);
na.state = LEASE_RELEASED;
ck_assert_int_eq(update(store, &na, 0), CHANGE_OK);
ck_assert_uint_eq(s.now.len, 0);
pd.prefix_len = 60;
undone[0] = (struct store_change){ .kind = CHANGE_UPDATE, .new = pd };
undone[1] = (struct store_change){ .kind = CHANGE_INSERT, .new = pd };
ck_assert_int_eq(apply(store, undone, 2), CHANGE_CONFLICT);
ck_assert_uint_eq(s.now.len, 0);
STORE_END

STORE_TEST(watch_and_counts)
struct seen s = { 0 };
struct lease lease = test_lease(5, 1000);
struct store_change v[2] = { { .kind = CHANGE_INSERT }, { .kind = CHANGE_UPDATE } };

store_watch(store, seen, &s);
ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
ck_assert_uint_eq(s.taken, 1);
ck_assert(ip_equal(&s.last.addr, &lease.addr));
ck_assert_int_eq(s.last.new.expires, lease.expires);
lease.expires += 100;
ck_assert_int_eq(update(store, &lease, 0), CHANGE_OK); /* extended */
ck_assert_uint_eq(s.taken, 2);
ck_assert(s.last.same_client);
ck_assert_int_eq(s.last.old.expires, lease.expires - 100);
ck_assert_int_eq(s.last.new.expires, lease.expires);
lease.state = LEASE_DECLINED;
lease.expires = INT64_MAX;
ck_assert_int_eq(update(store, &lease, 0), CHANGE_OK); /* still in use by nobody */
ck_assert_uint_eq(s.taken, 3);
ck_assert_uint_eq(s.freed, 0);
ck_assert_int_eq(s.last.new.expires, INT64_MAX);
ck_assert_uint_eq(store_count(store, LEASE_DECLINED), 1);
ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 0);
lease.state = LEASE_RECLAIMED;
ck_assert_int_eq(update(store, &lease, 0), CHANGE_OK);
ck_assert_uint_eq(s.freed, 1);
lease.state = LEASE_DEFAULT;
ck_assert_int_eq(update(store, &lease, 0), CHANGE_OK);
ck_assert_uint_eq(s.taken, 4);
lease.state = LEASE_RELEASED;
ck_assert_int_eq(update(store, &lease, 0), CHANGE_OK);
ck_assert_uint_eq(s.freed, 2);
ck_assert_int_eq(delete_addr(store, &lease.addr, 0), CHANGE_OK); /* was already free */
ck_assert_uint_eq(s.freed, 2);
/* a rejected transaction reports nothing */
v[0].new = test_lease(6, 1000);
v[1].new = test_lease(7, 1000);
ck_assert_int_eq(apply(store, v, 2), CHANGE_GONE);
ck_assert_uint_eq(s.taken, 4);
ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), 0);
lease = test_lease(9, 1000);
ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
ck_assert_int_eq(delete_addr(store, &lease.addr, 0), CHANGE_OK);
ck_assert_uint_eq(s.taken, 5);
ck_assert_uint_eq(s.freed, 3);
STORE_END

static unsigned find_expired(int64_t ended_by, struct lease *out, unsigned max)
{
	struct lease_query query = { .by = BY_EXPIRY, .ended_by = ended_by };
	int n = store_find_wait(store, &query, arena, out, max);

	ck_assert_int_ge(n, 0);
	return (unsigned)n;
}

/* Oldest first, none missing, none twice, only expired ones; deleting from anywhere keeps the order. */
STORE_TEST(expiry_order)
struct lease out[300], lease;
unsigned n;
int64_t now, ends[300];

/* A database has a clock of its own, which does not stand still. */
if (kind < PGSQL)
	clock_set_virtual(1700000000, 5000);
store_close(store);
open_kind(0);
rand_seed(42);
for (uint32_t i = 0; i < 300; i++) {
	lease = test_lease(i + 1, (uint32_t)(1 + rand_below(1000)));
	if (i % 30 == 0)
		lease_start(&lease, LEASE_FOREVER);
	ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
}
for (uint32_t i = 0; i < 300; i += 7)
	ck_assert_int_eq(delete_addr(store, addr_of(1 + i), 0), CHANGE_OK);
now = clock_boot_sec() + 500;
n = find_expired(now, out, 300);
ck_assert_uint_gt(n, 50);
for (unsigned i = 0; i < n; i++) {
	ck_assert_int_le(out[i].expires, now);
	ck_assert_msg(!i || out[i - 1].expires <= out[i].expires, "place %u", i);
}
/* Fewer than there are: the first ones of all, wherever they are stored. */
for (unsigned i = 0; i < n; i++)
	ends[i] = out[i].expires;
for (unsigned max = 1; max < n; max += 4) {
	ck_assert_uint_eq(find_expired(now, out, max), max);
	for (unsigned i = 0; i < max; i++)
		ck_assert_int_eq(out[i].expires, ends[i]);
}
for (unsigned i = 0; i < n; i++) {
	ck_assert_uint_eq(find_expired(now, out, 1), 1);
	out[0].state = LEASE_RECLAIMED;
	if (i % 2)
		ck_assert_int_eq(update(store, &out[0], out[0].version), CHANGE_OK);
	else
		ck_assert_int_eq(delete_addr(store, &out[0].addr, out[0].version), CHANGE_OK);
}
ck_assert_uint_eq(find_expired(now, out, 300), 0);
/* A step of the wall clock ends no lease. */
if (kind < PGSQL)
	clock_step_wall(7200000);
ck_assert_uint_eq(find_expired(clock_boot_sec(), out, 300), 0);
STORE_END

/* Compared with a plain array: the same leases after thousands of random changes. */
STORE_TEST(model)
enum { N = 200 };
static struct lease known[N];
static uint8_t hws[N][6];
bool there[N] = { false };
unsigned steps = kind == ON_DISK || kind == PGSQL || kind == MYSQL ? 1500 : 20000;

rand_seed(7);
for (unsigned step = 0; step < steps; step++) {
	uint32_t i = (uint32_t)rand_below(N), client = (uint32_t)rand_below(20);
	struct lease lease = test_lease(i, 1000 + step), out[N];
	struct lease_query query = { .by = BY_HWADDR, .type = LEASE_V4, .hwtype = 1 };
	int want = 0;

	arena_reset(arena);
	lease.client_id.len = 0;
	lease.hostname = step % 3 ? "" : "some-name";
	memset(hws[i], 0, 6);
	hws[i][5] = (uint8_t)client;
	lease.hwaddr = bytes_of(hws[i], 6);
	lease.hwtype = 1;
	if (!there[i]) {
		ck_assert_int_eq(insert(store, &lease), CHANGE_OK);
	} else if (rand_below(2)) {
		ck_assert_int_eq(update(store, &lease, known[i].version), CHANGE_OK);
	} else {
		ck_assert_int_eq(delete_addr(store, &lease.addr, known[i].version), CHANGE_OK);
		there[i] = false;
		continue;
	}
	there[i] = true;
	ck_assert_int_eq(get(store, arena, &lease.addr, &known[i]), 1);
	ck_assert(same_lease(&known[i], &lease));
	query.id = lease.hwaddr;
	for (unsigned k = 0; k < N; k++)
		want += there[k] && hws[k][5] == client;
	ck_assert_int_eq(store_find_wait(store, &query, arena, out, N), want);
}
STORE_END

struct racer {
	pthread_t thread;
	unsigned number, won, lost;
};

static void *race(void *arg)
{
	struct racer *r = arg;
	struct arena *mine = arena_new(0);

	rand_seed(r->number + 1);
	for (unsigned i = 0; i < 400; i++) {
		struct lease lease = test_lease((uint32_t)rand_below(64), 1000), got;
		struct lease_query query;
		enum store_result result;

		arena_reset(mine);
		lease.subnet_id = r->number + 1;
		if (!get(store, mine, &lease.addr, &got)) {
			result = insert(store, &lease);
			r->won += result == CHANGE_OK;
		} else if (i % 3) {
			result = update(store, &lease, got.version);
		} else {
			result = delete_addr(store, &lease.addr, got.version);
			r->lost += result == CHANGE_OK;
		}
		ck_assert_int_ne(result, CHANGE_FAILED);
		query = (struct lease_query){ .by = BY_EXPIRY, .ended_by = INT64_MAX - 1 };
		(void)store_find_wait(store, &query, mine, &got, 1);
	}
	arena_free(mine);
	return NULL;
}

static void count_uses(void *ctx, const struct store_notice *notice)
{
	int *uses = ctx; /* one per address, guarded by its stripe's lock */
	int *use = &uses[ip_to4(&notice->addr) & 63];

	ck_assert_int_eq(notice->old.in_use, *use);
	*use = notice->new.in_use;
}

/* Four threads, the same 64 addresses: each successful insert is a lease or was deleted. */
STORE_TEST(threads)
struct racer racers[4];
int uses[64] = { 0 }, used = 0;
unsigned won = 0, lost = 0;

store_watch(store, count_uses, uses);
for (unsigned i = 0; i < 4; i++) {
	racers[i] = (struct racer){ .number = i };
	ck_assert_int_eq(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
}
for (unsigned i = 0; i < 4; i++) {
	ck_assert_int_eq(pthread_join(racers[i].thread, NULL), 0);
	won += racers[i].won;
	lost += racers[i].lost;
}
for (unsigned i = 0; i < 64; i++)
	used += uses[i];
ck_assert_int_eq((int)(won - lost), used);
ck_assert_uint_eq(store_count(store, LEASE_DEFAULT), (uint64_t)used);
STORE_END

STORE_TEST(v6_leases)
struct lease na, pd, got, out[4];
struct lease_query query = { .by = BY_CLIENT_ID, .type = LEASE_NA };

store_close(store);
(void)unlink(tmp.path);
open_kind(1);
na = test_lease6(1, 1000, false);
ck_assert_int_eq(insert(store, &na), CHANGE_OK);
pd = test_lease6(1, 1000, true);
ck_assert_int_eq(insert(store, &pd), CHANGE_OK);
ck_assert_int_eq(get(store, arena, &pd.addr, &got), 1);
ck_assert(same_lease(&pd, &got));
query.id = pd.client_id;
ck_assert_int_eq(store_find_wait(store, &query, arena, out, 4), 1);
ck_assert(same_lease(&na, &out[0]));
query.type = LEASE_PD;
query.has_iaid = true;
query.iaid = 4;
ck_assert_int_eq(store_find_wait(store, &query, arena, out, 4), 0);
query.iaid = 3;
ck_assert_int_eq(store_find_wait(store, &query, arena, out, 4), 1);
ck_assert_uint_eq(out[0].prefix_len, 56);
STORE_END

/* --- one client with many leases --- */

enum { CROWD = 120, CROWD_SUBNETS = 5 };
static struct lease crowd[CROWD]; /* valid 0: none */

static struct lease crowd_lease(int family, uint32_t i)
{
	static const uint8_t hw[6] = { 2, 0, 0, 0, 0, 9 }, ids[2][4] = { "id-A", "id-B" };
	struct lease lease = family ? test_lease6(i, 1000, i % 2) : test_lease(i, 1000);
	unsigned id = (unsigned)rand_below(family ? 2 : 3);

	lease.hwaddr = bytes_of(hw, sizeof(hw));
	lease.client_id = bytes_of(ids[id % 2], id < 2 ? 4 : 0);
	lease.hostname = "";
	lease.subnet_id = 1 + (uint32_t)rand_below(CROWD_SUBNETS);
	lease.iaid = family ? (uint32_t)rand_below(3) : 0;
	switch (rand_below(6)) {
	case 0:
		lease.state = LEASE_RECLAIMED;
		break;
	case 1:
		lease.state = LEASE_RELEASED;
		break;
	case 2:
		lease.state = family && lease.type == LEASE_NA ? LEASE_REGISTERED : LEASE_DEFAULT;
		break;
	default:
		break;
	}
	return lease;
}

/* Inserts if `grow`, otherwise deletes; now and then changes leases, or fails and rolls back. */
static void crowd_step(int family, bool grow)
{
	uint32_t i = (uint32_t)rand_below(CROWD);
	struct lease lease = crowd_lease(family, i);
	struct store_change v[2] = { { .kind = crowd[i].valid ? CHANGE_UPDATE : CHANGE_INSERT, .new = lease },
				     { .kind = CHANGE_DELETE, .addr = ip_from4(0x01020304) } };

	switch (rand_below(4)) {
	case 0:
		ck_assert_int_eq(apply(store, v, 2), CHANGE_GONE);
		return;
	case 1:
		if (!crowd[i].valid)
			return;
		ck_assert_int_eq(update(store, &lease, 0), CHANGE_OK);
		crowd[i] = lease;
		return;
	default:
		if (grow == (crowd[i].valid != 0))
			return;
		ck_assert_int_eq(grow ? insert(store, &lease) : delete_addr(store, &lease.addr, 0), CHANGE_OK);
		crowd[i] = grow ? lease : (struct lease){ 0 };
	}
}

static bool crowd_matches(const struct lease_query *query, const struct lease *lease)
{
	bool here = query->n_subnets == 0;

	for (unsigned i = 0; i < query->n_subnets; i++)
		here |= query->subnets[i] == lease->subnet_id;
	return here && lease->type == query->type && lease->state != LEASE_REGISTERED &&
	       (!query->has_iaid || lease->iaid == query->iaid) && (!query->without_id || !lease->client_id.len);
}

static unsigned crowd_rank(const struct lease *lease, bool by_hwaddr)
{
	return (lease_is_in_use(lease) ? 0 : 2) + (by_hwaddr && lease->client_id.len ? 1 : 0);
}

static void crowd_check(int family)
{
	static const uint32_t subnets[] = { 1, 3, 4, 99 };
	bool by_hwaddr = rand_below(2), has_iaid = family && rand_below(4);
	struct lease_query query = { .by = by_hwaddr ? BY_HWADDR : BY_CLIENT_ID, .hwtype = 1 };
	unsigned want = 0, all = 0, first = (unsigned)rand_below(4), n;
	struct lease out[CROWD];

	query.type = family ? (rand_below(2) ? LEASE_PD : LEASE_NA) : LEASE_V4;
	query.id = by_hwaddr ? crowd_lease(family, 0).hwaddr : bytes_of("id-A", 4);
	query.subnets = &subnets[first];
	query.n_subnets = (unsigned)rand_below(5 - first);
	query.has_iaid = has_iaid && !by_hwaddr;
	query.iaid = (uint32_t)rand_below(4);
	query.without_id = by_hwaddr && !family && rand_below(2);
	for (unsigned i = 0; i < CROWD; i++) {
		if (!crowd[i].valid || (!by_hwaddr && !bytes_equal(crowd[i].client_id, query.id)))
			continue;
		all++;
		want += crowd_matches(&query, &crowd[i]);
	}
	n = (unsigned)store_find_wait(store, &query, arena, out, CROWD);
	ck_assert_uint_eq(n, want);
	ck_assert_uint_eq(query.n_client, all);
	for (unsigned i = 0; i < n; i++) {
		ck_assert(crowd_matches(&query, &out[i]));
		ck_assert_uint_ge(crowd_rank(&out[i], by_hwaddr), i ? crowd_rank(&out[i - 1], by_hwaddr) : 0);
		for (unsigned k = 0; k < i; k++)
			ck_assert(!ip_equal(&out[i].addr, &out[k].addr));
	}
	/* the best ones, if not all of them fit */
	ck_assert_int_eq(store_find_wait(store, &query, arena, out, 2), want < 2 ? (int)want : 2);
	ck_assert_int_eq(store_find_wait(store, &query, arena, NULL, 0), 0);
	ck_assert_uint_eq(query.n_client, all);
}

/* Compared with a plain array, with lists that grow long and short again. */
static void run_crowd(int family)
{
	unsigned steps = kind == ON_DISK || kind == PGSQL || kind == MYSQL ? 700 : 6000;

	rand_seed(11);
	memset(crowd, 0, sizeof(crowd));
	for (unsigned step = 0; step < steps; step++) {
		arena_reset(arena);
		crowd_step(family, step / 300 % 2 == 0);
		crowd_check(family);
	}
}

STORE_TEST(one_client4)
run_crowd(0);
STORE_END

STORE_TEST(one_client6)
store_close(store);
(void)unlink(tmp.path);
open_kind(1);
run_crowd(1);
STORE_END

/* What a test double must be able to do. */
static unsigned n_done;
static struct store_txn *order[4];

static void note_done(struct store_txn *txn, uint64_t ticket)
{
	(void)ticket;
	order[n_done++] = txn;
}

START_TEST(fake_answers_as_told)
{
	struct store_change v[3];
	struct store_txn txn[3];
	struct lease got;

	setup(FAKE);
	n_done = 0;
	fake_store_hold(store, true);
	for (uint32_t i = 0; i < 3; i++) {
		v[i] = (struct store_change){ .kind = CHANGE_INSERT, .new = test_lease(1, 1000) };
		v[i].new.addr = ip_from4(0x0a000001 + i);
		txn[i] = (struct store_txn){ .v = &v[i], .n = 1, .done = note_done };
		ck_assert_int_eq(store_apply(store, &txn[i]), 0);
	}
	ck_assert_uint_eq(n_done, 0);
	ck_assert_int_eq(get(store, arena, &v[0].new.addr, &got), 0);
	fake_store_answer(store, 2, CHANGE_OK);
	fake_store_answer(store, 0, CHANGE_CONFLICT);
	fake_store_answer_all(store, true);
	ck_assert_uint_eq(n_done, 3);
	ck_assert_ptr_eq(order[0], &txn[2]);
	ck_assert_ptr_eq(order[1], &txn[0]);
	ck_assert_ptr_eq(order[2], &txn[1]);
	ck_assert_int_eq(txn[0].result, CHANGE_CONFLICT);
	ck_assert_int_eq(get(store, arena, &v[0].new.addr, &got), 0);
	ck_assert_int_eq(get(store, arena, &v[2].new.addr, &got), 1);
	fake_store_hold(store, false);
	fake_store_fail_next(store, 1, CHANGE_FAILED);
	ck_assert_int_eq(insert(store, &v[0].new), CHANGE_FAILED);
	fake_store_put(store, &v[0].new);
	ck_assert_int_eq(insert(store, &v[0].new), CHANGE_CONFLICT);
	fake_store_busy_next(store, 1);
	ck_assert_int_eq(store_apply(store, &txn[0]), -E_BUSY);
	teardown();
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("store");

	tcase_set_timeout(tc, kinds_first() == IN_MEMORY ? 60 : 300);
	EACH_KIND(tc, insert_find_update_delete);
	EACH_KIND(tc, find_by_client);
	EACH_KIND(tc, all_or_none);
	EACH_KIND(tc, refused_leases);
	EACH_KIND(tc, watch_and_counts);
	EACH_KIND(tc, one_lease_of_any_type_at_an_address);
	EACH_KIND(tc, expiry_order);
	EACH_KIND(tc, model);
	/* the test double is not thread-safe */
	tcase_add_loop_test(tc, threads, kinds_first(), kinds_first() == IN_MEMORY ? FAKE : KINDS);
	EACH_KIND(tc, v6_leases);
	EACH_KIND(tc, one_client4);
	EACH_KIND(tc, one_client6);
	if (kinds_first() == IN_MEMORY)
		tcase_add_test(tc, fake_answers_as_told);
	return suite_run(tc);
}
