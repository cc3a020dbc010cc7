/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Random clients against the real pipeline and a store that responds late, in any order, with conflicts and
 * failures, while time passes and configurations change. A model of the responses each client got checks that these
 * never happen:
 *
 *	an address or prefix is assigned or offered while another client, or another IA, may still use it or
 *	anything that overlaps it
 *	an assigned lease is not in the store, or promises more time than the store keeps
 *	a client has more leases than max-leases-per-client
 *	a request never ends, or leaves behind a claim, a turn, or a wrong free map or gauge
 *	a lease of another server of the store is assigned or offered
 *	a client that requests its offers gets nothing although the store works and has something free or expired
 *	for it, whatever other clients discover
 *	a client gets, is offered or keeps what is reserved for another, or what is reserved for it is free and it
 *	gets, is offered or keeps something else
 *	a client gets, is offered or keeps something of a network, subnet or pool that is not for its classes
 *
 * plus the rules of the family (model4.c, model6.c).
 *
 * With EXPLAIN=1 it checks explanations instead, see explain.c.
 *
 * usage: model4 or model6 [SEED [STEPS]]; without a seed it plays the first few. A failure names its seed;
 * MODEL_TRACE=1 shows the events that led to it.
 */
#include "../serving.h"
#include "model.h"

#include "fake_store.h"
#include "recount.h"
#include "json/diag.h"
#include "log/log.h"
#include "daemon/reclaim.h"

struct game m;

void fail(const char *fmt, ...)
{
	va_list ap;

	printf("seed %llu, step %u: ", (unsigned long long)m.seed, m.step);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(1);
}

