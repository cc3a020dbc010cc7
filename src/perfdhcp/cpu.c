/* SPDX-License-Identifier: MPL-2.0 */
#include "perfdhcp/cpu.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static uint64_t thread_ns(const char *folder, const char *name)
{
	char path[64];
	uint64_t ns = 0;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%.20s/schedstat", folder, name) >= (int)sizeof(path))
		return 0;
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%" SCNu64, &ns) != 1)
		ns = 0;
	(void)fclose(f);
	return ns;
}

uint64_t cpu_of_process_ns(uint32_t pid)
{
	char folder[32];
	uint64_t sum = 0;
	struct dirent *e;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "/proc/%" PRIu32 "/task", pid);
	dir = opendir(folder);
	if (!dir)
		return 0;
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			sum += thread_ns(folder, e->d_name);
	(void)closedir(dir);
	return sum;
}

uint64_t cpu_own_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}
