/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The CPU time of single components, in nanoseconds per operation: codec, expressions, subnet selection, free
 * addresses, pipeline, journal, reading lease files.
 *	micro [--quick] [NAME...]	--quick: a few operations each, to see that it works
 *	micro --list	the names
 * A NAME selects the row with this name, or else all rows that begin with it.
 * Files are created in the current directory.
 */
#include "serve.h"

#include "alloc/freemap.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "eval/expr.h"
#include "json/diag.h"
#include "lease/load.h"
#include "lease/store.h"
#include "log/log.h"
#include "subnet/subnet.h"
#include "wire/packet4.h"
#include "wire/packet6.h"

#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#define LEASE_FILE "micro-leases.csv"
#define MAP (1u << 20)
#define WINDOW 256u
#define ROWS 100000u

static struct arena *arena; /* lives as long as the program */
static bool quick;

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

/* The address with this number in 10.0.0.0/8. */
static struct ip address(uint64_t i)
{
	return ip_from4(0x0a000000 + (uint32_t)i);
}

/* --- codec --- */

static uint8_t message[65000];
static size_t message_len;
static struct arena *scratch; /* for one message */
static struct packet4 parsed4;
static struct packet6 parsed6;

/* A relayed DHCPACK as sent by servers. */
static void prepare4(void)
{
	static const uint8_t options[] = { 0x63, 0x82, 0x53, 0x63, 53,  1,   5,   54,  4,   192, 0,  2, 1, 51, 4,
					   0,    0,    14,   16,   58,  4,   0,   0,   7,   8,   59, 4, 0, 0,  12,
					   78,   1,    4,    255,  255, 255, 0,   3,   4,   192, 0,  2, 1, 6,  8,
					   192,  0,    2,    53,   192, 0,   2,   54,  61,  7,   1,  2, 0, 0,  0,
					   0,    1,    82,   6,    1,   4,   'e', 't', 'h', '0', 255 };
	const char *why;

	memset(message, 0, sizeof(message));
	memcpy(message, (const uint8_t[]){ 2, 1, 6, 1, 0x12, 0x34, 0x56, 0x78 }, 8);
	memcpy(message + 24, (const uint8_t[]){ 192, 0, 2, 1, 2, 0, 0, 0, 0, 1 }, 10);
	memcpy(message + PACKET4_HEADER, options, sizeof(options));
	message_len = PACKET4_HEADER + sizeof(options);
	if (packet4_parse(bytes_of(message, message_len), arena, &parsed4, &why) < 0)
		abort();
}

static void parse4(uint64_t n)
{
	struct packet4 pkt;
	const char *why;

	while (n--) {
		arena_reset(scratch);
		if (packet4_parse(bytes_of(message, message_len), scratch, &pkt, &why) < 0)
			abort();
	}
}

static void build4(uint64_t n)
{
	uint8_t out[1024];

	while (n--)
		if (packet4_write(&parsed4, &(struct packet4_limits){ 1500, 1500 }, out, sizeof(out), NULL) <
		    PACKET4_MIN)
			abort();
}

/* A REQUEST for an address, relayed once. */
static void prepare6(void)
{
	struct writer w = writer_init(message, sizeof(message));
	static const uint8_t duid[] = { 0, 3, 0, 1, 2, 0, 0, 0, 0, 1 };
	static const uint8_t request[] = { 3,  1, 2, 3, 0, 8, 0, 2, 0, 0, 0, 6, 0, 4, 0, 23, 0,  24,   0, 3,   0,
					   40, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0,  24, 0x20, 1, 0xd, 0xb8,
					   0,  0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0,  0,  0,    0, 0 };
	const char *why;

	write_u8(&w, DHCP6_RELAY_FORW);
	write_u8(&w, 0);
	for (int i = 0; i < 2; i++)
		write_bytes(&w, (const uint8_t[16]){ 0x20, 1, 0xd, 0xb8, [15] = 2 }, 16);
	write_u16(&w, 9);
	write_u16(&w, sizeof(request) + 2 * (4 + sizeof(duid)));
	write_bytes(&w, request, sizeof(request));
	for (uint16_t code = 1; code <= 2; code++) {
		write_u16(&w, code);
		write_u16(&w, sizeof(duid));
		write_bytes(&w, duid, sizeof(duid));
	}
	message_len = writer_len(&w);
	if (packet6_parse(bytes_of(message, message_len), arena, &parsed6, &why) < 0)
		abort();
}

