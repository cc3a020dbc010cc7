/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/publish.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/list.h"
#include "base/thread.h"
#include "base/vec.h"
#include "ddns/unbound.h"
#include "host/chain.h"
#include "host/file.h"
#include "log/log.h"
#include "serve/lease_dns.h"
#include "serve/name.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RING (64 * 1024) /* changed addresses that may wait; more: everything is read again */
#define BATCH 256
#define PAGE 512
#define GATHER_MS 10  /* changes gather for this long */
#define SHARE 4       /* publishing takes at most one part in so many of the time */
#define CHECK_MS 1000 /* between looks at Unbound, and between tries after a failure */
#define HEAD "# Written by %s at each change; your changes will be lost.\n"
#define HEAD_BEGIN "# Written by kea-dhcp"

/* A reservation of the configuration. */
struct reserved {
	struct ip addr;
	char *name;
};

/* What to publish, and where: replaced as a whole. */
struct plan_of_names {
	struct leasedb *db;
	char *hosts_file; /* "": none */
	struct unbound *unbound;
	VEC(struct reserved) reserved;
};

struct publisher {
	unsigned family;
	struct loop *loop;
	pthread_t thread;
	bool is_started;
	struct post post; /* to give the previous plan back to the main thread */
	/* the thread's own: */
	struct names *names;
	struct plan_of_names *plan; /* NULL: none */
	struct arena *arena;
	bool file_is_old, unbound_is_old; /* must be written */
	bool file_is_unknown;             /* it may be right as it is: compared before it is replaced */
	bool has_failed;                  /* reported */
	int64_t not_before_ms;            /* when to publish next */
	atomic_bool is_on;                /* changes are wanted */
	pthread_mutex_t lock;             /* guards what follows */
	pthread_cond_t wake;
	bool is_ending, has_next, is_behind;
	struct plan_of_names *next, *previous; /* previous: to be freed by the main thread */
	struct ip *ring;                       /* RING addresses; NULL until a plan is in use */
	unsigned first, n;
};

static void plan_free(struct plan_of_names *plan)
{
	if (!plan)
		return;
	leasedb_leave(plan->db);
	unbound_free(plan->unbound);
	for (size_t i = 0; i < plan->reserved.n; i++)
		free(plan->reserved.v[i].name);
	vec_free(&plan->reserved);
	free(plan->hosts_file);
	free(plan);
}

/* In the main thread. */
static void free_previous(struct post *post)
{
	struct publisher *pub = container_of(post, struct publisher, post);
	struct plan_of_names *plan;

	(void)pthread_mutex_lock(&pub->lock);
	plan = pub->previous;
	pub->previous = NULL;
	(void)pthread_cond_signal(&pub->wake);
	(void)pthread_mutex_unlock(&pub->lock);
	plan_free(plan);
}

/* --- changes ------------------------------------------------------------------------ */

/* Called under a lock of the store. */
static void changed(void *ctx, const struct store_notice *notice)
{
	const struct store_held *held = notice->new.present ? &notice->new : &notice->old;
	struct publisher *pub = ctx;

	if (!atomic_load_explicit(&pub->is_on, memory_order_relaxed) || held->type == LEASE_PD)
		return;
	(void)pthread_mutex_lock(&pub->lock);
	if (pub->n < RING && pub->ring) {
		pub->ring[(pub->first + pub->n) % RING] = notice->addr;
		if (!pub->n++)
			(void)pthread_cond_signal(&pub->wake);
	} else {
		pub->is_behind = true;
	}
	(void)pthread_mutex_unlock(&pub->lock);
}

static void take_lease(struct publisher *pub, const struct lease *lease)
{
	if (lease->type != LEASE_PD)
		names_lease(pub->names, &lease->addr,
			    lease_is_in_use(lease) && lease->state != LEASE_DECLINED ? lease->hostname : NULL);
}

/* False if the store failed. */
static bool read_address(struct publisher *pub, const struct ip *addr)
{
	struct lease_query query = { .by = BY_ADDR, .type = pub->family ? LEASE_NA : LEASE_V4, .addr = *addr };
	struct lease lease;
	int n = store_find_wait(pub->plan->db->store, &query, pub->arena, &lease, 1);

	if (n > 0)
		take_lease(pub, &lease);
	else if (n == 0)
		names_lease(pub->names, addr, NULL);
	arena_reset(pub->arena);
	return n >= 0;
}