void trace(const char *fmt, ...)
{
	va_list ap;

	if (!m.trace)
		return;
	printf("%u @%lld ms: ", m.step, (long long)clock_boot_ms());
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* --- what clients hold --- */

bool is_held(const struct thing *thing)
{
	return thing->client && thing->ends_ms > clock_boot_ms();
}

bool holds(const struct thing *thing, const struct client *c, unsigned ia)
{
	return is_held(thing) && thing->client == c && thing->ia == ia;
}

struct thing *thing_of(const struct prefix *prefix, enum lease_type type)
{
	for (unsigned i = 0; i < rules.n_things; i++) {
		struct thing *thing = &m.things[i];

		if (prefix_equal(&thing->prefix, prefix) && thing->type == type)
			return thing;
	}
	return NULL;
}

/* A response to another stage of the same host may have been overtaken: then the lease is the other stage's. */
static bool is_stored_for(struct thing *thing, const struct lease *lease)
{
	if (rules.is_lease_of(lease, thing->client, thing->ia))
		return true;
	for (unsigned i = 0; i < rules.n_clients; i++)
		if (is_same_host(thing->client, &m.clients[i]) && rules.is_lease_of(lease, &m.clients[i], thing->ia)) {
			thing->client = &m.clients[i];
			thing->ends_ms = lease->expires * 1000;
			return true;
		}
	return false;
}

static void check_stored(struct thing *thing, uint32_t valid_sec, int64_t sent_ms)
{
	struct lease_query query = { .by = BY_ADDR, .addr = thing->prefix.addr, .type = thing->type };
	struct lease lease;
	char text[PREFIX_TEXT_MAX];

	(void)prefix_format(&thing->prefix, text);
	if (fake_store_find_now(m.store, &query, m.arena, &lease) != 1)
		fail("%s was given and is not in the store", text);
	if (!is_stored_for(thing, &lease) || lease.state != LEASE_DEFAULT || lease.type != thing->type ||
	    lease.prefix_len != thing->prefix.len)
		fail("%s was given to client %d and the store says something else", text, client_no(thing->client));
	thing->lease_subnet = lease.subnet_id;
	if (lease.expires * 1000 < thing->ends_ms)
		fail("%s was given for %u s, the store has %lld ms", text, valid_sec,
		     (long long)(lease.expires * 1000 - sent_ms));
}

/*
 * True if another client, or another IA of this client, holds something that overlaps it. What is reserved for a host
 * passes from one stage of its boot to another.
 */
static void check_free(const struct sent *sent, const struct thing *thing, unsigned ia, bool is_given)
{
	const struct client *c = sent->client;
	bool is_own = sent->round != m.round || owns(c, thing);
	char text[PREFIX_TEXT_MAX], text2[PREFIX_TEXT_MAX];

	for (unsigned i = 0; i < rules.n_things; i++) {
		const struct thing *other = &m.things[i];

		if (!is_held(other) || !prefix_overlaps(&thing->prefix, &other->prefix) ||
		    (other == thing && (holds(thing, c, ia) || (is_own && is_same_host(c, thing->client)))))
			continue;
		fail("%s was %s to client %d, ia %u, and client %d, ia %u holds %s",
		     prefix_format(&thing->prefix, text), is_given ? "given" : "offered", client_no(c), ia,
		     client_no(other->client), other->ia, prefix_format(&other->prefix, text2));
	}
}

void tell(struct client *c, unsigned ia, unsigned what, const struct prefix *prefix)
{
	struct told *told = &c->told[ia];
	const struct thing *thing;

	told->what = what;
	if (!prefix)
		return;
	told->prefix = *prefix;
	thing = thing_of(prefix, rules.type_of(ia));
	told->any_own |= thing && owns(c, thing);
}

/* Reservations and guards of the configuration that a request began with count until its end. */
static void check_allowed(const struct sent *sent, const struct thing *thing, bool is_given)
{
	const char *why = sent->round == m.round ? forbidden(sent->client, sent->look, thing) : NULL;
	char text[PREFIX_TEXT_MAX];

	if (why)
		fail("%s was %s to client %d and is %s", prefix_format(&thing->prefix, text),
		     is_given ? "given" : "offered", client_no(sent->client), why);
}

void take_lease(const struct sent *sent, const struct prefix *prefix, enum lease_type type, unsigned ia,
		uint32_t valid_sec, bool is_given)
{
	const struct client *c = sent->client;
	struct thing *thing = thing_of(prefix, type);
	int64_t ends_ms = sent->at_ms + valid_sec * 1000LL;
	char text[PREFIX_TEXT_MAX];

	if (!thing)
		fail("%s was given or offered, which is in no pool", prefix_format(prefix, text));
	check_allowed(sent, thing, is_given);
	if (is_given && holds(thing, c, ia))
		thing->ends_ms = ends_ms;
	if (is_given && ends_ms <= clock_boot_ms())
		return; /* it took so long that the lease has expired */
	check_free(sent, thing, ia, is_given);
	if (!is_given)
		return;
	thing->client = c;
	thing->ia = ia;
	thing->ends_ms = ends_ms;
	check_stored(thing, valid_sec, sent->at_ms);
}

/* --- the server --- */

static unsigned take_answers(struct io_engine *engine, struct dgram *const *v, unsigned n)
{
	(void)engine;
	for (unsigned i = 0; i < n; i++) {
		explain_response(bytes_of(v[i]->buf, v[i]->len));
		rules.take_answer(bytes_of(v[i]->buf, v[i]->len));
	}
	return n;
}

static const struct io_ops ops = { .send = take_answers };
static struct io_engine engine = { .ops = &ops };

const char *any_allocator(void)
{
	static const char *const names[] = { "iterative", "random", "flq" };

	return names[dice(3)];
}

void add_pool_id(struct str *text)
{
	unsigned id = dice(4);

	if (id)
		str_addf(text, ", \"pool-id\": %u", id - 1);
	add_scope_option(text, "pool");
	str_add(text, " }");
}

static struct config *make_config(void)
{
	struct diag *diag = NULL;
	struct config *cfg = NULL;
	struct str text = { 0 };

	str_addf(&text, "{ \"Dhcp%u\": { \"lease-database\": { \"type\": \"memfile\", \"persist\": false },",
		 rules.family->digit);
	str_add(&text, " \"valid-lifetime\": 100, \"min-valid-lifetime\": 20, \"max-valid-lifetime\": 200,");
	str_addf(&text, " \"cache-threshold\": %s,", dice(2) ? "0.0" : "0.5");
	str_addf(&text, " \"allocator\": \"%s\",", any_allocator());
	str_addf(&text, " \"max-leases-per-client\": %u,", m.max_leases);
	str_addf(&text, " \"decline-probation-period\": %u,", dice(3) ? 50 : 0);
	str_addf(&text, " \"expired-leases-processing\": { \"hold-reclaimed-time\": %u },", dice(2) ? 0 : 60);
	add_scope_definition(&text);
	access_begin(&text);
	rules.configure(&text);
	str_add(&text, " } }");
	trace("%s", text.text);
	if (config_load_text("model", text.text, text.len, rules.family->digit, CONFIG_SERVE, &diag, &cfg) < 0) {
		diag_print(diag, stdout, DIAG_TEXT);
		fail("the configuration is wrong");
	}
	diag_free(diag);
	str_free(&text);
	return cfg;
}

static void configure(void)
{
	struct live *live = live_new(&m.srv, m.db, make_config());

	live->unused = live_free;
	server_enter(&m.srv, live);
	for (unsigned i = 0; i < WORKERS; i++)
		serve_worker_switch(&m.srv.workers[i], live);
	m.live = live;
	m.round++;
	trace("new configuration");
}

static void pump(void)
{
	bool any = true;

	for (unsigned round = 0; any; round++) {
		if (round > 1000)
			fail("the pipeline does not come to rest");
		any = false;
		for (unsigned i = 0; i < WORKERS; i++)
			if (has_resumed(&m.srv.workers[i])) {
				any = true;
				serve_worker_resume(&m.srv.workers[i]);
				serve_worker_flush(&m.srv.workers[i]);
			}
	}
	if (!fake_store_n_waiting(m.store) && !fake_store_n_waiting_finds(m.store))
		for (unsigned i = 0; i < rules.n_clients + NOISY; i++)
			m.clients[i].outstanding = m.clients[i].moving = 0;
}

/* As the main thread does when the leases to reclaim have been found. */
static void resume_reclaiming(void)
{
	bool is_flush;

	(void)reclaim_resume(m.reclaim, m.store, m.live->hooks, &is_flush);
}

static void settle(void)
{
	for (unsigned round = 0; fake_store_n_waiting(m.store) || fake_store_n_waiting_finds(m.store); round++) {
		if (round > 1000)
			fail("the store does not come to rest");
		fake_store_answer_all(m.store, dice(2));
		pump();
		resume_reclaiming();
	}
}

static void calm_down(void)
{
	fake_store_fail_next(m.store, 0, CHANGE_OK);
	fake_store_busy_next(m.store, 0);
	fake_store_hold(m.store, false);
	fake_store_hold_finds(m.store, false);
	settle();
}

struct serve_worker *say_begin(struct client *c, uint8_t type, uint32_t wanted)
{
	struct serve_worker *w = &m.srv.workers[dice(WORKERS)];

	m.sent[++m.xid % XIDS] = (struct sent){ c, type, c->look, m.round, clock_boot_ms(), wanted };
	c->last_xid = m.xid;
	return w;
}

void say_end(struct client *c, struct serve_worker *w, struct dgram *dgram)
{
	if (explain_is_due()) {
		calm_down();
		explain_message_first(dgram);
	}
	if (!c->outstanding++)
		c->since_ms = clock_boot_ms();
	serve_worker_batch(w, dgram, 1);
	serve_worker_flush(w);
	pump();
	explain_compare();
}

/* --- one game --- */

static void store_acts(void)
{
	unsigned n = fake_store_n_waiting(m.store), n_finds = fake_store_n_waiting_finds(m.store), which;

	switch (dice(14)) {
	case 0:
		trace("store holds");
		fake_store_hold(m.store, true);
		break;
	case 1:
		trace("store lets go");
		fake_store_hold(m.store, false);
		fake_store_hold_finds(m.store, false);
		settle();
		break;
	case 2:
		trace("store is sick");
		which = 1 + dice(3);
		fake_store_fail_next(m.store, which, dice(2) ? CHANGE_FAILED : CHANGE_CONFLICT);
		break;
	case 3:
		fake_store_busy_next(m.store, 1);
		break;
	case 4:
		trace("store finds late");
		fake_store_hold_finds(m.store, dice(3));
		break;
	case 5:
		fake_store_twice(m.store, dice(2));
		break;
	default:
		if (n_finds && dice(2)) {
			(dice(8) ? fake_store_answer_find : fake_store_fail_find)(m.store, (unsigned)dice(n_finds));
			pump();
			break;
		}
		if (n) {
			which = dice(n);
			fake_store_answer(m.store, which,
					  dice(5)   ? CHANGE_OK
					  : dice(2) ? CHANGE_FAILED
						    : CHANGE_CONFLICT);
			pump();
		}
		break;
	}
}

/*
 * A request that waits too long for the store is dropped, and may still be stored: with less time than the
 * client knows of. That is as if the response was lost on the way, and the client asked for less than it had.
 */
static void lose_late_answers(void)
{
	for (unsigned i = 0; i < rules.n_clients; i++) {
		const struct client *c = &m.clients[i];

		if (!c->outstanding || clock_boot_ms() - c->since_ms < 10000)
			continue;
		for (unsigned k = 0; k < rules.n_things; k++)
			if (m.things[k].client == c)
				m.things[k].client = NULL;
	}
}

/*
 * Claims last for 15 s. For changes a store makes later than that, it detects two leases for one address, but
 * not overlapping leases of different lengths.
 */
static void settle_before(int64_t ms)
{
	for (unsigned i = 0; i < rules.n_clients; i++)
		if (m.clients[i].outstanding && clock_boot_ms() + ms - m.clients[i].since_ms > 14000)
			settle();
}

/*
 * Another server of the same store, unknown to this one: it assigns what is free according to the store, and
 * extends it. If its clients released a lease, this server would not consider it free before the lease would
 * have ended: so here they release nothing.
 */
static void foreign_server_acts(void)
{
	struct client *c = &m.clients[CLIENTS_MAX + NOISY];
	struct thing *thing = &m.things[dice(rules.n_things)];
	const struct pool *pool = pool_of_thing(thing);
	struct lease_query query = { .by = BY_ADDR, .addr = thing->prefix.addr, .type = thing->type };
	struct lease lease = {
		.addr = thing->prefix.addr,
		.prefix_len = thing->prefix.len,
		.type = thing->type,
		.hwtype = 1,
		.hwaddr = bytes_of(c->id, 6),
		.client_id = bytes_of(c->id, sizeof(c->id)),
		.iaid = 9,
		.hostname = "",
	}, old;
	unsigned life = 20 + dice(200);
	char text[PREFIX_TEXT_MAX];

	if (!pool || pool->len != thing->prefix.len)
		return;
	lease.subnet_id = pool->sub->id;
	if (fake_store_find_now(m.store, &query, m.arena, &old) == 1 && lease_is_in_use(&old) &&
	    !lease_is_expired(&old, clock_boot_sec()) && !bytes_equal(old.hwaddr, lease.hwaddr))
		return;
	lease_start(&lease, life);
	if (holds(thing, c, 0) && lease.expires * 1000 < thing->ends_ms)
		return;
	trace("another server assigns %s for %u s", prefix_format(&thing->prefix, text), life);
	fake_store_put(m.store, &lease);
	thing->client = c;
	thing->ia = 0;
	thing->ends_ms = lease.expires * 1000;
	m.n_foreign++;
}

static void advance(unsigned ms, bool reclaims)
{
	settle_before(ms);
	clock_advance(ms);
	lose_late_answers();
	if (!reclaims)
		return;
	(void)reclaim_slice(m.reclaim, m.store, m.live->hooks, m.live->cfg->global.expired_leases_processing);
	(void)reclaim_flush(m.reclaim, m.store, m.live->cfg->global.expired_leases_processing);
}

static void time_passes(bool reclaims)
{
	unsigned ms = (dice(8) ? dice(15) : dice(120)) * 1000;

	ms += dice(1000);
	if (!dice(10)) /* the wall clock is set; nothing depends on it */
		clock_step_wall(dice(2) ? 7200000 : -7200000);
	advance(ms, reclaims);
}

static void count_of_client(const struct lease *lease)
{
	struct bytes id = lease->client_id.len ? lease->client_id : lease->hwaddr;

	for (unsigned i = 0; id.len && i < rules.n_clients; i++)
		if (bytes_equal(id, bytes_of(m.clients[i].id, id.len)))
			m.clients[i].n_leases++;
}

/* All leases in use. */
struct used {
	struct prefix v[256];
	unsigned n;
};

static void collect_lease(void *ctx, const struct lease *lease)
{
	struct prefix span = lease_span(lease);
	struct used *used = ctx;
	char text[PREFIX_TEXT_MAX];

	if (!thing_of(&span, lease->type))
		fail("a lease of %s, which is in no pool", prefix_format(&span, text));
	count_of_client(lease);
	if (!lease_is_in_use(lease))
		return;
	for (unsigned i = 0; i < used->n; i++)
		if (prefix_overlaps(&span, &used->v[i]))
			fail("a lease of %s overlaps another one", prefix_format(&span, text));
	used->v[used->n++] = span;
}

static void each_lease(void (*fn)(void *ctx, const struct lease *lease), void *ctx)
{
	struct store_scan scan = { .arena = m.arena };
	int n;

	while ((n = store_scan(m.store, &scan)) > 0)
		for (int i = 0; i < n; i++)
			fn(ctx, &scan.v[i]);
	if (n < 0)
		fail("the leases cannot be read");
}

/* Nothing that is reserved is free. */
static void add_withheld(struct used *used)
{
	for (unsigned i = 0; i < rules.n_things; i++)
		if (is_reserved(&m.things[i]))
			used->v[used->n++] = m.things[i].prefix;
}

/* The free map agrees with the leases. */
static void check_pool(const struct pool *pool, const struct used *used)
{
	unsigned shift = ip_is4(&pool->first) ? 0 : 128u - pool->len;
	uint64_t n_free = pool->size, counted = alloc_n_free(m.db->alloc, m.live->set, pool->index);
	char text[IP_TEXT_MAX];

	for (uint64_t i = 0; i < pool->size; i++) {
		struct prefix prefix = { ip_add_steps(&pool->first, i, shift), pool->len };

		for (unsigned k = 0; k < used->n; k++)
			if (prefix_overlaps(&prefix, &used->v[k])) {
				n_free--;
				break;
			}
	}
	if (counted != n_free)
		fail("pool %s: %llu are free, the map says %llu", ip_format(&pool->first, text),
		     (unsigned long long)n_free, (unsigned long long)counted);
}

/* The store behaves, and no request is pending. */
/* At rest: no request is pending, and the free maps agree with the store. */
static void check_rest(void)
{
	const struct plan *plan = &m.live->cfg->plan;
	struct used used = { .n = 0 };
	char why[200];

	calm_down();
	for (unsigned i = 0; i < WORKERS; i++)
		if (m.srv.workers[i].n_busy)
			fail("%u requests never ended", m.srv.workers[i].n_busy);
	if (m.live->users != WORKERS)
		fail("the configuration has %u users", m.live->users);
	clock_advance(16000);
	alloc_sweep(m.db->alloc);
	if (alloc_n_claims(m.db->alloc))
		fail("%zu claims never ended", alloc_n_claims(m.db->alloc));
	for (unsigned i = 0; i < rules.n_clients; i++)
		m.clients[i].n_leases = 0;
	each_lease(collect_lease, &used);
	for (unsigned i = 0; i < rules.n_clients; i++)
		if (m.max_leases && m.clients[i].n_leases > m.max_leases)
			fail("client %u has %u leases, more than %u", i, m.clients[i].n_leases, m.max_leases);
	/* A server that shares its store only learns gradually what is taken, and what becomes free afterwards. */
	if (m.is_shared)
		return;
	if (!recount_agrees(m.srv.places, m.store, (int)rules.family->idx, why, sizeof(why)))
		fail("%s", why);
	add_withheld(&used);
	for (size_t i = 0; i < plan->n; i++) {
		for (unsigned k = 0; k < plan->subs[i].n_pools; k++)
			check_pool(&plan->subs[i].pools[k], &used);
		for (unsigned k = 0; k < plan->subs[i].n_pd_pools; k++)
			check_pool(&plan->subs[i].pd_pools[k], &used);
	}
}

/* --- honest clients in a crowd that only discovers --- */

/* The store's state for a client's IA. */
struct survey {
	const struct client *c;
	unsigned ia;
	struct used used, ended; /* leases that have ended, and are not reclaimed */
	struct used own;         /* in use */
	bool has_any;            /* its own lease on this link, in any state */
	unsigned n_leases;       /* of the client */
};

static bool begins_with(const struct client *c, struct bytes id)
{
	return id.len && id.len <= sizeof(c->id) && bytes_equal(id, bytes_of(c->id, id.len));
}

static void survey_lease(void *ctx, const struct lease *lease)
{
	struct survey *s = ctx;
	struct prefix span = lease_span(lease);
	bool is_own = rules.is_lease_of(lease, s->c, s->ia);

	s->has_any |= is_own && subnet_by_id(&m.live->cfg->plan, lease->subnet_id);
	s->n_leases += is_own || begins_with(s->c, lease->hwaddr) || begins_with(s->c, lease->client_id);
	if (!lease_is_in_use(lease))
		return;
	if (lease_is_expired(lease, clock_boot_sec()))
		s->ended.v[s->ended.n++] = span;
	else if (is_own && lease->state == LEASE_DEFAULT)
		s->own.v[s->own.n++] = span;
	else
		s->used.v[s->used.n++] = span;
}

static struct survey survey(const struct client *c, unsigned ia)
{
	struct survey s = { .c = c, .ia = ia };

	each_lease(survey_lease, &s);
	return s;
}

/* A lease of another length that has ended is in the way until it is reclaimed. */
static bool is_unused(const struct survey *s, const struct prefix *prefix)
{
	for (unsigned i = 0; i < s->used.n; i++)
		if (prefix_overlaps(prefix, &s->used.v[i]))
			return false;
	for (unsigned i = 0; i < s->own.n; i++)
		if (prefix_overlaps(prefix, &s->own.v[i]))
			return false;
	for (unsigned i = 0; i < s->ended.n; i++)
		if (prefix_overlaps(prefix, &s->ended.v[i]) && prefix->len != s->ended.v[i].len)
			return false;
	return true;
}

/* max-leases-per-client: may it have another one? */
static bool has_room(const struct survey *s)
{
	return !m.max_leases || s->n_leases < m.max_leases || (rules.family->one_lease && s->has_any);
}

static bool is_own_lease(const struct survey *s, const struct prefix *prefix)
{
	for (unsigned i = 0; i < s->own.n; i++)
		if (prefix_equal(&s->own.v[i], prefix))
			return true;
	return false;
}

/* True if the client may have it as far as leases are concerned. */
static bool is_open_to(const struct survey *s, const struct prefix *prefix)
{
	return is_own_lease(s, prefix) || (has_room(s) && is_unused(s, prefix));
}

/*
 * True if the store has something available, including what is named, if that is not NULL. Of what several clients have
 * reserved, each gets what the others were not offered.
 */
static bool is_available(const struct client *c, unsigned ia, const struct prefix *named)
{
	struct survey s = survey(c, ia);
	char text[PREFIX_TEXT_MAX];

	for (unsigned i = 0; named && i < s.used.n; i++)
		if (prefix_overlaps(named, &s.used.v[i]))
			return false;
	for (unsigned i = 0; i < rules.n_things; i++) {
		const struct prefix *prefix = &m.things[i].prefix;

		if (may_assign(c, &m.things[i], ia) && (!owns(c, &m.things[i]) || is_exclusive(c, &m.things[i])) &&
		    is_open_to(&s, prefix)) {
			trace("%s is available", prefix_format(prefix, text));
			return true;
		}
	}
	return false;
}

/* True if something that is reserved for the client, and for nobody else, is available. */
static bool is_home_free(const struct client *c, unsigned ia)
{
	struct survey s = survey(c, ia);

	/* It may have been offered for another IA just now. */
	for (unsigned i = 0; i < rules.n_ias; i++)
		if (i != ia && c->told[i].what == TOLD_OFFER && c->told[i].any_own)
			return false;
	for (unsigned i = 0; i < rules.n_things; i++) {
		const struct thing *thing = &m.things[i];

		if (owns(c, thing) && is_exclusive(c, thing) && may_assign(c, thing, ia) &&
		    is_open_to(&s, &thing->prefix))
			return true;
	}
	return false;
}

/* Number of assignable ones neither leased nor offered to anyone. */
static uint64_t n_unclaimed(const struct client *c, unsigned ia)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < rules.n_things; i++) {
		const struct pool *pool = pool_of_thing(&m.things[i]);

		if (pool && may_assign(c, &m.things[i], ia))
			n += alloc_n_free(m.db->alloc, m.live->set, pool->index);
	}
	return n;
}

