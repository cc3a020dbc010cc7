/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Plays scenarios against the real pipeline: a fake engine receives the responses, the clocks are virtual, the
 * store is memfile in memory or a test double that responds late or with errors.
 *
 * A scenario is lines (# starts a comment):
 *
 *	family 6                   before all else; 4 is the default
 *	config                     the configuration, up to a line "end"; also reloads; $HEX*N$ is HEX N times
 *	store memory|double        before the first config; memory is the default
 *	send TYPE KEY=VALUE...     a message arrives
 *	expect TYPE KEY=VALUE...   the next response, and what it must contain
 *	expect nothing             there is no response
 *	hold / settle [reverse]    the double holds back, then sends, its results; hold-finds: also those of finds
 *	twice                      each of the double's results arrives twice
 *	fail N / conflict N / busy N   the double's next N transactions end like this
 *	unsent N                   the kernel rejects the next N responses
 *	hooks                      before the first config: a library registers at every hook point
 *	hook POINT VERDICT [N]     its next N (1) calls there return skip, drop or park; valid=N: it changes the lease;
 *				id=HEX, type=NAME: it sets the identifier, of type flex-id unless named
 *	hooked POINT N KEY=VALUE...  number of calls since the last "hooked"; for the last call: address=, fake=1,
 *				removes=1
 *	unpark [drop]              the parked request continues, or is dropped
 *	resumed [N]                waits until libraries have resumed what they parked, in threads of theirs or with
 *				timers and descriptors, or all but N packets of it
 *	command REQUEST            a control command, of the libraries of the configuration
 *	response TEXT              the response to the last command contains TEXT
 *	advance SECONDS            time passes; expired leases are reclaimed, but not after "no-reclaim"
 *	step-wall SECONDS          the wall clock alone is moved
 *	lease ADDRESS KEY=VALUE... the store's lease for the address; "lease ADDRESS none"
 *	stock N ADDRESS KEY=VALUE...  puts N leases into the store, starting at ADDRESS. $N is a number from the
 *				environment, 10 by default. Keys are those of lease; differ=KEY,KEY... names
 *				mac, cid, iaid or subnet: they count up from lease to lease
 *	foreign N ADDRESS KEY=VALUE...  same, by another server of the store: this server does not notice
 *	stat NAME VALUE            a statistic: "subnet[1].pool[0].assigned-addresses"; VALUE "none": it does not exist;
 *				also one of a library
 *	event NAME [ADDRESS]       the next record of the feed since "event on" has this kind and address; "event none"
 *	log LEVEL ID TEXT          the next line with this id (with DEBUG a later one) has this level and contains TEXT
 *	log none ID                there is no further line with this id
 *
 * With EXPLAIN=1 in the environment, each message is explained (serve/explain.h) before it is delivered: the
 *explanation must have the bytes of the response that follows, and whatever the scenario checks shows that it changed
 *nothing. Not with the double, nor with hooks.
 *
 * With RECORD=FILE, what a server with sockets would have seen is written to FILE.pcapng, and its configuration to
 * FILE.conf, up to the first line that does something else to the server: a further configuration, leases from
 * elsewhere, commands, faults. tests/replay/run replays it with --replay, which must find no difference.
 *
 * The order in which hashes put things differs from run to run, unless the environment has a HASH_SEED.
 *
 * Keys of send and expect are in play4.c and play6.c. Of lease: state valid subnet mac cid name context iaid
 * preferred source (of the mac) fwd rev (1 if it is in the DNS) context-size, and type=pd for a prefix. Of
 * stock, context-size=N makes a context of N bytes.
 */
#include "../serving.h"
#include "play.h"
#include "record.h"

#include "api/api.h"
#include "base/clock.h"
#include "base/hash.h"
#include "fake_store.h"
#include "hook/library.h"
#include "io/engine.h"
#include "io/loop.h"
#include "log/config.h"
#include "serve/explain.h"
#include "serve/feed.h"
#include "serve/slots.h"

#include <errno.h>
#include <json-c/json.h>

struct play play;
static bool no_reclaim;

/* --- the log --- */

#define LOG_IDS_MAX 64

/* The log file, and for each id the position up to which it was checked. */
static struct {
	char folder[32], path[48];
	char ids[LOG_IDS_MAX][64];
	long seen[LOG_IDS_MAX];
	unsigned n;
} logs = { .folder = "/tmp/kea-replay-log-XXXXXX" };

static void start_log(void)
{
	struct log_output output = { .kind = LOG_TO_FILE, .target = logs.path, .pattern = "%-5p [%c] %m\n" };
	const char *program = play.dialect->fam->program, *why;
	struct log_logger root = {
		.name = program, .severity = LOG_DBG, .debuglevel = 99, .outputs = &output, .n_outputs = 1
	};

	/* tests/cost must not measure debug logging. */
	if (logs.path[0] || getenv("REPLAY_QUIET"))
		return;
	if (!mkdtemp(logs.folder))
		fail("no directory for the log");
	(void)snprintf(logs.path, sizeof(logs.path), "%s/log", logs.folder);
	if (log_start(program) < 0 || log_configure(&(struct log_conf){ &root, 1 }, &why) < 0)
		fail("cannot log");
}

static void end_log(void)
{
	if (!logs.path[0])
		return;
	log_stop();
	(void)unlink(logs.path);
	(void)rmdir(logs.folder);
}

static long *log_position(const char *id)
{
	unsigned i;

	for (i = 0; i < logs.n; i++)
		if (!strcmp(logs.ids[i], id))
			return &logs.seen[i];
	if (logs.n == LOG_IDS_MAX)
		fail("too many log ids");
	(void)snprintf(logs.ids[logs.n], sizeof(logs.ids[0]), "%s", id);
	return &logs.seen[logs.n++];
}

static bool has_id(const char *line, const char *id)
{
	const char *at = strstr(line, "] ");
	size_t len = strlen(id);

	return at && !strncmp(at + 2, id, len) && (at[2 + len] == ' ' || at[2 + len] == '\n');
}

/* Reads the next record, of one line or several, into `record`; false at the end. */
static bool read_record(FILE *file, char *record, size_t size)
{
	char line[8192];
	size_t len = 0;
	long next = ftell(file);

	while (fgets(line, sizeof(line), file)) {
		/* A record begins with its level and logger. */
		if (len && !strncmp(line + 5, " [kea-dhcp", 10))
			break;
		next = ftell(file);
		len += (size_t)snprintf(record + len, size - len, "%s", line);
		if (len >= size)
			fail("a record of the log is too long");
	}
	(void)fseek(file, next, SEEK_SET);
	return len != 0;
}

/* `text`: the rest of the scenario line, expected in the next record with this id. */
static void do_log(const char *level, const char *id, const char *text)
{
	long *seen = log_position(id);
	static char record[20000];
	bool found = false;
	FILE *file;

	log_flush();
	file = fopen(logs.path, "r");
	if (!file || fseek(file, *seen, SEEK_SET) < 0)
		fail("cannot read the log");
	while (!found && read_record(file, record, sizeof(record)))
		found = has_id(record, id) && (strncmp(level, "DEBUG", 5) != 0 || strstr(record, text));
	*seen = ftell(file);
	fclose(file);
	if (!strcmp(level, "none")) {
		if (found)
			fail("there is a line: %s", record);
		return;
	}
	if (!found)
		fail("there is no line with %s", id);
	if (strncmp(record, level, strlen(level)) || !strstr(record, text))
		fail("the line is: %s", record);
}

void fail(const char *fmt, ...)
{
	va_list ap;

	printf("%s:%u: ", play.file, play.line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	end_log();
	exit(1);
}

/* --- the fake engine --- */

static unsigned n_unsent; /* number of responses that will not be sent */

static unsigned fake_send(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	unsigned i, n_sent = 0;

	(void)engine;
	for (i = 0; i < n; i++) {
		struct answer *a = &play.answers[play.n_answers];
		const char *why;

		if (n_unsent) {
			n_unsent--;
			v[i]->err = ENETUNREACH;
			continue;
		}
		n_sent++;
		record(v[i], true);
		play.n_answers++;
		if (play.n_answers == ANSWERS_MAX)
			fail("too many answers");
		a->dgram = *v[i];
		if (v[i]->len > sizeof(a->buf))
			fail("the answer has %u bytes", v[i]->len);
		memcpy(a->buf, v[i]->buf, v[i]->len);
		a->dgram.buf = a->buf;
		why = play.dialect->parse(a);
		if (why)
			fail("our answer does not parse: %s", why);
	}
	return n_sent;
}

static const struct io_ops fake_ops = { .send = fake_send };
static struct io_engine fake_engine = { .ops = &fake_ops };

/* --- words --- */

char *words[WORDS_MAX];
unsigned n_words;

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

const char *value_of(const char *key)
{
	size_t len = strlen(key);
	unsigned i;

	for (i = 1; i < n_words; i++)
		if (!strncmp(words[i], key, len) && words[i][len] == '=')
			return words[i] + len + 1;
	return NULL;
}

struct ip ip_of(const char *text)
{
	struct ip ip;

	if (ip_parse(text, &ip) < 0)
		fail("%s is not an address", text);
	return ip;
}

struct bytes hex_of(const char *text)
{
	uint8_t buf[2048];
	int n = hex_to_bytes(text, strlen(text), buf, sizeof(buf));

	if (n < 0)
		fail("%s is not hex", text);
	return bytes_of(arena_dup(play.arena, buf, (size_t)n), (size_t)n);
}

uint32_t number_of(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (*end || !*text)
		fail("%s is not a number", text);
	return (uint32_t)n;
}

struct bytes be32(uint32_t v)
{
	uint8_t buf[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	return bytes_of(arena_dup(play.arena, buf, 4), 4);
}

/* --- the server --- */

void pump(void)
{
	unsigned i;

	for (i = 0; i < 1000; i++) {
		struct serve_worker *w = &play.srv.workers[0];

		if (!has_resumed(w))
			return;
		serve_worker_resume(w);
		serve_worker_flush(w);
	}
	fail("the pipeline does not come to rest");
}

/* What hook libraries do in the main thread happens when time passes. */
static struct loop *play_loop;

#define RESUME_MS 60000 /* so long that only a thread that does not resume takes it */

static void do_resumed(void)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	unsigned rest = n_words > 1 ? number_of(words[1]) : 0;

	for (unsigned i = 0; i < RESUME_MS && atomic_load(&play.srv.n_parked) > rest; i++) {
		(void)nanosleep(&ms, NULL);
		(void)loop_run_once(play_loop, 0);
		pump();
	}
	if (atomic_load(&play.srv.n_parked) > rest)
		fail("a library does not resume what it parked");
}

/* Writes a configuration line; $HEX*N$ in it becomes HEX N times. */
static void put_config(const char *line, FILE *out)
{
	const char *from, *times;
	char *end;

	while ((from = strchr(line, '$')) && (times = strchr(from, '*'))) {
		unsigned long n = strtoul(times + 1, &end, 10);

		if (*end != '$')
			fail("$HEX*N$ does not end");
		(void)fprintf(out, "%.*s", (int)(from - line), line);
		while (n--)
			(void)fprintf(out, "%.*s", (int)(times - from - 1), from + 1);
		line = end + 1;
	}
	fputs(line, out);
}

/* Returns FILE of RECORD=FILE with an extension; NULL: nothing is recorded. */
static const char *record_path(const char *extension)
{
	const char *name = getenv("RECORD");

	return name ? arena_printf(play.arena, "%s%s", name, extension) : NULL;
}

static void do_config(FILE *file)
{
	const char *recorded = play.running || play.use_double ? NULL : record_path(".conf");
	char path[] = "/tmp/kea-replay-XXXXXX";
	int fd = mkstemp(path), err;
	FILE *out = fdopen(fd, "w"), *copy = recorded ? fopen(recorded, "w") : NULL;
	struct config *cfg = NULL;
	struct diag *diag = NULL;
	const char *refused;
	bool is_random = false;
	struct live *live;
	char line[4096];

	while (fgets(line, sizeof(line), file)) {
		play.line++;
		if (!strncmp(line, "end", 3))
			break;
		put_config(line, out);
		is_random |= strstr(line, "random") != NULL;
		if (copy)
			put_config(line, copy);
	}
	fclose(out);
	if (copy)
		fclose(copy);
	record_end();
	record_open(recorded ? record_path(".pcapng") : NULL);
	start_log();
	err = config_load_file(path, play.dialect->fam->digit, CONFIG_SERVE, &diag, &cfg);
	unlink(path);
	if (err < 0) {
		diag_print(diag, stdout, DIAG_TEXT);
		fail("the configuration is wrong");
	}
	diag_free(diag);
	if (!play.running) {
		struct store_conf conf = { .type = "memfile", .family = (int)play.dialect->fam->idx, .persist = false };
		char *why = NULL;

		if (play.use_double)
			play.store = fake_store_new((int)play.dialect->fam->idx);
		else if (store_open(&conf, &play.store, &why) < 0)
			fail("store: %s", why);
		server_init(&play.srv, play.dialect->fam, 1, 64);
		play.srv.workers[0].engine = &fake_engine;
		(void)duid_parse(SERVER_DUID, &play.srv.duid);
		play.db = leasedb_new(play.store);
		play.reclaim = reclaim_new(play.dialect->fam->idx, NULL, NULL);
		play.srv.feed = feed_new();
		reclaim_use_feed(play.reclaim, play.srv.feed);
		play.running = true;
	}
	/* Libraries are not part of a replay, and what is random is not repeated. */
	if (cfg->hooks || play_hooks() || no_reclaim || is_random)
		record_end();
	live = live_new(&play.srv, play.db, cfg);
	live->unused = live_free;
	if (play_hooks()) {
		live->hooks = play_hooks();
		slots_plan(live);
	}
	if (!slots_accept_config(live, &refused)) {
		if (!play.live)
			fail("%s", refused);
		live_free(live);
		return;
	}
	server_enter(&play.srv, live);
	serve_worker_switch(&play.srv.workers[0], live);
	api_use_live(live, play.dialect->fam->digit == 6 ? &play.srv.duid : NULL);
	play.live = live;
}

void want_text(const char *key, const char *got)
{
	const char *want = value_of(key);

	if (want && strcmp(want, got))
		fail("%s is %s, not %s", key, got, want);
}

/* --- explanations --- */

static struct explainer *explainer;

static void explained(void *owner, struct json_object *what)
{
	*(struct json_object **)owner = what;
}

/* Returns the explanation of a message that is about to be delivered; NULL: none is asked for. */
static struct json_object *explain_first(const struct dgram *dgram)
{
	struct json_object *what = NULL;
	uint64_t seed;

	if (!getenv("EXPLAIN") || play.use_double || play.live->hooks || n_unsent)
		return NULL;
	if (!explainer)
		explainer = explainer_new(&play.srv, NULL);
	/* The random allocator then picks for both what it would pick for one. */
	seed = rand_u64();
	rand_seed(seed);
	if (explain_message(explainer, play.live, dgram, explained, &what) < 0 || !what)
		fail("the message is not explained at once");
	rand_seed(seed);
	return what;
}

static void compare_explanation(struct json_object *what, unsigned n_before)
{
	struct json_object *packet;
	const struct answer *a = &play.answers[n_before];
	const char *want = "", *text;
	char *got = NULL;

	if (json_object_object_get_ex(what, "packet", &packet))
		want = json_object_get_string(packet);
	if (play.n_answers > n_before) {
		got = xmalloc(2 * a->dgram.len + 1);
		(void)bytes_to_hex(bytes_of(a->buf, a->dgram.len), 0, got, 2 * a->dgram.len + 1);
	}
	text = json_object_to_json_string_ext(what, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (getenv("EXPLAIN")[0] == '2')
		puts(text);
	if (strcmp(want, got ? got : ""))
		fail("the response is %s, and its explanation %s", got ? got : "none", text);
	free(got);
	json_object_put(what);
}

void deliver(struct dgram *dgram)
{
	struct json_object *what = explain_first(dgram);
	unsigned n_before = play.n_answers;

	/* A capture does not say it. */
	if (dgram->mtu || (play.dialect == &dialect4 && !dgram->raw_in && ip_is_zero(&dgram->src)))
		record_end();
	record(dgram, false);
	dgram->when_us = clock_boot_us();
	serve_worker_batch(&play.srv.workers[0], dgram, 1);
	serve_worker_flush(&play.srv.workers[0]);
	if (!play.use_double)
		pump();
	if (what)
		compare_explanation(what, n_before);
}

static void do_expect(void)
{
	struct answer *a = &play.answers[play.next_answer];
	char text[IP_TEXT_MAX];

	pump();
	if (!strcmp(words[1], "nothing")) {
		if (play.next_answer != play.n_answers)
			fail("there is an answer of type %u", play.dialect->type(a));
		return;
	}
	if (play.next_answer == play.n_answers)
		fail("there is no answer");
	if (play.dialect->type(a) != play.dialect->type_of(words[1]))
		fail("the answer has type %u, not %s", play.dialect->type(a), words[1]);
	want_text("dst", ip_format(&a->dgram.dst, text));
	(void)snprintf(text, sizeof(text), "%u", a->dgram.dport);
	want_text("port", text);
	play.dialect->expect(a);
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
	struct lease_query query = { .by = BY_ADDR, .addr = ip_of(words[1]), .type = play.dialect->lease_type };
	struct lease lease;
	char text[600];
	bool found;

	if (value_of("type"))
		query.type = !strcmp(value_of("type"), "pd") ? LEASE_PD : LEASE_NA;
	found = (play.use_double ? fake_store_find_now(play.store, &query, play.arena, &lease)
				 : store_find_wait(play.store, &query, play.arena, &lease, 1)) == 1;

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
	(void)snprintf(text, sizeof(text), "%u", lease.iaid);
	want_text("iaid", text);
	(void)snprintf(text, sizeof(text), "%u", lease.preferred);
	want_text("preferred", text);
	(void)snprintf(text, sizeof(text), "%u", lease.hwsource);
	want_text("source", text);
	want_text("name", lease.hostname);
	want_text("fwd", lease.fqdn_fwd ? "1" : "0");
	want_text("rev", lease.fqdn_rev ? "1" : "0");
	(void)snprintf(text, sizeof(text), "%zu", lease.user_context ? strlen(lease.user_context) : 0);
	want_text("context-size", text);
	/* Words end at blanks, so the text is compared without them. */
	(void)snprintf(text, sizeof(text), "%s", lease.user_context ? lease.user_context : "-");
	squeeze(text);
	want_text("context", text);
}

/* A number that counts up in the last four bytes. */
static struct bytes counted(struct bytes base, uint32_t i)
{
	uint8_t *copy = arena_dup(play.arena, base.data, base.len);
	size_t k;

	for (k = 0; k < 4 && k < base.len; k++)
		i += (uint32_t)copy[base.len - 1 - k] << 8 * k;
	for (k = 0; k < 4 && k < base.len; k++)
		copy[base.len - 1 - k] = (uint8_t)(i >> 8 * k);
	return bytes_of(copy, base.len);
}

static bool differs(const char *key)
{
	const char *list = value_of("differ"), *found = list ? strstr(list, key) : NULL;

	return found != NULL;
}

static void stock_done(struct store_txn *txn, uint64_t ticket)
{
	(void)ticket;
	if (txn->result != CHANGE_OK)
		fail("the lease cannot be stored");
}

static void put_in_stock(struct lease lease, uint32_t i, bool is_foreign)
{
	struct store_change change = { .kind = CHANGE_INSERT };
	struct store_txn txn = { .v = &change, .n = 1, .done = stock_done };
	bool is_prefix = lease.type == LEASE_PD;
	uint8_t *number = &lease.addr.b[is_prefix ? 4 : 12];
	uint32_t sum = i + ((uint32_t)number[0] << 24 | number[1] << 16 | number[2] << 8 | number[3]);

	memcpy(number,
	       (const uint8_t[]){ (uint8_t)(sum >> 24), (uint8_t)(sum >> 16), (uint8_t)(sum >> 8), (uint8_t)sum }, 4);
	if (differs("mac"))
		lease.hwaddr = counted(lease.hwaddr, i);
	if (differs("cid"))
		lease.client_id = counted(lease.client_id, i);
	if (differs("iaid"))
		lease.iaid += i;
	if (differs("subnet"))
		lease.subnet_id += i;
	if (is_foreign) {
		fake_store_put(play.store, &lease);
		return;
	}
	change.new = lease;
	if (store_apply(play.store, &txn) < 0)
		fail("no store can hold the lease");
}

static void do_stock(bool is_foreign)
{
	const char *n = words[1], *v;
	struct lease lease = { .type = play.dialect->lease_type, .prefix_len = 128, .subnet_id = 1, .hostname = "" };
	uint32_t i, max;

	if (!strcmp(n, "$N"))
		n = getenv("N") ? getenv("N") : "10";
	max = number_of(n);
	lease.addr = ip_of(words[2]);
	if (play.dialect->lease_type == LEASE_V4)
		lease.prefix_len = 32;
	if ((v = value_of("type")) && !strcmp(v, "pd")) {
		lease.type = LEASE_PD;
		lease.prefix_len = 64;
	}
	lease.hwtype = 1;
	if ((v = value_of("mac")))
		lease.hwaddr = hex_of(v);
	if ((v = value_of("cid")))
		lease.client_id = hex_of(v);
	if ((v = value_of("iaid")))
		lease.iaid = number_of(v);
	if ((v = value_of("subnet")))
		lease.subnet_id = number_of(v);
	if ((v = value_of("context-size")))
		lease.user_context = arena_printf(play.arena, "{ \"pad\": \"%0*d\" }", (int)number_of(v) - 13, 0);
	v = value_of("valid");
	lease_start(&lease, v ? number_of(v) : 4000);
	if ((v = value_of("state")))
		lease.state = (enum lease_state)number_of(v);
	for (i = 0; i < max; i++)
		put_in_stock(lease, i, is_foreign);
}

static void do_stat(void)
{
	const struct hook_stat *of_library = hook_stat_find(words[1]);
	char text[WIDE_TEXT_MAX];
	struct stat_ref ref;
	const char *got;

	if (of_library) {
		if ((int64_t)number_of(words[2]) != of_library->value)
			fail("%s is %lld, expected %s", words[1], (long long)of_library->value, words[2]);
		return;
	}
	if (!stat_find(play.srv.places, (int)play.dialect->fam->idx, words[1], &ref)) {
		if (strcmp(words[2], "none") != 0)
			fail("there is no statistic %s", words[1]);
		return;
	}
	got = stat_value_text(ref, text);
	if (strcmp(got, words[2]) != 0)
		fail("%s is %s, not %s", words[1], got, words[2]);
}

static void do_event(void)
{
	static struct feed_record rec;
	static uint64_t next;
	char text[IP_TEXT_MAX];
	uint64_t lost;
	bool has;

	if (!strcmp(words[1], "on")) {
		feed_switch(play.srv.feed, true);
		feed_span(play.srv.feed, &next, &next);
		return;
	}
	has = feed_read(play.srv.feed, &next, &rec, &lost);
	if (lost)
		fail("%llu records are lost", (unsigned long long)lost);
	if (!has || !strcmp(words[1], "none")) {
		if (has)
			fail("there is an event %s", feed_rows[rec.kind].name);
		if (strcmp(words[1], "none") != 0)
			fail("there is no event");
		return;
	}
	if (strcmp(feed_rows[rec.kind].name, words[1]) != 0)
		fail("the event is %s", feed_rows[rec.kind].name);
	if (n_words > 2 && strcmp(ip_format(&rec.addr, text), words[2]) != 0)
		fail("the event is about %s", text);
}

static void do_settle(void)
{
	unsigned rounds = 0;

	/* Responses may lead to new transactions: a client's next request, or a retry. */
	while (fake_store_n_waiting(play.store) || fake_store_n_waiting_finds(play.store)) {
		if (++rounds > 1000)
			fail("the store does not settle");
		fake_store_answer_all(play.store, n_words > 1);
		pump();
	}
	fake_store_hold(play.store, false);
}

static bool holds_finds;

static void do_advance(void)
{
	unsigned i;

	clock_advance((int64_t)number_of(words[1]) * 1000);
	(void)loop_run_once(play_loop, 0);
	serve_worker_flush(&play.srv.workers[0]);
	if (holds_finds) /* the search for expired leases is not part of a scenario */
		fake_store_hold_finds(play.store, false);
	for (i = 0; i < 100 && !no_reclaim; i++) {
		unsigned n;

		reclaim_use_dns(play.reclaim, NULL, play.live->cfg);
		n = reclaim_slice(play.reclaim, play.store, play.live->hooks,
				  play.live->cfg->global.expired_leases_processing) +
		    reclaim_flush(play.reclaim, play.store, play.live->cfg->global.expired_leases_processing);

		if (!n)
			break;
	}
	if (holds_finds)
		fake_store_hold_finds(play.store, true);
}

/* Returns the text after the first n words. */
static const char *after_words(const char *line, unsigned n)
{
	while (n--) {
		line += strspn(line, " \t");
		line += strcspn(line, " \t\n");
	}
	return line + strspn(line, " \t");
}

/* Lines that do to the server what no client does. */
static bool is_intervention(const char *word)
{
	static const char *const list[] = { "stock", "foreign", "step-wall", "unsent", "command", "no-reclaim" };

	for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (!strcmp(word, list[i]))
			return true;
	return false;
}

static void run_line(FILE *file, char *line)
{
	char raw[4096];

	(void)snprintf(raw, sizeof(raw), "%s", line);
	raw[strcspn(raw, "\n")] = '\0';
	split(line);
	if (!n_words)
		return;
	if (is_intervention(words[0]))
		record_end();
	if (!strcmp(words[0], "config"))
		do_config(file);
	else if (!strcmp(words[0], "store"))
		play.use_double = !strcmp(words[1], "double");
	else if (!strcmp(words[0], "family"))
		play.dialect = words[1][0] == '6' ? &dialect6 : &dialect4;
	else if (!strcmp(words[0], "no-reclaim"))
		no_reclaim = true;
	else if (!strcmp(words[0], "hooks"))
		hooks_start();
	else if (!strcmp(words[0], "hook"))
		do_hook();
	else if (!strcmp(words[0], "hooked"))
		do_hooked();
	else if (!strcmp(words[0], "unpark"))
		do_unpark();
	else if (!strcmp(words[0], "resumed"))
		do_resumed();
	else if (!strcmp(words[0], "hold-finds"))
		fake_store_hold_finds(play.store, holds_finds = true);
	else if (!strcmp(words[0], "twice"))
		fake_store_twice(play.store, true);
	else if (!strcmp(words[0], "hold"))
		fake_store_hold(play.store, true);
	else if (!strcmp(words[0], "settle"))
		do_settle();
	else if (n_words < 2)
		fail("%s needs more", words[0]);
	else if (!strcmp(words[0], "send"))
		play.dialect->send();
	else if (!strcmp(words[0], "expect"))
		do_expect();
	else if (!strcmp(words[0], "lease"))
		do_lease();
	else if (!strcmp(words[0], "stock"))
		do_stock(false);
	else if (!strcmp(words[0], "foreign") && play.use_double)
		do_stock(true);
	else if (!strcmp(words[0], "stat"))
		do_stat();
	else if (!strcmp(words[0], "event"))
		do_event();
	else if (!strcmp(words[0], "log") && n_words > 2)
		do_log(words[1], words[2], after_words(raw, 3));
	else if (!strcmp(words[0], "fail"))
		fake_store_fail_next(play.store, number_of(words[1]), CHANGE_FAILED);
	else if (!strcmp(words[0], "conflict"))
		fake_store_fail_next(play.store, number_of(words[1]), CHANGE_CONFLICT);
	else if (!strcmp(words[0], "unsent"))
		n_unsent = number_of(words[1]);
	else if (!strcmp(words[0], "busy"))
		fake_store_busy_next(play.store, number_of(words[1]));
	else if (!strcmp(words[0], "command"))
		do_command(after_words(raw, 1));
	else if (!strcmp(words[0], "response"))
		do_response(after_words(raw, 1));
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
	api_init();
	play_loop = loop_new();
	hooks_set_loop(play_loop);
	play.dialect = &dialect4;
	play.file = argv[1];
	file = fopen(argv[1], "r");
	if (!file)
		fail("cannot open");
	play.arena = arena_new(0);
	clock_set_virtual(1700000000, 100000);
	rand_seed(1);
	if (getenv("HASH_SEED"))
		hash_seed(strtoull(getenv("HASH_SEED"), NULL, 10));
	for (i = 0; i < STAT_N; i++)
		stat_reset((enum stat_id)i);
	while (fgets(line, sizeof(line), file)) {
		play.line++;
		run_line(file, line);
	}
	fclose(file);
	if (play.next_answer != play.n_answers)
		fail("%u answers were not looked at", play.n_answers - play.next_answer);
	record_end();
	if (play.running) {
		reclaim_free_wait(play.reclaim);
		explainer_free(explainer);
		server_done(&play.srv);
		api_use_live(NULL, NULL);
		leasedb_leave(play.db);
		feed_free(play.srv.feed);
	}
	end_log();
	arena_free(play.arena);
	return 0;
}
