/* SPDX-License-Identifier: MPL-2.0 */
#include "base/thread.h"

#include "base/arena.h"

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

int thread_start(pthread_t *ret, void *(*run)(void *arg), void *arg)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS };
	sigset_t blocked, before;
	int err;

	(void)sigfillset(&blocked);
	for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		(void)sigdelset(&blocked, own[i]);
	(void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
	err = pthread_create(ret, NULL, run, arg);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

#define CPUS_MAX 64
#define CPU_NUMBERS_MAX 65536

/* Returns 0 if the host may have CPUs beyond these numbers. */
static int cpus_of(size_t numbers)
{
	cpu_set_t *set = CPU_ALLOC(numbers);
	int n = 0;

	if (set && sched_getaffinity(0, CPU_ALLOC_SIZE(numbers), set) == 0)
		n = CPU_COUNT_S(CPU_ALLOC_SIZE(numbers), set);
	CPU_FREE(set);
	return n;
}

unsigned thread_cpus(void)
{
	int n = 0;

	for (size_t numbers = CPU_SETSIZE; n == 0 && numbers <= CPU_NUMBERS_MAX; numbers *= 2)
		n = cpus_of(numbers);
	return n < 1 ? 1 : n > CPUS_MAX ? CPUS_MAX : (unsigned)n;
}

struct share {
	void (*run)(void *ctx, unsigned i);
	void *ctx;
	unsigned i;
	pthread_t thread;
	bool has_thread;
};

static void *run_share(void *arg)
{
	const struct share *share = arg;

	share->run(share->ctx, share->i);
	return NULL;
}

void thread_each(unsigned n, void (*run)(void *ctx, unsigned i), void *ctx)
{
	struct share *shares = xcalloc(n ? n : 1, sizeof(*shares));

	for (unsigned i = 0; i < n; i++) {
		shares[i] = (struct share){ .run = run, .ctx = ctx, .i = i };
		shares[i].has_thread = i && thread_start(&shares[i].thread, run_share, &shares[i]) == 0;
	}
	for (unsigned i = 0; i < n; i++)
		if (!shares[i].has_thread)
			(void)run_share(&shares[i]);
	for (unsigned i = 0; i < n; i++)
		if (shares[i].has_thread)
			(void)pthread_join(shares[i].thread, NULL);
	free(shares);
}

void mutex_init_brief(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attr;

	(void)pthread_mutexattr_init(&attr);
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
	(void)pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
	(void)pthread_mutex_init(mutex, &attr);
	(void)pthread_mutexattr_destroy(&attr);
}

void cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &attr);
	(void)pthread_condattr_destroy(&attr);
}

void cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(cond, lock, &until);
}
