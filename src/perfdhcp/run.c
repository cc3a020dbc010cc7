/* SPDX-License-Identifier: MPL-2.0 */
/* The main loop: what is due, and when the test ends. */
#include "perfdhcp/run.h"

#include "perfdhcp/cpu.h"

#include <time.h>

#define NS UINT64_C(1000000000)
#define BURST 64u              /* messages to send before checking the socket again */
#define LONGEST_WAIT (NS / 10) /* a signal that arrives just before waiting is noticed then */
#define LEDGER_EVERY (NS / 10)
#define MAX_EXCHANGES (1u << 20)

struct loop {
	struct run *run;
	enum kind kind;                /* the exchanges controlled by -r, -n and --window */
	uint64_t drain_ns;             /* when draining began */
	uint64_t report_ns, ledger_ns; /* when the next one is due */
};

uint64_t run_clock_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS + (uint64_t)ts.tv_nsec;
}

/* The number of exchanges pending if every response takes the maximum time. */
static uint32_t most_under_way(const struct options *opt)
{
	double most = opt->window;

	if (opt->scenario == SCENARIO_AVALANCHE)
		return opt->clients;
	if (opt->rate)
		most = opt->rate * (opt->drop_sec[0] + opt->drop_sec[1]) +
		       (opt->renew_rate + (double)opt->release_rate) * opt->drop_sec[1] + 1024;
	return most < MAX_EXCHANGES ? (uint32_t)most : MAX_EXCHANGES;
}

void run_init(struct run *run, const struct options *opt, const struct proto *proto, struct net *net,
	      struct ledger *ledger)
{
	*run = (struct run){ .opt = opt, .proto = proto, .net = net, .ledger = ledger };
	exchanges_init(&run->xs, most_under_way(opt), proto->xid_bits);
	if (opt->renew_rate || opt->release_rate || opt->scenario != SCENARIO_BASIC)
		run->held = held_new(opt->clients);
	if (opt->unique) {
		owners_init(&run->owners[0]);
		owners_init(&run->owners[1]);
	}
	run->now_ns = run->stats.start_ns = run_clock_ns();
}

static void reset_stats(struct run *run)
{
	for (int k = 0; k < N_KINDS; k++)
		vec_free(&run->stats.kept[k]);
	memset(&run->stats, 0, sizeof(run->stats));
	run->stats.kind[RELEASING].no_answer = !run->proto->release_answered;
}

void run_done(struct run *run)
{
	exchanges_done(&run->xs);
	held_free(run->held);
	owners_done(&run->owners[0]);
	owners_done(&run->owners[1]);
	reset_stats(run);
}

static uint64_t begun(const struct loop *l)
{
	return l->run->stats.kind[l->kind].sent + l->run->stats.not_started;
}

/* Returns how many exchanges may begin now. */
static uint64_t due(const struct loop *l)
{
	const struct run *run = l->run;
	const struct options *opt = run->opt;
	uint64_t n, limit = run->preloading ? opt->preload : opt->n_requests[0];
	uint32_t window = opt->window ? opt->window : 256;

	if (opt->scenario == SCENARIO_AVALANCHE) {
		n = limit = opt->clients;
	} else if (run->rates[0].per_sec) {
		n = rate_due(&run->rates[0], run->now_ns);
	} else {
		if (window > opt->clients)
			window = opt->clients;
		n = run->xs.total < window ? window - run->xs.total : 0;
	}
	if (limit && begun(l) + n > limit)
		n = limit > begun(l) ? limit - begun(l) : 0;
	return n < BURST ? n : BURST;
}

static void begin_exchanges(struct loop *l)
{
	struct run *run = l->run;
	struct rate *rate = &run->rates[0];

	for (uint64_t n = due(l); n; n--) {
		if (rate->per_sec)
			hist_add(&run->stats.lag, run->now_ns - rate_next_ns(rate));
		/* an exchange that cannot begin is counted and not retried */
		if (!step_begin(run, l->kind) && !rate->per_sec)
			break;
		rate->done++;
	}
	for (int i = 1; i < 3; i++) {
		uint64_t n = rate_due(&run->rates[i], run->now_ns);

		for (n = n < BURST ? n : BURST; n; n--) {
			(void)step_begin(run, i == 1 ? RENEWAL : RELEASING);
			run->rates[i].done++;
		}
	}
}

