/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Traced clients: all lines about their messages are logged, from their arrival on, and no debug line about others;
 * until the trace ends. Their number is bounded.
 */
#include "../suite.h"

#include "../../serving.h"

#include "base/clock.h"
#include "json/diag.h"
#include "log/config.h"
#include "log/log.h"
#include "serve/client_trace.h"
#include "serve/family.h"
#include "serve/server.h"
#include "wire/ia6.h"

#include <stdio.h>
#include <unistd.h>

static struct server srv;
static struct leasedb *db;
static char path[] = "/tmp/kea-test-trace-XXXXXX";

static unsigned nowhere(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	(void)engine;
	(void)v;
	return n;
}

static const struct io_ops ops = { .send = nowhere };
static struct io_engine engine = { .ops = &ops };

static void begin(const struct family *fam, const char *text)
{
	const struct log_output output = { .kind = LOG_TO_FILE, .target = path, .pattern = "%p %m\n" };
	const struct log_logger root = { .name = "test", .severity = LOG_WARN, .outputs = &output, .n_outputs = 1 };
	struct store_conf conf = { .type = "memfile", .family = (int)fam->idx };
	struct store *store = NULL;
	struct diag *diag = NULL;
	struct config *cfg = NULL;
	struct live *live;
	const char *why;

	(void)close(mkstemp(path));
	ck_assert_int_eq(log_start("test"), 0);
	ck_assert_int_eq(log_configure(&(struct log_conf){ &root, 1 }, &why), 0);
	ck_assert_int_eq(config_load_text("test", text, strlen(text), fam->digit, 0, &diag, &cfg), 0);
	diag_free(diag);
	ck_assert_int_eq(store_open(&conf, &store, NULL), 0);
	db = leasedb_new(store);
	server_init(&srv, fam, 1, 4);
	(void)duid_parse("00:03:00:01:aa:bb:cc:dd:ee:ff", &srv.duid);
	srv.workers[0].engine = &engine;
	live = live_new(&srv, db, cfg);
	live->unused = live_free;
	server_enter(&srv, live);
	serve_worker_switch(&srv.workers[0], live);
}

static void end(void)
{
	server_done(&srv);
	leasedb_leave(db);
	log_stop();
	(void)unlink(path);
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
}

/* Returns how many lines have the text, and forgets all lines. */
static unsigned n_lines(const char *level, const char *text)
{
	char line[8192];
	unsigned n = 0;
	FILE *file;

	log_flush();
	file = fopen(path, "r+");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		n += !strncmp(line, level, strlen(level)) && strstr(line, text) != NULL;
	fclose(file);
	return n;
}

static void deliver(struct dgram *in)
{
	serve_worker_batch(&srv.workers[0], in, 1);
	serve_worker_flush(&srv.workers[0]);
	ck_assert_uint_eq(atomic_load(&srv.workers[0].n_busy), 0);
}

static void discover(uint8_t last)
{
	uint8_t mac[6] = { 2, 0, 0, 0, 0, last }, buf[512], id[3] = { 7, 7, last };
	struct query4 q = { .type = DHCP4_DISCOVER, .chaddr = mac, .xid = last, .client_id = bytes_of(id, 3) };
	struct dgram in = query4_write(&q, 0xc0000201, buf);

	deliver(&in);
}

static void solicit(uint8_t last)
{
	uint8_t duid[] = { 0, 3, 0, 1, 2, 0, 0, 0, 0, last }, buf[512];
	struct packet6 pkt = { .type = DHCP6_SOLICIT, .xid = last };
	struct arena *arena = arena_new(0);
	struct ia6_builder b;
	struct dgram in = {
		.buf = buf, .size = sizeof(buf), .sport = 546, .dport = 547, .ifindex = 1, .ifname = "eth0"
	};

	opts_init(&pkt.opts, arena);
	(void)opts_add(&pkt.opts, OPT6_CLIENTID, bytes_of(duid, sizeof(duid)));
	(void)ia6_builder_init(&b, &pkt.opts, 64);
	ia6_open(&b, OPT6_IA_NA, 1, 0, 0);
	(void)ia6_close(&b);
	in.len = (uint32_t)packet6_write(&pkt, buf, sizeof(buf), NULL);
	(void)ip_parse("ff02::1:2", &in.dst);
	(void)ip_parse("fe80::2", &in.src);
	(void)ip_parse("fe80::1", &in.local);
	deliver(&in);
	arena_free(arena);
}

#define SUBNET4                                                                                              \
	"{ \"Dhcp4\": { \"subnet4\": [ { \"id\": 1, \"subnet\": \"192.0.2.0/24\", \"pools\": [ { \"pool\": " \
	"\"192.0.2.10-192.0.2.90\" } ] } ] } }"
