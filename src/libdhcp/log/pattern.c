/* SPDX-License-Identifier: MPL-2.0 */
#include "log/pattern.h"
#include "base/clock.h"
#include "base/vec.h"

#include <unistd.h>

/* Marks the position of milliseconds in a time format, because strftime does not support them. */
#define MARK_MS '\001'
#define MARK_US '\002'
#define MARKS "\001\002"
#define DATE_MAX 128

struct step {
	char what; /* conversion letter, 0 for literal text */
	bool left; /* pad on the right */
	unsigned min, max;
	char *text;     /* literal, or time format with marks */
	unsigned parts; /* %c{n}; 0 = all */
	int64_t sec;    /* time of the text in `date`; -1 = none */
	char date[DATE_MAX];
};

struct pattern {
	VEC(struct step) steps;
	int64_t start_us;
	char pid[16];
	char host[256];
};

/* The conversion letters of strftime, without those that produce more than one line. */
static const char date_letters[] = "aAbBcCdDeFgGhHIjklmMpPrRsSTuUVwWxXyYzZ%";

/* Returns the text between { and } after *p, on the heap; NULL and *p unchanged if there is none. */
static char *braces(const char **p)
{
	const char *end;
	char *text;
	size_t len;

	if (**p != '{' || !(end = strchr(*p, '}')))
		return NULL;
	len = (size_t)(end - *p) - 1;
	text = xmalloc(len + 1);
	memcpy(text, *p + 1, len);
	text[len] = '\0';
	*p = end + 1;
	return text;
}

static const char *set_date(struct step *step, const char **p)
{
	char *text = braces(p), *to;

	if (!text)
		text = xstrdup("%Y-%m-%d %H:%M:%S");
	to = text;
	for (const char *from = text; *from; from++) {
		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		from++;
		if (*from == 'q' || *from == 'Q') {
			*to++ = *from == 'q' ? MARK_MS : MARK_US;
			continue;
		}
		if (!*from || !strchr(date_letters, *from)) {
			free(text);
			return "unknown letter after % in the time format";
		}
		*to++ = '%';
		*to++ = *from;
	}
	*to = '\0';
	step->text = text;
	step->sec = -1;
	return NULL;
}

static unsigned number(const char **p)
{
	unsigned n = 0;

	for (; **p >= '0' && **p <= '9'; (*p)++)
		if (n < 1000)
			n = n * 10 + (unsigned)(**p - '0');
	return n;
}

/* Adds one conversion; *p is after its %. Returns NULL or the error. */
static const char *add_conversion(struct pattern *pattern, const char **p)
{
	struct step *step = vec_push(&pattern->steps);
	char *text;

	if (**p == '-') {
		step->left = true;
		(*p)++;
	}
	step->min = number(p);
	if (**p == '.') {
		(*p)++;
		step->max = number(p);
	}
	step->what = **p;
	if (!step->what)
		return "ends in the middle of a conversion";
	(*p)++;
	switch (step->what) {
	case 'p':
	case 'i':
	case 't':
	case 'm':
	case 'n':
	case 'r':
	case 'h':
	case 'H':
		return NULL;
	case 'D':
	case 'd':
		return set_date(step, p);
	case 'c':
		text = braces(p);
		if (text) {
			const char *digits = text;

			step->parts = number(&digits);
		}
		free(text);
		return NULL;
	case '%':
		step->what = 0;
		step->text = xstrdup("%");
		return NULL;
	default:
		return "unknown conversion; known are %p %c %i %t %m %n %D %d %r %h %H %%";
	}
}

struct pattern *pattern_new(const char *text, const char **reterr_why)
{
	struct pattern *pattern = xcalloc(1, sizeof(*pattern));
	const char *p = text, *why = NULL;

