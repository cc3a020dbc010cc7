/* SPDX-License-Identifier: MPL-2.0 */
/* getopt_long() with a table and its own messages. Not thread-safe: getopt keeps its state in global variables. */
#include "base/args.h"

#include "base/err.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>

#define N_MAX 96
#define DOC_COLUMN 24
#define WIDTH 94

/* Options every program has. */
static const struct args_option common[] = {
	{ 'h', "help", NULL, "print this help" },
	{ 'v', "version", NULL, "print the version" },
};
#define N_COMMON (sizeof(common) / sizeof(common[0]))

static unsigned n_options(const struct args_program *p)
{
	return p->n + (unsigned)N_COMMON;
}

static const struct args_option *option_at(const struct args_program *p, unsigned i)
{
	return i < p->n ? &p->v[i] : &common[i - p->n];
}

static bool has_letter(const struct args_option *option)
{
	return option->id < 128;
}

static const struct args_option *find(const struct args_program *p, int id)
{
	for (unsigned i = 0; i < n_options(p); i++)
		if (option_at(p, i)->id == id)
			return option_at(p, i);
	return NULL;
}

const char *args_option_text(const struct args_option *option, char *buf, size_t size)
{
	if (has_letter(option))
		(void)snprintf(buf, size, "-%c", option->id);
	else
		(void)snprintf(buf, size, "--%s", option->name);
	return buf;
}

static void make_tables(const struct args_program *p, char *letters, struct option *longs)
{
	*letters++ = ':';
	for (unsigned i = 0; i < n_options(p) && i < N_MAX; i++) {
		const struct args_option *o = option_at(p, i);

		if (o->name)
			*longs++ = (struct option){ o->name, o->arg ? required_argument : no_argument, NULL, o->id };
		if (has_letter(o)) {
			*letters++ = (char)o->id;
			if (o->arg)
				*letters++ = ':';
		}
	}
	*letters = '\0';
	*longs = (struct option){ 0 };
}

static int wrong(const struct args_program *p, int got, const char *word, char *why)
{
	const struct args_option *option = optopt ? find(p, optopt) : NULL;
	int len = (int)strcspn(word, "=");

	if (got == ':' && option) {
		char text[64];

		(void)snprintf(why, ARGS_WHY_MAX, "%s needs a value: %s", args_option_text(option, text, sizeof(text)),
			       option->arg);
	} else if (option) {
		(void)snprintf(why, ARGS_WHY_MAX, "%.*s takes no value", len, word);
	} else if (optopt) {
		(void)snprintf(why, ARGS_WHY_MAX, "unknown option -%c", optopt);
	} else {
		unsigned n = 0;

		for (unsigned i = 0; i < n_options(p); i++)
			n += option_at(p, i)->name && len > 2 &&
			     strncmp(option_at(p, i)->name, word + 2, (size_t)len - 2) == 0;
		(void)snprintf(why, ARGS_WHY_MAX, "%s option %.*s", n > 1 ? "ambiguous" : "unknown", len, word);
	}
	return -E_INVAL;
}

int args_next(const struct args_program *p, int argc, char **argv, int *first, const char **ret_value,
	      char why[ARGS_WHY_MAX])
{
	char letters[2 * N_MAX + 2];
	struct option longs[N_MAX + 1];
	int got;

	make_tables(p, letters, longs);
	if (*first == 0)
		optind = 0; /* starts over, also on a repeated call */
	opterr = 0;
	got = getopt_long(argc, argv, letters, longs, NULL);
	*first = optind;
	if (got == -1)
		return ARGS_END;
	if (got == '?' || got == ':')
		return wrong(p, got, argv[optind - 1], why);
	*ret_value = find(p, got)->arg ? optarg : NULL;
	return got;
}

void args_complain(const char *program, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "%s: ", program);
	(void)vfprintf(stderr, fmt, ap);
	fprintf(stderr, "; try \"%s --help\"\n", program);
	va_end(ap);
}

/* --- help --- */

/* Prints text wrapped to the width of a terminal. */
static void print_doc(const char *text, unsigned column)
{
	for (unsigned at = column; *text;) {
		unsigned word = (unsigned)strcspn(text, " ");

		if (at > column && at + word >= WIDTH) {
			printf("\n%*s", (int)column, "");
			at = column;
		}
		printf(" %.*s", (int)word, text);
		at += word + 1;
		text += word + strspn(text + word, " ");
	}
	putchar('\n');
}

static void print_option(const struct args_option *option)
{
	char letter[8] = "", head[64];

	if (has_letter(option))
		(void)snprintf(letter, sizeof(letter), "-%c", option->id);
	(void)snprintf(head, sizeof(head), "%s%s%s%s%s%s", letter, option->name && *letter ? ", " : "",
		       option->name ? "--" : "", option->name ? option->name : "", option->arg ? " " : "",
		       option->arg ? option->arg : "");
	printf("  %-*s", DOC_COLUMN - 2, head);
	if (strlen(head) > DOC_COLUMN - 2)
		printf("\n%*s", DOC_COLUMN, "");
	print_doc(option->doc, DOC_COLUMN);
}

static void print_help(const struct args_program *p)
{
	const char *lead = "Usage:";

	printf("%s\n\n", p->about);
	for (const char *line = p->usage; *line; lead = "      ") {
		int len = (int)strcspn(line, "\n");

		printf("%s %s %.*s\n", lead, p->name, len, line);
		line += len + (line[len] == '\n');
	}
	putchar('\n');
	for (unsigned i = 0; i < n_options(p); i++)
		print_option(option_at(p, i));
	if (p->notes)
		printf("\n%s\n", p->notes);
}

int args_print(const struct args_program *p, int id)
{
	if (id == 'h')
		print_help(p);
	else
		puts(PACKAGE_VERSION);
	errno = 0;
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "%s: standard output: %s\n", p->name, strerror(errno));
		return 1;
	}
	return 0;
}
