/* SPDX-License-Identifier: MPL-2.0 */
#include "lease/tenure.h"

#include "base/arena.h"

#include <search.h>

const char *const tenure_end_names[TENURE_END_N] = {
	[TENURE_LASTS] = "active",      [TENURE_EXPIRED] = "expired",   [TENURE_RELEASED] = "released",
	[TENURE_REPLACED] = "replaced", [TENURE_DECLINED] = "declined", [TENURE_DELETED] = "deleted",
};

/* An address, and who had it last. */
struct holder {
	struct ip addr; /* first, for the tree */
	struct tenure tenure;
	bool is_open;
	/* the last row */
	int64_t expire;
	uint32_t valid;
	enum lease_state state;
	uint8_t hwaddr[LEASE_HWADDR_MAX];
	uint8_t client_id[LEASE_ID_MAX];
	char hostname[LEASE_HOSTNAME_MAX + 1];
};

struct tenures {
	struct tenure_query query;
	tenure_fn *fn;
	void *ctx;
	int64_t now;
	int64_t latest; /* time of the last change that has one */
	void *tree;     /* of holders, by address */
	size_t n;
	bool is_cut;
};

struct tenures *tenures_new(const struct tenure_query *query, int64_t now, tenure_fn *fn, void *ctx)
{
	struct tenures *ts = xcalloc(1, sizeof(*ts));

	*ts = (struct tenures){ .query = *query, .fn = fn, .ctx = ctx, .now = now };
	return ts;
}

static bool is_wanted(const struct tenures *ts, const struct lease *lease)
{
	const struct tenure_query *q = &ts->query;
	struct prefix span = lease_span(lease);

	if (!q->by_id)
		return ip_is4(&lease->addr) == ip_is4(&q->addr) && prefix_contains(&span, &q->addr);
	return bytes_equal(lease->hwaddr, q->id) || bytes_equal(lease->client_id, q->id);
}

static int by_address(const void *a, const void *b)
{
	return ip_cmp(a, b);
}

static struct holder *find(const struct tenures *ts, const struct ip *addr)
{
	void *found = tfind(addr, &ts->tree, by_address);

	return found ? *(struct holder **)found : NULL;
}

/* NULL if there are too many. */
static struct holder *add(struct tenures *ts, const struct ip *addr)
{
	struct holder *h;

	if (ts->n == TENURE_ADDRESSES_MAX) {
		ts->is_cut = true;
		return NULL;
	}
	h = xcalloc(1, sizeof(*h));
	h->addr = *addr;
	if (!tsearch(h, &ts->tree, by_address))
		die_of_memory();
	ts->n++;
	return h;
}

static void copy(struct bytes from, uint8_t *to, struct bytes *ret)
{
	if (from.len)
		memcpy(to, from.data, from.len);
	*ret = bytes_of(to, from.len);
}

/* Takes the values of the row, whose bytes are bounded by its own buffers. */
static void take(struct holder *h, const struct lease_row *row)
{
	struct lease *lease = &h->tenure.lease;

	*lease = row->lease;
	copy(row->lease.hwaddr, h->hwaddr, &lease->hwaddr);
	copy(row->lease.client_id, h->client_id, &lease->client_id);
	(void)snprintf(h->hostname, sizeof(h->hostname), "%s", row->lease.hostname ? row->lease.hostname : "");
	lease->hostname = h->hostname;
	lease->user_context = NULL;
	h->tenure.until = row->lease.valid == LEASE_FOREVER ? INT64_MAX : row->expire_wall;
}

/* When the client had its last response. */
static int64_t begin_of(const struct lease_row *row)
{
	int64_t sec = row->expire_wall - (int64_t)row->lease.valid;

	return sec > 0 ? sec : 0;
}

static void report(const struct tenures *ts, const struct tenure *tenure)
{
	if (is_wanted(ts, &tenure->lease))
		ts->fn(ts->ctx, tenure);
}

