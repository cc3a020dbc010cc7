/* SPDX-License-Identifier: MPL-2.0 */
#include "base/thread.h"

#include <signal.h>
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
