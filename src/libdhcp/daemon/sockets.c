/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/sockets.h"

#include "base/clock.h"
#include "base/err.h"
#include "log/log.h"
#include "serve/family.h"
#include "serve/feed.h"

#include <errno.h>

#define SETTLE_MS 200 /* from the first event of a burst to reading the interfaces */

/* --- what is open, and logging it --- */

static bool is_open(const struct socket_state *state)
{
	return !state->text[0];
}

static bool same_place(const struct socket_state *a, const struct socket_state *b)
{
	return !strcmp(a->ifname, b->ifname) && ip_equal(&a->addr, &b->addr);
}

static const struct socket_state *find_open(const struct socket_states *states, const struct socket_state *like)
{
	for (size_t i = 0; i < states->v.n; i++)
		if (is_open(&states->v.v[i]) && same_place(&states->v.v[i], like))
			return &states->v.v[i];
	return NULL;
}

static const struct socket_state *find_same(const struct socket_states *states, const struct socket_state *like)
{
	for (size_t i = 0; i < states->v.n; i++)
		if (same_place(&states->v.v[i], like) && !strcmp(states->v.v[i].text, like->text))
			return &states->v.v[i];
	return NULL;
}

/* Two entries with the same problem ("eth0" and "eth0/ADDRESS") share one state. */
static void note(void *ctx, const char *ifname, const struct ip *addr, const char *text)
{
	struct socket_states *states = ctx;
	struct socket_state state = { .ifindex = text ? 0 : if_nametoindex(ifname) };

	if (addr)
		state.addr = *addr;
	(void)snprintf(state.ifname, sizeof(state.ifname), "%s", ifname);
	(void)snprintf(state.text, sizeof(state.text), "%s", text ? text : "");
	if (!find_same(states, &state))
		*vec_push(&states->v) = state;
}

/* Finds the same interface and address under another name. */
static const struct socket_state *find_renamed(const struct socket_states *states, const struct socket_state *like)
{
	for (size_t i = 0; i < states->v.n; i++) {
		const struct socket_state *state = &states->v.v[i];

		if (is_open(state) && state->ifindex == like->ifindex && like->ifindex &&
		    ip_equal(&state->addr, &like->addr) && strcmp(state->ifname, like->ifname) != 0)
			return state;
	}
	return NULL;
}

/* Returns the reason why a socket is no longer open, according to the new states. */
static const char *reason(const struct socket_states *now, const struct socket_state *was)
{
	for (size_t i = 0; i < now->v.n; i++)
		if (!is_open(&now->v.v[i]) && !strcmp(now->v.v[i].ifname, was->ifname))
			return now->v.v[i].text;
	return if_nametoindex(was->ifname) ? "the address is gone or the interface is down"
					   : "there is no such interface";
}

static bool was_open_there(const struct socket_states *before, const char *ifname)
{
	for (size_t i = 0; i < before->v.n; i++)
		if (is_open(&before->v.v[i]) && !strcmp(before->v.v[i].ifname, ifname))
			return true;
	return false;
}

static void tell(const struct sockets *s, const struct socket_states *before, const struct socket_states *now)
{
	unsigned fam = s->srv->fam->idx;
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < before->v.n; i++) {
		const struct socket_state *was = &before->v.v[i];

		if (!is_open(was) || find_open(now, was) || find_renamed(now, was))
			continue;
		LOGF(fam, DHCPx_CLOSE_SOCKET, was->ifname, ip_format(&was->addr, text), reason(now, was));
		feed_text(s->srv->feed, FEED_INTERFACE, false, "%s, %s: %s", was->ifname, text, reason(now, was));
	}
	for (i = 0; i < now->v.n; i++) {
		const struct socket_state *state = &now->v.v[i];
		const struct socket_state *renamed = is_open(state) ? find_renamed(before, state) : NULL;

		if (is_open(state) && find_open(before, state))
			continue;
		(void)ip_format(&state->addr, text);
		if (is_open(state))
			feed_text(s->srv->feed, FEED_INTERFACE, true, "%s, %s", state->ifname, text);
		if (renamed && !find_open(now, renamed))
			LOGF(fam, DHCPx_RENAMED_SOCKET, renamed->ifname, text, state->ifname);
		else if (is_open(state))
			LOG(DHCPSRV_CFGMGR_ADD_IFACE, state->ifname, text);
		else if (!find_same(before, state) && !was_open_there(before, state->ifname))
			LOG(DHCPSRV_OPEN_SOCKET_FAIL, state->ifname, ip_is_zero(&state->addr) ? "" : ", address ",
			    ip_is_zero(&state->addr) ? "" : text, state->text);
	}
}

