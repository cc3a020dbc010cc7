/* SPDX-License-Identifier: MPL-2.0 */
/* Prints the results: Kea's fields with Kea's names, so that scripts find them, then additional ones. */
#include "perfdhcp/run.h"

#include <inttypes.h>

#define NS UINT64_C(1000000000)

/* True if this test has exchanges of that kind. */
static bool has_kind(const struct run *run, enum kind kind)
{
	switch (kind) {
	case FIRST:
		return run->opt->scenario != SCENARIO_RENEW;
	case SECOND:
		return run->opt->scenario != SCENARIO_RENEW && !run->opt->first_only;
	case RENEWAL:
		return run->opt->scenario == SCENARIO_RENEW || run->opt->renew_rate;
	case RELEASING:
		return run->opt->release_rate;
	default:
		return false;
	}
}

static const char *kind_name(const struct run *run, enum kind kind)
{
	return kind == FIRST && run->opt->rapid ? "SOLICIT-REPLY" : run->proto->kind_names[kind];
}

static const char *unit(const struct run *run)
{
	if (run->opt->scenario == SCENARIO_RENEW)
		return kind_name(run, RENEWAL);
	return run->opt->first_only || run->opt->rapid ? kind_name(run, FIRST) : "4-way exchanges";
}

/* Prints one value for each kind, with separators. */
static void row(const struct run *run, const char *label, uint64_t (*value)(const struct run *, enum kind),
		const char *end)
{
	const char *separator = run->opt->separator ? run->opt->separator : "/";
	bool first = true;

	if (!run->opt->separator)
		printf("%s: ", label);
	for (int k = 0; k < N_KINDS; k++) {
		if (!has_kind(run, (enum kind)k))
			continue;
		printf("%s%" PRIu64, first ? "" : separator, value(run, (enum kind)k));
		first = false;
	}
	fputs(run->opt->separator && *end != '\n' ? separator : end, stdout);
}

static uint64_t sent(const struct run *run, enum kind kind)
{
	return run->stats.kind[kind].sent;
}

static uint64_t received(const struct run *run, enum kind kind)
{
	return run->stats.kind[kind].received;
}

static uint64_t drops(const struct run *run, enum kind kind)
{
	return stats_drops(&run->stats, &run->xs, kind);
}

static uint64_t rejected(const struct run *run, enum kind kind)
{
	return run->stats.kind[kind].rejected;
}

void report_interim(const struct run *run)
{
	row(run, "sent", sent, "; ");
	row(run, "received", received, "; ");
	row(run, "drops", drops, "; ");
	row(run, "rejected", rejected, "\n");
	(void)fflush(stdout);
}

static void delay(const char *name, bool known, double ms)
{
	if (known)
		printf("%s: %.3f ms\n", name, ms);
	else
		printf("%s: n/a\n", name);
}

static void percentiles(const struct hist *h)
{
	static const struct {
		const char *name;
		double q;
	} rows[] = { { "p50 delay", 0.5 }, { "p90 delay", 0.9 }, { "p99 delay", 0.99 }, { "p99.9 delay", 0.999 } };

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		delay(rows[i].name, h->n, (double)hist_quantile(h, rows[i].q) / 1e6);
}

static void one_kind(const struct run *run, enum kind kind)
{
	const struct kind_stats *st = &run->stats.kind[kind];
	const struct hist *h = &st->delay;
	uint64_t lost = drops(run, kind);

	printf("***Statistics for: %s***\n", kind_name(run, kind));
	printf("sent packets: %" PRIu64 "\nreceived packets: %" PRIu64 "\n", st->sent, st->received);
	printf("drops: %" PRIu64 "\ndrops ratio: %g %%\n", lost, stats_ratio(lost, st->sent));
	printf("orphans: %" PRIu64 "\nrejected leases: %" PRIu64 "\n", st->orphans, st->rejected);
	printf("non unique addresses: %" PRIu64 "\n\n", st->non_unique);
	delay("min delay", h->n, (double)h->min / 1e6);
	delay("avg delay", h->n, hist_mean_ms(h));
	delay("max delay", h->n, (double)h->max / 1e6);
	delay("std deviation", h->n, hist_deviation_ms(h));
	printf("collected packets: %" PRIu64 "\n", st->lost);
	percentiles(h);
	putchar('\n');
}

