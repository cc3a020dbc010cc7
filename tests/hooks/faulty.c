/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A library with a mistake, for tests/system/faults_hook.py:
 *
 *	{ "fault": "crash", "packet": 2000 }
 *
 * At that packet of the library, counted at pkt#_receive, it crashes, sleeps for five seconds, exits, or closes the
 * descriptors 0 to 100; or from then on, at each packet, it leaks a megabyte, or leaves errno and the working directory
 * changed. With "work" it does what libraries do that have no mistake: it parks each fourth packet and resumes it in a
 * thread of its own, has a timer, counts, keeps memory of threads and packets. All of that ends with its unload.
 */
#include <kea/hooks.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct kea_api *kea;

enum { QUEUE_N = 256 };

struct faulty {
	const char *fault;
	int64_t packet;
	_Atomic int64_t n;
	struct kea_library *lib;
	struct kea_timer *timer;
	struct kea_stat *stat;
	unsigned char *one; /* freed by unload: what uses the library afterwards reads freed memory */
	/* Packets for the thread to resume. */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct kea_parked *queue[QUEUE_N];
	unsigned n_queued;
	bool is_over;
};

KEA_HOOK_LIBRARY

int kea_hook_threads(void)
{
	return 1;
}

static void leak(void)
{
	char *memory = malloc(1 << 20);

	if (memory)
		memset(memory, 1, 1 << 20);
}

static int at_fault(const char *fault)
{
	if (!strcmp(fault, "crash"))
		(void)raise(SIGSEGV); /* nothing that a sanitizer reports first */
	else if (!strcmp(fault, "sleep"))
		(void)sleep(5);
	else if (!strcmp(fault, "exit"))
		exit(0);
	else if (!strcmp(fault, "close"))
		for (int fd = 0; fd <= 100; fd++)
			(void)close(fd);
	return KEA_CONTINUE;
}

static void at_each(const char *fault)
{
	if (!strcmp(fault, "leak"))
		leak();
	if (!strcmp(fault, "state")) {
		errno = ENOSPC;
		(void)(chdir("/") == 0);
	}
}

/* --- work without a mistake --- */

static void *resume_packets(void *arg)
{
	struct faulty *faulty = arg;

	(void)pthread_mutex_lock(&faulty->lock);
	while (!faulty->is_over || faulty->n_queued) {
		struct kea_parked *parked;

		if (!faulty->n_queued) {
			(void)pthread_cond_wait(&faulty->wake, &faulty->lock);
			continue;
		}
		parked = faulty->queue[--faulty->n_queued];
		(void)pthread_mutex_unlock(&faulty->lock);
		(void)kea->resume(parked);
		(void)pthread_mutex_lock(&faulty->lock);
	}
	(void)pthread_mutex_unlock(&faulty->lock);
	return NULL;
}

static int resumed(struct kea_call *call, void *context)
{
	struct faulty *faulty = context;

	kea->stat_add(faulty->stat, faulty->one[0]);
	return kea->library(call) == faulty->lib ? KEA_CONTINUE : KEA_DROP;
}

static int park(struct kea_call *call, struct faulty *faulty)
{
	int verdict = KEA_CONTINUE;

	(void)pthread_mutex_lock(&faulty->lock);
	if (faulty->n_queued < QUEUE_N) {
		struct kea_parked *parked = kea->park(call, 5000, resumed, faulty);

		if (parked) {
			faulty->queue[faulty->n_queued++] = parked;
			(void)pthread_cond_signal(&faulty->wake);
			verdict = KEA_PARK;
		}
	}
	(void)pthread_mutex_unlock(&faulty->lock);
	return verdict;
}

static void packet_ended(void *context)
{
	struct faulty **faulty = context;

	if (*faulty)
		kea->stat_add((*faulty)->stat, (*faulty)->one[0]);
}

static int work(struct kea_call *call, struct faulty *faulty, int64_t n)
{
	struct faulty **memory = kea->packet_context(call, sizeof(struct faulty *), packet_ended);
	int64_t *mine = kea->thread_context(faulty->lib, sizeof(*mine), NULL);

	if (memory)
		*memory = faulty;
	if (mine)
		(*mine)++;
	return n % 4 == 0 ? park(call, faulty) : KEA_CONTINUE;
}

static void on_timer(void *context)
{
	struct faulty *faulty = context;

	kea->stat_add(faulty->stat, faulty->one[0]);
	(void)kea->timer_start(faulty->timer, 20);
}

static int start_work(struct faulty *faulty)
{
	faulty->timer = kea->timer(faulty->lib, on_timer, faulty);
	if (kea->is_check(faulty->lib))
		return 0;
	(void)kea->timer_start(faulty->timer, 20);
	faulty->has_thread = pthread_create(&faulty->thread, NULL, resume_packets, faulty) == 0;
	return faulty->has_thread ? 0 : KEA_E_BUSY;
}

/* --- the library --- */

static int receive(struct kea_call *call)
{
	struct faulty *faulty = kea->context(kea->library(call));
	const int64_t n = atomic_fetch_add(&faulty->n, 1) + 1;

	if (!strcmp(faulty->fault, "work"))
		return work(call, faulty, n);
	if (n >= faulty->packet)
		at_each(faulty->fault);
	return n == faulty->packet ? at_fault(faulty->fault) : KEA_CONTINUE;
}

static int committed(struct kea_call *call)
{
	struct faulty *faulty = kea->context(kea->library(call));

	kea->stat_add(faulty->stat, faulty->one[0]);
	return KEA_CONTINUE;
}

void kea_hook_unload(struct kea_library *lib)
{
	struct faulty *faulty = kea->context(lib);

	if (!faulty)
		return;
	if (faulty->has_thread) {
		(void)pthread_mutex_lock(&faulty->lock);
		faulty->is_over = true;
		(void)pthread_cond_signal(&faulty->wake);
		(void)pthread_mutex_unlock(&faulty->lock);
		(void)pthread_join(faulty->thread, NULL);
	}
	(void)pthread_cond_destroy(&faulty->wake);
	(void)pthread_mutex_destroy(&faulty->lock);
	free(faulty->one);
	free(faulty);
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { "fault", "packet", "turn", NULL };
	const struct kea_json *parameters;
	struct faulty *faulty = calloc(1, sizeof(*faulty));

	kea = api;
	if (!faulty)
		return KEA_E_NOMEM;
	(void)pthread_mutex_init(&faulty->lock, NULL);
	(void)pthread_cond_init(&faulty->wake, NULL);
	kea->set_context(lib, faulty);
	parameters = kea->parameters(lib);
	(void)kea->param_keys(lib, parameters, keys);
	faulty->lib = lib;
	faulty->fault = kea->param_text(lib, parameters, "fault", "");
	faulty->packet = kea->param_int(lib, parameters, "packet", 1, 1, INT32_MAX);
	faulty->stat = kea->stat(lib, "faulty-work");
	faulty->one = malloc(1);
	if (!faulty->one)
		return KEA_E_NOMEM;
	faulty->one[0] = 1;
	if (!strcmp(faulty->fault, "work") && start_work(faulty) < 0)
		return kea->fail(lib, NULL, "no thread");
	if (kea->on(lib, "pkt#_receive", receive) < 0)
		return KEA_E_INVAL;
	return kea->on(lib, "leases#_committed", committed);
}