const struct subnet *sockets_unselected(const struct plan *plan, const struct iface *iface, const struct ip *local,
					struct ip *ret_addr)
{
	struct select_query query = { .iface = iface->name, .local_addr = *local, .on_link = true };

	if (subnet_select(plan, &query))
		return NULL;
	for (unsigned i = 0; i < iface->n_addrs; i++) {
		const struct subnet *sub = subnet_by_address(plan, &iface->addrs[i].ip);

		if (!sub || sub->iface[0])
			continue;
		*ret_addr = iface->addrs[i].ip;
		return sub;
	}
	return NULL;
}

/* Checks interfaces that are open now and were not in `before`. */
static void warn_unselected(const struct sockets *s, const struct plan *plan, const struct socket_states *before,
			    const struct socket_states *now)
{
	char text[IP_TEXT_MAX], prefix[PREFIX_TEXT_MAX];
	const char *last = "";

	for (size_t i = 0; i < now->v.n; i++) {
		const struct socket_state *state = &now->v.v[i];
		const struct iface *iface = ifaces_by_name(s->seen, state->ifname);
		const struct subnet *sub;
		struct ip addr;

		/* The first address of an interface selects the subnet. */
		if (!is_open(state) || !iface || !strcmp(last, state->ifname) || find_open(before, state))
			continue;
		last = state->ifname;
		sub = sockets_unselected(plan, iface, &state->addr, &addr);
		if (sub)
			LOGF(s->srv->fam->idx, DHCPx_INTERFACE_NOT_SERVED, state->ifname,
			     prefix_format(&sub->prefix, prefix), sub->id, ip_format(&addr, text), state->ifname);
	}
}

static bool is_missing(const struct socket_states *states)
{
	for (size_t i = 0; i < states->v.n; i++)
		if (!is_open(&states->v.v[i]))
			return true;
	return false;
}

/* --- opening --- */

/* Collects the addresses by which clients may identify this server. */
static void learn_addresses(struct sockets *s, const struct ifaces *ifaces)
{
	VEC(struct ip) own = { 0 };
	unsigned i, k;

	for (i = 0; i < ifaces->n; i++)
		for (k = 0; k < ifaces->v[i].n_addrs; k++)
			*vec_push(&own) = ifaces->v[i].addrs[k].ip;
	server_set_addresses(s->srv, own.v, (unsigned)own.n);
	vec_free(&own);
}

static int open_sets(struct sockets *s, const struct config *cfg, struct opened *ret)
{
	unsigned n = s->srv->n_workers;
	struct sockset_conf conf = {
		.family = s->srv->fam->idx,
		.listen = cfg->listen,
		.n_listen = cfg->n_listen,
		.raw = config_is_raw(cfg),
		.use_routing = config_is_routed(cfg),
		.port = s->srv->server_port,
		.n_sets = n,
	};

	LOGF(s->srv->fam->idx, DHCPx_OPEN_SOCKET, s->srv->server_port);
	/* Start counting for the new sockets. */
	sockets_note_drops(s);
	*ret = (struct opened){ .sets = xcalloc(n, sizeof(struct sockset *)) };
	ret->n_open = sockset_open(&conf, s->sets, s->sets ? n : 0, note, &ret->states, ret->sets);
	if (ret->n_open >= 0)
		return 0;
	LOGF(s->srv->fam->idx, DHCPx_OPEN_SOCKETS_FAILED, strerror(errno));
	free(ret->sets);
	ret->sets = NULL;
	return -E_SYS;
}

