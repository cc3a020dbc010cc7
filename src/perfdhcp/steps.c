/* SPDX-License-Identifier: MPL-2.0 */
/* Handles one exchange: its messages, its responses, its end. */
#include "perfdhcp/run.h"

#include "base/hash.h"

#define NS UINT64_C(1000000000)

static bool is_avalanche(const struct run *run)
{
	return run->opt->scenario == SCENARIO_AVALANCHE;
}

uint64_t step_patience_ns(const struct run *run, unsigned queue)
{
	if (queue >= N_KINDS)
		return (1ull << (queue - N_KINDS)) * NS;
	return (uint64_t)(run->opt->drop_sec[queue == FIRST ? 0 : 1] * 1e9);
}

/* -Y, -y: during a given period, every client claims that it has waited since the period began. */
static uint32_t waited_ms(const struct run *run)
{
	double now = (double)(run->now_ns - run->stats.start_ns) / 1e9 - run->opt->late_from_sec;

	if (run->opt->late_for_sec <= 0 || now < 0 || now > run->opt->late_for_sec)
		return 0;
	return (uint32_t)((now + 1) * 1000);
}

static void transmit(struct run *run, const struct exchange *x, enum kind kind, const struct grant *grant)
{
	const struct options *opt = run->opt;
	struct writer *w = net_begin(run->net);
	struct message msg = {
		.kind = kind,
		.client = x->client,
		.xid = x->xid,
		.grant = grant,
		.waited_ms = kind == FIRST ? waited_ms(run) : 0,
	};
	uint8_t mac[MAC_LEN];

	if (opt->n_relays)
		msg.relay = &opt->relays[x->relay];
	else if (opt->family == 4 ? !opt->direct : opt->relay_level)
		msg.relay = net_local(run->net);
	run->proto->write(opt, &msg, w);
	client_mac(opt, x->client, mac);
	net_commit(run->net, mac);
}

static void await(struct run *run, struct exchange *x, enum kind kind, const struct grant *grant)
{
	transmit(run, x, kind, grant);
	run->stats.kind[kind].sent++;
	exchanges_wait(&run->xs, x, kind, is_avalanche(run) ? N_KINDS : kind, run->now_ns);
}

static uint32_t pick_client(struct run *run)
{
	uint32_t client = run->next_client;

	if (run->opt->macs)
		return (uint32_t)rand_below(run->opt->clients);
	run->next_client = client + 1 == run->opt->clients ? 0 : client + 1;
	return client;
}

static void note_lease(struct run *run, uint32_t client, const struct grant *grant)
{
	uint8_t id[MAX_DUID];
	size_t len = MAC_LEN;

	if (run->opt->family == 6)
		len = client_duid(run->opt, client, id);
	else
		client_mac(run->opt, client, id);
	ledger_add(run->ledger, bytes_of(id, len), grant, run->now_ns);
}

static void released(struct run *run, uint32_t client, struct grant *grant)
{
	held_forget(run->held, client);
	for (unsigned i = 0; run->opt->unique && i < 2; i++) {
		if (grant->has_addr)
			owners_forget(&run->owners[i], &grant->addr);
		if (grant->has_prefix)
			owners_forget(&run->owners[i], &grant->prefix);
	}
	if (run->ledger) {
		grant->valid = grant->prefix_valid = 0;
		note_lease(run, client, grant);
	}
}

bool step_begin(struct run *run, enum kind kind)
{
	struct grant grant;
	struct exchange *x;
	uint32_t client;

	if (kind == FIRST)
		client = pick_client(run);
	else if (!held_take(run->held, &client, &grant))
		return false;
	x = exchanges_begin(&run->xs, client, run->now_ns);
	if (!x) {
		run->stats.not_started++;
		if (kind != FIRST)
			held_put_back(run->held, client);
		return false;
	}
	if (run->opt->n_relays)
		x->relay = (uint32_t)rand_below(run->opt->n_relays);
	await(run, x, kind, kind == FIRST ? NULL : &grant);
	if (kind == RELEASING)
		released(run, client, &grant);
	/* RFC 2131 4.4.6: DHCPRELEASE has no response */
	if (kind == RELEASING && !run->proto->release_answered)
		exchanges_end(&run->xs, x);
	return true;
}

/* Avalanche: sends the same message again, with twice the timeout. */
static void repeat(struct run *run, struct exchange *x)
{
	unsigned level = x->retries + 1u < N_RETRY_LEVELS ? x->retries + 1u : N_RETRY_LEVELS - 1;
	struct grant grant;

	if (x->kind == SECOND && !held_get(run->held, x->client, &grant)) {
		exchanges_end(&run->xs, x);
		return;
	}
	transmit(run, x, x->kind, x->kind == FIRST ? NULL : &grant);
	run->stats.resent++;
	x->retries = (uint8_t)level;
	exchanges_wait(&run->xs, x, x->kind, N_KINDS + level, run->now_ns);
}

bool step_expire(struct run *run, unsigned queue)
{
	struct exchange *x = exchanges_oldest(&run->xs, queue);

	if (!x || x->sent_ns + step_patience_ns(run, queue) > run->now_ns)
		return false;
	if (queue >= N_KINDS) {
		repeat(run, x);
		return true;
	}
	run->stats.kind[x->kind].lost++;
	if (x->kind == RENEWAL)
		held_put_back(run->held, x->client);
	exchanges_end(&run->xs, x);
	return true;
}

