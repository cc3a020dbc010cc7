/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The command `events` and the page /events: the feed as a stream, in lines of JSON or as server-sent events. Each
 * stream is read as fast as its client accepts it.
 */
#include "daemon/subscribers.h"

#include "base/clock.h"
#include "base/str.h"
#include "ctl/limits.h"
#include "daemon/commands.h"
#include "daemon/lease_text.h"
#include "json/write.h"
#include "serve/family.h"
#include "stat/metric.h"

#define RATES_MS 10000
#define PIECE (28u << 10)
#define EVERY_KIND ((1u << FEED_N) - 1)

struct subscribers {
	struct daemon *d;
	struct feed *feed;
	struct list v; /* struct subscription */
	unsigned n;
	struct feed_reader reader; /* while there are subscriptions */
	struct timer rates;
	/* when the last RATES was added */
	int64_t rates_ms, received, sent, dropped[FEED_RATES_MAX];
};

struct subscription {
	struct list link;
	struct subscribers *all;
	struct ctl_call *call;
	unsigned kinds; /* 1 << enum feed_kind for each */
	bool is_sse;
	bool has_begun;
	bool is_cut;               /* it resumes after a number that is not known: how many it has lost is unknown */
	bool is_quiet, wants_sign; /* nothing was sent since the last RATES; send a sign of life */
	uint64_t next;
	uint64_t lost;
};

/* --- records as JSON --- */

static const struct metric_row *drops_row(void)
{
	for (unsigned i = 0; i < metric_n_rows; i++)
		if (metric_rows[i].name[0] && !strcmp(metric_rows[i].name[0], "packets_dropped"))
			return &metric_rows[i];
	return NULL;
}

static void add_lease(struct str *out, const struct feed_record *rec)
{
	char texts[FEED_TEXTS];
	struct lease lease = feed_record_lease(rec, texts);

	/* A long one is not in the feed, so none is shown. */
	lease.user_context = NULL;
	str_add(out, ", \"lease\": ");
	lease_add_json(out, &lease);
}

static void add_rates(struct str *out, const struct feed_record *rec)
{
	const struct metric_row *row = drops_row();
	const char *comma = "";
	int64_t v;

	str_addf(out, ", \"seconds\": %.3f, \"received\": %lld, \"sent\": %lld, \"dropped\": { ",
		 (double)rec->ms / 1000, (long long)rec->received, (long long)rec->sent);
	for (unsigned i = 0; row && i < row->n && i < rec->n_rates; i++) {
		memcpy(&v, rec->data + i * sizeof(v), sizeof(v));
		if (!v)
			continue;
		str_addf(out, "%s\"%s\": %lld", comma, row->v[i].label, (long long)v);
		comma = ", ";
	}
	str_add(out, " }");
}

static void add_record(struct str *out, const struct feed_record *rec)
{
	const struct feed_row *row = &feed_rows[rec->kind];

	str_addf(out, "{ \"number\": %llu, \"time\": %lld.%06lld, \"event\": \"%s\"", (unsigned long long)rec->number,
		 (long long)(rec->wall_us / 1000000), (long long)(rec->wall_us % 1000000), row->name);
	if (row->has_lease) {
		add_lease(out, rec);
	} else if (rec->kind == FEED_RATES) {
		add_rates(out, rec);
	} else {
		str_addf(out, ", \"ok\": %s, \"text\": ", rec->ok ? "true" : "false");
		json_add_string(out, (const char *)rec->data, rec->len);
	}
	str_add(out, " }");
}

/* --- a stream --- */

static void begin_text(const struct subscription *s, struct str *out, const struct feed_record *rec)
{
	if (s->is_sse && rec)
		str_addf(out, "id: %llu\n", (unsigned long long)rec->number);
	if (s->is_sse)
		str_add(out, "data: ");
}

static void end_text(const struct subscription *s, struct str *out)
{
	str_add(out, s->is_sse ? "\n\n" : "\n");
}

static void add_head(const struct subscription *s, struct str *out)
{
	if (s->is_sse)
		str_addf(out, ": events of %s\nretry: 2000\n\n", s->all->d->fam->program);
	else
		str_addf(out, "{ \"result\": 0, \"text\": \"subscribed\", \"arguments\": { \"next\": %llu } }\n",
			 (unsigned long long)s->next);
}

static void add_lost(struct subscription *s, struct str *out)
{
	begin_text(s, out, NULL);
	str_add(out, "{ \"event\": \"lost\"");
	if (!s->is_cut)
		str_addf(out, ", \"count\": %llu", (unsigned long long)s->lost);
	str_add(out, " }");
	end_text(s, out);
	s->is_cut = false;
	s->lost = 0;
}

static enum ctl_more next(struct ctl_call *call, void *state, struct str *out)
{
	struct subscription *s = state;
	size_t start = out->len;
	struct feed_record rec;
	uint64_t lost;
	bool has = true;

