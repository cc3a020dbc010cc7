/* SPDX-License-Identifier: MPL-2.0 */
/* statistic-*: a statistic is [ [ value, time ], ... ], newest first. */
#include "daemon/commands.h"

#include "base/clock.h"
#include "base/str.h"
#include "hook/library.h"
#include "json/write.h"
#include "stat/sample.h"
#include "stat/table.h"

#include <time.h>

#define PIECE (32u << 10)

static struct stat_limit default_limit(const struct daemon *d)
{
	const struct global_conf *conf = &d->sockets.live->cfg->global;

	if (conf->statistic_default_sample_count)
		return (struct stat_limit){ .n = conf->statistic_default_sample_count };
	return (struct stat_limit){ .by_age = true, .n = conf->statistic_default_sample_age };
}

/* --- printing --- */

/* Most samples have the same second, and converting it takes longer than printing it. */
struct stamps {
	int64_t sec;
	char text[24]; /* "2026-11-29 15:13:09." */
};

static void add_time(struct stamps *stamps, struct str *out, int64_t us)
{
	time_t sec = (time_t)(us / 1000000);

	if (!stamps->text[0] || stamps->sec != sec) {
		struct tm tm = { 0 };

		(void)localtime_r(&sec, &tm);
		stamps->sec = sec;
		(void)strftime(stamps->text, sizeof(stamps->text), "%Y-%m-%d %H:%M:%S.", &tm);
	}
	str_add(out, stamps->text);
	str_add_number(out, (uint64_t)(us % 1000000), 6);
}

static void add_value(struct str *out, struct stat_ref ref, unsigned i, int64_t value)
{
	char buf[WIDE_TEXT_MAX];

	/* Only totals do not fit a sample. */
	if (!i && stat_kind(ref.id) == STAT_IS_TOTAL) {
		str_add(out, stat_value_text(ref, buf));
		return;
	}
	if (value < 0)
		str_addc(out, '-');
	str_add_number(out, value < 0 ? -(uint64_t)value : (uint64_t)value, 1);
}

/* Appends ", "NAME": [ ... ]"; nothing if the statistic was removed. */
static void add_row(struct stamps *stamps, struct str *out, struct stat_ref ref, const char *prefix, const char *name,
		    const struct stat_limit *limit, bool *is_first)
{
	unsigned n = stat_samples(ref, limit);

	if (!n)
		return;
	str_add(out, *is_first ? "\"" : ", \"");
	*is_first = false;
	str_add(out, prefix);
	str_add(out, name);
	str_add(out, "\": [ ");
	for (unsigned i = 0; i < n; i++) {
		struct stat_sample sample = stat_sample(ref, i);

		str_add(out, i ? ", [ " : "[ ");
		add_value(out, ref, i, sample.value);
		str_add(out, ", \"");
		add_time(stamps, out, sample.at_us);
		str_add(out, "\" ]");
	}
	str_add(out, " ]");
}

/* Of a hook library: one sample, taken now. */
static void add_library_row(struct stamps *stamps, struct str *out, const struct hook_stat *stat, bool *is_first)
{
	str_addf(out, "%s\"%s\": [ [ %lld, \"", *is_first ? "" : ", ", stat->name,
		 (long long)atomic_load_explicit(&stat->value, memory_order_relaxed));
	add_time(stamps, out, clock_wall_us());
	str_add(out, "\" ] ]");
	*is_first = false;
}

/* --- one --- */

struct name_args {
	struct conf_node node;
	const char *name;
	uint32_t limit;
};
#define K_NAME                                                                                   \
	K_STRING(struct name_args, name, "name", .required = true, .max = 128, .since = "4.2.0", \
		 .doc = "name of the statistic")
#define K_COUNT                                                                                                    \
	K_INT(struct name_args, limit, "max-samples", .required = true, .max = STAT_SAMPLES_MAX, .since = "4.2.0", \
	      .doc = "number of samples to keep; the newest one is always kept")
#define K_AGE                                                                                       \
	K_INT(struct name_args, limit, "duration", .required = true, .unit = "s", .since = "4.2.0", \
	      .doc = "age of the samples to keep; the newest one is always kept")

