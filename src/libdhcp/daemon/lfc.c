/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/lfc.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/list.h"
#include "base/str.h"
#include "lease/leftover.h"
#include "lease/memfile.h"
#include "log/log.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE_CHECK_MS 5000
#define SIZE_MIN (16U << 20)
#define SIZE_FACTOR 4
#define RETRY_MS 60000
#define EXIT_RUNNING 2 /* exit status of kea-lfc: another one is running */

extern char **environ;

struct lfc {
	struct loop *loop;
	struct store *store;    /* NULL: no cleanups */
	struct store *rotating; /* store whose file is being moved aside; NULL: none */
	const char *family_arg;
	char *program;
	uint32_t interval_sec; /* 0: never */
	uint32_t history_mib;  /* 0: none */
	struct timer interval_timer, size_timer;
	int64_t not_before_ms; /* earliest time of the next cleanup by size */
	struct post post;      /* from the journal thread: the file was moved aside */
	_Atomic int result;
	bool is_asked; /* by a command, so even without an interval */
	pid_t pid;     /* 0: not running */
	int64_t started_ms;
};

/* --- the child --- */

/* Returns $KEA_LFC_EXECUTABLE, kea-lfc next to this program, or the installed one. */
static char *find_program(void)
{
	const char *env = secure_getenv("KEA_LFC_EXECUTABLE");
	char self[4096], *slash, *path;
	ssize_t len;

	if (env && *env)
		return xstrdup(env);
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len > 0) {
		self[len] = '\0';
		slash = strrchr(self, '/');
		if (slash && asprintf(&path, "%.*s/kea-lfc", (int)(slash - self), self) >= 0) {
			if (access(path, X_OK) == 0)
				return path;
			free(path);
		}
	}
	return xstrdup(KEA_SBIN_DIR "/kea-lfc");
}

static void failed(struct lfc *lfc)
{
	lfc->not_before_ms = clock_boot_ms() + RETRY_MS;
}

/* Starts a child process with no blocked or ignored signals. */
static int spawn(struct lfc *lfc, char **argv)
{
	posix_spawnattr_t attr;
	sigset_t none, defaults;
	int err;

	(void)sigemptyset(&none);
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGPIPE);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &defaults);
	(void)posix_spawnattr_setpgroup(&attr, 0);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	err = posix_spawn(&lfc->pid, lfc->program, NULL, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	if (err)
		lfc->pid = 0;
	return err;
}

static char *with_suffix(const char *path, const char *suffix)
{
	char *name;

	if (asprintf(&name, "%s%s", path, suffix) < 0)
		abort();
	return name;
}

static void run_program(struct lfc *lfc)
{
	const char *path = memfile_path(lfc->store);
	char *previous = with_suffix(path, LEFTOVER_PREVIOUS), *copy = with_suffix(path, LEFTOVER_COPY);
	char *output = with_suffix(path, ".output"), *finish = with_suffix(path, LEFTOVER_FINISH);
	char *pid_file = with_suffix(path, ".pid");
	char history[16];
	/* The first NULL ends it. */
	char *argv[] = { lfc->program,
			 (char *)lfc->family_arg,
			 "-x",
			 previous,
			 "-i",
			 copy,
			 "-o",
			 output,
			 "-f",
			 finish,
			 "-p",
			 pid_file,
			 "-c",
			 "ignored-path",
			 lfc->history_mib ? "-H" : NULL,
			 history,
			 NULL };
	struct str line = { 0 };
	char why[FILE_WHY_MAX];
	int err;

	(void)snprintf(history, sizeof(history), "%u", lfc->history_mib);
	for (unsigned i = 0; argv[i]; i++)
		str_addf(&line, "%s%s", i ? " " : "", argv[i]);
	LOG(DHCPSRV_MEMFILE_LFC_EXECUTE, str_text(&line));
	lfc->started_ms = clock_boot_ms();
	err = spawn(lfc, argv);
	if (err) {
		errno = err;
		LOG(DHCPSRV_MEMFILE_LFC_SPAWN_FAIL, lfc->program, file_why(lfc->program, X_OK, why));
		failed(lfc);
	}
	str_free(&line);
	free(previous);
	free(copy);
	free(output);
	free(finish);
	free(pid_file);
}

/* "was killed by signal 31 (SIGSYS: ...)": operators know signals by name. */
static void describe_signal(int signo, char *buf, size_t size)
{
	static const struct {
		int signo;
		const char *name, *hint;
	} known[] = {
		{ SIGABRT, "SIGABRT", "a bug" },
		{ SIGBUS, "SIGBUS", "a bug or a disk error" },
		{ SIGFPE, "SIGFPE", "a bug" },
		{ SIGILL, "SIGILL", "a bug, or built for another CPU" },
		{ SIGINT, "SIGINT", "sent by somebody" },
		{ SIGKILL, "SIGKILL", "out of memory, or killed by an administrator" },
		{ SIGSEGV, "SIGSEGV", "a bug" },
		{ SIGSYS, "SIGSYS", "a seccomp filter forbids a system call; see SystemCallFilter= of the unit" },
		{ SIGTERM, "SIGTERM", "sent by somebody" },
		{ SIGXCPU, "SIGXCPU", "CPU time limit reached" },
		{ SIGXFSZ, "SIGXFSZ", "file size limit reached" },
	};

	(void)snprintf(buf, size, "was killed by signal %d", signo);
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].signo == signo)
			(void)snprintf(buf, size, "was killed by signal %d (%s: %s)", signo, known[i].name,
				       known[i].hint);
}