/* A store that is shared has the names in its database only: it is read in pages. */
static int read_pages(struct publisher *pub)
{
	struct lease_query query = { .by = BY_PAGE, .type = pub->family ? LEASE_NA : LEASE_V4 };
	struct lease *page = xcalloc(PAGE, sizeof(*page));
	int n;

	do {
		query.max = PAGE;
		n = store_find_wait(pub->plan->db->store, &query, pub->arena, page, PAGE);
		for (int i = 0; i < n; i++)
			take_lease(pub, &page[i]);
		if (n > 0)
			query.addr = page[n - 1].addr;
		arena_reset(pub->arena);
	} while (n > 0);
	free(page);
	return n;
}

static int read_all(struct publisher *pub)
{
	struct store_scan scan = { .arena = pub->arena };
	int n;

	if (pub->plan->db->store->ops->is_shared)
		return read_pages(pub);
	while ((n = store_scan(pub->plan->db->store, &scan)) > 0) {
		for (int i = 0; i < n; i++)
			take_lease(pub, &scan.v[i]);
		arena_reset(pub->arena);
	}
	arena_reset(pub->arena);
	return n;
}

/* --- publishing ---------------------------------------------------------------------- */

static void report(struct publisher *pub, const char *failed)
{
	if (failed && !pub->has_failed)
		LOGF(pub->family, DHCPx_DNS_PUBLISH_FAILED, failed);
	else if (!failed && pub->has_failed)
		LOGF(pub->family, DHCPx_DNS_PUBLISH_RESUMED);
	pub->has_failed = failed != NULL;
}

static const char *program_of(const struct publisher *pub)
{
	return pub->family ? "kea-dhcp6" : "kea-dhcp4";
}

/* A file that is not ours is not replaced: the path may be wrong. */
static bool may_replace(const char *path, struct str *why)
{
	char head[sizeof(HEAD_BEGIN)] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return true;
	n = read(fd, head, sizeof(HEAD_BEGIN) - 1);
	(void)close(fd);
	if (n == 0 || (n > 0 && !strcmp(head, HEAD_BEGIN)))
		return true;
	str_addf(why, "%s exists and was not written by this server", path);
	return false;
}

/* True if the file has exactly this text. */
static bool has_text(const char *path, const struct str *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char buf[16384];
	size_t pos = 0;
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0) {
		if ((size_t)n > text->len - pos || memcmp(buf, text->text + pos, (size_t)n) != 0)
			break;
		pos += (size_t)n;
	}
	if (fd >= 0)
		(void)close(fd);
	return n == 0 && pos == text->len;
}

static bool write_file(struct publisher *pub, struct str *why)
{
	const char *path = pub->plan->hosts_file;
	struct file_new f = { .fd = -1 };
	struct str text = { 0 };
	char reason[FILE_WHY_MAX];
	bool ok;

	if (!path[0])
		return true;
	if (!may_replace(path, why))
		return false;
	str_addf(&text, HEAD, program_of(pub));
	names_write_hosts(pub->names, &text);
	/* Who watches the file reads it again when it is replaced. */
	if (pub->file_is_unknown && has_text(path, &text)) {
		str_free(&text);
		pub->file_is_unknown = false;
		return true;
	}
	ok = file_new_open(&f, path, false) && fchmod(f.fd, 0644) == 0 && file_write(f.fd, text.text, text.len) &&
	     file_new_finish(&f);
	if (!ok) {
		str_addf(why, "%s: %s", path, file_why(path, W_OK, reason));
		file_new_drop(&f);
	}
	str_free(&text);
	pub->file_is_unknown &= !ok;
	return ok;
}

static void publish(struct publisher *pub)
{
	int64_t start_ms = clock_boot_ms(), end_ms;
	struct str why = { 0 };
	bool all = pub->plan->unbound && unbound_has_forgotten(pub->plan->unbound);

	if (names_have_changed(pub->names))
		pub->file_is_old = pub->unbound_is_old = true;
	if (pub->file_is_old)
		pub->file_is_old = !write_file(pub, &why);
	if (pub->plan->unbound && (pub->unbound_is_old || all))
		pub->unbound_is_old = !unbound_send(pub->plan->unbound, pub->names, all, &why);
	end_ms = clock_boot_ms();
	report(pub, why.len ? why.text : NULL);
	pub->not_before_ms = end_ms + (why.len ? CHECK_MS : (end_ms - start_ms) * (SHARE - 1) + GATHER_MS);
	str_free(&why);
}