static void parse6(uint64_t n)
{
	struct packet6 pkt;
	const char *why;

	while (n--) {
		arena_reset(scratch);
		if (packet6_parse(bytes_of(message, message_len), scratch, &pkt, &why) < 0)
			abort();
	}
}

static void build6(uint64_t n)
{
	uint8_t out[1024];

	while (n--)
		if (packet6_write(&parsed6, out, sizeof(out), NULL) < 0)
			abort();
}

/* As large as a datagram can be, with as many options as are accepted. */
static void prepare6_large(void)
{
	struct writer w = writer_init(message, sizeof(message));
	const char *why;

	write_u32(&w, DHCP6_SOLICIT << 24 | 0x123456);
	for (unsigned i = 0; i < PACKET6_OPTS_MAX; i++) {
		write_u16(&w, (uint16_t)(1000 + i));
		write_u16(&w, 11);
		write_bytes(&w, "abcdefghijk", 11);
	}
	message_len = writer_len(&w);
	if (packet6_parse(bytes_of(message, message_len), arena, &parsed6, &why) < 0)
		abort();
}

/* --- expressions --- */

enum { TESTS = 64 };

static const struct eval_expr *tests[TESTS];
static struct eval_scratch *eval_scratch;

/* Tests typical of boot configurations; over a DISCOVER from a PXE client. */
static void prepare_tests(void)
{
	static const char *const texts[] = { "substring(option[60].hex, 0, 9) == 'PXEClient'",
					     "option[77].hex == 'iPXE'", "option[93].hex == 0x0007",
					     "option[60].hex == 'MSFT 5.0' and not option[82].exists" };
	static const uint8_t options[] = { 0x63, 0x82, 0x53, 0x63, 53,  1,   1,   55,  5,   1,   3,   6,   43,
					   60,   57,   2,    5,    192, 93,  2,   0,   7,   94,  3,   1,   3,
					   16,   60,   32,   'P',  'X', 'E', 'C', 'l', 'i', 'e', 'n', 't', ':',
					   'A',  'r',  'c',  'h',  ':', '0', '0', '0', '0', '7', ':', 'U', 'N',
					   'D',  'I',  ':',  '0',  '0', '3', '0', '0', '1', 255 };
	struct eval_env env = { .digit = 4, .dict = dict_new(arena, 0), .arena = arena, .diag = diag_new() };
	const char *why;

	memset(message, 0, sizeof(message));
	memcpy(message, (const uint8_t[]){ 1, 1, 6, 0, 0x12, 0x34, 0x56, 0x78 }, 8);
	memcpy(message + PACKET4_HEADER, options, sizeof(options));
	if (packet4_parse(bytes_of(message, PACKET4_HEADER + sizeof(options)), arena, &parsed4, &why) < 0)
		abort();
	for (unsigned i = 0; i < TESTS; i++) {
		struct json_object *text = json_object_new_string(texts[i % 4]);

		tests[i] = eval_compile(&env, text, EVAL_BOOL);
		json_object_put(text);
		if (!tests[i])
			abort();
	}
	diag_free(env.diag);
	eval_scratch = eval_scratch_new(false);
}

static void evaluate(uint64_t n)
{
	struct eval ev = { .q4 = &parsed4, .iface = "eth0", .scratch = eval_scratch };
	unsigned hits = 0;

	for (uint64_t left = n; left--;) {
		eval_begin(&ev);
		for (unsigned i = 0; i < TESTS; i++)
			hits += eval_test(tests[i], &ev);
	}
	if (hits != n * TESTS / 2)
		abort();
}

static const struct eval_expr *limited;

/* An expression that a large packet makes as expensive as the limit permits. */
static void prepare_limit(const char *text)
{
	struct eval_env env = { .digit = 6, .dict = dict_new(arena, 1), .arena = arena, .diag = diag_new() };
	struct json_object *value = json_object_new_string(text);

	limited = eval_compile(&env, value, EVAL_BOOL);
	json_object_put(value);
	diag_free(env.diag);
	if (!limited)
		abort();
	eval_scratch = eval_scratch_new(true);
}

static void prepare_text_limit(const char *text, size_t len)
{
	static uint8_t letters[60000];

	memset(letters, 'a', sizeof(letters));
	prepare_limit(text);
	opts_init(&parsed6.opts, arena);
	if (opts_add(&parsed6.opts, 4000, bytes_of(letters, len)) < 0)
		abort();
}

static void prepare_split_limit(void)
{
	prepare_text_limit("split(option[4000].hex, '.', 60000) == 'x'", 60000);
}

static void prepare_match_limit(void)
{
	prepare_text_limit("match('(a|aa)+[xy]', option[4000].hex)", 1000);
}

