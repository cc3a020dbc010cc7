/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/history.h"

#include "base/build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void history_add(struct history *h, const struct config_text *before, const struct config_text *after)
{
	size_t most = before->len < after->len ? before->len : after->len, begin = 0, end = 0;

	if (before->len == after->len && !memcmp(before->v, after->v, after->len))
		return;
	while (begin < most && before->v[begin] == after->v[begin])
		begin++;
	while (end < most - begin && before->v[before->len - 1 - end] == after->v[after->len - 1 - end])
		end++;
	if (h->n == HISTORY_MAX)
		free(h->v[--h->n].text);
	memmove(&h->v[1], &h->v[0], h->n * sizeof(h->v[0]));
	h->v[0].begin = begin;
	h->v[0].end = end;
	h->v[0].len = before->len - begin - end;
	h->v[0].text = xmalloc(h->v[0].len + 1);
	memcpy(h->v[0].text, before->v + begin, h->v[0].len);
	h->n++;
}

void history_get(const struct history *h, const struct config_text *current, unsigned ago, struct str *ret)
{
	struct str text = { 0 };

	assert(ago && ago <= h->n);
	str_add_n(&text, current->v, current->len);
	for (unsigned i = 0; i < ago; i++) {
		struct str older = { 0 };

		str_add_n(&older, text.text, h->v[i].begin);
		str_add_n(&older, h->v[i].text, h->v[i].len);
		str_add_n(&older, text.text + text.len - h->v[i].end, h->v[i].end);
		str_free(&text);
		text = older;
	}
	str_add_n(ret, text.text, text.len);
	str_free(&text);
}

void history_done(struct history *h)
{
	while (h->n)
		free(h->v[--h->n].text);
}