static void make_noise(unsigned n)
{
	while (n--) {
		struct client *c = &m.clients[rules.n_clients + dice(NOISY)];
		bool is_new = !c->outstanding && dice(2);

		rules.make_noise(c, is_new);
	}
}

static void ask_among_others(struct client *c, unsigned ia, void (*ask)(struct client *c, unsigned ia))
{
	struct prefix last = c->told[ia].prefix;

	c->told[ia] = (struct told){ .what = TOLD_NOTHING, .prefix = last };
	ask(c, ia);
	if (fake_store_n_waiting_finds(m.store))
		make_noise(dice(6));
	settle();
}

/* The client asks, and requests what it is offered. Meanwhile others ask, and time passes. */
static void serve_honest(struct client *c, unsigned ia)
{
	bool must = is_available(c, ia, NULL), is_last = !n_unclaimed(c, ia), goes_home = is_home_free(c, ia), is_own;
	const struct told *told = &c->told[ia];
	struct prefix offered;

	ask_among_others(c, ia, rules.discover);
	/* With offer-lifetime the others' offers are leases. */
	must = must && is_available(c, ia, NULL);
	if (must && told->what != TOLD_OFFER)
		fail("client %d was offered nothing for ia %u, and there was something", client_no(c), ia);
	if (told->what != TOLD_OFFER)
		return;
	if (goes_home && !told->any_own)
		fail("client %d was not offered what is reserved for it for ia %u", client_no(c), ia);
	offered = told->prefix;
	is_own = told->any_own;
	make_noise(dice(20));
	if (!dice(3)) {
		settle();
		advance(dice(10000), dice(2));
		make_noise(dice(10));
	}
	settle();
	/* What is reserved for it may have become free. */
	goes_home = is_home_free(c, ia);
	must = is_available(c, ia, rules.family->one_lease ? &offered : NULL) &&
	       (!rules.family->one_lease || is_own || !has_home(c, rules.type_of(ia)));
	ask_among_others(c, ia, rules.request);
	must = must && is_available(c, ia, rules.family->one_lease ? &offered : NULL);
	if (must && told->what != TOLD_GIVEN)
		fail("client %d was not given what it was offered for ia %u", client_no(c), ia);
	if (goes_home && told->what == TOLD_GIVEN && !told->any_own)
		fail("client %d was given something else than what is reserved for it for ia %u", client_no(c), ia);
	m.n_served += must;
	m.n_served_last += must && is_last;
	m.n_home += goes_home && told->what == TOLD_GIVEN;
}

