/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A server whose only client is a capture. Each request is explained (serve/explain.h) and then served, so the leases
 * and offers that follow from it are known to the next one; both get the same random numbers.
 */
#include "daemon/replay.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/progress.h"
#include "base/screen.h"
#include "daemon/reclaim.h"
#include "daemon/replay_diff.h"
#include "daemon/replay_pair.h"
#include "io/engine.h"
#include "json/value.h"
#include "log/config.h"
#include "log/log.h"
#include "serve/explain.h"
#include "serve/explain_text.h"
#include "serve/family.h"
#include "serve/server.h"
#include "serve/slots.h"

#include <inttypes.h>
#include <locale.h>

#define MTU 1500      /* the capture does not say it */
#define BOOT_SEC 1000 /* the boot clock begins here; nobody sees it */
#define ADDRESSES_MAX 64
#define ROUNDS_MAX 1000 /* of a request that is continued or of expired leases; what is left waits for the next one */

struct replay {
	const struct family *fam;
	const struct run_options *opts;
	struct config *cfg; /* NULL once it is in service */
	struct capture *capture;
	struct replay_reader *reader;
	struct progress_bar bar;
	/* the server */
	struct server srv;
	struct io_engine engine;
	struct leasedb *db;
	struct live *live;
	struct reclaim *reclaim;
	struct explainer *explainer;
	/* Its addresses, as far as they are known; addresses[i] is that of the interface named ifnames[i]. */
	struct ip addresses[ADDRESSES_MAX];
	char ifnames[ADDRESSES_MAX][CAPTURE_IFNAME_MAX];
	unsigned n_addresses;
	const char *only_interface;
	bool has_clock;
	int64_t reclaim_ms, flush_ms; /* boot time: when they are due */
	/* its response to the current request */
	struct dgram response;
	bool has_response;
	/* totals */
	uint64_t n_requests, n_different, n_without;
};

/* --- the server ------------------------------------------------------------ */

static unsigned take_response(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	struct replay *r = container_of(engine, struct replay, engine);
	uint8_t *buf = r->response.buf;

	for (unsigned i = 0; i < n; i++) {
		r->response = *v[i];
		r->response.buf = buf;
		memcpy(buf, v[i]->buf, v[i]->len);
		r->has_response = true;
	}
	return n;
}

static const struct io_ops ops = { .name = "replay", .send = take_response };

/* Returns the name of the only interface that the configuration names; NULL if there are several, or none. */
static const char *only_interface(const struct config *cfg)
{
	const char *name = NULL;

	for (unsigned i = 0; i < cfg->n_listen; i++) {
		if (strchr(cfg->listen[i].name, '*') || (name && strcmp(name, cfg->listen[i].name) != 0))
			return NULL;
		name = cfg->listen[i].name;
	}
	return name;
}

static int start(struct replay *r)
{
	struct store_conf conf = { .type = "memfile", .family = (int)r->fam->idx, .persist = false };
	struct store *store;
	char *why = NULL;

	if (store_open(&conf, &store, &why) < 0) {
		fprintf(stderr, "%s: %s\n", r->fam->program, why ? why : "no memory for leases");
		free(why);
		return -E_SYS;
	}
	server_init(&r->srv, r->fam, 1, 64);
	r->srv.client_port = r->opts->client_port ? r->opts->client_port : r->fam->client_port;
	r->srv.server_port = r->opts->server_port ? r->opts->server_port : r->fam->server_port;
	r->engine.ops = &ops;
	r->srv.workers[0].engine = &r->engine;
	r->response.buf = xmalloc(r->fam->datagram_max);
	r->db = leasedb_new(store);
	r->reclaim = reclaim_new(r->fam->idx, NULL, NULL);
	r->live = live_new(&r->srv, r->db, r->cfg);
	if (!r->live)
		return -E_SYS;
	r->only_interface = only_interface(r->cfg);
	r->cfg = NULL;
	r->live->unused = live_free;
	/* Hook libraries may write, send and run what they like. */
	r->live->hooks = NULL;
	slots_plan(r->live);
	server_enter(&r->srv, r->live);
	serve_worker_switch(&r->srv.workers[0], r->live);
	r->explainer = explainer_new(&r->srv, NULL);
	return 0;
}

static void stop(struct replay *r)
{
	if (!r->db)
		return;
	reclaim_free_wait(r->reclaim);
	explainer_stop(r->explainer);
	explainer_free(r->explainer);
	server_done(&r->srv);
	leasedb_leave(r->db);
	free(r->response.buf);
}

