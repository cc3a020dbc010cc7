/* SPDX-License-Identifier: MPL-2.0 */
#include "kea-dhcp-ddns/stats.h"

#include "base/clock.h"

#include <string.h>

const char *const d2_stat_names[] = {
	[D2_NCR_RECEIVED] = "ncr-received",     [D2_NCR_INVALID] = "ncr-invalid",
	[D2_NCR_ERROR] = "ncr-error",           [D2_QUEUE_FULL] = "queue-mgr-queue-full",
	[D2_UPDATE_SIGNED] = "update-signed",   [D2_UPDATE_UNSIGNED] = "update-unsigned",
	[D2_UPDATE_SENT] = "update-sent",       [D2_UPDATE_SUCCESS] = "update-success",
	[D2_UPDATE_TIMEOUT] = "update-timeout", [D2_UPDATE_ERROR] = "update-error",
};

void d2_stats_reset(struct d2_stats *stats, enum d2_stat id)
{
	struct d2_samples *samples = &stats->samples[id];

	stats->n[id] = 0;
	samples->n = 1;
	samples->v[0] = (struct d2_sample){ 0, clock_wall_us() };
}

void d2_stats_init(struct d2_stats *stats)
{
	for (unsigned i = 0; i < D2_STAT_N; i++)
		d2_stats_reset(stats, i);
}

const struct d2_samples *d2_stats_read(struct d2_stats *stats, enum d2_stat id)
{
	struct d2_samples *samples = &stats->samples[id];

	if (samples->v[0].value == stats->n[id])
		return samples;
	if (samples->n < D2_SAMPLES)
		samples->n++;
	memmove(&samples->v[1], &samples->v[0], (samples->n - 1) * sizeof(samples->v[0]));
	samples->v[0] = (struct d2_sample){ stats->n[id], clock_wall_us() };
	return samples;
}
