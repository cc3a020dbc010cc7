/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <pthread.h>
#include <stdint.h>

/*
 * Starts a thread with signals blocked: they are for the main thread, except those of the thread's own errors, whose
 * handlers would not be called otherwise. Returns 0, or an error number.
 */
int thread_start(pthread_t *ret, void *(*run)(void *arg), void *arg);
/* The number of CPUs the process may use, at most 64. */
unsigned thread_cpus(void);
/*
 * Calls run(ctx, 0) to run(ctx, n - 1), each in a thread of its own, the first one in the caller's. Returns when all
 * have returned. Those for which there is no thread run one after the other.
 */
void thread_each(unsigned n, void (*run)(void *ctx, unsigned i), void *ctx);

/*
 * A mutex that is never held for more than a few microseconds: who finds it taken looks again for about as long before
 * it sleeps. Falling asleep and being woken takes longer than the work, and everybody who comes meanwhile would sleep,
 * too.
 */
void mutex_init_brief(pthread_mutex_t *mutex);

/* A condition whose waits are not affected by changes of the wall clock. */
void cond_init(pthread_cond_t *cond);
/* Waits at most that long, for a condition of cond_init(). Real time, even while tests stop the clocks of base/clock.h.
 */
void cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t ms);