static const struct thing *held_by(const struct client *c, unsigned ia)
{
	for (unsigned i = 0; i < rules.n_things; i++)
		if (holds(&m.things[i], c, ia))
			return &m.things[i];
	return NULL;
}

/*
 * A client renews what it holds, now perhaps in other classes or with other reservations: it keeps it or has to give it
 * up, and in DHCPv6 gets what is reserved for it right away.
 */
static void renew_honest(struct client *c, unsigned ia)
{
	const struct thing *thing = held_by(c, ia);
	const struct told *told = &c->told[ia];
	bool keeps, goes_home;
	struct survey after;
	const char *why;
	char text[PREFIX_TEXT_MAX];

	if (!thing)
		return;
	why = forbidden(c, c->look, thing);
	goes_home = is_home_free(c, ia) && !owns(c, thing);
	keeps = may_keep(c, c->look, thing);
	(void)prefix_format(&thing->prefix, text);
	c->told[ia] = (struct told){ .what = TOLD_NOTHING };
	rules.renew(c, ia, &thing->prefix);
	settle();
	m.n_moved += why || goes_home;
	if (keeps && (told->what != TOLD_GIVEN || prefix_equal(&told->stopped, &thing->prefix)))
		fail("client %d, ia %u, was not allowed to keep %s", client_no(c), ia, text);
	if (!why && !goes_home)
		return;
	if (rules.family->one_lease ? told->what != TOLD_REFUSED
				    : !prefix_equal(&told->stopped, &thing->prefix) && told->what != TOLD_REFUSED)
		fail("client %d, ia %u, was not told to give up %s, %s", client_no(c), ia, text,
		     why ? why : "and something is reserved for it");
	if (!goes_home || rules.family->one_lease)
		return;
	if (!told->any_own)
		fail("client %d, ia %u, did not get what is reserved for it", client_no(c), ia);
	after = survey(c, ia);
	if (subnet_by_id(&m.live->cfg->plan, thing->lease_subnet) && is_own_lease(&after, &thing->prefix))
		fail("client %d, ia %u, has a lease of %s, which it had to give up", client_no(c), ia, text);
}

