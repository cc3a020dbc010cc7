/* SPDX-License-Identifier: MPL-2.0 */
#include "stat/history.h"

#include "base/arena.h"

#include <stdlib.h>

struct stat_history *stat_history_new(unsigned n)
{
	struct stat_history *history = xcalloc(1, sizeof(*history) + n * sizeof(history->v[0]));

	history->n = n;
	return history;
}

void stat_history_free(struct stat_history *history)
{
	for (unsigned i = 0; history && i < history->n; i++)
		free(history->v[i].older);
	free(history);
}