	(void)snprintf(pattern->pid, sizeof(pattern->pid), "%ld", (long)getpid());
	if (gethostname(pattern->host, sizeof(pattern->host) - 1))
		pattern->host[0] = '\0';
	pattern->start_us = clock_wall_us();
	while (*p && !why) {
		size_t len = strcspn(p, "%");

		if (len) {
			struct step *step = vec_push(&pattern->steps);

			step->text = xmalloc(len + 1);
			memcpy(step->text, p, len);
			step->text[len] = '\0';
			p += len;
			continue;
		}
		p++;
		why = add_conversion(pattern, &p);
	}
	if (!why && !pattern->steps.n)
		why = "is empty";
	if (why) {
		pattern_free(pattern);
		*reterr_why = why;
		return NULL;
	}
	return pattern;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	for (size_t i = 0; i < pattern->steps.n; i++)
		free(pattern->steps.v[i].text);
	vec_free(&pattern->steps);
	free(pattern);
}

/* The format is from the configuration; pattern_new() has accepted only known letters. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void make_date(struct step *step, int64_t sec)
{
	time_t t = (time_t)sec;
	struct tm tm;

	if (step->what == 'd')
		(void)gmtime_r(&t, &tm);
	else
		(void)localtime_r(&t, &tm);
	if (!strftime(step->date, sizeof(step->date), step->text, &tm))
		step->date[0] = '\0';
	step->sec = sec;
}
#pragma GCC diagnostic pop

static void add_date(struct step *step, int64_t wall_us, struct str *out)
{
	unsigned us = (unsigned)(wall_us % 1000000);

	if (step->sec != wall_us / 1000000)
		make_date(step, wall_us / 1000000);
	for (const char *p = step->date; *p;) {
		size_t plain = strcspn(p, MARKS);

		str_add_n(out, p, plain);
		p += plain;
		if (!*p)
			break;
		str_add_number(out, us / 1000, 3);
		if (*p++ == MARK_US) {
			str_addc(out, '.');
			str_add_number(out, us % 1000, 3);
		}
	}
}

static const char *last_parts(const char *name, unsigned parts)
{
	const char *p = name + strlen(name);

	if (!parts)
		return name;
	while (p > name) {
		if (p[-1] == '.' && --parts == 0)
			break;
		p--;
	}
	return p;
}

/* Cuts the beginning of the text added from `at` on to max characters, and pads it to min. */
static void fit(const struct step *step, struct str *out, size_t at)
{
	size_t len = out->len - at, cut, pad;

	if (step->max && len > step->max) {
		cut = len - step->max;
		memmove(out->text + at, out->text + at + cut, step->max + 1);
		out->len -= cut;
		len = step->max;
	}
	if (len >= step->min)
		return;
	pad = step->min - len;
	for (size_t i = 0; i < pad; i++)
		str_addc(out, ' ');
	if (!step->left) {
		memmove(out->text + at + pad, out->text + at, len);
		memset(out->text + at, ' ', pad);
	}
}

void pattern_add(struct pattern *pattern, const struct pattern_line *line, struct str *out)
{
	for (size_t i = 0; i < pattern->steps.n; i++) {
		struct step *step = &pattern->steps.v[i];
		size_t at = out->len;

		switch (step->what) {
		case 0:
			str_add(out, step->text);
			break;
		case 'p':
			str_add(out, line->level);
			break;
		case 'c':
			str_add(out, last_parts(line->logger, step->parts));
			break;
		case 'i':
			str_add(out, pattern->pid);
			break;
		case 't':
			str_add_number(out, (uint64_t)line->tid, 1);
			break;
		case 'm':
			str_add_n(out, line->message, line->message_len);
			break;
		case 'n':
			str_addc(out, '\n');
			break;
		case 'r':
			str_addf(out, "%lld", (long long)(line->wall_us - pattern->start_us) / 1000);
			break;
		case 'h':
		case 'H':
			str_add(out, pattern->host);
			break;
		default:
			add_date(step, line->wall_us, out);
			break;
		}
		if (step->min || step->max)
			fit(step, out, at);
	}
}