/* --- the thread ------------------------------------------------------------------------ */

static void begin_plan(struct publisher *pub)
{
	names_begin(pub->names);
	if (!pub->plan)
		return;
	for (size_t i = 0; i < pub->plan->reserved.n; i++)
		names_reserve(pub->names, &pub->plan->reserved.v[i].addr, pub->plan->reserved.v[i].name);
	names_reserved(pub->names);
	pub->file_is_old = pub->file_is_unknown = pub->unbound_is_old = true;
}

/* Takes what the main thread has prepared; gives it the previous one. With the lock. */
static void take_next(struct publisher *pub)
{
	while (pub->previous && !pub->is_ending)
		(void)pthread_cond_wait(&pub->wake, &pub->lock);
	if (pub->previous)
		return;
	if (pub->next && pub->plan && pub->next->unbound && pub->plan->unbound)
		unbound_inherit(pub->next->unbound, pub->plan->unbound);
	pub->previous = pub->plan;
	pub->plan = pub->next;
	pub->next = NULL;
	pub->has_next = false;
	pub->is_behind = true;
	pub->n = 0;
	if (pub->previous)
		loop_post(pub->loop, &pub->post);
}

/* Copies addresses that have changed. With the lock. */
static unsigned take_changes(struct publisher *pub, struct ip v[BATCH])
{
	unsigned n = 0;

	for (; n < BATCH && pub->n; n++, pub->n--) {
		v[n] = pub->ring[pub->first];
		pub->first = (pub->first + 1) % RING;
	}
	return n;
}

/* False if the store failed, so that everything must be read again. */
static bool follow(struct publisher *pub, bool all, const struct ip *v, unsigned n)
{
	bool ok = true;

	if (all) {
		begin_plan(pub);
		ok = !pub->plan || read_all(pub) >= 0;
	}
	for (unsigned i = 0; ok && pub->plan && i < n; i++)
		ok = read_address(pub, &v[i]);
	if (!ok)
		report(pub, "the leases cannot be read");
	return ok;
}

static bool is_idle(const struct publisher *pub)
{
	return !pub->n && !pub->has_next && !pub->is_behind && !pub->is_ending;
}

static void *run(void *arg)
{
	struct publisher *pub = arg;
	struct ip v[BATCH];

	(void)pthread_mutex_lock(&pub->lock);
	while (!pub->is_ending || pub->n) {
		bool all;
		unsigned n;

		if (is_idle(pub) && pub->plan)
			cond_wait_ms(&pub->wake, &pub->lock, CHECK_MS);
		else if (is_idle(pub))
			(void)pthread_cond_wait(&pub->wake, &pub->lock);
		if (pub->has_next)
			take_next(pub);
		all = pub->is_behind;
		pub->is_behind = false;
		n = take_changes(pub, v);
		(void)pthread_mutex_unlock(&pub->lock);
		if (!follow(pub, all, v, n)) {
			(void)pthread_mutex_lock(&pub->lock);
			pub->is_behind = true;
			if (pub->is_ending)
				break;
			cond_wait_ms(&pub->wake, &pub->lock, CHECK_MS);
			continue;
		}
		(void)pthread_mutex_lock(&pub->lock);
		if (!pub->plan)
			continue;
		/* What has come meanwhile is taken first. */
		while (is_idle(pub) && clock_boot_ms() < pub->not_before_ms)
			cond_wait_ms(&pub->wake, &pub->lock, pub->not_before_ms - clock_boot_ms());
		if (pub->is_ending ? pub->n > 0 : clock_boot_ms() < pub->not_before_ms)
			continue;
		(void)pthread_mutex_unlock(&pub->lock);
		publish(pub);
		(void)pthread_mutex_lock(&pub->lock);
	}
	(void)pthread_mutex_unlock(&pub->lock);
	return NULL;
}

/* --- the main thread --------------------------------------------------------------------- */

struct publisher *publisher_new(struct loop *loop, unsigned family)
{
	struct publisher *pub = xcalloc(1, sizeof(*pub));