/* Two codes that share a slot of the cache. */
static void prepare_search_limit(void)
{
	prepare6_large();
	prepare_limit("option[64].exists or option[128].exists");
}

static void evaluate_limit(uint64_t n)
{
	struct eval ev = { .q6 = &parsed6, .iface = "eth0", .scratch = eval_scratch };

	while (n--) {
		eval_begin(&ev);
		while (!ev.is_exceeded)
			(void)eval_test(limited, &ev);
	}
}

static void free_tests(void)
{
	eval_scratch_free(eval_scratch);
}

/* --- subnet selection --- */

static struct plan plan;

static void prepare_plan(size_t n)
{
	plan = (struct plan){ .n = n };
	plan.subs = arena_new_array(arena, struct subnet, n);
	for (size_t i = 0; i < n; i++) {
		plan.subs[i].id = (uint32_t)i + 1;
		plan.subs[i].iface = "";
		plan.subs[i].prefix = (struct prefix){ .addr = address(256 * i), .len = 24 };
	}
	plan_index(&plan, arena);
}

static void prepare_one(void)
{
	prepare_plan(1);
}

static void prepare_many(void)
{
	prepare_plan(10000);
}

static void choose(uint64_t n)
{
	struct select_query query = { .has_relay = true, .iface = "eth0" };

	while (n--) {
		query.relay_addr = address(256 * rand_below(plan.n) + 1);
		if (!subnet_select(&plan, &query))
			abort();
	}
}

/* --- free addresses --- */

static struct freemap *map;

/* Makes a map with this many free addresses at random positions. */
static void prepare_map(uint64_t n_free)
{
	freemap_free(map);
	map = freemap_new(MAP);
	for (uint64_t i = 0; i < MAP && n_free < MAP; i++)
		(void)freemap_set(map, i, false);
	while (freemap_count(map) < n_free)
		(void)freemap_set(map, rand_below(MAP), true);
}

static void prepare_empty(void)
{
	prepare_map(MAP);
}

static void prepare_nearly_full(void)
{
	prepare_map(MAP / 1000);
}

static void prepare_full(void)
{
	prepare_map(0);
}

/* Takes a free one after a random position, and returns it, so that the map stays equally full. */
static void pick(uint64_t n)
{
	while (n--) {
		uint64_t i = freemap_next(map, rand_below(MAP));

		if (i != FREEMAP_NONE) {
			(void)freemap_set(map, i, false);
			(void)freemap_set(map, i, true);
		}
	}
}

/* --- journal --- */

static struct store *store;
static sem_t room;
static struct slot {
	struct store_txn txn;
	struct store_change change;
	uint8_t hw[6], id[7];
} * slots;

static void remove_files(void)
{
	(void)unlink(LEASE_FILE);
	(void)unlink(LEASE_FILE ".lock");
}

static void open_store(bool sync)
{
	char *path, *folder = getcwd(NULL, 0), *err = NULL;
	struct store_conf conf = { .type = "memfile", .persist = true, .sync = sync };

	path = folder ? xmalloc(strlen(folder) + sizeof("/" LEASE_FILE)) : NULL;
	if (!path)
		abort();
	(void)snprintf(path, strlen(folder) + sizeof("/" LEASE_FILE), "%s/%s", folder, LEASE_FILE);
	conf.path = path;
	if (store_open(&conf, &store, &err) < 0) {
		fprintf(stderr, "micro: %s\n", err ? err : "the store cannot be opened");
		exit(1);
	}
	free(path);
	free(folder);
}

static void done(struct store_txn *txn, uint64_t ticket)
{
	(void)ticket;
	if (txn->result != CHANGE_OK)
		abort();
	((struct slot *)txn->owner)->txn.n = 0;
	(void)sem_post(&room);
}

static void prepare_journal(bool sync)
{
	remove_files();
	open_store(sync);
	(void)sem_init(&room, 0, WINDOW);
	if (!slots)
		slots = xcalloc(WINDOW, sizeof(*slots));
}

static void prepare_synced(void)
{
	prepare_journal(true);
}

static void prepare_unsynced(void)
{
	prepare_journal(false);
}

static void close_store(void)
{
	for (unsigned i = 0; i < WINDOW; i++)
		while (sem_wait(&room) < 0)
			;
	(void)sem_destroy(&room);
	store_close(store);
	remove_files();
}