/* --- time ------------------------------------------------------------------ */

/* As the timers of a server do. */
static void reclaim_due(struct replay *r)
{
	const struct expired_leases_processing_conf *conf = r->live->cfg->global.expired_leases_processing;
	int64_t now_ms = clock_boot_ms();

	reclaim_use_dns(r->reclaim, NULL, r->live->cfg);
	if (conf->reclaim_timer_wait_time && now_ms >= r->reclaim_ms) {
		for (unsigned i = 0; i < ROUNDS_MAX && reclaim_slice(r->reclaim, r->db->store, NULL, conf); i++)
			;
		r->reclaim_ms = now_ms + (int64_t)conf->reclaim_timer_wait_time * 1000;
	}
	if (conf->flush_reclaimed_timer_wait_time && now_ms >= r->flush_ms) {
		for (unsigned i = 0; i < ROUNDS_MAX && reclaim_flush(r->reclaim, r->db->store, conf); i++)
			;
		r->flush_ms = now_ms + (int64_t)conf->flush_reclaimed_timer_wait_time * 1000;
	}
}

/* The clocks follow the capture; they never go back. */
static void set_clock(struct replay *r, int64_t when_us)
{
	if (!r->has_clock) {
		clock_set_virtual(when_us / 1000000, BOOT_SEC);
		clock_advance(when_us % 1000000 / 1000);
		r->has_clock = true;
	} else if (when_us / 1000 > clock_wall_us() / 1000) {
		clock_advance(when_us / 1000 - clock_wall_us() / 1000);
	}
	reclaim_due(r);
}

/* --- how a request arrives ------------------------------------------------- */

static void know_address(struct replay *r, const struct ip *addr, const char *ifname)
{
	for (unsigned i = 0; i < r->n_addresses; i++)
		if (ip_equal(&r->addresses[i], addr) && !strcmp(r->ifnames[i], ifname))
			return;
	if (r->n_addresses == ADDRESSES_MAX)
		return;
	r->addresses[r->n_addresses] = *addr;
	(void)snprintf(r->ifnames[r->n_addresses++], CAPTURE_IFNAME_MAX, "%s", ifname);
	server_set_addresses(&r->srv, r->addresses, r->n_addresses);
}

static struct ip address_on(const struct replay *r, const char *ifname)
{
	for (unsigned i = 0; i < r->n_addresses; i++)
		if (!strcmp(r->ifnames[i], ifname))
			return r->addresses[i];
	return r->fam->zero;
}

/*
 * The address of the server on the link: that of its response, or to which the request was sent, or the first one that
 * is known of the interface.
 */
static struct ip local_address(struct replay *r, const struct replay_exchange *x)
{
	const struct captured *first = replay_first_response(r->reader), *request = &x->request.captured;
	const struct ip *dst = &request->dst;
	bool is_group = ip_is4(dst) ? dst->b[12] >= 224 : ip_is_multicast6(dst);

	if (first)
		know_address(r, &first->src, first->ifname);
	if (x->response.captured.number)
		know_address(r, &x->response.captured.src, x->response.captured.ifname);
	if (x->response.captured.number)
		return x->response.captured.src;
	return is_group ? address_on(r, request->ifname) : *dst;
}

/* DHCPv6: the server's DUID is that of its first response, or the one to which the first request is addressed. */
static void learn_duid(struct replay *r, const struct captured *packet)
{
	struct arena *arena;
	struct packet6 pkt;
	const struct opt *opt;
	const char *why;

	if (r->fam->digit != 6 || r->srv.duid.len || !packet)
		return;
	arena = arena_new(PACKET6_ARENA);
	if (packet6_parse_lenient(packet->payload, arena, &pkt, &why) >= 0) {
		opt = opts_find(&pkt.opts, OPT6_SERVERID);
		if (opt && duid_is_valid(opt->data)) {
			memcpy(r->srv.duid.b, opt->data.data, opt->data.len);
			r->srv.duid.len = (unsigned)opt->data.len;
		}
	}
	arena_free(arena);
}