void sockets_note_drops(struct sockets *s)
{
	for (unsigned i = 0; s->sets && i < s->srv->n_workers; i++)
		stat_add(s->stats, STAT_SOCKET_FULL, (int64_t)sockset_new_drops(s->sets[i]));
}

/* A counter that was reset starts at zero. */
static int64_t grown(int64_t now, int64_t *was)
{
	int64_t n = now < *was ? now : now - *was;

	*was = now;
	return n;
}

void sockets_note_overload(struct sockets *s)
{
	int64_t flood_ms, stale, full, took_ms;

	sockets_note_drops(s);
	flood_ms = grown(stat_sum(STAT_FLOOD_MS), &s->overload.flood_ms);
	stale = grown(stat_sum(STAT_SOCKET_STALE), &s->overload.stale);
	full = grown(stat_sum(STAT_SOCKET_FULL), &s->overload.full);
	took_ms = grown(clock_boot_ms(), &s->overload.at_ms);
	if (flood_ms || stale || full)
		LOGF(s->srv->fam->idx, DHCPx_OVERLOAD, (double)took_ms / 1000,
		     s->srv->fam->idx ? "SOLICITs" : "DISCOVERs", (long long)flood_ms, (long long)stale,
		     (long long)full);
}

static void free_sets(struct sockets *s, struct sockset **sets)
{
	unsigned i;

	for (i = 0; sets && i < s->srv->n_workers; i++)
		sockset_free(sets[i]);
	free(sets);
}

void sockets_drop(struct sockets *s, struct opened *opened)
{
	free_sets(s, opened->sets);
	opened->sets = NULL;
	vec_free(&opened->states.v);
}

int sockets_open(struct sockets *s, const struct config *cfg, bool at_start, struct opened *ret)
{
	const struct socket_states none = { 0 };
	const struct interfaces_config_conf *conf = cfg->global.interfaces_config;
	struct ifaces *ifaces = NULL;

	if (ifaces_read(&ifaces) < 0) {
		LOGF(s->srv->fam->idx, DHCPx_OPEN_SOCKETS_FAILED, strerror(errno));
		return -E_SYS;
	}
	learn_addresses(s, ifaces);
	ifaces_free(s->seen);
	s->seen = ifaces;
	if (open_sets(s, cfg, ret) < 0)
		return -E_SYS;
	/* All sockets must be open: at once, or at a start within the configured number of retries. */
	if (!conf->service_sockets_require_all || !is_missing(&ret->states) ||
	    (at_start && conf->service_sockets_max_retries))
		return 0;
	tell(s, &none, &ret->states);
	if (at_start)
		LOGF(s->srv->fam->idx, DHCPx_FATAL_OPEN_SOCKETS_FAILED, "some of those configured cannot be used now");
	else
		LOGF(s->srv->fam->idx, DHCPx_OPEN_SOCKETS_FAILED,
		     "service-sockets-require-all is set, and not all could be opened");
	sockets_drop(s, ret);
	return -E_CONFIG;
}

/* --- switching the workers --- */

/* What a worker switches to, in its own thread. */
struct change_over {
	struct post post;
	struct serve_worker *w;
	struct live *live;
	struct io_engine *engine;
};

static void change_over(struct post *post)
{
	struct change_over *c = container_of(post, struct change_over, post);

	serve_worker_flush(c->w);
	if (c->live)
		serve_worker_switch(c->w, c->live);
	c->w->engine = c->engine;
}

