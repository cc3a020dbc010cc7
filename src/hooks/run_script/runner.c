/* SPDX-License-Identifier: MPL-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "run_script/runner.h"

#include "run_script/messages.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_SIZE (8u * 1024 * 1024)
#define CHILDREN_MAX 64
#define NICER 10
#define CHECK_MS 50       /* where the kernel cannot report the end of a process */
#define FOLD_MS 60000     /* what every event could repeat is logged this often */
#define EXIT_WAIT_MS 2000 /* for scripts in the queue, when the server ends */
#define VARIABLES_MAX 8192
#define PATH_VARIABLE "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct child {
	pid_t pid;
	int fd; /* readable once it has ended; -1 if the kernel does not support that */
	int64_t end_ms;
	bool is_killed;
};

/* A message that is logged at most once a minute, with the number of times. */
struct folded {
	int64_t next_ms;
	unsigned long n;
};

struct runner {
	char *path;
	int limit_ms; /* of a script */
	int nice;     /* a script's: the server serves its clients first */
	int wake;     /* eventfd */
	/* Guards the queue and is_ending. */
	pthread_mutex_t lock;
	pthread_cond_t emptied;
	unsigned char *queue;
	size_t head, tail; /* bytes taken and added since the start */
	unsigned long lost;
	bool is_ending;
	/* Held while the thread logs, so that it does not once the library's instance has gone. */
	pthread_mutex_t log_lock;
	bool may_log;
	/* The thread's own. */
	struct child children[CHILDREN_MAX];
	unsigned n_children;
	char event[RUNNER_EVENT_MAX];
	char *variables[VARIABLES_MAX + 2];
	struct folded failed, killed, dropped;
	struct runner *next; /* of all */
};

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct runner *all;

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- queue: records of a length and bytes --------------------------------------------------------------------------
 */

static void copy_in(struct runner *r, const void *data, size_t len)
{
	size_t at = r->tail % QUEUE_SIZE, first = len < QUEUE_SIZE - at ? len : QUEUE_SIZE - at;

	memcpy(r->queue + at, data, first);
	memcpy(r->queue, (const char *)data + first, len - first);
	r->tail += len;
}

static void copy_out(struct runner *r, void *data, size_t len)
{
	size_t at = r->head % QUEUE_SIZE, first = len < QUEUE_SIZE - at ? len : QUEUE_SIZE - at;

	memcpy(data, r->queue + at, first);
	memcpy((char *)data + first, r->queue, len - first);
	r->head += len;
}

void runner_queue(struct runner *r, const char *argument, const char *environment, size_t len)
{
	size_t argument_len = strlen(argument) + 1, total = argument_len + len;
	uint64_t one = 1;

	(void)pthread_mutex_lock(&r->lock);
	if (total > RUNNER_EVENT_MAX || QUEUE_SIZE - (r->tail - r->head) < sizeof(total) + total) {
		r->lost++;
	} else {
		copy_in(r, &total, sizeof(total));
		copy_in(r, argument, argument_len);
		copy_in(r, environment, len);
	}
	(void)pthread_mutex_unlock(&r->lock);
	(void)!write(r->wake, &one, sizeof(one));
}

/* Takes the next event into r->event; returns its length, 0 if there is none. */
static size_t take(struct runner *r)
{
	size_t len = 0;

	(void)pthread_mutex_lock(&r->lock);
	r->dropped.n += r->lost;
	r->lost = 0;
	if (r->tail != r->head) {
		copy_out(r, &len, sizeof(len));
		copy_out(r, r->event, len);
	}
	(void)pthread_mutex_unlock(&r->lock);
	return len;
}

/* --- log ------------------------------------------------------------------------------------------------------------
 */

/* True if the library's instance exists; then it stays until log_end(). */
static bool log_begin(struct runner *r)
{
	(void)pthread_mutex_lock(&r->log_lock);
	if (r->may_log)
		return true;
	(void)pthread_mutex_unlock(&r->log_lock);
	return false;
}

static void log_end(struct runner *r)
{
	(void)pthread_mutex_unlock(&r->log_lock);
}

