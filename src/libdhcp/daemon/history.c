/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/history.h"

#include "base/build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void history_add(struct history *h, struct config_text *before, struct config_text *after)
{
	size_t most = before->len < after->len ? before->len : after->len, begin = 0, end = 0;
	struct str a = { 0 }, b = { 0 };

	if (!strcmp(before->hash, after->hash))
		return;
	config_text_add(before, 0, SIZE_MAX, &a);
	config_text_add(after, 0, SIZE_MAX, &b);
	while (begin < most && a.text[begin] == b.text[begin])
		begin++;
	while (end < most - begin && a.text[a.len - 1 - end] == b.text[b.len - 1 - end])
		end++;
	if (h->n == HISTORY_MAX)
		free(h->v[--h->n].text);
	memmove(&h->v[1], &h->v[0], h->n * sizeof(h->v[0]));
	h->v[0].begin = begin;
	h->v[0].end = end;
	h->v[0].len = a.len - begin - end;
	h->v[0].text = xmalloc(h->v[0].len + 1);
	memcpy(h->v[0].text, a.text + begin, h->v[0].len);
	str_free(&a);
	str_free(&b);
	h->n++;
}

void history_get(const struct history *h, struct config_text *current, unsigned ago, struct str *ret)
{
	struct str text = { 0 };

	assert(ago && ago <= h->n);
	config_text_add(current, 0, SIZE_MAX, &text);
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
