/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/sockets.h"

#include "base/err.h"
#include "log/log.h"
#include "daemon/daemon.h"
#include "serve/family.h"

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

static void tell(const struct daemon *d, const struct socket_states *before, const struct socket_states *now)
{
	unsigned fam = d->fam->idx;
	char text[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < before->v.n; i++) {
		const struct socket_state *was = &before->v.v[i];

		if (is_open(was) && !find_open(now, was) && !find_renamed(now, was))
			LOGF(fam, DHCPx_CLOSE_SOCKET, was->ifname, ip_format(&was->addr, text), reason(now, was));
	}
	for (i = 0; i < now->v.n; i++) {
		const struct socket_state *state = &now->v.v[i];
		const struct socket_state *renamed = is_open(state) ? find_renamed(before, state) : NULL;

		if (is_open(state) && find_open(before, state))
			continue;
		(void)ip_format(&state->addr, text);
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
static void warn_unselected(const struct daemon *d, const struct plan *plan, const struct socket_states *before,
			    const struct socket_states *now)
{
	char text[IP_TEXT_MAX], prefix[PREFIX_TEXT_MAX];
	const char *last = "";

	for (size_t i = 0; i < now->v.n; i++) {
		const struct socket_state *state = &now->v.v[i];
		const struct iface *iface = ifaces_by_name(d->sockets.seen, state->ifname);
		const struct subnet *sub;
		struct ip addr;

		/* The first address of an interface selects the subnet. */
		if (!is_open(state) || !iface || !strcmp(last, state->ifname) || find_open(before, state))
			continue;
		last = state->ifname;
		sub = sockets_unselected(plan, iface, &state->addr, &addr);
		if (sub)
			LOGF(d->fam->idx, DHCPx_INTERFACE_NOT_SERVED, state->ifname,
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
static void learn_addresses(struct daemon *d, const struct ifaces *ifaces)
{
	VEC(struct ip) own = { 0 };
	unsigned i, k;

	for (i = 0; i < ifaces->n; i++)
		for (k = 0; k < ifaces->v[i].n_addrs; k++)
			*vec_push(&own) = ifaces->v[i].addrs[k].ip;
	server_set_addresses(&d->srv, own.v, (unsigned)own.n);
	vec_free(&own);
}

static int open_sets(struct daemon *d, const struct config *cfg, struct opened *ret)
{
	unsigned n = d->srv.n_workers;
	struct sockset_conf conf = {
		.family = d->fam->idx,
		.listen = cfg->listen,
		.n_listen = cfg->n_listen,
		.raw = config_is_raw(cfg),
		.use_routing = config_is_routed(cfg),
		.port = d->srv.server_port,
		.n_sets = n,
	};

	LOGF(d->fam->idx, DHCPx_OPEN_SOCKET, d->srv.server_port);
	/* Start counting for the new sockets. */
	sockets_note_drops(d);
	*ret = (struct opened){ .sets = xcalloc(n, sizeof(struct sockset *)) };
	ret->n_open = sockset_open(&conf, d->sockets.sets, d->sockets.sets ? n : 0, note, &ret->states, ret->sets);
	if (ret->n_open >= 0)
		return 0;
	LOGF(d->fam->idx, DHCPx_OPEN_SOCKETS_FAILED, strerror(errno));
	free(ret->sets);
	ret->sets = NULL;
	return -E_SYS;
}

void sockets_note_drops(struct daemon *d)
{
	for (unsigned i = 0; d->sockets.sets && i < d->srv.n_workers; i++)
		stat_add(d->stats, STAT_SOCKET_FULL, (int64_t)sockset_new_drops(d->sockets.sets[i]));
}

static void free_sets(struct daemon *d, struct sockset **sets)
{
	unsigned i;

	for (i = 0; sets && i < d->srv.n_workers; i++)
		sockset_free(sets[i]);
	free(sets);
}

void sockets_drop(struct daemon *d, struct opened *opened)
{
	free_sets(d, opened->sets);
	opened->sets = NULL;
	vec_free(&opened->states.v);
}

int sockets_open(struct daemon *d, const struct config *cfg, bool at_start, struct opened *ret)
{
	const struct socket_states none = { 0 };
	const struct interfaces_config_conf *conf = cfg->global.interfaces_config;
	struct ifaces *ifaces = NULL;

	if (ifaces_read(&ifaces) < 0) {
		LOGF(d->fam->idx, DHCPx_OPEN_SOCKETS_FAILED, strerror(errno));
		return -E_SYS;
	}
	learn_addresses(d, ifaces);
	ifaces_free(d->sockets.seen);
	d->sockets.seen = ifaces;
	if (open_sets(d, cfg, ret) < 0)
		return -E_SYS;
	/* All sockets must be open: at once, or at a start within the configured number of retries. */
	if (!conf->service_sockets_require_all || !is_missing(&ret->states) ||
	    (at_start && conf->service_sockets_max_retries))
		return 0;
	tell(d, &none, &ret->states);
	if (at_start)
		LOGF(d->fam->idx, DHCPx_FATAL_OPEN_SOCKETS_FAILED, "some of those configured cannot be used now");
	else
		LOGF(d->fam->idx, DHCPx_OPEN_SOCKETS_FAILED,
		     "service-sockets-require-all is set, and not all could be opened");
	sockets_drop(d, ret);
	return -E_CONFIG;
}

static void retry_later(struct daemon *d)
{
	const struct interfaces_config_conf *conf = d->live->cfg->global.interfaces_config;

	if (is_missing(&d->sockets.states) && d->sockets.n_retries < conf->service_sockets_max_retries)
		loop_timer_start(d->loop, &d->sockets.retry_timer, conf->service_sockets_retry_wait_time);
	else
		loop_timer_stop(d->loop, &d->sockets.retry_timer);
}

static void take_over(struct daemon *d, struct live *live, struct opened *opened)
{
	const struct socket_states none = { 0 };
	struct sockets *s = &d->sockets;
	struct sockset **old = s->sets;

	tell(d, &s->states, &opened->states);
	warn_unselected(d, live ? &live->cfg->plan : &d->live->cfg->plan, live ? &none : &s->states, &opened->states);
	daemon_change_workers(d, live, opened->sets);
	s->sets = opened->sets;
	s->n_ifaces = (unsigned)opened->n_open;
	vec_free(&s->states.v);
	s->states = opened->states;
	free_sets(d, old);
}

void sockets_use(struct daemon *d, struct live *live, struct opened *opened)
{
	take_over(d, live, opened);
	d->live = live;
	d->sockets.n_retries = 0;
	retry_later(d);
}

/* --- following the interfaces --- */

static void look_again(struct daemon *d)
{
	struct opened opened;

	if (open_sets(d, d->live->cfg, &opened) == 0)
		take_over(d, NULL, &opened);
}

static void settled(void *ctx)
{
	struct daemon *d = ctx;
	struct ifaces *ifaces = NULL;

	d->sockets.is_settling = false;
	if (ifaces_read(&ifaces) < 0)
		return;
	/* Router advertisements and address lifetimes cause constant events that do not matter here. */
	if (ifaces_equal(d->sockets.seen, ifaces)) {
		ifaces_free(ifaces);
		return;
	}
	learn_addresses(d, ifaces);
	ifaces_free(d->sockets.seen);
	d->sockets.seen = ifaces;
	look_again(d);
}

static void changed(void *ctx, const struct iface_event *event)
{
	struct daemon *d = ctx;

	(void)event;
	if (!d->live->cfg->global.interfaces_config->re_detect || !d->live->cfg->n_listen || d->sockets.is_settling)
		return;
	/* Later events do not postpone this: the interfaces are read soon after the first one. */
	d->sockets.is_settling = true;
	loop_timer_start(d->loop, &d->sockets.settle_timer, SETTLE_MS);
}

static void retry(void *ctx)
{
	struct daemon *d = ctx;
	const struct interfaces_config_conf *conf = d->live->cfg->global.interfaces_config;

	d->sockets.n_retries++;
	look_again(d);
	if (is_missing(&d->sockets.states) && d->sockets.n_retries >= conf->service_sockets_max_retries &&
	    conf->service_sockets_require_all) {
		LOGF(d->fam->idx, DHCPx_FATAL_OPEN_SOCKETS_FAILED, "some could not be opened after all retries");
		d->exit_status = 1;
		loop_stop(d->loop);
		return;
	}
	retry_later(d);
}

int sockets_watch(struct daemon *d)
{
	timer_init(&d->sockets.settle_timer, settled, d);
	timer_init(&d->sockets.retry_timer, retry, d);
	return iface_watch_new(d->loop, changed, d, &d->sockets.watch);
}

void sockets_unwatch(struct daemon *d)
{
	iface_watch_free(d->sockets.watch);
	d->sockets.watch = NULL;
}

void sockets_done(struct daemon *d)
{
	free_sets(d, d->sockets.sets);
	vec_free(&d->sockets.states.v);
	ifaces_free(d->sockets.seen);
}