/* Returns how many times it has happened since it was last logged; 0: it is not time to log it. */
static unsigned long unfold(struct folded *folded)
{
	unsigned long n = folded->n;
	int64_t now = now_ms();

	if (!n || now < folded->next_ms)
		return 0;
	*folded = (struct folded){ now + FOLD_MS, 0 };
	return n;
}

static void log_lost(struct runner *r)
{
	unsigned long n = unfold(&r->dropped);

	if (!n || !log_begin(r))
		return;
	LOG(RUN_SCRIPT_LOST, n, r->path);
	log_end(r);
}

/* --- children
 * --------------------------------------------------------------------------------------------------------- */

static int spawn(struct runner *r, char **argv, pid_t *ret_pid)
{
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t files;
	sigset_t none, defaults;
	int err;

	(void)sigemptyset(&none);
	(void)sigfillset(&defaults);
	(void)sigdelset(&defaults, SIGKILL);
	(void)sigdelset(&defaults, SIGSTOP);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&attr);
	/* A group of its own, so that what the script started is killed with it. */
	(void)posix_spawnattr_setpgroup(&attr, 0);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &defaults);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	err = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
#endif
	if (!err)
		err = posix_spawn(ret_pid, r->path, &files, &attr, argv, r->variables);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attr);
	return err;
}

static int descriptor_of(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	(void)pid;
	return -1;
#endif
}

/* Starts the script for r->event. */
static void start(struct runner *r, size_t len)
{
	struct child *child = &r->children[r->n_children];
	char *argv[] = { r->path, r->event, NULL };
	unsigned n = 0;
	int err;

	r->variables[n++] = (char *)PATH_VARIABLE;
	for (char *p = r->event + strlen(r->event) + 1; p < r->event + len && n <= VARIABLES_MAX; p += strlen(p) + 1)
		r->variables[n++] = p;
	r->variables[n] = NULL;
	err = spawn(r, argv, &child->pid);
	if (err) {
		unsigned long times;

		r->failed.n++;
		times = unfold(&r->failed);
		if (times && log_begin(r)) {
			LOG(RUN_SCRIPT_NOT_STARTED, r->path, strerror(err), times);
			log_end(r);
		}
		return;
	}
	(void)setpriority(PRIO_PGRP, (id_t)child->pid, r->nice);
	child->fd = descriptor_of(child->pid);
	child->end_ms = now_ms() + r->limit_ms;
	child->is_killed = false;
	r->n_children++;
}

static void kill_late(struct runner *r, struct child *child)
{
	unsigned long times;

	(void)kill(-child->pid, SIGKILL);
	if (child->is_killed)
		return;
	child->is_killed = true;
	r->killed.n++;
	times = unfold(&r->killed);
	if (!times || !log_begin(r))
		return;
	LOG(RUN_SCRIPT_KILLED, r->path, r->limit_ms / 1000, times);
	log_end(r);
}

static void reap(struct runner *r)
{
	int64_t now = now_ms();

	for (unsigned i = 0; i < r->n_children;) {
		struct child *child = &r->children[i];
		int status;
		pid_t pid = waitpid(child->pid, &status, WNOHANG);

		if (pid == 0 || (pid < 0 && errno == EINTR)) {
			if (now >= child->end_ms)
				kill_late(r, child);
			i++;
			continue;
		}
		/* Processes that it left in its group go with it, or any number of them would run. */
		if (child->is_killed)
			(void)kill(-child->pid, SIGKILL);
		if (pid > 0 && WIFEXITED(status) && log_begin(r)) {
			LOG(RUN_SCRIPT_EXITED, r->path, (int)child->pid, WEXITSTATUS(status));
			log_end(r);
		}
		if (child->fd >= 0)
			(void)close(child->fd);
		r->children[i] = r->children[--r->n_children];
	}
}

