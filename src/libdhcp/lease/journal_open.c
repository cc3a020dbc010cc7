/* SPDX-License-Identifier: MPL-2.0 */
/* Opening and closing the journal: its names, its lock, the existing file, its thread. */
#include "lease/journal_int.h"
#include "stat/stat.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/thread.h"
#include "lease/leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

static char *heap_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *heap_printf(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	return text;
}

/* Resolves symbolic links, so that all paths to the file lead to the same lock. */
static char *resolve(const char *path)
{
	char *real = realpath(path, NULL), *copy, *slash, *dir, *ret;

	if (real)
		return real;
	copy = xstrdup(path);
	slash = strrchr(copy, '/');
	if (!slash || !slash[1]) {
		free(copy);
		errno = EINVAL;
		return NULL;
	}
	*slash = '\0';
	dir = realpath(*copy ? copy : "/", NULL);
	ret = dir ? heap_printf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, slash + 1) : NULL;
	free(dir);
	free(copy);
	return ret;
}

int journal_new(const struct journal_conf *conf, struct journal **ret, char **reterr)
{
	struct journal *j = xcalloc(1, sizeof(*j));
	char why[FILE_WHY_MAX];
	int err = -E_SYS;

	j->stats = stats_new();
	j->conf = *conf;
	atomic_init(&j->sync, conf->sync);
	j->sys = conf->sys ? conf->sys : &journal_sys_real;
	j->fd = j->lock_fd = j->next_fd = -1;
	j->tail = &j->head;
	j->retry_ms = JOURNAL_RETRY_MIN_MS;
	mutex_init_brief(&j->lock);
	cond_init(&j->wake);
	j->path = resolve(conf->path);
	if (!j->path) {
		*reterr = heap_printf("the lease file %s: %s", conf->path, file_why(conf->path, W_OK, why));
		goto out;
	}
	j->new_path = heap_printf("%s.new", j->path);
	j->next_path = heap_printf("%s.next", j->path);
	j->copy_path = heap_printf("%s" LEFTOVER_COPY, j->path);
	j->aside_path = heap_printf("%s.replaced", j->path);
	j->dir = xstrdup(j->path);
	*(strrchr(j->dir, '/') + (strrchr(j->dir, '/') == j->dir)) = '\0';
	err = journal_hold_lock(j, reterr);
	if (err < 0)
		goto out;
	*ret = j;
	return 0;
out:
	journal_free(j);
	return err;
}

const char *journal_path(const struct journal *j)
{
	return j->path;
}

/* Makes the file end after a newline: cuts off a torn tail, completes a last row that lacks its newline. */
static int end_file(struct journal *j, int fd, const struct load_result *found, off_t size)
{
	if (size == found->good_len && !found->no_newline)
		return 0;
	if (size != found->good_len && j->sys->ftruncate(fd, found->good_len) < 0)
		return -E_SYS;
	if (found->no_newline && journal_write_all(j, fd, "\n", 1) < 0)
		return -E_SYS;
	return j->sys->fsync(fd) < 0 ? -E_SYS : 0;
}

static int open_existing(struct journal *j, const struct load_result *found)
{
	struct stat st;
	int fd = file_open(j->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0);

	if (fd < 0)
		return -E_SYS;
	if (fstat(fd, &st) < 0 || end_file(j, fd, found, st.st_size) < 0) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
		return -E_SYS;
	}
	journal_use_file(j, fd, found->good_len + found->no_newline, &st);
	return 0;
}

int journal_start(struct journal *j, const struct load_result *found, char **reterr)
{
	bool whole = found->needs_rewrite;
	int err;

	if ((whole ? journal_rewrite(j) : open_existing(j, found)) < 0) {
		j->tainted = true;
		journal_set_failing(j, whole ? "writing the lease file" : "opening the lease file");
	}
	j->retry_at = clock_mono_ms() + j->retry_ms;
	j->check_at = clock_mono_ms() + j->conf.check_ms;
	err = thread_start(&j->thread, journal_run, j);
	if (err) {
		*reterr = heap_printf("cannot start the journal thread: %s", strerror(err));
		return -E_SYS;
	}
	(void)pthread_setname_np(j->thread, "journal");
	j->running = true;
	return 0;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	if (j->running) {
		(void)pthread_mutex_lock(&j->lock);
		j->stop = true;
		(void)pthread_cond_signal(&j->wake);
		(void)pthread_mutex_unlock(&j->lock);
		(void)pthread_join(j->thread, NULL);
	}
	descriptor_disown(j->fd);
	if (j->fd >= 0)
		(void)close(j->fd);
	if (j->lock_fd >= 0)
		(void)close(j->lock_fd);
	(void)pthread_cond_destroy(&j->wake);
	(void)pthread_mutex_destroy(&j->lock);
	free(j->buf);
	free(j->path);
	free(j->new_path);
	free(j->next_path);
	free(j->copy_path);
	free(j->aside_path);
	free(j->dir);
	stats_free(j->stats);
	free(j);
}