static const struct key name_keys[] = { K_NAME };
static const struct key name_count_keys[] = { K_NAME, K_COUNT };
static const struct key name_age_keys[] = { K_NAME, K_AGE };
static const struct key count_keys[] = { K_COUNT };
static const struct key age_keys[] = { K_AGE };
static const struct scope name_scope = SCOPE("arguments", struct name_args, name_keys);
static const struct scope name_count_scope = SCOPE("arguments", struct name_args, name_count_keys);
static const struct scope name_age_scope = SCOPE("arguments", struct name_args, name_age_keys);
static const struct scope count_scope = SCOPE("arguments", struct name_args, count_keys);
static const struct scope age_scope = SCOPE("arguments", struct name_args, age_keys);

static bool find(const struct ctl_call *call, const char *name, struct stat_ref *ret)
{
	const struct daemon *d = call_daemon(call);

	return stat_find(d->srv.places, (int)d->fam->idx, name, ret);
}

/* Same; without such a statistic, responds with an error. */
static bool find_or_fail(struct ctl_call *call, const char *name, struct stat_ref *ret)
{
	if (find(call, name, ret))
		return true;
	ctl_respond(call, CTL_ERROR, NULL, "No '%s' statistic found", name);
	return false;
}

/* A statistic that does not exist is an empty map. */
static void statistic_get(struct ctl_call *call, const void *args)
{
	const struct name_args *a = args;
	struct stat_limit limit = default_limit(call_daemon(call));
	struct stamps stamps = { 0 };
	struct str text = { 0 };
	bool is_first = true;
	struct stat_ref ref;

	str_add(&text, "{ ");
	if (find(call, a->name, &ref))
		add_row(&stamps, &text, ref, "", a->name, &limit, &is_first);
	else if (hook_stat_find(a->name))
		add_library_row(&stamps, &text, hook_stat_find(a->name), &is_first);
	str_add(&text, " }");
	ctl_respond_raw(call, CTL_SUCCESS, &text, NULL);
}

static void statistic_reset(struct ctl_call *call, const void *args)
{
	const struct name_args *a = args;
	struct hook_stat *of_library = hook_stat_find(a->name);
	struct stat_ref ref;

	if (of_library) {
		atomic_store(&of_library->value, 0);
		ctl_respond(call, CTL_SUCCESS, NULL, "Statistic '%s' reset.", a->name);
		return;
	}
	if (!find_or_fail(call, a->name, &ref))
		return;
	if (stat_kind(ref.id) != STAT_IS_COUNTER) {
		ctl_respond(call, CTL_ERROR, NULL,
			    "Statistic '%s' is a current value, not a counter: it cannot be reset", a->name);
		return;
	}
	stat_restart(ref);
	ctl_respond(call, CTL_SUCCESS, NULL, "Statistic '%s' reset.", a->name);
}

static void statistic_remove(struct ctl_call *call, const void *args)
{
	const struct name_args *a = args;
	struct stat_ref ref;

	if (!find_or_fail(call, a->name, &ref))
		return;
	stat_hide(ref);
	ctl_respond(call, CTL_SUCCESS, NULL, "Statistic '%s' removed.", a->name);
}

static void sample_count_set(struct ctl_call *call, const void *args)
{
	const struct name_args *a = args;
	struct stat_ref ref;

	if (!find_or_fail(call, a->name, &ref))
		return;
	stat_set_limit(ref, &(struct stat_limit){ .n = a->limit });
	ctl_respond(call, CTL_SUCCESS, NULL, "Statistic '%s' count limit is set.", a->name);
}

static void sample_age_set(struct ctl_call *call, const void *args)
{
	const struct name_args *a = args;
	struct stat_ref ref;

	if (!find_or_fail(call, a->name, &ref))
		return;
	stat_set_limit(ref, &(struct stat_limit){ .by_age = true, .n = a->limit });
	ctl_respond(call, CTL_SUCCESS, NULL, "Statistic '%s' duration limit is set.", a->name);
}

/* --- all --- */

/*
 * The statistics of all places. A configuration may come in between, so it remembers the keys of the places and looks
 * each of them up when its turn comes.
 */
struct walk {
	struct stat_key *keys;
	size_t n, i;
	bool is_global_done, only_global, is_first;
	struct stamps stamps;
};