/* Waits for an event, the end of a script, or its limit. */
static void wait_for_something(struct runner *r)
{
	struct pollfd fds[CHILDREN_MAX + 1] = { { .fd = r->wake, .events = POLLIN } };
	int64_t now = now_ms(), end = r->dropped.n ? r->dropped.next_ms : INT64_MAX, ms;
	uint64_t count;

	for (unsigned i = 0; i < r->n_children; i++) {
		const struct child *child = &r->children[i];
		int64_t check = child->fd < 0 || child->is_killed ? now + CHECK_MS : child->end_ms;

		fds[i + 1] = (struct pollfd){ .fd = child->fd, .events = POLLIN };
		end = check < end ? check : end;
	}
	ms = end == INT64_MAX ? -1 : end > now ? end - now : 0;
	(void)poll(fds, r->n_children + 1, (int)ms);
	if (fds[0].revents & POLLIN)
		(void)!read(r->wake, &count, sizeof(count));
}

static void runner_free(struct runner *r)
{
	struct runner **at;

	(void)pthread_mutex_lock(&all_lock);
	for (at = &all; *at && *at != r; at = &(*at)->next)
		;
	if (*at)
		*at = r->next;
	(void)pthread_mutex_unlock(&all_lock);
	(void)close(r->wake);
	free(r->queue);
	free(r->path);
	free(r);
}

static bool is_done(struct runner *r)
{
	bool done;

	(void)pthread_mutex_lock(&r->lock);
	if (r->head == r->tail)
		(void)pthread_cond_broadcast(&r->emptied);
	done = r->is_ending && r->head == r->tail && !r->n_children;
	(void)pthread_mutex_unlock(&r->lock);
	return done;
}

static void *run(void *arg)
{
	struct runner *r = arg;
	size_t len;

	while (!is_done(r)) {
		wait_for_something(r);
		reap(r);
		while (r->n_children < CHILDREN_MAX && (len = take(r)) != 0)
			start(r, len);
		log_lost(r);
	}
	runner_free(r);
	return NULL;
}

/* --- life ------------------------------------------------------------------------------------------------------------
 */

static bool start_thread(struct runner *r)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t every, old;
	bool ok;

	(void)sigfillset(&every);
	(void)pthread_sigmask(SIG_SETMASK, &every, &old);
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	ok = pthread_create(&thread, &attr, run, r) == 0;
	(void)pthread_attr_destroy(&attr);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ok;
}

struct runner *runner_new(const char *path, int limit_ms)
{
	struct runner *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_mutex_init(&r->log_lock, NULL);
	(void)pthread_cond_init(&r->emptied, NULL);
	r->may_log = true;
	r->limit_ms = limit_ms;
	r->nice = getpriority(PRIO_PROCESS, 0) + NICER;
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->path = strdup(path);
	r->queue = malloc(QUEUE_SIZE);
	(void)pthread_mutex_lock(&all_lock);
	r->next = all;
	all = r;
	(void)pthread_mutex_unlock(&all_lock);
	if (r->wake >= 0 && r->path && r->queue && start_thread(r))
		return r;
	runner_free(r);
	return NULL;
}

void runner_end(struct runner *r)
{
	uint64_t one = 1;

	if (!r)
		return;
	(void)pthread_mutex_lock(&r->log_lock);
	r->may_log = false;
	(void)pthread_mutex_unlock(&r->log_lock);
	(void)pthread_mutex_lock(&r->lock);
	r->is_ending = true;
	/* While it holds the lock the thread cannot free the runner. */
	(void)!write(r->wake, &one, sizeof(one));
	(void)pthread_mutex_unlock(&r->lock);
}

/* When the server ends, so do its threads: the scripts of the last events are started before. */
__attribute__((destructor)) static void start_all(void)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += EXIT_WAIT_MS / 1000;
	(void)pthread_mutex_lock(&all_lock);
	for (struct runner *r = all; r; r = r->next) {
		(void)pthread_mutex_lock(&r->lock);
		while (r->head != r->tail && pthread_cond_timedwait(&r->emptied, &r->lock, &end) == 0)
			;
		(void)pthread_mutex_unlock(&r->lock);
	}
	(void)pthread_mutex_unlock(&all_lock);
}
