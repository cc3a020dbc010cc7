/* SPDX-License-Identifier: MPL-2.0 */
#include "host/source.h"

#include <pthread.h>

struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool is_done;
};

static void wake(struct host_find *find, uint64_t ticket)
{
	struct waiting *waiting = find->owner;

	(void)ticket;
	(void)pthread_mutex_lock(&waiting->lock);
	waiting->is_done = true;
	(void)pthread_cond_signal(&waiting->cond);
	(void)pthread_mutex_unlock(&waiting->lock);
}

void host_find_wait(struct host_source *source, struct host_find *find)
{
	struct waiting waiting = { .lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER };

	find->done = wake;
	find->owner = &waiting;
	if (host_find(source, find) != -E_AGAIN)
		return;
	(void)pthread_mutex_lock(&waiting.lock);
	while (!waiting.is_done)
		(void)pthread_cond_wait(&waiting.cond, &waiting.lock);
	(void)pthread_mutex_unlock(&waiting.lock);
}