static void add_place(const struct daemon *d, struct walk *walk, struct str *out, struct stat_place *place)
{
	struct stat_limit limit = default_limit(d);
	char prefix[STAT_PLACE_NAME_MAX], name[STAT_NAME_MAX];

	(void)stat_place_prefix(place, prefix);
	for (enum stat_id id = stat_first_at(place); id < STAT_N; id++)
		if (stat_is_at(id, place->key.kind) && stat_name(id, (int)d->fam->idx, name, sizeof(name)))
			add_row(&walk->stamps, out, (struct stat_ref){ place, id }, prefix, name, &limit,
				&walk->is_first);
}

static enum ctl_more next_places(struct ctl_call *call, void *state, struct str *out)
{
	const struct daemon *d = call_daemon(call);
	size_t until = out->len + PIECE;
	struct walk *walk = state;

	if (!walk->is_global_done) {
		walk->is_global_done = true;
		str_add(out, "{ ");
		add_place(d, walk, out, stat_places_get(d->srv.places, &(struct stat_key){ .kind = PLACE_GLOBAL }));
		for (const struct hook_stat *stat = NULL; (stat = hook_stat_next(stat)) != NULL;)
			add_library_row(&walk->stamps, out, stat, &walk->is_first);
	}
	for (; walk->i < walk->n && out->len < until; walk->i++) {
		struct stat_place *place = stat_places_get(d->srv.places, &walk->keys[walk->i]);

		if (place)
			add_place(d, walk, out, place);
	}
	if (walk->i < walk->n)
		return CTL_MORE;
	str_add(out, " }");
	ctl_cursor_result(call, CTL_SUCCESS, NULL);
	return CTL_END;
}

static void free_walk(void *state)
{
	struct walk *walk = state;

	free(walk->keys);
	free(walk);
}

static const struct ctl_cursor places_cursor = { next_places, free_walk };

static void get_places(struct ctl_call *call, bool only_global)
{
	struct walk *walk = xcalloc(1, sizeof(*walk));

	walk->is_first = true;
	if (!only_global)
		walk->n = stat_places_list(call_daemon(call)->srv.places, &walk->keys);
	ctl_respond_cursor(call, &places_cursor, walk);
}

static void statistic_get_all(struct ctl_call *call, const void *args)
{
	(void)args;
	get_places(call, false);
}

static void statistic_global_get_all(struct ctl_call *call, const void *args)
{
	(void)args;
	get_places(call, true);
}

static void each(const struct ctl_call *call, bool (*fn)(void *ctx, struct stat_ref ref), void *ctx)
{
	const struct daemon *d = call_daemon(call);

	stat_each(d->srv.places, (int)d->fam->idx, fn, ctx);
}

static bool restart_counter(void *ctx, struct stat_ref ref)
{
	(void)ctx;
	if (stat_kind(ref.id) == STAT_IS_COUNTER)
		stat_restart(ref);
	return true;
}

static bool hide(void *ctx, struct stat_ref ref)
{
	(void)ctx;
	stat_hide(ref);
	return true;
}

static bool set_limit(void *ctx, struct stat_ref ref)
{
	stat_set_limit(ref, ctx);
	return true;
}

static void statistic_reset_all(struct ctl_call *call, const void *args)
{
	(void)args;
	each(call, restart_counter, NULL);
	ctl_respond(call, CTL_SUCCESS, NULL, "All statistics reset to neutral values.");
}

static void statistic_remove_all(struct ctl_call *call, const void *args)
{
	(void)args;
	each(call, hide, NULL);
	ctl_respond(call, CTL_SUCCESS, NULL,
		    "Warning: statistic-remove-all command is deprecated. All statistics removed.");
}

static void sample_count_set_all(struct ctl_call *call, const void *args)
{
	struct stat_limit limit = { .n = ((const struct name_args *)args)->limit };

	each(call, set_limit, &limit);
	ctl_respond(call, CTL_SUCCESS, NULL, "All statistics count limit are set.");
}

static void sample_age_set_all(struct ctl_call *call, const void *args)
{
	struct stat_limit limit = { .by_age = true, .n = ((const struct name_args *)args)->limit };

	each(call, set_limit, &limit);
	ctl_respond(call, CTL_SUCCESS, NULL, "All statistics duration limit are set.");
}

/* --- stat-lease4-get, stat-lease6-get --- */