static const char *too_many_drops(const struct run *run)
{
	const struct options *opt = run->opt;

	for (int k = FIRST; k <= SECOND; k++) {
		const struct kind_stats *st = &run->stats.kind[k];

		if (opt->has_max_drops[k] && st->lost >= (opt->max_drops[k] ? opt->max_drops[k] : 1))
			return "Reached maximum drops number.";
		if (opt->max_drop_percent[k] > 0 && st->received + st->lost >= 10 &&
		    stats_ratio(st->lost, st->received + st->lost) >= opt->max_drop_percent[k])
			return "Reached maximum percentage of drops.";
	}
	return NULL;
}

static bool period_over(const struct run *run)
{
	return run->opt->period_sec > 0 && (double)(run->now_ns - run->stats.start_ns) >= run->opt->period_sec * 1e9;
}

/* Returns why no more exchanges begin, in the words of Kea's -x e; NULL to continue. */
static const char *over(const struct loop *l, int stop)
{
	const struct run *run = l->run;
	const struct options *opt = run->opt;

	if (stop)
		return "Interrupted";
	if (run->preloading)
		return begun(l) >= opt->preload ? "Preloaded." : NULL;
	if (opt->scenario == SCENARIO_AVALANCHE && begun(l) >= opt->clients)
		return "All clients have begun.";
	if (opt->n_requests[0] && begun(l) >= opt->n_requests[0])
		return "Reached max requests limit.";
	if (opt->n_requests[1] && run->stats.kind[SECOND].sent >= opt->n_requests[1])
		return "Reached max requests limit of the second exchange.";
	if (period_over(run))
		return "reached test-period.";
	if (opt->scenario == SCENARIO_RENEW && !held_count(run->held) && !run->xs.total)
		return "No client holds a lease.";
	return NULL;
}

/* True at the very end of the test. */
static bool finished(struct loop *l, int stop)
{
	struct run *run = l->run;
	const struct options *opt = run->opt;
	const char *reason;

	if (stop > 1)
		return true;
	reason = run->preloading ? NULL : too_many_drops(run);
	if (reason) {
		run->reason = reason;
		return true;
	}
	if (!run->draining) {
		reason = over(l, stop);
		if (!reason)
			return false;
		run->draining = true;
		run->reason = reason;
		l->drain_ns = run->now_ns;
	}
	if (!run->xs.total)
		return true;
	if (opt->scenario == SCENARIO_AVALANCHE) { /* each client continues until it has a lease */
		reason = stop ? "Interrupted" : period_over(run) ? "reached test-period." : NULL;
		if (reason)
			run->reason = reason;
		return reason;
	}
	return opt->has_exit_wait && !run->preloading && run->now_ns - l->drain_ns >= opt->exit_wait_us * 1000ull;
}

static void earlier(uint64_t *at, uint64_t other)
{
	if (other < *at)
		*at = other;
}

/* Returns the time of the next event, even if nothing arrives. */
static uint64_t next_event(const struct loop *l)
{
	struct run *run = l->run;
	const struct options *opt = run->opt;
	uint64_t at = run->now_ns + LONGEST_WAIT;

	for (int i = 0; i < 3 && !run->draining; i++)
		earlier(&at, rate_next_ns(&run->rates[i]));
	for (unsigned q = 0; q < N_QUEUES; q++) {
		struct exchange *x = exchanges_oldest(&run->xs, q);

		if (x)
			earlier(&at, x->sent_ns + step_patience_ns(run, q));
	}
	if (l->report_ns)
		earlier(&at, l->report_ns);
	if (!run->draining && opt->period_sec > 0)
		earlier(&at, run->stats.start_ns + (uint64_t)(opt->period_sec * 1e9));
	if (run->draining && opt->has_exit_wait)
		earlier(&at, l->drain_ns + opt->exit_wait_us * 1000ull);
	if (!run->draining && due(l))
		at = run->now_ns;
	return at;
}

/*
 * Receives everything that has arrived, but limited, so that an endless burst does not prevent sending. Returns whether
 * anything has.
 */