static struct dgram arrival(struct replay *r, const struct replay_exchange *x)
{
	const struct captured *packet = &x->request.captured;
	const char *ifname = packet->ifname;
	struct dgram in = {
		.buf = (uint8_t *)packet->payload.data,
		.len = (uint32_t)packet->payload.len,
		.size = (uint32_t)packet->payload.len,
		.src = packet->src,
		.dst = packet->dst,
		.sport = packet->sport,
		.dport = packet->dport,
		.ifindex = 1,
		.mtu = MTU,
		.when_us = clock_boot_us(),
	};

	if (!ifname[0])
		ifname = r->opts->interface ? r->opts->interface : r->only_interface ? r->only_interface : "";
	(void)snprintf(in.ifname, sizeof(in.ifname), "%s", ifname);
	memcpy(in.src_mac, packet->src_mac, sizeof(in.src_mac));
	in.raw_in = r->fam->digit == 4 && config_is_raw(r->live->cfg);
	in.local = local_address(r, x);
	return in;
}

/* --- serving --------------------------------------------------------------- */

static void explained(void *owner, struct json_object *what)
{
	*(struct json_object **)owner = what;
}

/* Returns the explanation of what is done then. */
static struct json_object *serve_request(struct replay *r, struct dgram *in)
{
	struct serve_worker *w = &r->srv.workers[0];
	struct json_object *what = NULL;
	uint64_t seed = rand_u64();

	rand_seed(seed);
	(void)explain_message(r->explainer, r->live, in, explained, &what);
	rand_seed(seed);
	r->has_response = false;
	serve_worker_batch(w, in, 1);
	serve_worker_flush(w);
	for (unsigned i = 0; i < ROUNDS_MAX && atomic_load(&w->n_busy); i++) {
		serve_worker_resume(w);
		serve_worker_flush(w);
	}
	return what;
}

static struct json_object *differences(const struct replay *r, const struct replay_exchange *x)
{
	const struct captured *captured = &x->response.captured;
	struct replay_response ours = { .bytes = bytes_of(NULL, 0) }, theirs = ours;

	if (r->has_response)
		ours = (struct replay_response){ bytes_of(r->response.buf, r->response.len), r->response.dst,
						 r->response.dport };
	if (captured->number)
		theirs = (struct replay_response){ captured->payload, captured->dst, captured->dport };
	return replay_compare(r->live->cfg->dict, r->fam->digit, &ours, &theirs);
}

/* --- output ---------------------------------------------------------------- */

static void print_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void print_line(const char *fmt, ...)
{
	struct str text = { 0 }, line = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	(void)screen_add(&line, str_text(&text), text.len, SIZE_MAX);
	puts(str_text(&line));
	str_free(&text);
	str_free(&line);
}

static const char *value_of(struct json_object *map, const char *name)
{
	struct json_object *value = json_member(map, name);

	return value ? json_object_get_string(value) : "none";
}

static void print_exchange(const struct replay_exchange *x, struct json_object *diffs, struct json_object *what)
{
	size_t n = json_object_array_length(diffs);
	const char *client = json_member_text(what, "client");

	print_line("packet %" PRIu64 ": %s%s%s", x->request.captured.number,
		   client[0] ? json_member_text(what, "message") : "a message that is not valid",
		   client[0] ? " from " : "", client);
	if (x->response.captured.number)
		print_line("  the response in packet %" PRIu64 " %s", x->response.captured.number,
			   n ? "differs:" : "is the same");
	else
		print_line("  the capture has no response%s", n ? ":" : ", nor has the server");
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(diffs, i);

		print_line("  %s: %s, captured %s", json_member_text(one, "field"), value_of(one, "server"),
			   value_of(one, "captured"));
	}
	explain_print(what);
	puts("");
}

static void print_json(const struct replay_exchange *x, struct json_object *diffs, struct json_object *what)
{
	struct json_object *map = json_object_new_object();

	json_object_object_add(map, "packet", json_object_new_int64((int64_t)x->request.captured.number));
	if (x->response.captured.number)
		json_object_object_add(map, "response-packet",
				       json_object_new_int64((int64_t)x->response.captured.number));
	json_object_object_add(map, "differences", json_object_get(diffs));
	json_object_object_add(map, "explanation", json_object_get(what));
	screen_print_json(map);
	json_object_put(map);
}