	(void)call;
	if (!s->has_begun) {
		s->has_begun = true;
		add_head(s, out);
	}
	while (out->len - start < PIECE && has) {
		has = feed_read(s->all->feed, &s->next, &rec, &lost);
		s->lost += lost;
		if (s->lost || s->is_cut)
			add_lost(s, out);
		if (!has || !(s->kinds & 1u << rec.kind))
			continue;
		begin_text(s, out, &rec);
		add_record(out, &rec);
		end_text(s, out);
	}
	if (out->len == start && s->wants_sign)
		str_add(out, s->is_sse ? ":\n\n" : "\n");
	if (out->len > start)
		s->is_quiet = s->wants_sign = false;
	return has ? CTL_MORE : CTL_WAIT;
}

static void done(void *state)
{
	struct subscription *s = state;
	struct subscribers *all = s->all;

	list_remove(&s->link);
	free(s);
	if (--all->n == 0) {
		loop_timer_stop(all->d->loop, &all->rates);
		feed_readers_leave(all->d->feed_readers, &all->reader);
	}
}

/* --- waking --- */

static void wake_all(struct subscribers *all)
{
	list_for_each (pos, &all->v)
		ctl_cursor_ready(container_of(pos, struct subscription, link)->call);
}

static void ready(struct feed_reader *reader)
{
	wake_all(container_of(reader, struct subscribers, reader));
}

/* --- rates --- */

static void count(struct subscribers *all, bool adds)
{
	const struct metric_row *row = drops_row();
	int64_t now_ms = clock_boot_ms(), received, sent, dropped[FEED_RATES_MAX] = { 0 };
	unsigned n = row && row->n < FEED_RATES_MAX ? row->n : FEED_RATES_MAX;

	sockets_note_drops(&all->d->sockets);
	received = stat_sum(STAT_RECEIVED);
	sent = stat_sum(STAT_SENT);
	for (unsigned i = 0; row && i < n; i++) {
		int64_t v = stat_sum(row->v[i].id);

		/* statistic-reset */
		dropped[i] = v >= all->dropped[i] ? v - all->dropped[i] : v;
		all->dropped[i] = v;
	}
	if (adds)
		feed_rates(all->feed, now_ms - all->rates_ms,
			   received >= all->received ? received - all->received : received,
			   sent >= all->sent ? sent - all->sent : sent, dropped, n);
	all->received = received;
	all->sent = sent;
	all->rates_ms = now_ms;
}

static void rates_tick(void *ctx)
{
	struct subscribers *all = ctx;

	count(all, true);
	list_for_each (pos, &all->v) {
		struct subscription *s = container_of(pos, struct subscription, link);

		s->wants_sign = s->is_quiet;
		s->is_quiet = true;
	}
	/* Those that get no rates may get a sign of life, so that a connection that is gone is noticed. */
	wake_all(all);
	loop_timer_start(all->d->loop, &all->rates, RATES_MS);
}

/* --- subscribing --- */

struct subscribers *subscribers_new(struct daemon *d)
{
	struct subscribers *all = xcalloc(1, sizeof(*all));

	all->d = d;
	all->feed = d->srv.feed;
	list_init(&all->v);
	all->reader.ready = ready;
	timer_init(&all->rates, rates_tick, all);
	return all;
}

void subscribers_free(struct subscribers *all)
{
	if (!all)
		return;
	loop_timer_stop(all->d->loop, &all->rates);
	free(all);
}

static struct subscribers *subscribers_of(struct ctl_call *call)
{
	struct daemon *d = call_daemon(call);

	if (!d->subscribers)
		d->subscribers = subscribers_new(d);
	return d->subscribers;
}

static void switch_on(struct subscribers *all)
{
	if (!all->n)
		feed_readers_join(all->d->feed_readers, &all->reader);
	if (!timer_is_running(&all->rates)) {
		count(all, false);
		loop_timer_start(all->d->loop, &all->rates, RATES_MS);
	}
}

/* What a client asks for. */
struct wish {
	unsigned kinds; /* 0: all */
	bool resumes;
	uint64_t after; /* 0: all that is kept */
};

static void subscribe(struct ctl_call *call, const struct wish *wish, bool is_sse)
{
	static const struct ctl_cursor cursor = { next, done };
	struct subscribers *all = subscribers_of(call);
	struct subscription *s = xcalloc(1, sizeof(*s));
	uint64_t first, end;

	switch_on(all);
	feed_span(all->feed, &first, &end);
	s->all = all;
	s->call = call;
	s->kinds = wish->kinds ? wish->kinds : EVERY_KIND;
	s->is_sse = is_sse;
	s->next = end;
	if (wish->resumes && !wish->after) {
		s->next = first;
	} else if (wish->resumes) {
		s->is_cut = wish->after < feed_readers_begin(all->d->feed_readers) - 1 || wish->after >= end;
		s->next = s->is_cut ? first : wish->after + 1;
	}
	list_add_tail(&all->v, &s->link);
	all->n++;
	ctl_respond_stream(call, &cursor, s);
}

static bool is_full(struct ctl_call *call)
{
	return subscribers_of(call)->n >= CHANNEL_SUBSCRIBERS_MAX;
}