struct range_conf {
	struct conf_node node;
	uint32_t first, last;
};
static const struct key range_keys[] = {
	K_INT(struct range_conf, first, "first-subnet-id", .required = true, .since = "4.2.0", .doc = "the first id"),
	K_INT(struct range_conf, last, "last-subnet-id", .required = true, .since = "4.2.0", .doc = "the last id"),
};
static const struct scope range_scope = SCOPE("subnet-range", struct range_conf, range_keys);

struct lease_stat_args {
	struct conf_node node;
	uint32_t subnet_id;
	struct range_conf *range;
};
static const struct key lease_stat_keys[] = {
	K_INT(struct lease_stat_args, subnet_id, "subnet-id", .min = 1, .since = "4.2.0", .doc = "only this subnet"),
	K_MAP(struct lease_stat_args, range, "subnet-range", range, .may_be_absent = true, .since = "4.2.0",
	      .doc = "only the subnets from first-subnet-id to last-subnet-id"),
};
static const struct scope lease_stat_scope = SCOPE("arguments", struct lease_stat_args, lease_stat_keys);

struct column {
	const char *name;
	enum stat_id id;
};
static const struct column columns4[] = {
	{ "total-addresses", STAT_TOTAL },
	{ "cumulative-assigned-addresses", STAT_CUMULATIVE_ASSIGNED },
	{ "assigned-addresses", STAT_ASSIGNED },
	{ "declined-addresses", STAT_DECLINED },
};
static const struct column columns6[] = {
	{ "total-nas", STAT_TOTAL },          { "cumulative-assigned-nas", STAT_CUMULATIVE_ASSIGNED },
	{ "assigned-nas", STAT_ASSIGNED },    { "declined-nas", STAT_DECLINED },
	{ "total-pds", STAT_TOTAL_PD },       { "cumulative-assigned-pds", STAT_CUMULATIVE_ASSIGNED_PD },
	{ "assigned-pds", STAT_ASSIGNED_PD },
};

/* Which subnets were asked for, as the response says it. */
static void describe(const struct lease_stat_args *a, char *buf, size_t size)
{
	if (a->range)
		(void)snprintf(buf, size, "subnets %u through %u", a->range->first, a->range->last);
	else if (a->subnet_id)
		(void)snprintf(buf, size, "subnet-id=%u", a->subnet_id);
	else
		(void)snprintf(buf, size, "all subnets");
}

static void add_subnet(struct str *out, struct stat_place *place, const struct column *columns, unsigned n)
{
	char buf[WIDE_TEXT_MAX];

	str_addf(out, "[ %u", place->key.subnet_id);
	for (unsigned i = 0; i < n; i++) {
		str_add(out, ", ");
		str_add(out, stat_value_text((struct stat_ref){ place, columns[i].id }, buf));
	}
	str_add(out, " ]");
}

static void respond_no_rows(struct ctl_call *call, const struct lease_stat_args *a, const char *which)
{
	const char *name = ctl_call_command(call)->name;
	struct json_object *none = json_object_new_object();

	if (a->range)
		ctl_respond(call, CTL_EMPTY, none,
			    "%s[%s]: no matching data, selected ID range: %u through %u includes no known subnets",
			    name, which, a->range->first, a->range->last);
	else if (a->subnet_id)
		ctl_respond(call, CTL_EMPTY, none, "%s[%s]: no matching data, subnet-id: %u does not exist", name,
			    which, a->subnet_id);
	else
		ctl_respond(call, CTL_EMPTY, none, "%s[%s]: no matching data, no subnets are configured", name, which);
}

