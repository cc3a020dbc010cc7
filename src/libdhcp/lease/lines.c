/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Plain read() in large pieces: as fast as mmap (parsing a line costs more than copying it), and a disk error is
 * a return value instead of a signal.
 */
#include "lease/lines.h"

#include "base/arena.h"
#include "base/err.h"

#include <errno.h>
#include <unistd.h>

void lines_begin(struct lines *l, int fd)
{
	*l = (struct lines){ .fd = fd, .buf = xmalloc(LINE_MAX_LEN) };
	l->from = l->end = l->buf;
}

void lines_begin_from(struct lines *l, lines_read_fn *fn, void *ctx)
{
	lines_begin(l, -1);
	l->read = fn;
	l->ctx = ctx;
}

void lines_begin_text(struct lines *l, const char *text, size_t len)
{
	*l = (struct lines){ .fd = -1, .from = text, .end = text + len, .at_eof = true };
}

void lines_end(struct lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

/* Moves the rest to the front and reads more after it. */
static int refill(struct lines *l)
{
	size_t left = (size_t)(l->end - l->from);
	ssize_t n;

	memmove(l->buf, l->from, left);
	do {
		n = l->read ? l->read(l->ctx, l->buf + left, LINE_MAX_LEN - left)
			    : read(l->fd, l->buf + left, LINE_MAX_LEN - left);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -E_SYS;
	l->from = l->buf;
	l->end = l->buf + left + n;
	l->at_eof = n == 0;
	return 0;
}

/* Consumes up to `to`, which is after the newline if there is one. */
static int take(struct lines *l, const char *to, bool newline)
{
	bool in_long = l->in_long;

	l->text = l->from;
	l->len = (size_t)(to - l->from);
	l->from = to;
	if (!in_long)
		l->number++;
	l->in_long = !newline;
	if (in_long || !newline)
		return LINE_LONG;
	l->len--;
	return LINE_WHOLE;
}

int lines_next(struct lines *l)
{
	size_t searched = 0;

	for (;;) {
		const char *newline = memchr(l->from + searched, '\n', (size_t)(l->end - l->from) - searched);

		if (newline) {
			l->good_len += newline + 1 - l->from;
			if (l->in_long)
				l->good_len += (off_t)l->long_len;
			l->long_len = 0;
			return take(l, newline + 1, true);
		}
		searched = (size_t)(l->end - l->from);
		if (l->at_eof || searched == LINE_MAX_LEN)
			break;
		if (refill(l) < 0)
			return -E_SYS;
	}
	if (!searched)
		return LINE_END;
	if (!l->at_eof || l->in_long) {
		l->long_len += searched;
		return take(l, l->end, false);
	}
	l->text = l->from;
	l->len = searched;
	l->from = l->end;
	l->number++;
	return LINE_TAIL;
}