/* Claims left over from store failures have ended when this begins. */
static void crowd(void)
{
	unsigned n = 10 + dice(40);
	bool reclaims = dice(2);

	trace("a crowd comes");
	calm_down();
	advance(16000, reclaims);
	fake_store_hold_finds(m.store, dice(2));
	while (n--) {
		struct client *c = &m.clients[dice(rules.n_clients)];
		unsigned ia = dice(rules.n_ias);

		switch (dice(7)) {
		case 0:
			settle();
			time_passes(reclaims);
			break;
		case 1:
		case 2:
			settle();
			for (unsigned k = m.is_shared ? dice(8) : 0; k; k--)
				foreign_server_acts();
			serve_honest(c, ia);
			break;
		case 3:
			settle();
			if (!dice(4)) {
				configure();
				advance(16000, reclaims); /* offers of the time before end */
			}
			if (!dice(4))
				c->look = dice(LOOKS);
			renew_honest(c, ia);
			break;
		default:
			make_noise(1 + dice(12));
		}
	}
	calm_down();
	trace("it goes");
}

static void begin(uint64_t seed)
{
	m.seed = seed;
	m.step = 0;
	rand_seed(seed);
	clock_set_virtual(1700000000, 100000);
	m.arena = arena_new(0);
	m.store = fake_store_new((int)rules.family->idx);
	server_init(&m.srv, rules.family, WORKERS, 64);
	for (unsigned i = 0; i < WORKERS; i++)
		m.srv.workers[i].engine = &engine;
	m.db = leasedb_new(m.store);
	m.reclaim = reclaim_new(rules.family->idx, NULL, NULL);
	m.live = NULL;
	m.is_shared = !dice(4);
	m.max_leases = dice(2) ? rules.max_leases + dice(3) : 0;
	memset(m.clients, 0, sizeof(m.clients));
	memset(m.things, 0, sizeof(m.things));
	memcpy(m.clients[CLIENTS_MAX + NOISY].id, "foreign", 8);
	rules.begin();
	configure();
	explain_begin();
}

