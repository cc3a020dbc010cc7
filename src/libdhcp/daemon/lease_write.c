/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/lease_write.h"

#include "base/err.h"
#include "base/file.h"
#include "base/list.h"
#include "base/lockfile.h"
#include "base/thread.h"
#include "lease/csv.h"
#include "lease/leftover.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER (256u << 10)

struct lease_writing {
	struct ctl_call *call;
	struct daemon *d;
	struct live *live; /* keeps the lease database open */
	char *path;
	int lock;
	pthread_t thread;
	struct post post;
	/* The thread's: */
	struct file_new file;
	char *buf;
	size_t len, size;
	struct str why; /* empty: written */
};

/* --- in the thread --- */

static bool flush(struct lease_writing *w)
{
	bool ok = file_write(w->file.fd, w->buf, w->len);

	w->len = 0;
	return ok;
}

static bool add_lease(struct lease_writing *w, const struct lease *lease)
{
	size_t bound = csv_row_bound(lease);

	if (w->len + bound > w->size && !flush(w))
		return false;
	if (bound > w->size) {
		w->size = bound;
		free(w->buf);
		w->buf = xmalloc(w->size);
	}
	w->len = (size_t)(csv_write_row((int)w->d->fam->idx, lease, false, w->buf + w->len) - w->buf);
	return true;
}

/* Returns false with errno, or with a reason. */
static bool add_leases(struct lease_writing *w)
{
	struct store *store = w->live->db->store;
	struct arena *arena = arena_new(0);
	struct store_scan scan = { .arena = arena };
	bool ok = true;
	int n = 0;

	while (ok && !atomic_load(&w->d->is_ending) && (n = store_scan(store, &scan)) > 0) {
		for (int i = 0; ok && i < n; i++)
			ok = add_lease(w, &scan.v[i]);
		arena_reset(arena);
	}
	arena_free(arena);
	if (atomic_load(&w->d->is_ending))
		str_add(&w->why, "the server is shutting down");
	else if (n < 0)
		str_add(&w->why, "the lease database is failing");
	return ok && !w->why.len && flush(w);
}

static bool write_leases(struct lease_writing *w)
{
	if (!file_new_open(&w->file, w->path, false))
		return false;
	w->len = csv_write_header((int)w->d->fam->idx, w->buf);
	return add_leases(w) && file_new_finish(&w->file);
}

static void *run(void *arg)
{
	struct lease_writing *w = arg;
	char reason[FILE_WHY_MAX];

	if (write_leases(w))
		(void)file_sync_folder(w->path);
	else if (!w->why.len)
		str_add(&w->why, file_why(w->path, W_OK, reason));
	file_new_drop(&w->file);
	loop_post(w->d->loop, &w->post);
	return NULL;
}

/* --- in the main thread --- */

static void unlock(const char *path, int lock)
{
	char *name = NULL;

	if (lock < 0)
		return;
	if (asprintf(&name, "%s.lock", path) < 0)
		die_of_memory();
	(void)unlink(name);
	(void)close(lock);
	free(name);
}

static void free_writing(struct lease_writing *w)
{
	unlock(w->path, w->lock);
	free(w->path);
	free(w->buf);
	str_free(&w->why);
	free(w);
}

static void finish(struct post *post)
{
	struct lease_writing *w = container_of(post, struct lease_writing, post);
	struct daemon *d = w->d;

	(void)pthread_join(w->thread, NULL);
	d->is_writing_leases = false;
	if (w->why.len)
		ctl_respond(w->call, CTL_ERROR, NULL, "unable to write leases to %s: %s", w->path, w->why.text);
	else
		ctl_respond(w->call, CTL_SUCCESS, NULL, "IPv%u lease database into '%s'.", d->fam->digit, w->path);
	daemon_release(d, w->live);
	free_writing(w);
}

/* True if the file is, or is next to, the lease file of a server. */
static bool is_in_use(const char *path, int *ret_lock, struct str *why)
{
	static const char *const suffixes[] = { LEFTOVER_PREVIOUS, LEFTOVER_COPY, LEFTOVER_FINISH, ".output", ".pid",
						".lock",           ".bad",        ".damaged",      ".newer" };
	size_t len = strlen(path);
	char *stem = xstrdup(path), *reason = NULL;
	int lock;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && !strcmp(path + len - n, suffixes[i]))
			stem[len - n] = '\0';
	}
	lock = lockfile_take("lease file", stem, &reason);
	if (lock < 0)
		str_addf(why,
			 "not allowed to write leases to %s: it is the lease file of a server, or a file next to "
			 "one: %s",
			 path, reason ? reason : err_text(lock));
	else if (strcmp(stem, path) == 0)
		*ret_lock = lock;
	else
		unlock(stem, lock);
	free(stem);
	free(reason);
	return lock < 0;
}

static bool is_allowed(const char *path, int *ret_lock, struct str *why)
{
	const char *name = file_name(path);
	struct stat st;

	*ret_lock = -1;
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		str_addf(why, "not allowed to write leases to %s: it is not a file name", path);
	else if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		str_addf(why, "not allowed to write leases to %s: it exists and is not a regular file", path);
	else
		return !is_in_use(path, ret_lock, why);
	return false;
}

void lease_write_respond(struct ctl_call *call, const char *path)
{
	struct daemon *d = call_daemon(call);
	struct lease_writing *w;
	struct str why = { 0 };
	int lock = -1;

	if (d->is_writing_leases)
		str_add(&why, "leases are being written to a file already: try again later");
	if (why.len || !is_allowed(path, &lock, &why)) {
		ctl_respond(call, CTL_ERROR, NULL, "%s", str_text(&why));
		str_free(&why);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	*w = (struct lease_writing){ .call = call, .d = d, .path = xstrdup(path), .lock = lock, .size = BUFFER };
	w->buf = xmalloc(w->size);
	w->post.fn = finish;
	w->live = daemon_hold(d);
	if (thread_start(&w->thread, run, w) == 0) {
		d->is_writing_leases = true;
		return;
	}
	daemon_release(d, w->live);
	free_writing(w);
	ctl_respond(call, CTL_ERROR, NULL, "unable to write leases to %s: no thread is available", path);
}