static struct lease lease_of(struct slot *slot, uint32_t i)
{
	struct lease lease = {
		.addr = address(i),
		.prefix_len = 32,
		.type = LEASE_V4,
		.hwtype = 1,
		.subnet_id = 1,
		.hostname = "",
		.hwaddr = bytes_of(slot->hw, sizeof(slot->hw)),
		.client_id = bytes_of(slot->id, sizeof(slot->id)),
	};

	for (unsigned b = 0; b < 4; b++)
		slot->hw[2 + b] = slot->id[3 + b] = (uint8_t)(i >> (24 - 8 * b));
	slot->id[0] = 1;
	lease_start(&lease, 3600);
	return lease;
}

/* New leases, up to WINDOW pending at once: they share writes and syncs. */
static void journal(uint64_t n)
{
	static uint32_t next;

	while (n--) {
		struct slot *slot = slots;

		while (sem_wait(&room) < 0)
			;
		while (__atomic_load_n(&slot->txn.n, __ATOMIC_ACQUIRE))
			slot++;
		slot->change = (struct store_change){ .kind = CHANGE_INSERT, .new = lease_of(slot, next++) };
		slot->txn = (struct store_txn){ .v = &slot->change, .n = 1, .done = done, .owner = slot };
		if (store_apply(store, &slot->txn) < 0)
			abort();
	}
}

/* --- reading lease files --- */

static char *file_text;
static size_t file_len;

static void prepare_text(void)
{
	static struct slot slot;
	char *p;

	free(file_text);
	file_text = p = xmalloc(CSV_HEADER_MAX + ROWS * 256);
	p += csv_write_header(0, p);
	for (uint32_t i = 0; i < ROWS; i++) {
		struct lease lease = lease_of(&slot, i);

		p = csv_write_row(0, &lease, false, p);
	}
	file_len = (size_t)(p - file_text);
}

static void ignore(void *ctx, const struct lease_row *row)
{
	(void)row;
	++*(uint64_t *)ctx;
}

static void read_text(uint64_t n)
{
	for (uint64_t done_rows = 0; done_rows < n;) {
		struct load_result result;
		const char *why;

		if (load_text(file_text, file_len, 0, ignore, &done_rows, &result, &why) < 0)
			abort();
	}
}

static void prepare_file(void)
{
	FILE *f;

	prepare_text();
	remove_files();
	f = fopen(LEASE_FILE, "we");
	if (!f || fwrite(file_text, 1, file_len, f) != file_len || fclose(f)) {
		perror("micro: " LEASE_FILE);
		exit(1);
	}
}

static void load(uint64_t n)
{
	for (uint64_t rows = 0; rows < n; rows += ROWS) {
		open_store(true);
		store_close(store);
	}
}

/* --- the table --- */