static void stat_lease_get(struct ctl_call *call, const void *args)
{
	const struct lease_stat_args *a = args;
	const struct daemon *d = call_daemon(call);
	const struct column *columns = d->fam->digit == 6 ? columns6 : columns4;
	unsigned n_columns =
		d->fam->digit == 6 ? sizeof(columns6) / sizeof(columns6[0]) : sizeof(columns4) / sizeof(columns4[0]);
	struct stamps stamps = { 0 };
	struct str out = { 0 };
	struct stat_key *keys;
	unsigned n_rows = 0;
	char which[64];
	size_t n;

	describe(a, which, sizeof(which));
	if (a->range && a->range->first > a->range->last) {
		ctl_respond(call, CTL_ERROR, NULL, "last-subnet-id is less than first-subnet-id");
		return;
	}
	n = stat_places_list(d->srv.places, &keys);
	str_add(&out, "{ \"result-set\": { \"columns\": [ \"subnet-id\"");
	for (unsigned i = 0; i < n_columns; i++)
		str_addf(&out, ", \"%s\"", columns[i].name);
	str_add(&out, " ], \"rows\": [ ");
	for (size_t i = 0; i < n; i++) {
		uint32_t id = keys[i].subnet_id;

		if (keys[i].kind != PLACE_SUBNET || (a->subnet_id && id != a->subnet_id) ||
		    (a->range && (id < a->range->first || id > a->range->last)))
			continue;
		if (n_rows++)
			str_add(&out, ", ");
		add_subnet(&out, stat_places_get(d->srv.places, &keys[i]), columns, n_columns);
	}
	free(keys);
	str_add(&out, " ], \"timestamp\": \"");
	add_time(&stamps, &out, clock_wall_us());
	str_add(&out, "\" } }");
	if (n_rows)
		ctl_respond_raw(call, CTL_SUCCESS, &out, "%s[%s]: %u rows found", ctl_call_command(call)->name, which,
				n_rows);
	else
		respond_no_rows(call, a, which);
	str_free(&out);
}

#define ROW(n, a) .name = n, .families = KEY_DHCP, .access = a, .provider = "core", .since = "4.2.0"

static const struct command rows[] = {
	{ ROW("statistic-get", CTL_READ), .args = &name_scope, .run = statistic_get,
	  .doc = "Returns the samples of a statistic, newest first. A sample is taken when the statistic is read and "
		 "has "
		 "changed. Of a statistic that does not exist, there are none." },
	{ ROW("statistic-get-all", CTL_READ), .run = statistic_get_all,
	  .doc = "Returns all statistics: of the server, then of subnets, pools and prefix pools." },
	{ ROW("statistic-global-get-all", CTL_READ), .run = statistic_global_get_all,
	  .doc = "Returns the statistics of the server, without those of subnets and pools." },
	{ ROW("statistic-reset", CTL_WRITE), .args = &name_scope, .run = statistic_reset,
	  .doc = "Sets a counter to 0 and discards its samples. Current values, such as assigned-addresses, are not "
		 "counters: they cannot be reset." },
	{ ROW("statistic-reset-all", CTL_WRITE), .run = statistic_reset_all, .doc = "Sets all counters to 0." },
	{ ROW("statistic-remove", CTL_WRITE), .args = &name_scope, .run = statistic_remove,
	  .doc = "Hides a statistic until it changes; a counter then counts from 0." },
	{ ROW("statistic-remove-all", CTL_WRITE), .run = statistic_remove_all,
	  .doc = "Hides all statistics until they change." },
	{ ROW("statistic-sample-count-set", CTL_WRITE), .args = &name_count_scope, .run = sample_count_set,
	  .doc = "Sets how many samples of a statistic are kept." },
	{ ROW("statistic-sample-count-set-all", CTL_WRITE), .args = &count_scope, .run = sample_count_set_all,
	  .doc = "Sets how many samples of each statistic are kept." },
	{ ROW("statistic-sample-age-set", CTL_WRITE), .args = &name_age_scope, .run = sample_age_set,
	  .doc = "Sets for how long samples of a statistic are kept." },
	{ ROW("statistic-sample-age-set-all", CTL_WRITE), .args = &age_scope, .run = sample_age_set_all,
	  .doc = "Sets for how long samples of all statistics are kept." },
	{ .name = "stat-lease4-get",
	  .families = KEY_4,
	  .access = CTL_READ,
	  .provider = "stat_cmds",
	  .since = "4.2.0",
	  .args = &lease_stat_scope,
	  .run = stat_lease_get,
	  .doc = "Returns a table of the lease statistics of subnets." },
	{ .name = "stat-lease6-get",
	  .families = KEY_6,
	  .access = CTL_READ,
	  .provider = "stat_cmds",
	  .since = "4.2.0",
	  .args = &lease_stat_scope,
	  .run = stat_lease_get,
	  .doc = "Returns a table of the lease statistics of subnets; registered addresses are left out." },
};
const struct command_rows commands_stat = COMMAND_ROWS(rows);
