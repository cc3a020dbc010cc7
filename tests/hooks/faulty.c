/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A library with a mistake, for tests/system/faults_hook.py:
 *
 *	{ "fault": "crash", "packet": 2000 }
 *
 * At that packet of the library, counted at pkt#_receive, it crashes, sleeps for five seconds, exits, or closes the
 * descriptors 0 to 100, with "close-late" a second later in a thread of its own; or from then on, at each packet, it
 *leaks a megabyte, or leaves errno and the working directory changed. With "main" it sleeps for two seconds in the main
 *thread, each time: while it is loaded, in a timer, when a descriptor is ready, and in the command "faulty-sleep". With
 *"work" it does what libraries do that have no mistake: it parks each fourth packet and resumes it in a helper thread,
 *has a timer, counts, keeps memory of threads and packets. All of that ends with its unload.
 */
#include <kea/hooks.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct kea_api *kea;

struct faulty {
	const char *fault;
	int64_t packet;
	_Atomic int64_t n;
	struct kea_library *lib;
	struct kea_timer *timer;
	struct kea_stat *stat;
	unsigned char *one; /* freed by unload: what uses the library afterwards reads freed memory */
	struct kea_pool *pool;
	struct kea_watch *watch;
	int pipe[2];
};

/* A packet that a helper thread resumes. */
struct parking {
	struct faulty *faulty;
	struct kea_parked *parked;
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

static void close_descriptors(void)
{
	for (int fd = 0; fd <= 100; fd++)
		(void)close(fd);
}

static void *close_late(void *arg)
{
	(void)arg;
	(void)sleep(1);
	close_descriptors();
	return NULL;
}

static int at_fault(const char *fault)
{
	pthread_t thread;

	if (!strcmp(fault, "crash"))
		(void)raise(SIGSEGV); /* nothing that a sanitizer reports first */
	else if (!strcmp(fault, "sleep"))
		(void)sleep(5);
	else if (!strcmp(fault, "exit"))
		exit(0);
	else if (!strcmp(fault, "close"))
		close_descriptors();
	else if (!strcmp(fault, "close-late") && pthread_create(&thread, NULL, close_late, NULL) == 0)
		(void)pthread_detach(thread);
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

/* In a helper thread. */
static void resume_packet(void *context)
{
	struct parking *parking = context;

	(void)kea->resume(parking->parked);
}

static void resume_ended(int result, void *context)
{
	struct parking *parking = context;

	kea->stat_add(parking->faulty->stat, parking->faulty->one[0]);
	if (result < 0)
		(void)kea->drop(parking->parked);
	free(parking);
}

static int resumed(struct kea_call *call, void *context)
{
	struct faulty *faulty = context;

	kea->stat_add(faulty->stat, faulty->one[0]);
	return kea->library(call) == faulty->lib ? KEA_CONTINUE : KEA_DROP;
}

static int park(struct kea_call *call, struct faulty *faulty)
{
	struct parking *parking = malloc(sizeof(*parking));

	if (!parking)
		return KEA_CONTINUE;
	parking->faulty = faulty;
	parking->parked = kea->park(call, 5000, resumed, faulty);
	if (parking->parked) {
		if (kea->pool_work(faulty->pool, resume_packet, resume_ended, parking) == 0)
			return KEA_PARK;
		(void)kea->resume(parking->parked);
		free(parking);
		return KEA_PARK;
	}
	free(parking);
	return KEA_CONTINUE;
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
	faulty->pool = kea->pool(faulty->lib, 2, 256);
	(void)kea->timer_start(faulty->timer, 20);
	return faulty->pool ? 0 : KEA_E_RANGE;
}

/* --- the main thread --- */

static void sleep_in_timer(void *context)
{
	const struct faulty *faulty = context;

	(void)sleep(2);
	(void)!write(faulty->pipe[1], "x", 1);
}

static void sleep_at_descriptor(int fd, unsigned events, void *context)
{
	struct faulty *faulty = context;
	char byte;

	(void)events;
	(void)!read(fd, &byte, 1);
	kea->unwatch(faulty->watch);
	(void)sleep(2);
}

static void sleep_in_command(struct kea_request *request, void *context)
{
	(void)context;
	(void)sleep(2);
	kea->respond(request, KEA_SUCCESS, NULL, "slept");
}

static int start_sleeping(struct faulty *faulty)
{
	if (kea->is_check(faulty->lib))
		return 0;
	(void)sleep(2);
	if (pipe(faulty->pipe) < 0)
		return KEA_E_INVAL;
	faulty->watch = kea->watch(faulty->lib, faulty->pipe[0], KEA_READABLE, sleep_at_descriptor, faulty);
	faulty->timer = kea->timer(faulty->lib, sleep_in_timer, faulty);
	(void)kea->timer_start(faulty->timer, 100);
	return kea->command(faulty->lib, "faulty-sleep", KEA_READ, "Sleeps.", sleep_in_command, NULL);
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
	if (faulty->pipe[1]) {
		(void)close(faulty->pipe[0]);
		(void)close(faulty->pipe[1]);
	}
	free(faulty->one);
	free(faulty);
}

int kea_hook_load(struct kea_library *lib, const struct kea_api *api)
{
	static const char *const keys[] = { "fault", "packet", "turn", NULL };
	const struct kea_json *parameters;
	struct faulty *faulty = calloc(1, sizeof(*faulty));

	/* Threads of an instance that still serves read them. */
	if (!kea)
		kea = api;
	if (!faulty)
		return KEA_E_NOMEM;
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
		return kea->fail(lib, NULL, "no helper threads");
	if (!strcmp(faulty->fault, "main") && start_sleeping(faulty) < 0)
		return kea->fail(lib, NULL, "no descriptors");
	if (kea->on(lib, "pkt#_receive", receive) < 0)
		return KEA_E_INVAL;
	return kea->on(lib, "leases#_committed", committed);
}