/* Records the server of the first response, for -1 and -x s. */
static void note_server(struct run *run, struct bytes id)
{
	if (run->first_server.len || !id.len || id.len > sizeof(run->first_server.bytes))
		return;
	memcpy(run->first_server.bytes, id.data, id.len);
	run->first_server.len = id.len;
}

static void check_unique(struct run *run, const struct exchange *x, const struct grant *grant)
{
	struct owners *owners = &run->owners[x->kind == FIRST ? 0 : 1];

	if (grant->has_addr && !owners_give(owners, &grant->addr, x->client))
		run->stats.kind[x->kind].non_unique++;
	if (grant->has_prefix && !owners_give(owners, &grant->prefix, x->client))
		run->stats.kind[x->kind].non_unique++;
}

/* With a receiving thread, a response may arrive before the clock was read for its request. */
static uint64_t since(const struct run *run, uint64_t ns)
{
	return run->arrived_ns > ns ? run->arrived_ns - ns : 0;
}

static void keep(struct run *run, const struct exchange *x, const struct grant *grant)
{
	struct kept *kept = vec_push(&run->stats.kept[x->kind]);

	*kept = (struct kept){ .sent_ns = x->sent_ns,
			       .received_ns = run->arrived_ns,
			       .client = x->client,
			       .has_addr = grant->has_addr,
			       .has_prefix = grant->has_prefix,
			       .addr = grant->addr,
			       .prefix = grant->prefix };
}

static void complete(struct run *run, struct exchange *x, const struct answer *a)
{
	bool is_lease = a->committed && x->kind != RELEASING;

	if (x->kind != RELEASING) {
		run->stats.completed += x->kind == RENEWAL ? run->opt->scenario == SCENARIO_RENEW : 1;
		hist_add(&run->stats.whole, since(run, x->begun_ns));
	}
	if (is_lease && run->held)
		held_keep(run->held, x->client, &a->grant);
	if (is_lease && run->ledger)
		note_lease(run, x->client, &a->grant);
	exchanges_end(&run->xs, x);
}

static bool is_from_this_client(const struct run *run, const struct exchange *x, const struct answer *a)
{
	uint8_t id[MAX_DUID];

	if (run->opt->n_templates) /* only the template knows the client */
		return true;
	if (run->opt->family == 6)
		return bytes_equal(a->client, bytes_of(id, client_duid(run->opt, x->client, id)));
	client_mac(run->opt, x->client, id);
	return bytes_equal(a->client, bytes_of(id, MAC_LEN));
}

static void orphan(struct run *run, const struct answer *a)
{
	enum kind kind = run->proto->kind_of(a->type);

	if (kind == N_KINDS) { /* clients never receive that type */
		run->stats.malformed++;
		return;
	}
	run->stats.kind[kind].orphans++;
	/* The server considers the lease valid anyway, unless a release is on its way. */
	if (run->ledger && a->committed && !run->opt->release_rate)
		ledger_add(run->ledger, a->client, &a->grant, run->now_ns);
}

/* True if part of the request is missing. */
static bool lacks_lease(const struct run *run, const struct grant *grant)
{
	return (run->opt->leases & LEASE_ADDRESS && !grant->has_addr) ||
	       (run->opt->leases & LEASE_PREFIX && !grant->has_prefix);
}

void step_answer(struct run *run, struct bytes datagram)
{
	struct stats *st = &run->stats;
	struct exchange *x;
	struct answer a;
	bool last;

	if (!run->proto->read(run->opt, datagram, &a)) {
		st->malformed++;
		return;
	}
	x = exchanges_find(&run->xs, a.xid);
	if (!x || !run->proto->answers(run->opt, a.type, x->kind, &last) || !is_from_this_client(run, x, &a)) {
		orphan(run, &a);
		return;
	}
	st->last_ns = run->arrived_ns;
	st->kind[x->kind].received++;
	hist_add(&st->kind[x->kind].delay, since(run, x->sent_ns));
	note_server(run, a.grant.server);
	if (run->opt->diag_leases || run->opt->diag_times)
		keep(run, x, &a.grant);
	if (a.refused || (x->kind != RELEASING && lacks_lease(run, &a.grant))) {
		st->kind[x->kind].rejected++;
		if (x->kind == RENEWAL)
			held_forget(run->held, x->client);
		if (run->ledger && a.committed && x->kind != RELEASING) /* part of the request */
			note_lease(run, x->client, &a.grant);
		exchanges_end(&run->xs, x);
		return;
	}
	if (run->opt->unique && x->kind != RELEASING)
		check_unique(run, x, &a.grant);
	if (last) {
		complete(run, x, &a);
		return;
	}
	if (run->opt->first_server_id)
		a.grant.server = bytes_of(run->first_server.bytes, run->first_server.len);
	if (run->opt->family == 6) /* RFC 8415 16.1; RFC 2131 4.4.1 requires the same id */
		exchanges_rename(&run->xs, x);
	x->retries = 0;
	if (is_avalanche(run))
		held_store(run->held, x->client, &a.grant);
	await(run, x, SECOND, &a.grant);
}