static const struct row {
	const char *name, *what;
	void (*prepare)(void);
	void (*run)(uint64_t n);
	void (*clean)(void); /* NULL */
	uint64_t unit;       /* minimum number of operations; 0: 1 */
} rows[] = {
	{ "codec-parse4", "DHCPACK with ten options, relayed", prepare4, parse4, NULL, 0 },
	{ "codec-build4", "the same", prepare4, build4, NULL, 0 },
	{ "codec-parse6", "REQUEST in a relay's envelope", prepare6, parse6, NULL, 0 },
	{ "codec-build6", "the same", prepare6, build6, NULL, 0 },
	{ "codec-parse6-64k", "SOLICIT of 61 KB with 4,096 options", prepare6_large, parse6, NULL, 0 },
	{ "choose-1", "by the relay's address, of one subnet", prepare_one, choose, NULL, 0 },
	{ "choose-10000", "of 10,000", prepare_many, choose, NULL, 0 },
	{ "pick-0", "2^20 addresses, all free", prepare_empty, pick, NULL, 0 },
	{ "pick-99.9", "2^20 addresses, 99.9 % held", prepare_nearly_full, pick, NULL, 0 },
	{ "pick-100", "2^20 addresses, none free", prepare_full, pick, NULL, 0 },
	{ "eval-64", "64 tests of options 60, 77, 93 and 82 over a packet", prepare_tests, evaluate, free_tests, 0 },
	{ "eval-limit-split", "a packet of 64 KB that exceeds the limit", prepare_split_limit, evaluate_limit,
	  free_tests, 0 },
	{ "eval-limit-match", "the same, by backtracking", prepare_match_limit, evaluate_limit, free_tests, 0 },
	{ "eval-limit-search", "the same, by searching among 4,096 options", prepare_search_limit, evaluate_limit,
	  free_tests, 0 },
	{ "serve-new", "DISCOVER and REQUEST through the pipeline, leases in memory only", serve_prepare4, serve_new,
	  serve_close, 0 },
	{ "serve-new-hosts", "the same, and 100,000 reservations of others", serve_prepare_hosts4, serve_new,
	  serve_close, 0 },
	{ "serve-new-reserved", "the same, of these clients", serve_prepare_reserved4, serve_new, serve_close, 0 },
	{ "serve-renew", "REQUEST, one of 100,000 clients after the other", serve_prepare_leases4, serve_renew,
	  serve_close, 0 },
	{ "serve-renew-hosts", "the same, and 100,000 reservations of others", serve_prepare_leases_hosts4, serve_renew,
	  serve_close, 0 },
	{ "serve-new6", "SOLICIT and REQUEST", serve_prepare6, serve_new, serve_close, 0 },
	{ "serve-new6-hosts", "the same, and 100,000 reservations of others", serve_prepare_hosts6, serve_new,
	  serve_close, 0 },
	{ "serve-new6-reserved", "the same, of these clients", serve_prepare_reserved6, serve_new, serve_close, 0 },
	{ "serve-renew6", "RENEW, one of 100,000 clients after the other", serve_prepare_leases6, serve_renew,
	  serve_close, 0 },
	{ "serve-renew6-hosts", "the same, and 100,000 reservations of others", serve_prepare_leases_hosts6,
	  serve_renew, serve_close, 0 },
	{ "serve-boot", "as serve-new, with options 60, 77 and 93", serve_prepare_boot, serve_new, serve_close, 0 },
	{ "serve-boot-classes", "the same, and 64 classes that test these", serve_prepare_classes, serve_new,
	  serve_close, 0 },
	{ "serve-boot-no-member", "the same, 64 classes without members", serve_prepare_no_member, serve_new,
	  serve_close, 0 },
	{ "serve-new-idle", "as serve-new, with a hook library that does nothing at four points", serve_prepare_idle4,
	  serve_new, serve_close, 0 },
	{ "serve-new6-idle", "the same for serve-new6", serve_prepare_idle6, serve_new, serve_close, 0 },
	{ "journal-group", "new leases, 256 under way, each on disk", prepare_synced, journal, close_store, 0 },
	{ "journal-none", "the same, written and not synced", prepare_unsynced, journal, close_store, 0 },
	{ "csv-read", "rows of a lease file in memory", prepare_text, read_text, NULL, ROWS },
	{ "csv-load", "rows into the lease table, a start and stop", prepare_file, load, remove_files, ROWS },
};

static void measure(const struct row *row)
{
	uint64_t n = row->unit ? row->unit : 1000, begun, ns;
	struct timespec wall[2];

	row->prepare();
	if (!quick) /* warms up caches and memory */
		row->run(n);
	for (;;) {
		(void)clock_gettime(CLOCK_MONOTONIC, &wall[0]);
		begun = cpu_ns();
		row->run(n);
		ns = cpu_ns() - begun;
		(void)clock_gettime(CLOCK_MONOTONIC, &wall[1]);
		if (quick || ns > 200000000)
			break;
		n *= ns < 20000000 ? 8 : 2;
	}
	if (row->clean)
		row->clean();
	printf("%-20s %9.1f ns/op  %10.0f op/s  %s\n", row->name, (double)ns / (double)n,
	       (double)n /
		       ((double)(wall[1].tv_sec - wall[0].tv_sec) + (double)(wall[1].tv_nsec - wall[0].tv_nsec) / 1e9),
	       row->what);
	(void)fflush(stdout);
}

static bool is_row(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0)
			return true;
	return false;
}

static bool is_wanted(const char *name, int n, char **wanted)
{
	for (int i = 0; i < n; i++)
		if (is_row(wanted[i]) ? strcmp(name, wanted[i]) == 0 : strncmp(name, wanted[i], strlen(wanted[i])) == 0)
			return true;
	return !n;
}

int main(int argc, char **argv)
{
	unsigned done_rows = 0;

	if (argc > 1 && strcmp(argv[1], "--quick") == 0) {
		quick = serve_quick = true;
		hash_seed(1); /* the same instructions in every run */
		argc--;
		argv++;
	}
	if (argc > 1 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			puts(rows[i].name);
		return 0;
	}
	for (unsigned i = 0; i < log_all_n; i++)
		log_all[i]->enabled = 0;
	arena = arena_new(0);
	scratch = arena_new(0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_wanted(rows[i].name, argc - 1, argv + 1)) {
			measure(&rows[i]);
			done_rows++;
		}
	freemap_free(map);
	free(slots);
	free(file_text);
	arena_free(scratch);
	arena_free(arena);
	return done_rows ? 0 : 2;
}