/* Returns FEED_NONE if there is no such kind. */
static enum feed_kind kind_of(const char *name, size_t len)
{
	for (unsigned i = 1; i < FEED_N; i++)
		if (strlen(feed_rows[i].name) == len && memcmp(feed_rows[i].name, name, len) == 0)
			return (enum feed_kind)i;
	return FEED_NONE;
}

/* --- the command --- */

struct events_args {
	struct conf_node node;
	uint64_t after;
	struct conf_strings events;
};
static const struct key events_keys[] = {
	K_INT(struct events_args, after, "after", .max = INT64_MAX, .since = "4.2.0",
	      .doc = "resume after the event with this number; 0: with the oldest one that is kept. Without it, only "
		     "what happens from now on is sent"),
	K_STRINGS(struct events_args, events, "events", .since = "4.2.0",
		  .doc = "only those with these names, such as \"lease-granted\""),
};
static const struct scope events_scope = SCOPE("arguments", struct events_args, events_keys);

static void respond_unknown(struct ctl_call *call, const char *name)
{
	struct str names = { 0 };

	for (unsigned i = 1; i < FEED_N; i++)
		str_addf(&names, "%s%s", i > 1 ? ", " : "", feed_rows[i].name);
	ctl_respond(call, CTL_ERROR, NULL, "there is no event '%s': expected %s", name, str_text(&names));
	str_free(&names);
}

static void run_events(struct ctl_call *call, const void *args)
{
	const struct events_args *a = args;
	struct wish wish = { .resumes = CONF_SET(a, after), .after = a->after };

	for (unsigned i = 0; i < a->events.n; i++) {
		enum feed_kind kind = kind_of(a->events.v[i], strlen(a->events.v[i]));

		if (!kind) {
			respond_unknown(call, a->events.v[i]);
			return;
		}
		wish.kinds |= 1u << kind;
	}
	if (is_full(call))
		ctl_respond(call, CTL_ERROR, NULL, "there are already %d subscribers", CHANNEL_SUBSCRIBERS_MAX);
	else
		subscribe(call, &wish, false);
}

static const struct command rows[] = {
	{ .name = "events",
	  .families = KEY_DHCP,
	  .access = CTL_READ,
	  .provider = "core",
	  .native = true,
	  .is_stream = true,
	  .since = "4.2.0",
	  .args = &events_scope,
	  .run = run_events,
	  .doc = "Sends what happens in the server as a stream of JSON maps, one per line, until the client closes the "
		 "connection; the first line is the response. Only on unix sockets; on HTTP sockets, GET /events sends "
		 "the same as server-sent events. A client that reads too slowly loses events, and gets the number of "
		 "them in an event \"lost\"." },
};
const struct command_rows commands_event = COMMAND_ROWS(rows);

/* --- the page --- */

static bool read_number(struct bytes text, uint64_t *ret)
{
	uint64_t v = 0;

	if (!text.len || text.len > 18)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		v = v * 10 + (text.data[i] - '0');
	}
	*ret = v;
	return true;
}

static bool read_kinds(struct bytes list, unsigned *ret)
{
	while (list.len) {
		const uint8_t *comma = memchr(list.data, ',', list.len);
		size_t len = comma ? (size_t)(comma - list.data) : list.len;
		enum feed_kind kind = kind_of((const char *)list.data, len);

		if (!kind)
			return false;
		*ret |= 1u << kind;
		list = bytes_of(list.data + len + (comma != NULL), list.len - len - (comma != NULL));
	}
	return *ret != 0;
}

static bool takes(struct bytes *item, const char *name)
{
	size_t len = strlen(name);

	if (item->len < len || memcmp(item->data, name, len) != 0)
		return false;
	*item = bytes_of(item->data + len, item->len - len);
	return true;
}

/* after=NUMBER&events=NAME,NAME; the header counts more than the query, which a browser repeats. */
static bool read_wish(const struct ctl_get *get, struct wish *wish)
{
	struct bytes rest = get->query;

	while (rest.len) {
		const uint8_t *mark = memchr(rest.data, '&', rest.len);
		size_t len = mark ? (size_t)(mark - rest.data) : rest.len;
		struct bytes item = bytes_of(rest.data, len);

		if (takes(&item, "after=") ? !(wish->resumes = read_number(item, &wish->after))
					   : !takes(&item, "events=") || !read_kinds(item, &wish->kinds))
			return false;
		rest = bytes_of(rest.data + len + (mark != NULL), rest.len - len - (mark != NULL));
	}
	if (get->last_event_id.len)
		wish->resumes = read_number(get->last_event_id, &wish->after);
	return !get->last_event_id.len || wish->resumes;
}

static void run_page(struct ctl_call *call)
{
	struct wish wish = { 0 };

	if (!read_wish(ctl_call_get(call), &wish))
		ctl_page_refuse(call, 400, "expected after=NUMBER and events=NAME,NAME");
	else if (is_full(call))
		ctl_page_refuse(call, 503, "too many subscribers");
	else
		subscribe(call, &wish, true);
}

const struct ctl_page events_page = {
	.path = "/events",
	.type = "text/event-stream",
	.command = "events",
	.doc = "Sends what happens in the server, as server-sent events.",
	.run = run_page,
};