/* `live` may be NULL: unchanged. Returns once all workers have switched. */
static void change_workers(struct sockets *s, struct live *live, struct sockset **sets)
{
	unsigned n = s->srv->n_workers, i;
	struct change_over *c = xcalloc(n, sizeof(*c));
	struct io_engine **engines = xcalloc(n, sizeof(struct io_engine *));

	for (i = 0; i < n; i++) {
		engines[i] = sockset_engine(sets[i]);
		c[i].w = &s->srv->workers[i];
		c[i].live = live;
		c[i].engine = engines[i];
		c[i].post.fn = change_over;
		worker_post(workers_get(s->workers, i), &c[i].post);
	}
	/* Posts run in order, so those above have also run when this returns. */
	workers_set_engines(s->workers, engines);
	free(c);
	free(engines);
}

static void retry_later(struct sockets *s)
{
	const struct interfaces_config_conf *conf = s->live->cfg->global.interfaces_config;

	if (is_missing(&s->states) && s->n_retries < conf->service_sockets_max_retries)
		loop_timer_start(s->loop, &s->retry_timer, conf->service_sockets_retry_wait_time);
	else
		loop_timer_stop(s->loop, &s->retry_timer);
}

static void take_over(struct sockets *s, struct live *live, struct opened *opened)
{
	const struct socket_states none = { 0 };
	struct sockset **old = s->sets;

	tell(s, &s->states, &opened->states);
	warn_unselected(s, live ? &live->cfg->plan : &s->live->cfg->plan, live ? &none : &s->states, &opened->states);
	change_workers(s, live, opened->sets);
	s->sets = opened->sets;
	s->n_ifaces = (unsigned)opened->n_open;
	vec_free(&s->states.v);
	s->states = opened->states;
	free_sets(s, old);
}

void sockets_use(struct sockets *s, struct live *live, struct opened *opened)
{
	take_over(s, live, opened);
	s->live = live;
	s->n_retries = 0;
	retry_later(s);
}

/* --- following the interfaces --- */

static void look_again(struct sockets *s)
{
	struct opened opened;

	if (open_sets(s, s->live->cfg, &opened) == 0)
		take_over(s, NULL, &opened);
}

void sockets_redetect(struct sockets *s)
{
	struct ifaces *ifaces = NULL;

	if (ifaces_read(&ifaces) < 0)
		return;
	/* Router advertisements and address lifetimes cause constant events that do not matter here. */
	if (ifaces_equal(s->seen, ifaces)) {
		ifaces_free(ifaces);
		return;
	}
	learn_addresses(s, ifaces);
	ifaces_free(s->seen);
	s->seen = ifaces;
	look_again(s);
}

static void settled(void *ctx)
{
	struct sockets *s = ctx;

	s->is_settling = false;
	sockets_redetect(s);
}

static void changed(void *ctx, const struct iface_event *event)
{
	struct sockets *s = ctx;

	(void)event;
	if (!s->live->cfg->global.interfaces_config->re_detect || !s->live->cfg->n_listen || s->is_settling)
		return;
	/* Later events do not postpone this: the interfaces are read soon after the first one. */
	s->is_settling = true;
	loop_timer_start(s->loop, &s->settle_timer, SETTLE_MS);
}

static void retry(void *ctx)
{
	struct sockets *s = ctx;
	const struct interfaces_config_conf *conf = s->live->cfg->global.interfaces_config;

	s->n_retries++;
	look_again(s);
	if (is_missing(&s->states) && s->n_retries >= conf->service_sockets_max_retries &&
	    conf->service_sockets_require_all) {
		LOGF(s->srv->fam->idx, DHCPx_FATAL_OPEN_SOCKETS_FAILED, "some could not be opened after all retries");
		s->has_failed = true;
		loop_stop(s->loop);
		return;
	}
	retry_later(s);
}

int sockets_watch(struct sockets *s)
{
	timer_init(&s->settle_timer, settled, s);
	timer_init(&s->retry_timer, retry, s);
	s->overload.at_ms = clock_boot_ms();
	return iface_watch_new(s->loop, changed, s, &s->watch);
}

void sockets_unwatch(struct sockets *s)
{
	iface_watch_free(s->watch);
	s->watch = NULL;
}

void sockets_done(struct sockets *s)
{
	free_sets(s, s->sets);
	vec_free(&s->states.v);
	ifaces_free(s->seen);
}