static bool receive(struct run *run)
{
	struct bytes got[NET_BATCH];
	bool any = false;
	unsigned n;

	for (int round = 0; round < 4; round++) {
		n = net_receive(run->net, got, &run->arrived_ns);
		any = any || n;
		run->now_ns = run_clock_ns();
		for (unsigned i = 0; i < n; i++)
			step_answer(run, got[i]);
		net_flush(run->net);
		if (n < NET_BATCH && !(n && run->opt->threads > 1))
			break;
	}
	return any;
}

static void periodic(struct loop *l)
{
	struct run *run = l->run;

	if (l->report_ns && run->now_ns >= l->report_ns) {
		if (!run->preloading)
			report_interim(run);
		l->report_ns += (uint64_t)(run->opt->report_sec * 1e9);
	}
	if (run->ledger && run->now_ns >= l->ledger_ns) {
		(void)ledger_flush(run->ledger);
		l->ledger_ns = run->now_ns + LEDGER_EVERY;
	}
}

/* Starts or stops counting: the difference between two calls is the time used in between. */
static void note_cpu(struct run *run)
{
	uint64_t cpu_ns = run->opt->cpu_of ? cpu_of_process_ns(run->opt->cpu_of) : 0;

	/* less than before: a thread or process has ended */
	run->stats.cpu_ns = cpu_ns > run->stats.cpu_ns ? cpu_ns - run->stats.cpu_ns : 0;
	run->stats.own_cpu_ns = cpu_own_ns() - run->stats.own_cpu_ns;
}

static void loop(struct run *run, enum kind kind, volatile sig_atomic_t *stop)
{
	struct loop l = { .run = run, .kind = kind };
	const struct options *opt = run->opt;
	uint64_t at, failures = net_failures(run->net, NULL), overflows = net_overflows(run->net);
	bool received;

	run->draining = false;
	reset_stats(run);
	note_cpu(run);
	run->now_ns = run->stats.start_ns = run->stats.last_ns = run_clock_ns();
	rate_start(&run->rates[0], run->preloading ? 0 : opt->rate, run->now_ns);
	rate_start(&run->rates[1], run->preloading ? 0 : opt->renew_rate, run->now_ns);
	rate_start(&run->rates[2], run->preloading ? 0 : opt->release_rate, run->now_ns);
	if (opt->report_sec > 0)
		l.report_ns = run->now_ns + (uint64_t)(opt->report_sec * 1e9);
	for (;;) {
		run->now_ns = run_clock_ns();
		for (unsigned q = 0; q < N_QUEUES; q++)
			for (unsigned n = 0; n < BURST && step_expire(run, q); n++)
				;
		if (!run->draining)
			begin_exchanges(&l);
		net_flush(run->net);
		received = receive(run);
		periodic(&l);
		if (finished(&l, *stop))
			break;
		/* After responses it looks once more before it sleeps: others may have arrived meanwhile. */
		at = received ? 0 : next_event(&l);
		if (at > run->now_ns)
			net_wait(run->net, at - run->now_ns);
	}
	note_cpu(run);
	run->stats.begun_until_ns = run->draining ? l.drain_ns : run->now_ns;
	run->stats.send_failures = net_failures(run->net, &run->stats.send_error) - failures;
	run->stats.overflows = net_overflows(run->net) - overflows;
	/* pending exchanges count as dropped */
	for (unsigned q = 0; q < N_QUEUES; q++)
		for (struct exchange *x; (x = exchanges_oldest(&run->xs, q));)
			exchanges_end(&run->xs, x);
}

void run_test(struct run *run, volatile sig_atomic_t *stop)
{
	if (run->opt->preload) {
		run->preloading = true;
		loop(run, FIRST, stop);
		run->preloading = false;
		if (!run->opt->separator)
			printf("Preloaded: %llu of %u exchanges were completed.\n",
			       (unsigned long long)run->stats.completed, run->opt->preload);
		if (*stop) { /* nothing was measured */
			reset_stats(run);
			run->stats.start_ns = run->stats.last_ns = run_clock_ns();
			rate_start(&run->rates[0], 0, 0);
			return;
		}
	}
	loop(run, run->opt->scenario == SCENARIO_RENEW ? RENEWAL : FIRST, stop);
}
