/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Plays scenarios against the real pipeline: a fake engine takes the answers, the clocks are
 * virtual, the store is memfile in memory or the double that answers late and wrong.
 *
 * A scenario is lines (# starts a comment):
 *
 *	config                     the configuration, up to a line "end"; also reloads
 *	store memory|double        before the first config; memory is the default
 *	send TYPE KEY=VALUE...     a message arrives
 *	expect TYPE KEY=VALUE...   the next answer, and what it must hold
 *	expect nothing             no answer is there
 *	hold / settle [reverse]    the double keeps, then gives, its answers
 *	fail N / conflict N / busy N   the double's next N transactions end so
 *	advance SECONDS            time passes; expired leases are reclaimed
 *	step-wall SECONDS          the wall clock alone is moved
 *	lease ADDRESS KEY=VALUE... what the store holds there; "lease ADDRESS none"
 *	stat NAME VALUE            a counter since the start of the scenario
 *
 * Keys of send: mac cid xid secs flags ciaddr giaddr want server prl life size rai iface local src
 * sport raw op hlen and opt.N=HEX. Of lease: state valid subnet mac cid name context. Of expect: yiaddr ciaddr siaddr giaddr dst port dstmac server life t1
 * t2 last flags file sname cid and opt.N=HEX, where "-" means absent.
 */
#include "base/clock.h"
#include "base/hash.h"
#include "fake_store.h"
#include "io/engine.h"
#include "log/log.h"
#include "serve/family.h"
#include "serve/reclaim.h"
#include "serve/server.h"

#define ANSWERS_MAX 256
#define WORDS_MAX 48

struct answer {
	struct dgram dgram;
	struct packet4 pkt;
	uint8_t buf[2048];
};

static struct {
	const char *file;
	unsigned line;
	struct server srv;
	bool running;
	struct live *live;
	struct store *store;
	bool use_double;
	struct reclaim *reclaim;
	struct stats *main_stats;
	struct arena *arena;
	struct answer answers[ANSWERS_MAX];
	unsigned n_answers, next_answer;
	int64_t stat_base[STAT_N];
} play;

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	va_list ap;

	printf("%s:%u: ", play.file, play.line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(1);
}

/* --- the fake engine ------------------------------------------------------- */

static unsigned fake_send(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	unsigned i;

	(void)engine;
	for (i = 0; i < n; i++) {
		struct answer *a = &play.answers[play.n_answers++];
		const char *why;

		if (play.n_answers == ANSWERS_MAX)
			fail("too many answers");
		a->dgram = *v[i];
		memcpy(a->buf, v[i]->buf, v[i]->len);
		a->dgram.buf = a->buf;
		if (packet4_parse(bytes_of(a->buf, v[i]->len), play.arena, &a->pkt, &why) < 0)
			fail("our answer does not parse: %s", why);
	}
	return n;
}

static const struct io_ops fake_ops = { .send = fake_send };
static struct io_engine fake_engine = { .ops = &fake_ops };

/* --- words ----------------------------------------------------------------- */

static char *words[WORDS_MAX];
static unsigned n_words;

static void split(char *line)
{
	char *save = NULL, *word;

	n_words = 0;
	for (word = strtok_r(line, " \t\n", &save); word; word = strtok_r(NULL, " \t\n", &save)) {
		if (word[0] == '#')
			break;
		if (n_words == WORDS_MAX)
			fail("too many words");
		words[n_words++] = word;
	}
}

static const char *value_of(const char *key)
{
	size_t len = strlen(key);
	unsigned i;

	for (i = 1; i < n_words; i++)
		if (!strncmp(words[i], key, len) && words[i][len] == '=')
			return words[i] + len + 1;
	return NULL;
}

static struct ip ip_of(const char *text)
{
	struct ip ip;

	if (ip_parse(text, &ip) < 0)
		fail("%s is not an address", text);
	return ip;
}

static struct bytes hex_of(const char *text)
{
	uint8_t buf[512];
	int n = hex_to_bytes(text, strlen(text), buf, sizeof(buf));

	if (n < 0)
		fail("%s is not hex", text);
	return bytes_of(arena_dup(play.arena, buf, (size_t)n), (size_t)n);
}

static uint32_t number_of(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (*end || !*text)
		fail("%s is not a number", text);
	return (uint32_t)n;
}

static struct bytes be32(uint32_t v)
{
	uint8_t buf[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	return bytes_of(arena_dup(play.arena, buf, 4), 4);
}

static uint8_t type_of(const char *name)
{
	static const struct {
		const char *name;
		uint8_t type;
	} types[] = {
		{ "discover", DHCP4_DISCOVER }, { "offer", DHCP4_OFFER },   { "request", DHCP4_REQUEST },
		{ "decline", DHCP4_DECLINE },	{ "ack", DHCP4_ACK },	    { "nak", DHCP4_NAK },
		{ "release", DHCP4_RELEASE },	{ "inform", DHCP4_INFORM }, { "bootp", 0 },
	};
	unsigned i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(name, types[i].name))
			return types[i].type;
	return (uint8_t)number_of(name);
}

/* --- the server ------------------------------------------------------------ */

static void pump(void)
{
	unsigned i;

	for (i = 0; i < 1000; i++) {
		struct serve_worker *w = &play.srv.workers[0];
		bool more;

		(void)pthread_mutex_lock(&w->lock);
		more = !list_is_empty(&w->resumed);
		(void)pthread_mutex_unlock(&w->lock);
		if (!more)
			return;
		serve_worker_resume(w);
		serve_worker_flush(w);
	}
	fail("the pipeline does not come to rest");
}

static void free_live(struct live *live)
{
	live_free(&play.srv, live);
}

static void watch(void *ctx, const struct ip *addr, enum lease_type type, bool in_use)
{
	(void)type;
	alloc_note(ctx, addr, in_use);
}

static void do_config(FILE *file)
{
	char path[] = "/tmp/kea-replay-XXXXXX";
	int fd = mkstemp(path), err;
	FILE *out = fdopen(fd, "w");
	struct config *cfg = NULL;
	struct diag *diag = NULL;
	struct live *live;
	char line[4096];

	while (fgets(line, sizeof(line), file)) {
		play.line++;
		if (!strncmp(line, "end", 3))
			break;
		fputs(line, out);
	}
	fclose(out);
	err = config_load_file(path, family4.digit, 0, &diag, &cfg);
	unlink(path);
	if (err < 0) {
		diag_print(diag, stdout, DIAG_TEXT);
		fail("the configuration is wrong");
	}
	diag_free(diag);
	if (!play.running) {
		struct store_conf conf = { .type = "memfile", .family = 0, .persist = false };
		char *why = NULL;

		if (play.use_double)
			play.store = fake_store_new(0);
		else if (store_open(&conf, &play.store, &why) < 0)
			fail("store: %s", why);
		server_init(&play.srv, &family4, play.store, 1, 64);
		play.srv.workers[0].engine = &fake_engine;
		store_watch(play.store, watch, play.srv.alloc);
		play.main_stats = stats_new();
		play.reclaim = reclaim_new(play.store, 0, play.main_stats);
		play.running = true;
	}
	live = live_new(&play.srv, cfg);
	live->unused = free_live;
	serve_worker_switch(&play.srv.workers[0], live);
	play.live = live;
}

static void do_send(void)
{
	struct packet4 pkt = { .op = BOOTREQUEST, .htype = 1, .hlen = 6, .xid = 1, .sname = "", .file = "" };
	struct dgram dgram = { .sport = 68, .dport = 67, .ifindex = 1, .ifname = "eth0", .raw_in = true };
	struct bytes mac = hex_of("02:00:00:00:00:01");
	uint8_t buf[2048];
	const char *v;
	unsigned i;
	int len;

	opts_init(&pkt.opts, play.arena);
	pkt.type = type_of(words[1]);
	dgram.local = ip_of("192.0.2.1");
	dgram.src = ip_zero4;
	dgram.dst = ip_of("255.255.255.255");
	if ((v = value_of("mac")))
		mac = hex_of(v);
	memcpy(pkt.chaddr, mac.data, mac.len > 16 ? 16 : mac.len);
	memcpy(dgram.src_mac, mac.data, mac.len > 6 ? 6 : mac.len);
	pkt.hlen = (uint8_t)mac.len;
	if ((v = value_of("hlen")))
		pkt.hlen = (uint8_t)number_of(v);
	if ((v = value_of("op")))
		pkt.op = (uint8_t)number_of(v);
	if ((v = value_of("xid")))
		pkt.xid = number_of(v);
	if ((v = value_of("secs")))
		pkt.secs = (uint16_t)number_of(v);
	if ((v = value_of("flags")))
		pkt.flags = !strcmp(v, "broadcast") ? 0x8000 : (uint16_t)number_of(v);
	if ((v = value_of("ciaddr"))) {
		struct ip ip = ip_of(v);

		pkt.ciaddr = ip_to4(&ip);
		dgram.src = ip;
	}
	if ((v = value_of("giaddr"))) {
		struct ip ip = ip_of(v);

		pkt.giaddr = ip_to4(&ip);
		dgram.src = ip;
		dgram.sport = 67;
		dgram.raw_in = false;
	}
	if ((v = value_of("sport")))
		dgram.sport = (uint16_t)number_of(v);
	if ((v = value_of("src")))
		dgram.src = ip_of(v);
	if ((v = value_of("local")))
		dgram.local = ip_of(v);
	if ((v = value_of("iface")))
		(void)snprintf(dgram.ifname, sizeof(dgram.ifname), "%s", v);
	if ((v = value_of("raw")))
		dgram.raw_in = number_of(v);
	if ((v = value_of("cid")))
		(void)opts_add(&pkt.opts, 61, hex_of(v));
	if ((v = value_of("want"))) {
		struct ip ip = ip_of(v);

		(void)opts_add(&pkt.opts, 50, be32(ip_to4(&ip)));
	}
	if ((v = value_of("server"))) {
		struct ip ip = ip_of(v);

		(void)opts_add(&pkt.opts, 54, be32(ip_to4(&ip)));
	}
	if ((v = value_of("life")))
		(void)opts_add(&pkt.opts, 51, be32(number_of(v)));
	if ((v = value_of("size"))) {
		struct bytes n = be32(number_of(v));

		(void)opts_add(&pkt.opts, 57, bytes_of(n.data + 2, 2));
	}
	if ((v = value_of("prl"))) {
		uint8_t codes[64];
		size_t n = 0;

		while (*v && n < sizeof(codes)) {
			codes[n++] = (uint8_t)strtoul(v, (char **)&v, 10);
			if (*v == ',')
				v++;
		}
		(void)opts_add(&pkt.opts, 55, bytes_of(arena_dup(play.arena, codes, n), n));
	}
	for (i = 2; i < n_words; i++)
		if (!strncmp(words[i], "opt.", 4) && (v = strchr(words[i], '=')))
			(void)opts_add(&pkt.opts, (uint16_t)strtoul(words[i] + 4, NULL, 10), hex_of(v + 1));
	if ((v = value_of("rai")))
		(void)opts_add(&pkt.opts, 82, hex_of(v));
	len = packet4_write(&pkt, 1500, buf, sizeof(buf));
	if (len < 0)
		fail("cannot write the message");
	if ((v = value_of("cut")))
		len = (int)number_of(v);
	dgram.buf = buf;
	dgram.len = (uint32_t)len;
	dgram.size = sizeof(buf);
	serve_worker_batch(&play.srv.workers[0], &dgram, 1);
	serve_worker_flush(&play.srv.workers[0]);
	if (!play.use_double)
		pump();
}

static void want_text(const char *key, const char *got)
{
	const char *want = value_of(key);

	if (want && strcmp(want, got))
		fail("%s is %s, not %s", key, got, want);
}

static void want_ip(const char *key, uint32_t got)
{
	char text[IP_TEXT_MAX];
	struct ip ip = ip_from4(got);

	want_text(key, ip_format(&ip, text));
}

static void want_option(const char *key, unsigned code, bool as_number)
{
	const struct opt *opt = opts_find(&play.answers[play.next_answer].pkt.opts, (uint16_t)code);
	char text[1200] = "-";

	if (opt && as_number && opt->data.len == 4) {
		struct reader r = reader_of(opt->data);

		(void)snprintf(text, sizeof(text), "%u", read_u32(&r));
	} else if (opt) {
		(void)bytes_to_hex(opt->data, 0, text, sizeof(text));
	}
	want_text(key, text);
}

static void do_expect(void)
{
	struct answer *a = &play.answers[play.next_answer];
	char text[64];
	unsigned i;

	pump();
	if (!strcmp(words[1], "nothing")) {
		if (play.next_answer != play.n_answers)
			fail("there is an answer of type %u", a->pkt.type);
		return;
	}
	if (play.next_answer == play.n_answers)
		fail("there is no answer");
	if (a->pkt.type != type_of(words[1]))
		fail("the answer has type %u, not %s", a->pkt.type, words[1]);
	want_ip("yiaddr", a->pkt.yiaddr);
	want_ip("ciaddr", a->pkt.ciaddr);
	want_ip("siaddr", a->pkt.siaddr);
	want_ip("giaddr", a->pkt.giaddr);
	want_ip("dst", ip_to4(&a->dgram.dst));
	(void)snprintf(text, sizeof(text), "%u", a->dgram.dport);
	want_text("port", text);
	(void)bytes_to_hex(bytes_of(a->dgram.dst_mac, 6), ':', text, sizeof(text));
	want_text("dstmac", text);
	(void)snprintf(text, sizeof(text), "%d", a->dgram.raw_out);
	want_text("raw", text);
	(void)snprintf(text, sizeof(text), "%u", a->pkt.xid);
	want_text("xid", text);
	(void)snprintf(text, sizeof(text), "%u", a->pkt.flags);
	want_text("flags", text);
	want_text("file", a->pkt.file);
	want_text("sname", a->pkt.sname);
	want_option("server", 54, false);
	want_option("life", 51, true);
	want_option("t1", 58, true);
	want_option("t2", 59, true);
	want_option("cid", 61, false);
	if (a->pkt.opts.n) {
		(void)snprintf(text, sizeof(text), "%u", a->pkt.opts.v[a->pkt.opts.n - 1].code);
		want_text("last", text);
	}
	(void)snprintf(text, sizeof(text), "%u", a->dgram.len);
	want_text("len", text);
	for (i = 2; i < n_words; i++)
		if (!strncmp(words[i], "opt.", 4)) {
			char key[16];
			size_t len = strcspn(words[i], "=");

			(void)snprintf(key, sizeof(key), "%.*s", (int)len, words[i]);
			want_option(key, (unsigned)strtoul(words[i] + 4, NULL, 10), false);
		}
	play.next_answer++;
}

static void squeeze(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (*text != ' ')
			*to++ = *text;
	*to = '\0';
}

static void do_lease(void)
{
	struct lease_query query = { .by = BY_ADDR, .addr = ip_of(words[1]), .type = LEASE_V4 };
	struct lease lease;
	char text[600];
	bool found = store_find(play.store, &query, play.arena, &lease, 1) == 1;

	if (n_words > 2 && !strcmp(words[2], "none")) {
		if (found)
			fail("there is a lease in state %d", lease.state);
		return;
	}
	if (!found)
		fail("there is no lease");
	(void)snprintf(text, sizeof(text), "%d", lease.state);
	want_text("state", text);
	(void)snprintf(text, sizeof(text), "%u", lease.valid);
	want_text("valid", text);
	(void)snprintf(text, sizeof(text), "%u", lease.subnet_id);
	want_text("subnet", text);
	(void)bytes_to_hex(lease.hwaddr, ':', text, sizeof(text));
	want_text("mac", text);
	(void)bytes_to_hex(lease.client_id, 0, text, sizeof(text));
	want_text("cid", text);
	want_text("name", lease.hostname);
	/* Words end at blanks, so the text is compared without them. */
	(void)snprintf(text, sizeof(text), "%s", lease.user_context ? lease.user_context : "-");
	squeeze(text);
	want_text("context", text);
}

static void do_stat(void)
{
	enum stat_id id = stat_by_name(words[1], 0);
	int64_t got;

	if (id == STAT_N)
		fail("there is no statistic %s", words[1]);
	got = stat_sum(id) - play.stat_base[id];
	if (got != (int64_t)number_of(words[2]))
		fail("%s is %lld, not %s", words[1], (long long)got, words[2]);
}

static void do_settle(void)
{
	unsigned rounds = 0;

	/* Answers may lead to new transactions: the next in line of a client, or another try. */
	while (fake_store_n_waiting(play.store)) {
		if (++rounds > 100)
			fail("the store does not settle");
		fake_store_answer_all(play.store, n_words > 1);
		pump();
	}
	fake_store_hold(play.store, false);
}

static void do_advance(void)
{
	unsigned i;

	clock_advance((int64_t)number_of(words[1]) * 1000);
	for (i = 0; i < 100; i++) {
		unsigned n = reclaim_slice(play.reclaim, &play.live->cfg->expiry) +
			     reclaim_flush(play.reclaim, &play.live->cfg->expiry);

		if (!n)
			break;
	}
}

static void run_line(FILE *file, char *line)
{
	split(line);
	if (!n_words)
		return;
	if (!strcmp(words[0], "config"))
		do_config(file);
	else if (!strcmp(words[0], "store"))
		play.use_double = !strcmp(words[1], "double");
	else if (!strcmp(words[0], "hold"))
		fake_store_hold(play.store, true);
	else if (!strcmp(words[0], "settle"))
		do_settle();
	else if (n_words < 2)
		fail("%s needs more", words[0]);
	else if (!strcmp(words[0], "send"))
		do_send();
	else if (!strcmp(words[0], "expect"))
		do_expect();
	else if (!strcmp(words[0], "lease"))
		do_lease();
	else if (!strcmp(words[0], "stat"))
		do_stat();
	else if (!strcmp(words[0], "fail"))
		fake_store_fail_next(play.store, number_of(words[1]), CHANGE_FAILED);
	else if (!strcmp(words[0], "conflict"))
		fake_store_fail_next(play.store, number_of(words[1]), CHANGE_CONFLICT);
	else if (!strcmp(words[0], "busy"))
		fake_store_busy_next(play.store, number_of(words[1]));
	else if (!strcmp(words[0], "advance"))
		do_advance();
	else if (!strcmp(words[0], "step-wall"))
		clock_step_wall(strtol(words[1], NULL, 10) * 1000);
	else
		fail("what is %s?", words[0]);
}

int main(int argc, char **argv)
{
	char line[4096];
	FILE *file;
	unsigned i;

	if (argc != 2) {
		fprintf(stderr, "usage: %s SCENARIO\n", argv[0]);
		return 2;
	}
	play.file = argv[1];
	file = fopen(argv[1], "r");
	if (!file)
		fail("cannot open");
	play.arena = arena_new(0);
	clock_set_virtual(1700000000, 100000);
	rand_seed(1);
	for (i = 0; i < STAT_N; i++)
		play.stat_base[i] = stat_sum((enum stat_id)i);
	while (fgets(line, sizeof(line), file)) {
		play.line++;
		run_line(file, line);
	}
	fclose(file);
	if (play.next_answer != play.n_answers)
		fail("%u answers were not looked at", play.n_answers - play.next_answer);
	if (play.running) {
		reclaim_free_wait(play.reclaim);
		server_done(&play.srv);
		stats_free(play.main_stats);
		store_close(play.store);
	}
	arena_free(play.arena);
	return 0;
}
