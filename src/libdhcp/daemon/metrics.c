/* SPDX-License-Identifier: MPL-2.0 */
/*
 * GET /metrics: statistics in the text format of OpenMetrics 1.0. All values of a metric are together, so the places
 * are walked once for each; their labels are made once, and a place is looked up again only after a reload.
 */
#include "daemon/commands.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/wide.h"
#include "stat/hist.h"
#include "stat/metric.h"
#include "stat/table.h"

#define PIECE (28u << 10) /* libevent makes 32 KiB of it, which the heap has at hand */

/* A place below the server, and its labels: subnet="192.0.2.0/24",subnet_id="1",pool=""} */
struct labeled {
	struct stat_key key;
	struct stat_place *place; /* NULL: it is no longer configured */
	uint32_t label, label_len;
};

struct metrics {
	const struct daemon *d;
	uint64_t serial; /* of the configuration that the places were looked up in */
	struct labeled *v;
	size_t n;
	struct str labels;
	struct stat_place *global;
	struct str line;     /* what the lines of the current value begin with */
	unsigned row, value; /* the next one */
	size_t at;           /* the next place of it */
	bool is_begun, has_head;
};

/* --- places --- */

static void find_places(struct metrics *m)
{
	m->serial = m->d->sockets.live->serial;
	m->global = stat_places_get(m->d->srv.places, &(struct stat_key){ .kind = PLACE_GLOBAL });
	for (size_t i = 0; i < m->n; i++)
		m->v[i].place = stat_places_get(m->d->srv.places, &m->v[i].key);
}

/* The range of the first pool with this id. */
static void add_pool(struct str *out, const struct pool *pools, unsigned n, uint32_t id)
{
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX];

	for (unsigned i = 0; i < n; i++)
		if (pools[i].id == id) {
			str_addf(out, "%s-%s", ip_format(&pools[i].first, first), ip_format(&pools[i].last, last));
			return;
		}
}

static void label_places(struct metrics *m)
{
	const struct plan *plan = &m->d->sockets.live->cfg->plan;
	struct stat_key *keys;
	char prefix[PREFIX_TEXT_MAX];

	m->n = stat_places_list(m->d->srv.places, &keys);
	m->v = xcalloc(m->n + 1, sizeof(*m->v));
	for (size_t i = 0; i < m->n; i++) {
		const struct subnet *sub = subnet_by_id(plan, keys[i].subnet_id);
		struct labeled *place = &m->v[i];

		place->key = keys[i];
		place->label = (uint32_t)m->labels.len;
		str_add(&m->labels, "subnet=\"");
		if (sub)
			str_add(&m->labels, prefix_format(&sub->prefix, prefix));
		str_add(&m->labels, "\",subnet_id=\"");
		str_add_number(&m->labels, keys[i].subnet_id, 1);
		str_add(&m->labels, "\",pool=\"");
		if (sub && keys[i].kind == PLACE_POOL)
			add_pool(&m->labels, sub->pools, sub->n_pools, keys[i].pool_id);
		else if (sub && keys[i].kind == PLACE_PD_POOL)
			add_pool(&m->labels, sub->pd_pools, sub->n_pd_pools, keys[i].pool_id);
		str_add(&m->labels, "\"} ");
		place->label_len = (uint32_t)(m->labels.len - place->label);
	}
	free(keys);
}

/* --- text --- */

static void add_name(const struct metrics *m, struct str *out, const char *name)
{
	str_add(out, m->d->fam->digit == 6 ? "kea_dhcp6_" : "kea_dhcp4_");
	str_add(out, name);
}

static void add_head(const struct metrics *m, struct str *out, const char *name, const char *type, const char *help)
{
	str_add(out, "# HELP ");
	add_name(m, out, name);
	str_addf(out, " %s\n# TYPE ", help);
	add_name(m, out, name);
	str_addf(out, " %s\n", type);
}

/* A value of a metric that has nothing to do with places. */
static void add_gauge(const struct metrics *m, struct str *out, const char *name, const char *help, double v)
{
	add_head(m, out, name, "gauge", help);
	add_name(m, out, name);
	str_addf(out, " %.17g\n", v);
}

static void add_number(struct str *out, struct stat_ref ref)
{
	char text[WIDE_TEXT_MAX];

	if (stat_kind(ref.id) == STAT_IS_TOTAL)
		str_add(out, stat_value_text(ref, text));
	else
		str_add_number(out, (uint64_t)stat_value(ref), 1);
}

static void begin_value(struct metrics *m, const struct metric_row *row, const struct metric_value *value,
			bool is_global)
{
	str_reset(&m->line);
	add_name(m, &m->line, row->name[m->d->fam->idx]);
	if (!row->is_gauge)
		str_add(&m->line, "_total");
	if (row->label || !is_global)
		str_addc(&m->line, '{');
	if (row->label)
		str_addf(&m->line, "%s=\"%s\"%s", row->label, value->label, is_global ? "" : ",");
	if (is_global)
		str_add(&m->line, row->label ? "} " : " ");
}

static void add_line(const struct metrics *m, struct str *out, enum stat_id id, const struct labeled *place)
{
	str_add_n(out, m->line.text, m->line.len);
	if (place)
		str_add_n(out, m->labels.text + place->label, place->label_len);
	add_number(out, (struct stat_ref){ place ? place->place : m->global, id });
	str_add_n(out, "\n", 1);
}