#define SUBNET6                                                                                               \
	"{ \"Dhcp6\": { \"subnet6\": [ { \"id\": 1, \"subnet\": \"2001:db8::/64\", \"interface\": \"eth0\", " \
	"\"pools\": "                                                                                         \
	"[ { \"pool\": \"2001:db8::/80\" } ] } ] } }"

START_TEST(lines)
{
	bool is4 = _i == 0;
	void (*const send)(uint8_t last) = is4 ? discover : solicit;
	uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 }, id[3] = { 7, 7, 1 }, duid[] = { 0, 3, 0, 1, 2, 0, 0, 0, 0, 1 };
	struct bytes who = is4 ? bytes_of(id, 3) : bytes_of(duid, sizeof(duid));
	struct client_trace ended;
	unsigned n;

	begin(is4 ? &family4 : &family6, is4 ? SUBNET4 : SUBNET6);
	send(1);
	ck_assert_uint_eq(n_lines("DEBUG", ""), 0);
	for (unsigned by = 0; by < 2; by++) {
		struct bytes client = by ? who : bytes_of(mac, 6);
		unsigned before = n_lines("DEBUG", ""), arrived = n_lines("DEBUG", "_BUFFER_RECEIVED");

		ck_assert_int_eq(client_traces_add(srv.traces, by ? TRACE_BY_ID : TRACE_BY_HWADDR, client, 5000), 0);
		ck_assert(log_has_traces());
		/* Another client. */
		send(2);
		ck_assert_uint_eq(n_lines("DEBUG", ""), before);
		send(1);
		n = n_lines("DEBUG", "") - before;
		ck_assert_uint_gt(n, 5);
		ck_assert_uint_eq(n_lines("DEBUG", "_BUFFER_RECEIVED"), arrived + 1);
		/* Below the severity of the loggers, INFO counts, too. */
		ck_assert_uint_gt(n_lines("INFO", "tid=0x1"), 0);
		ck_assert_uint_eq(n_lines("", "tid=0x2"), 0);
		send(2);
		ck_assert_uint_eq(n_lines("DEBUG", ""), before + n);
		/* The logger's own level stays, and a trace ends. */
		ck_assert(!client_traces_expire(srv.traces, 4999, &ended));
		ck_assert(client_traces_expire(srv.traces, 5000, &ended));
		ck_assert(!log_has_traces() && !log_debugs());
		send(1);
		ck_assert_uint_eq(n_lines("DEBUG", ""), before + n);
	}
	end();
}
END_TEST

START_TEST(bounds)
{
	struct client_trace v[CLIENT_TRACES_MAX];
	uint8_t id[CLIENT_TRACE_ID_MAX + 1] = { 0 };

	begin(&family4, SUBNET4);
	ck_assert_int_lt(client_traces_add(srv.traces, TRACE_BY_ID, bytes_of(id, 0), 1), 0);
	ck_assert_int_lt(client_traces_add(srv.traces, TRACE_BY_ID, bytes_of(id, sizeof(id)), 1), 0);
	for (unsigned i = 0; i < CLIENT_TRACES_MAX; i++) {
		id[0] = (uint8_t)i;
		ck_assert_int_eq(client_traces_add(srv.traces, TRACE_BY_ID, bytes_of(id, 255), i), 0);
	}
	ck_assert_int_lt(client_traces_add(srv.traces, TRACE_BY_HWADDR, bytes_of(id, 255), 1), 0);
	ck_assert_int_eq(client_traces_add(srv.traces, TRACE_BY_ID, bytes_of(id, 255), 99), 0);
	ck_assert_uint_eq(client_traces_list(srv.traces, v), CLIENT_TRACES_MAX);
	ck_assert(!client_traces_remove(srv.traces, TRACE_BY_HWADDR, bytes_of(id, 255)));
	for (unsigned i = 0; i < CLIENT_TRACES_MAX; i++) {
		ck_assert(log_has_traces());
		id[0] = (uint8_t)i;
		ck_assert(client_traces_remove(srv.traces, TRACE_BY_ID, bytes_of(id, 255)));
	}
	ck_assert(!log_has_traces());
	/* Messages that are not valid. */
	ck_assert_int_eq(client_traces_add(srv.traces, TRACE_BY_ID, bytes_of(id, 1), 1), 0);
	deliver(&(struct dgram){ .buf = id, .size = 3, .len = 3, .src = ip_zero4, .dst = ip_zero4, .local = ip_zero4 });
	end();
	ck_assert(!log_has_traces());
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("client_trace");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, lines, 0, 2);
	tcase_add_test(tc, bounds);
	return suite_run(tc);
}