static void print_summary(const struct replay *r)
{
	uint64_t n_unpaired = replay_n_unpaired(r->reader);
	char requests[COUNT_TEXT_MAX], unpaired[COUNT_TEXT_MAX];
	struct json_object *map;

	if (r->opts->diag_format == DIAG_JSON) {
		map = json_object_new_object();
		json_object_object_add(map, "requests", json_object_new_int64((int64_t)r->n_requests));
		json_object_object_add(map, "different", json_object_new_int64((int64_t)r->n_different));
		json_object_object_add(map, "without-response", json_object_new_int64((int64_t)r->n_without));
		json_object_object_add(map, "other-responses", json_object_new_int64((int64_t)n_unpaired));
		screen_print_json(map);
		json_object_put(map);
		return;
	}
	print_line("%s: %" PRIu64 " with a difference, %" PRIu64 " without a response in the capture%s%s%s",
		   str_count(requests, r->n_requests, "request"), r->n_different, r->n_without, n_unpaired ? "; " : "",
		   n_unpaired ? str_count(unpaired, n_unpaired, "response") : "", n_unpaired ? " to none of them" : "");
}

/* What a server would ask and a replay does not. */
static void print_not_asked(const struct replay *r)
{
	if (r->cfg->hooks)
		fprintf(stderr, "%s: hook libraries are not called: what they would change is not known\n",
			r->fam->program);
	if (r->cfg->n_hosts_sql)
		fprintf(stderr, "%s: databases are not asked: reservations in them are not known\n", r->fam->program);
}

/* --- the capture ----------------------------------------------------------- */

static void replay_one(struct replay *r, struct replay_exchange *x)
{
	struct json_object *what, *diffs;
	struct dgram in;
	bool differs;

	set_clock(r, x->request.captured.when_us);
	learn_duid(r, replay_first_response(r->reader));
	learn_duid(r, &x->request.captured);
	in = arrival(r, x);
	what = serve_request(r, &in);
	diffs = differences(r, x);
	differs = json_object_array_length(diffs);
	r->n_requests++;
	r->n_different += differs;
	r->n_without += !x->response.captured.number;
	if (differs || r->opts->explain) {
		progress_hide(&r->bar);
		(r->opts->diag_format == DIAG_JSON ? print_json : print_exchange)(x, diffs, what);
	}
	json_object_put(diffs);
	json_object_put(what);
}

static int replay_all(struct replay *r)
{
	struct replay_exchange *x;
	char why[CAPTURE_WHY_MAX];
	int n;

	r->reader = replay_reader_new(r->capture, r->fam->digit, r->srv.server_port);
	r->bar = progress_begin("replay");
	while ((n = replay_next(r->reader, &x, why)) > 0) {
		replay_one(r, x);
		replay_exchange_free(x);
		progress_show(&r->bar, capture_position(r->capture), capture_length(r->capture));
	}
	progress_hide(&r->bar);
	print_summary(r);
	replay_reader_free(r->reader);
	if (n < 0)
		fprintf(stderr, "%s: %s: %s\n", r->fam->program, r->opts->replay_file, why);
	return n < 0 ? REPLAY_FAILED : r->n_different ? REPLAY_DIFFERS : REPLAY_SAME;
}

static struct config *load(const struct replay *r)
{
	unsigned flags = CONFIG_CHECK | (r->opts->relaxed ? CONFIG_RELAXED : 0);
	struct config *cfg = NULL;
	struct diag *diag = NULL;

	if (config_load_file(r->opts->config_file, r->fam->digit, flags, &diag, &cfg) < 0)
		diag_print(diag, stderr, r->opts->diag_format);
	diag_free(diag);
	return cfg;
}

int replay(const struct family *fam, const struct run_options *opts)
{
	struct replay *r = xcalloc(1, sizeof(*r));
	int status = REPLAY_FAILED;
	char why[CAPTURE_WHY_MAX];

	r->fam = fam;
	r->opts = opts;
	(void)setlocale(LC_CTYPE, "");
	if (opts->verbose && log_start(fam->program) == 0)
		log_default(true);
	else
		(void)log_mute(true);
	r->cfg = load(r);
	if (!r->cfg)
		goto out;
	if (capture_open(opts->replay_file, &r->capture, why) < 0) {
		fprintf(stderr, "%s: %s: %s\n", fam->program, opts->replay_file, why);
		goto out;
	}
	print_not_asked(r);
	if (start(r) == 0)
		status = replay_all(r);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "%s: cannot write the output\n", fam->program);
		status = REPLAY_FAILED;
	}
out:
	stop(r);
	capture_close(r->capture);
	config_free(r->cfg);
	if (opts->verbose)
		log_stop();
	free(r);
	return status;
}