static void end(void)
{
	check_rest();
	reclaim_free_wait(m.reclaim);
	explain_end();
	server_done(&m.srv);
	leasedb_leave(m.db);
	arena_free(m.arena);
}

/* Its user may choose another operating system. */
static void act(struct client *c)
{
	if (!c->outstanding && !dice(12))
		c->look = dice(LOOKS);
	rules.act(c);
}

static void play(uint64_t seed, unsigned steps)
{
	begin(seed);
	for (m.step = 1; m.step <= steps; m.step++) {
		unsigned what = dice(100);

		if (m.is_shared && !dice(6))
			foreign_server_acts();
		if (what < 62)
			act(&m.clients[dice(rules.n_clients)]);
		else if (what < 70)
			make_noise(1);
		else if (what < 90)
			store_acts();
		else if (what < 98)
			time_passes(true);
		else if (what < 99)
			configure();
		else if (dice(2))
			crowd();
		else
			check_rest();
		if (m.step % 256 == 0)
			arena_reset(m.arena);
	}
	end();
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, n = argc > 1 ? 1 : 40;
	unsigned steps = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 3000;

	m.trace = getenv("MODEL_TRACE") != NULL;
	explain_start();
	if (explain_is_on() && argc <= 2)
		steps = 60; /* and so more configurations */
	for (unsigned i = 0; i < log_all_n; i++)
		log_all[i]->enabled = 0;
	for (uint64_t seed = first; seed < first + n && !explain_is_enough(); seed++)
		play(seed, steps);
	if (explain_is_on()) {
		explain_check_enough();
		return 0;
	}
	rules.check_enough();
	if (!m.n_served || !m.n_served_last || !m.n_foreign || !m.n_home || !m.n_moved)
		fail("nothing happened: of %llu honest clients in a crowd %llu came when all was offered, %llu had a "
		     "reservation, %llu had to give up a lease, and another server did %llu things",
		     (unsigned long long)m.n_served, (unsigned long long)m.n_served_last, (unsigned long long)m.n_home,
		     (unsigned long long)m.n_moved, (unsigned long long)m.n_foreign);
	return 0;
}