	pub->family = family;
	pub->loop = loop;
	pub->post.fn = free_previous;
	pub->names = names_new();
	pub->arena = arena_new(0);
	(void)pthread_mutex_init(&pub->lock, NULL);
	cond_init(&pub->wake);
	return pub;
}

void publisher_end_wait(struct publisher *pub)
{
	if (!pub)
		return;
	(void)pthread_mutex_lock(&pub->lock);
	pub->is_ending = true;
	(void)pthread_cond_signal(&pub->wake);
	(void)pthread_mutex_unlock(&pub->lock);
	if (pub->is_started)
		(void)pthread_join(pub->thread, NULL);
	atomic_store(&pub->is_on, false);
	loop_run_posts(pub->loop);
	plan_free(pub->plan);
	plan_free(pub->next);
	pub->plan = pub->next = NULL;
}

void publisher_free(struct publisher *pub)
{
	if (!pub)
		return;
	names_free(pub->names);
	arena_free(pub->arena);
	free(pub->ring);
	(void)pthread_cond_destroy(&pub->wake);
	(void)pthread_mutex_destroy(&pub->lock);
	free(pub);
}

static bool uses_global(const struct config *cfg)
{
	for (size_t i = 0; i < cfg->plan.n; i++)
		if (cfg->plan.subs[i].par.reservations_global)
			return true;
	return false;
}

static void reserve(struct plan_of_names *plan, const struct config *cfg, const struct host *host)
{
	for (uint32_t i = 0; i < host->n_places; i++) {
		struct lease lease = { .addr = host->places[i].prefix.addr, .subnet_id = host->subnet_id };
		struct name name;

		if (host->places[i].is_delegated)
			continue;
		name_of_host(lease_naming(cfg, &lease), host->hostname, &name);
		if (name.len)
			*vec_push(&plan->reserved) = (struct reserved){ lease.addr, xstrdup(name.text) };
	}
}

/* Those of the configuration: its source responds at once. */
static void reserve_all(struct plan_of_names *plan, const struct config *cfg)
{
	struct host_query query = { .by = HOST_BY_PAGE, .max = PAGE };
	struct host_find find = { .v = &query, .n = 1 };
	struct host_source *source = cfg->hosts ? host_chain_at(cfg->hosts, 0) : NULL;

	bool has_global = uses_global(cfg);

	if (!source || !host_is_file(source))
		return;
	find.arena = arena_new(0);
	for (;;) {
		if (host_find(source, &find) < 0 || query.n <= 0)
			break;
		for (int i = 0; i < query.n; i++)
			if (query.out[i]->hostname[0] && (query.out[i]->subnet_id || has_global))
				reserve(plan, cfg, query.out[i]);
		query.after = query.next;
		arena_reset(find.arena);
	}
	arena_free(find.arena);
}

void publisher_use(struct publisher *pub, const struct config *cfg, struct leasedb *db)
{
	const struct dns_publish_conf *conf = cfg->global.dns_publish;
	struct plan_of_names *plan = NULL, *unused;

	if (!conf && !pub->is_started)
		return;
	if (conf) {
		plan = xcalloc(1, sizeof(*plan));
		leasedb_join(db);
		plan->db = db;
		plan->hosts_file = xstrdup(conf->hosts_file);
		if (conf->unbound_socket[0])
			plan->unbound = unbound_new(conf->unbound_socket, program_of(pub), conf->ttl);
		reserve_all(plan, cfg);
	}
	(void)pthread_mutex_lock(&pub->lock);
	if (!pub->ring)
		pub->ring = xcalloc(RING, sizeof(*pub->ring));
	unused = pub->next;
	pub->next = plan;
	pub->has_next = true;
	(void)pthread_cond_signal(&pub->wake);
	(void)pthread_mutex_unlock(&pub->lock);
	plan_free(unused);
	/* Before the thread reads: what changes from now on is noted. */
	if (plan) {
		/* A database that has the watcher already is being read by the workers. */
		if (!atomic_load(&db->watcher)) {
			db->watcher_ctx = pub;
			atomic_store(&db->watcher, changed);
		}
	}
	atomic_store(&pub->is_on, plan != NULL);
	if (!pub->is_started)
		pub->is_started = thread_start(&pub->thread, run, pub) == 0;
	if (!pub->is_started)
		LOGF(pub->family, DHCPx_DNS_PUBLISH_FAILED, "no thread can be started");
}