void lfc_child_ended(struct lfc *lfc)
{
	char how[128];
	int status = 0;

	if (!lfc || !lfc->pid || waitpid(lfc->pid, &status, WNOHANG) == 0)
		return;
	lfc->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		LOG(DHCPSRV_MEMFILE_LFC_DONE, (long long)(clock_boot_ms() - lfc->started_ms));
		return;
	}
	failed(lfc);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_RUNNING) {
		LOG(DHCPSRV_MEMFILE_LFC_RUNNING);
		return;
	}
	if (WIFEXITED(status))
		(void)snprintf(how, sizeof(how), "ended with exit code %d", WEXITSTATUS(status));
	else
		describe_signal(WTERMSIG(status), how, sizeof(how));
	LOG(DHCPSRV_MEMFILE_LFC_FAILED, how);
}

/* --- scheduling --- */

/* Runs in the journal thread. */
static void rotated(void *ctx, int result)
{
	struct lfc *lfc = ctx;

	atomic_store(&lfc->result, result);
	loop_post(lfc->loop, &lfc->post);
}

static void rotated_post(struct post *post)
{
	struct lfc *lfc = container_of(post, struct lfc, post);
	int result = atomic_load(&lfc->result);
	bool is_other = lfc->rotating != lfc->store;

	lfc->rotating = NULL;
	if (is_other)
		return;
	if (result == 0 && (lfc->interval_sec || lfc->is_asked)) {
		LOG(DHCPSRV_MEMFILE_LFC_START);
		run_program(lfc);
	} else if (result == -E_NOENT) {
		LOG(DHCPSRV_MEMFILE_LFC_NOTHING);
	} else if (result < 0) {
		failed(lfc); /* the journal logged the reason */
	}
}

static bool start(struct lfc *lfc)
{
	if (lfc->pid) {
		LOG(DHCPSRV_MEMFILE_LFC_RUNNING);
		return false;
	}
	if (lfc->rotating)
		return false;
	lfc->rotating = lfc->store;
	if (memfile_rotate(lfc->store, rotated, lfc) < 0) {
		lfc->rotating = NULL;
		failed(lfc);
	}
	return lfc->rotating != NULL;
}

enum lfc_started lfc_start(struct lfc *lfc)
{
	if (!lfc->store)
		return LFC_NO_FILE;
	if (lfc->pid || lfc->rotating)
		return LFC_RUNNING;
	lfc->is_asked = start(lfc);
	return lfc->is_asked ? LFC_STARTED : LFC_FAILED;
}

static void interval_over(void *ctx)
{
	struct lfc *lfc = ctx;

	loop_timer_start(lfc->loop, &lfc->interval_timer, (int64_t)lfc->interval_sec * 1000);
	(void)start(lfc);
}

static bool is_too_large(struct lfc *lfc)
{
	struct store_stats stats;

	store_get_stats(lfc->store, &stats);
	return !stats.failing && stats.file_bytes >= SIZE_MIN && stats.file_bytes / SIZE_FACTOR >= stats.need_bytes;
}

static void look_at_size(void *ctx)
{
	struct lfc *lfc = ctx;

	loop_timer_start(lfc->loop, &lfc->size_timer, SIZE_CHECK_MS);
	if (!lfc->pid && clock_boot_ms() >= lfc->not_before_ms && is_too_large(lfc))
		(void)start(lfc);
}

struct lfc *lfc_new(struct loop *loop, unsigned family)
{
	struct lfc *lfc = xcalloc(1, sizeof(*lfc));

	lfc->loop = loop;
	lfc->family_arg = family ? "-6" : "-4";
	lfc->program = find_program();
	lfc->post.fn = rotated_post;
	timer_init(&lfc->interval_timer, interval_over, lfc);
	timer_init(&lfc->size_timer, look_at_size, lfc);
	return lfc;
}

void lfc_use(struct lfc *lfc, struct store *store)
{
	if (lfc->store == store)
		return;
	lfc_set_interval(lfc, 0);
	lfc->store = store->ops == &memfile_ops && memfile_path(store) ? store : NULL;
	lfc->not_before_ms = 0;
}

void lfc_set_interval(struct lfc *lfc, uint32_t sec)
{
	uint32_t before;

	if (!lfc || lfc->interval_sec == sec || (sec && !lfc->store))
		return;
	before = lfc->interval_sec;
	lfc->interval_sec = sec;
	if (!sec) {
		loop_timer_stop(lfc->loop, &lfc->interval_timer);
		loop_timer_stop(lfc->loop, &lfc->size_timer);
		return;
	}
	LOG(DHCPSRV_MEMFILE_LFC_SETUP, (unsigned)sec);
	loop_timer_start(lfc->loop, &lfc->interval_timer, (int64_t)sec * 1000);
	loop_timer_start(lfc->loop, &lfc->size_timer, SIZE_CHECK_MS);
	if (!before && leftover_is_pending(memfile_path(lfc->store)))
		(void)start(lfc);
}

void lfc_set_history(struct lfc *lfc, uint32_t mib)
{
	if (lfc)
		lfc->history_mib = mib;
}

void lfc_free(struct lfc *lfc)
{
	if (!lfc)
		return;
	loop_timer_stop(lfc->loop, &lfc->interval_timer);
	loop_timer_stop(lfc->loop, &lfc->size_timer);
	free(lfc->program);
	free(lfc);
}
