/* SPDX-License-Identifier: MPL-2.0 */
#include "log/descriptor.h"

#include "base/fileid.h"
#include "base/vec.h"
#include "log/config.h"

#include <pthread.h>

struct owned {
	struct file_id id;
	const char *what; /* NULL: it is not owned */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the table */
static VEC(struct owned) owned;                          /* by descriptor */

void descriptor_own(int fd, const char *what)
{
	if (fd < 0)
		return;
	(void)pthread_mutex_lock(&lock);
	while (owned.n <= (size_t)fd)
		(void)vec_push(&owned);
	owned.v[fd] = (struct owned){ file_id(fd), what };
	(void)pthread_mutex_unlock(&lock);
}

void descriptor_disown(int fd)
{
	(void)pthread_mutex_lock(&lock);
	if (fd >= 0 && (size_t)fd < owned.n)
		owned.v[fd].what = NULL;
	(void)pthread_mutex_unlock(&lock);
}

void descriptors_check(void)
{
	const char *lost = NULL;

	(void)pthread_mutex_lock(&lock);
	for (size_t fd = 0; fd < owned.n && !lost; fd++)
		if (owned.v[fd].what && !file_is((int)fd, &owned.v[fd].id))
			lost = owned.v[fd].what;
	(void)pthread_mutex_unlock(&lock);
	if (lost)
		descriptor_lost(lost);
}

void descriptor_lost(const char *what)
{
	log_lost(what);
}
