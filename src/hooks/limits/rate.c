/* SPDX-License-Identifier: MPL-2.0 */
#include "limits/rate.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void rate_init(struct rate *rate, uint32_t max, int64_t unit_ms)
{
	*rate = (struct rate){ .max = max, .unit_ms = unit_ms };
	(void)pthread_mutex_init(&rate->lock, NULL);
}

void rate_done(struct rate *rate)
{
	(void)pthread_mutex_destroy(&rate->lock);
}

/* Empties the slices between the current one and that of now. */
static void advance(struct rate *rate, int64_t slice)
{
	int64_t n = slice - rate->slice;

	if (n <= 0)
		return;
	if (n > RATE_SLICES + 1)
		n = RATE_SLICES + 1;
	for (int64_t i = 0; i < n; i++) {
		uint32_t *at = &rate->slices[(slice - i) % (RATE_SLICES + 1)];

		rate->n -= *at;
		*at = 0;
	}
	rate->slice = slice;
}

bool rate_take(struct rate *rate, int64_t now_ms)
{
	/* Of a period of one second, a slice is 15.625 ms. */
	int64_t slice = now_ms / rate->unit_ms * RATE_SLICES + now_ms % rate->unit_ms * RATE_SLICES / rate->unit_ms;
	bool ok;

	(void)pthread_mutex_lock(&rate->lock);
	advance(rate, slice);
	ok = rate->n < rate->max;
	if (ok) {
		rate->n++;
		rate->slices[rate->slice % (RATE_SLICES + 1)]++;
	}
	(void)pthread_mutex_unlock(&rate->lock);
	return ok;
}

static const struct {
	const char *name;
	int64_t sec;
} units[] = {
	{ "second", 1 },       { "minute", 60 },        { "hour", 3600 },        { "day", 86400 },
	{ "week", 7 * 86400 }, { "month", 30 * 86400 }, { "year", 365 * 86400 },
};

/* Skips a word and the spaces around it; NULL if the text begins with something else. */
static const char *skip(const char *text, const char *word)
{
	size_t len = strlen(word);

	if (!text || strncmp(text, word, len) != 0)
		return NULL;
	text += len;
	return text + strspn(text, " ");
}

bool rate_parse(const char *text, uint32_t *ret_max, int64_t *ret_unit_ms)
{
	unsigned long long max;
	const char *rest, *unit;
	char *end;

	text += strspn(text, " ");
	errno = 0;
	max = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || errno || max > UINT32_MAX || *end != ' ')
		return false;
	rest = end + strspn(end, " ");
	unit = skip(rest, "packets ");
	if (!unit)
		unit = skip(rest, "packet ");
	unit = skip(unit, "per ");
	for (size_t i = 0; unit && i < sizeof(units) / sizeof(units[0]); i++) {
		rest = skip(unit, units[i].name);
		if (!rest || *rest)
			continue;
		*ret_max = (uint32_t)max;
		*ret_unit_ms = units[i].sec * 1000;
		return true;
	}
	return false;
}