/*
 * Starts spread over time last until the next one would be due. Time in which exchanges were started counts even
 * without responses.
 */
static double duration_sec(const struct run *run)
{
	uint64_t end = run->stats.last_ns;

	if (run->stats.begun_until_ns > end && run->opt->scenario != SCENARIO_AVALANCHE)
		end = run->stats.begun_until_ns;
	if (run->rates[0].per_sec && rate_next_ns(&run->rates[0]) > end)
		end = rate_next_ns(&run->rates[0]);
	return (double)(end - run->stats.start_ns) / 1e9;
}

static void rate(const struct run *run)
{
	double sec = duration_sec(run);

	printf("***Rate statistics***\nRate: %g %s/second", sec > 0 ? (double)run->stats.completed / sec : 0,
	       unit(run));
	if (run->opt->rate)
		printf(", expected rate: %u", run->opt->rate);
	printf("\n\n***Malformed Packets***\nMalformed packets: %" PRIu64 "\n", run->stats.malformed);
}

static void whole_exchanges(const struct run *run)
{
	const struct hist *h = &run->stats.whole;

	printf("***Whole exchanges***\ncompleted: %" PRIu64 "\n", run->stats.completed);
	if (run->stats.not_started)
		printf("locallimit: %" PRIu64 " exchanges were not started: too many in progress\n",
		       run->stats.not_started);
	if (run->stats.send_failures)
		printf("locallimit: %" PRIu64 " messages could not be sent%s%s\n", run->stats.send_failures,
		       run->stats.send_error ? ": " : "", run->stats.send_error ? strerror(run->stats.send_error) : "");
	if (run->stats.overflows)
		printf("locallimit: %" PRIu64 " responses were not read in time\n", run->stats.overflows);
	delay("avg delay", h->n, hist_mean_ms(h));
	percentiles(h);
	delay("max delay", h->n, (double)h->max / 1e6);
	putchar('\n');
}

static void cpu(const char *who, uint64_t ns, uint64_t exchanges)
{
	if (!ns) {
		printf("%s: n/a\n", who);
		return;
	}
	printf("%s: %.6f s", who, (double)ns / 1e9);
	if (exchanges)
		printf(", %.3f us per exchange", (double)ns / 1e3 / (double)exchanges);
	putchar('\n');
}

/* Prints the server's CPU time next to perfdhcp's own: which of the two is the bottleneck? */
static void processor_time(const struct run *run)
{
	puts("***Processor time***");
	cpu("server", run->stats.cpu_ns, run->stats.completed);
	cpu("perfdhcp", run->stats.own_cpu_ns, run->stats.completed);
	putchar('\n');
}

static void client_text(const struct run *run, uint32_t client, char *buf, size_t size)
{
	uint8_t id[MAX_DUID + 1] = { 1 };

	if (run->opt->family == 6) {
		(void)bytes_to_hex(bytes_of(id, client_duid(run->opt, client, id)), ':', buf, size);
		return;
	}
	client_mac(run->opt, client, id + 1);
	(void)bytes_to_hex(bytes_of(id, 1 + MAC_LEN), 0, buf, size);
}

static void leases(const struct run *run, enum kind kind)
{
	char client[3 * MAX_DUID + 4], addr[IP_TEXT_MAX], prefix[IP_TEXT_MAX];

	printf("***Leases for %s***\nclient_id,address,prefix\n", kind_name(run, kind));
	for (size_t i = 0; i < run->stats.kept[kind].n; i++) {
		const struct kept *k = &run->stats.kept[kind].v[i];

		client_text(run, k->client, client, sizeof(client));
		printf("%s,%s,%s\n", client, k->has_addr ? ip_format(&k->addr, addr) : "",
		       k->has_prefix ? ip_format(&k->prefix, prefix) : "");
	}
	putchar('\n');
}