/* The end at this time, unless it was earlier. */
static void close_at(const struct tenures *ts, struct holder *h, int64_t at, enum tenure_end end)
{
	struct tenure *t = &h->tenure;

	if (!h->is_open)
		return;
	h->is_open = false;
	t->end = TENURE_EXPIRED;
	if (at < t->until) {
		t->until = at > t->from ? at : t->from;
		t->end = end;
	}
	report(ts, t);
}

static bool is_same_client(const struct lease *a, const struct lease *b)
{
	return bytes_equal(a->hwaddr, b->hwaddr) && bytes_equal(a->client_id, b->client_id) && a->iaid == b->iaid &&
	       a->type == b->type && a->prefix_len == b->prefix_len;
}

/* True if this is the last row once more. */
static bool is_repeated(const struct holder *h, const struct lease_row *row)
{
	return h->expire == row->expire_wall && h->valid == row->lease.valid && h->state == row->lease.state &&
	       is_same_client(&h->tenure.lease, &row->lease);
}

static void note_time(struct tenures *ts, const struct lease_row *row)
{
	int64_t sec = lease_is_in_use(&row->lease) ? begin_of(row) : row->expire_wall;

	if (!row->deleted && sec > ts->latest && sec <= ts->now)
		ts->latest = sec;
}

static void open_at(struct holder *h, const struct lease_row *row)
{
	h->is_open = true;
	h->tenure.from = begin_of(row);
	h->tenure.n_renewals = 0;
	take(h, row);
}

/* The lease has ended, and the row says when. */
static void take_end(const struct tenures *ts, struct holder *h, const struct lease_row *row)
{
	if (!h->is_open || !is_same_client(&h->tenure.lease, &row->lease)) {
		close_at(ts, h, begin_of(row), TENURE_REPLACED);
		open_at(h, row);
	}
	if (row->lease.state == LEASE_RELEASED) {
		/* Its row has the time of the release as its end. */
		h->tenure.until = h->tenure.until > row->expire_wall ? h->tenure.until : row->expire_wall + 1;
		close_at(ts, h, row->expire_wall, TENURE_RELEASED);
	} else {
		close_at(ts, h, row->expire_wall, TENURE_EXPIRED);
	}
}

static void take_use(const struct tenures *ts, struct holder *h, const struct lease_row *row)
{
	struct tenure *t = &h->tenure;
	int64_t begin = begin_of(row);

	if (h->is_open && t->lease.state == row->lease.state && is_same_client(&t->lease, &row->lease) &&
	    begin >= t->from && begin <= t->until) {
		t->n_renewals += begin > h->expire - (int64_t)h->valid;
		take(h, row);
		return;
	}
	close_at(ts, h, begin, row->lease.state == LEASE_DECLINED ? TENURE_DECLINED : TENURE_REPLACED);
	open_at(h, row);
}

void tenures_row(void *tenures, const struct lease_row *row)
{
	struct tenures *ts = tenures;
	struct holder *h = find(ts, &row->lease.addr);

	note_time(ts, row);
	if (!h && (row->deleted || !is_wanted(ts, &row->lease)))
		return;
	if (!h)
		h = add(ts, &row->lease.addr);
	else if (is_repeated(h, row))
		return;
	if (!h)
		return;
	if (row->deleted)
		close_at(ts, h, ts->latest, TENURE_DELETED);
	else if (lease_is_in_use(&row->lease))
		take_use(ts, h, row);
	else
		take_end(ts, h, row);
	h->expire = row->expire_wall;
	h->valid = row->lease.valid;
	h->state = row->lease.state;
}

bool tenures_end(struct tenures *ts)
{
	bool is_cut = ts->is_cut;

	while (ts->tree) {
		struct holder *h = *(struct holder **)ts->tree;
		struct tenure *t = &h->tenure;

		t->end = t->until > ts->now ? TENURE_LASTS : TENURE_EXPIRED;
		if (h->is_open)
			report(ts, t);
		(void)tdelete(h, &ts->tree, by_address);
		free(h);
	}
	free(ts);
	return is_cut;
}
