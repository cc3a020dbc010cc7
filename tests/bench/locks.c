/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A library to preload: counts where mutexes are taken, how often somebody else had them, how long that took and how
 * long they were held. At the end of the process it writes a line for each thread name and place to the file named by
 * KEA_LOCKS_FILE: name, place in the executable, acquisitions, contended ones, ns waited, ns held.
 *
 * Each thread counts in memory of its own, so counting adds no sharing. It adds about 30 ns to each acquisition: held
 * and waited times are upper bounds. A mutex that a condition variable returns with counts as taken by the place that
 * waits. A mutex held for more than LONG_NS is not added to the time held: its thread was not running. Used by
 * tests/bench/sharing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))
#define SITES 512 /* per thread; a power of two */
#define HELD 128  /* at once, in a thread */
#define LONG_NS 20000

struct site {
	uintptr_t place;
	uint64_t n, n_contended, wait_ns, held_ns;
};

struct thread {
	struct thread *next;
	char name[16];
	unsigned n_held;
	struct {
		const void *mutex;
		struct site *site;
		uint64_t since_ns;
	} held[HELD];
	struct site sites[SITES];
};

static int (*real_lock)(pthread_mutex_t *);
static int (*real_trylock)(pthread_mutex_t *);
static int (*real_unlock)(pthread_mutex_t *);
static int (*real_wait)(pthread_cond_t *, pthread_mutex_t *);
static int (*real_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
static struct thread *_Atomic all;
static _Thread_local struct thread *own;

static void find_real(void)
{
	*(void **)&real_trylock = dlsym(RTLD_NEXT, "pthread_mutex_trylock");
	*(void **)&real_unlock = dlsym(RTLD_NEXT, "pthread_mutex_unlock");
	*(void **)&real_wait = dlvsym(RTLD_NEXT, "pthread_cond_wait", "GLIBC_2.3.2");
	*(void **)&real_timedwait = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
	if (!real_wait)
		*(void **)&real_wait = dlsym(RTLD_NEXT, "pthread_cond_wait");
	if (!real_timedwait)
		*(void **)&real_timedwait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
	*(void **)&real_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static struct thread *self(void)
{
	if (!own) {
		own = calloc(1, sizeof(*own));
		if (!own)
			abort();
		own->next = all;
		while (!__atomic_compare_exchange_n((struct thread **)&all, &own->next, own, 0, __ATOMIC_SEQ_CST,
						    __ATOMIC_SEQ_CST))
			;
	}
	return own;
}

static struct site *site_of(struct thread *thread, uintptr_t place)
{
	struct site *site;
	unsigned i = (unsigned)(place * 0x9e3779b97f4a7c15u >> 40);

	for (unsigned tries = 0; tries < SITES; tries++) {
		site = &thread->sites[(i + tries) % SITES];
		if (site->place == place)
			return site;
		if (site->place)
			continue;
		/* The name may have been set since the thread's first lock. */
		(void)prctl(PR_GET_NAME, thread->name);
		site->place = place;
		return site;
	}
	abort();
}

static void note_held(struct thread *thread, const void *mutex, struct site *site)
{
	if (thread->n_held == HELD)
		return;
	thread->held[thread->n_held].mutex = mutex;
	thread->held[thread->n_held].site = site;
	thread->held[thread->n_held++].since_ns = now_ns();
}

/* Returns the place that took it. */
static struct site *note_released(struct thread *thread, const void *mutex)
{
	for (unsigned i = thread->n_held; i-- > 0;) {
		struct site *site = thread->held[i].site;
		uint64_t held_ns;

		if (thread->held[i].mutex != mutex)
			continue;
		held_ns = now_ns() - thread->held[i].since_ns;
		site->held_ns += held_ns < LONG_NS ? held_ns : 0;
		thread->n_held--;
		memmove(&thread->held[i], &thread->held[i + 1], (thread->n_held - i) * sizeof(thread->held[0]));
		return site;
	}
	return NULL;
}

EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	struct thread *thread;
	struct site *site;
	int err;

	if (!real_lock)
		find_real();
	thread = self();
	site = site_of(thread, (uintptr_t)__builtin_return_address(0));
	err = real_trylock(mutex);
	site->n++;
	if (err) {
		uint64_t begin_ns = now_ns();

		err = real_lock(mutex);
		site->n_contended++;
		site->wait_ns += now_ns() - begin_ns;
	}
	note_held(thread, mutex, site);
	return err;
}

EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	if (!real_lock)
		find_real();
	(void)note_released(self(), mutex);
	return real_unlock(mutex);
}

EXPORT int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	struct site *site = note_released(self(), mutex);
	int err = real_wait(cond, mutex);

	if (site)
		note_held(self(), mutex, site);
	return err;
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
	struct site *site = note_released(self(), mutex);
	int err = real_timedwait(cond, mutex, until);

	if (site)
		note_held(self(), mutex, site);
	return err;
}

static void write_thread(FILE *out, const struct thread *thread)
{
	for (unsigned i = 0; i < SITES; i++) {
		const struct site *site = &thread->sites[i];
		Dl_info info;

		if (!site->place || !dladdr((void *)site->place, &info))
			continue;
		(void)fprintf(out, "%.15s\t%lx\t%llu\t%llu\t%llu\t%llu\n", thread->name,
			      (unsigned long)(site->place - (uintptr_t)info.dli_fbase), (unsigned long long)site->n,
			      (unsigned long long)site->n_contended, (unsigned long long)site->wait_ns,
			      (unsigned long long)site->held_ns);
	}
}

__attribute__((destructor)) static void write_all(void)
{
	const char *path = getenv("KEA_LOCKS_FILE");
	FILE *out = path ? fopen(path, "w") : NULL;

	if (!out)
		return;
	for (const struct thread *thread = all; thread; thread = thread->next)
		write_thread(out, thread);
	(void)fclose(out);
}