static void print_time(uint64_t ns)
{
	printf("%06" PRIu64 ".%06" PRIu64, ns / NS, ns % NS / 1000);
}

static void times(const struct run *run, enum kind kind)
{
	uint64_t start = run->stats.start_ns;

	printf("***Timestamps for packets: %s***\n", kind_name(run, kind));
	for (size_t i = 0; i < run->stats.kept[kind].n; i++) {
		const struct kept *k = &run->stats.kept[kind].v[i];

		fputs("sent / received: ", stdout);
		print_time(k->sent_ns - start);
		fputs(" / ", stdout);
		print_time(k->received_ns - start);
		putchar('\n');
	}
	putchar('\n');
}

static void templates(const struct options *opt)
{
	for (unsigned i = 0; i < opt->n_templates; i++) {
		const struct template *t = &opt->templates[i];

		printf("xid-offset=%u\nrandom-offset=%u\n", t->xid_at, t->id_at);
		if (i == 1)
			printf("srvid-offset=%u\ntime-offset=%u\nip-offset=%u\n", opt->server_id_at, opt->time_at,
			       opt->ip_at);
		puts("contents: ");
		for (size_t at = 0; at < t->len; at += 16) {
			char text[33];

			(void)bytes_to_hex(bytes_of(t->bytes + at, t->len - at < 16 ? t->len - at : 16), 0, text,
					   sizeof(text));
			printf("%04zx   %s\n", at, text);
		}
		putchar('\n');
	}
	if (!opt->n_templates)
		puts("No templates: messages are generated.\n");
}

static void avalanche(const struct run *run)
{
	uint64_t us = (run->stats.last_ns - run->stats.start_ns) / 1000, messages = 0, answers = 0;

	for (int k = 0; k < N_KINDS; k++) {
		messages += run->stats.kind[k].sent;
		answers += run->stats.kind[k].received;
	}
	printf("It took %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%06" PRIu64 " to provision %" PRIu64 " clients.\n",
	       us / 3600000000u, us / 60000000u % 60, us / 1000000u % 60, us % 1000000u, run->stats.completed);
	printf("Requests sent + resent: %" PRIu64 "\nRequests resent: %" PRIu64 "\nResponses received: %" PRIu64 "\n",
	       messages + run->stats.resent, run->stats.resent, answers);
}

void report_final(struct run *run)
{
	const struct options *opt = run->opt;
	const struct hist *lag = &run->stats.lag;
	char text[2 * MAX_DUID + 1];

	if (opt->diag_exit && run->reason)
		puts(run->reason);
	rate(run);
	for (int k = 0; k < N_KINDS; k++)
		if (has_kind(run, (enum kind)k))
			one_kind(run, (enum kind)k);
	whole_exchanges(run);
	if (opt->cpu_of)
		processor_time(run);
	if (opt->diag_rate && opt->rate)
		printf("Late starts: p50 %.3f ms, p99 %.3f ms, max %.3f ms\n\n", (double)hist_quantile(lag, 0.5) / 1e6,
		       (double)hist_quantile(lag, 0.99) / 1e6, (double)lag->max / 1e6);
	if (opt->diag_server_id && run->first_server.len) {
		(void)bytes_to_hex(bytes_of(run->first_server.bytes, run->first_server.len), 0, text, sizeof(text));
		printf("Server id: %s\n", text);
	}
	for (int k = 0; k < N_KINDS; k++)
		if (opt->diag_times && has_kind(run, (enum kind)k))
			times(run, (enum kind)k);
	for (int k = 0; k < N_KINDS; k++)
		if (opt->diag_leases && has_kind(run, (enum kind)k))
			leases(run, (enum kind)k);
	if (opt->diag_templates)
		templates(opt);
	if (opt->scenario == SCENARIO_AVALANCHE)
		avalanche(run);
	(void)fflush(stdout);
}

bool report_success(const struct run *run)
{
	for (int k = 0; k < N_KINDS; k++)
		if (drops(run, (enum kind)k) || rejected(run, (enum kind)k))
			return false;
	return !run->stats.not_started && !run->stats.send_failures && run->stats.completed;
}