/* True if the metric is one of subnets and pools: the server has the sums, which Prometheus can make. */
static bool is_below(enum stat_id id)
{
	return stat_is_at(id, PLACE_SUBNET);
}

/* Counters that are 0 are left out: with thousands of subnets they would be most of the text. */
static bool is_shown(const struct labeled *place, const struct metric_row *row, enum stat_id id)
{
	return place->place && stat_is_at(id, place->key.kind) &&
	       (row->is_gauge || stat_value((struct stat_ref){ place->place, id }));
}

/* Adds a piece of the current value; true once it is complete. */
static bool add_value(struct metrics *m, struct str *out, const struct metric_row *row, size_t until)
{
	const struct metric_value *value = &row->v[m->value];

	bool is_global = !is_below(value->id);

	if (!m->at)
		begin_value(m, row, value, is_global);
	if (is_global) {
		add_line(m, out, value->id, NULL);
		return true;
	}
	for (; m->at < m->n && out->len < until; m->at++)
		if (is_shown(&m->v[m->at], row, value->id))
			add_line(m, out, value->id, &m->v[m->at]);
	return m->at == m->n;
}

static bool has_value(const struct metrics *m, const struct metric_value *value)
{
	char name[STAT_NAME_MAX];

	return stat_name(value->id, (int)m->d->fam->idx, name, sizeof(name)) != NULL;
}

/* --- histograms --- */

static void add_histogram(const struct metrics *m, struct str *out, enum stat_hist_id id)
{
	const struct stat_hist_row *row = &stat_hist_table[id];
	double unit = row->is_time ? 1e-6 : 1;
	struct stat_hist_sum sum;
	int64_t n = 0;

	stat_hist_sum(id, &sum);
	add_head(m, out, row->name, "histogram", row->help);
	for (unsigned i = 0; i < row->n; i++) {
		n += sum.n[i];
		add_name(m, out, row->name);
		if (i + 1 < row->n)
			str_addf(out, "_bucket{le=\"%.9g\"} %lld\n", (double)stat_hist_bound(id, i) * unit,
				 (long long)n);
		else
			str_addf(out, "_bucket{le=\"+Inf\"} %lld\n", (long long)n);
	}
	add_name(m, out, row->name);
	str_addf(out, "_sum %.9g\n", (double)sum.sum * unit);
	add_name(m, out, row->name);
	str_addf(out, "_count %lld\n", (long long)n);
}

/* --- all --- */

static void add_server(struct metrics *m, struct str *out)
{
	const struct daemon *d = m->d;
	struct store_stats stats = { 0 };

	store_get_stats(d->db->store, &stats);
	add_gauge(m, out, "uptime_seconds", "Time since the server started",
		  (double)(clock_boot_ms() - d->started_ms) / 1000);
	add_gauge(m, out, "configuration_age_seconds", "Time since the configuration was put into service",
		  (double)(clock_boot_ms() - d->configured_ms) / 1000);
	add_gauge(m, out, "reload_failed", "1 if the last reload failed and the previous configuration is in service",
		  d->has_reload_failed);
	add_gauge(m, out, "storage_failing", "1 while leases cannot be stored, so that clients get no response",
		  stats.failing);
	add_gauge(m, out, "storage_pending", "Changes of leases waiting to be stored", (double)stats.pending);
	add_gauge(m, out, "lease_file_bytes", "Size of the lease file", (double)stats.file_bytes);
}

static enum ctl_more next(struct ctl_call *call, void *state, struct str *out)
{
	size_t until = out->len + PIECE;
	struct metrics *m = state;

	(void)call;
	if (!m->is_begun) {
		m->is_begun = true;
		sockets_note_drops(&call_daemon(call)->sockets);
		label_places(m);
		find_places(m);
		add_server(m, out);
		for (unsigned i = 0; i < STAT_HIST_N; i++)
			add_histogram(m, out, (enum stat_hist_id)i);
	}
	if (m->serial != m->d->sockets.live->serial)
		find_places(m);
	while (m->row < metric_n_rows && out->len < until) {
		const struct metric_row *row = &metric_rows[m->row];
		bool is_in_family = row->name[m->d->fam->idx] != NULL;

		if (is_in_family && !m->has_head)
			add_head(m, out, row->name[m->d->fam->idx], row->is_gauge ? "gauge" : "counter", row->help);
		m->has_head = true;
		while (is_in_family && m->value < row->n) {
			if (has_value(m, &row->v[m->value]) && !add_value(m, out, row, until))
				return CTL_MORE;
			m->value++;
			m->at = 0;
		}
		m->row++;
		m->has_head = false;
		m->value = 0;
		m->at = 0;
	}
	if (m->row < metric_n_rows)
		return CTL_MORE;
	str_add(out, "# EOF\n");
	return CTL_END;
}

static void done(void *state)
{
	struct metrics *m = state;

	str_free(&m->labels);
	str_free(&m->line);
	free(m->v);
	free(m);
}

static void run(struct ctl_call *call)
{
	static const struct ctl_cursor cursor = { next, done };
	struct metrics *m = xcalloc(1, sizeof(*m));

	m->d = call_daemon(call);
	ctl_respond_cursor(call, &cursor, m);
}

const struct ctl_page metrics_page = {
	.path = "/metrics",
	.type = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	.command = "statistic-get-all",
	.doc = "Returns statistics for Prometheus, in the format of OpenMetrics.",
	.run = run,
};
