/* SPDX-License-Identifier: MPL-2.0 */
#include "kea/cli.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/screen.h"
#include "base/str.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>

int cli_fail(int code, const char *fmt, ...)
{
	struct str text = { 0 }, out = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	screen_add(&out, str_text(&text), text.len, SIZE_MAX);
	(void)fflush(stdout);
	fprintf(stderr, "kea: %s\n", str_text(&out));
	str_free(&text);
	str_free(&out);
	return code;
}

static int wrong(const char *why)
{
	args_complain("kea", "%s", why);
	return EXIT_USAGE;
}

/* --- options --- */

static const struct cli_option *find_option(int id)
{
	for (unsigned i = 0; i < cli_n_options; i++)
		if (cli_options[i].id == id)
			return &cli_options[i];
	return NULL;
}

static bool read_number(const struct cli_option *option, const char *text, uint32_t *ret)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text < '0' || *text > '9' || v < option->min || v > option->max)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static int set_option(struct cli *cli, const struct cli_option *option, const char *value, char *why)
{
	void *field = (char *)cli + option->offset;

	switch (option->type) {
	case OPT_FLAG:
		*(bool *)field = true;
		return 0;
	case OPT_NUMBER:
		if (read_number(option, value, field))
			return 0;
		(void)snprintf(why, ARGS_WHY_MAX, "--%s: %s is not a number from %u to %u", option->name, value,
			       option->min, option->max);
		return -E_INVAL;
	case OPT_TEXT:
		*(const char **)field = value;
		return 0;
	}
	return -E_INVAL;
}

/* The verb that the words begin with, and how many words its name has; NULL: a command of the server. */
static const struct verb *find_verb(char **words, unsigned n, unsigned *ret_used)
{
	for (unsigned i = 0; i < n_verbs; i++) {
		const char *name = verbs[i].name, *blank = strchr(name, ' ');
		size_t first = blank ? (size_t)(blank - name) : strlen(name);

		if (!n || strlen(words[0]) != first || strncmp(words[0], name, first) != 0)
			continue;
		*ret_used = blank ? 2 : 1;
		if (!blank || (n > 1 && !strcmp(words[1], blank + 1)))
			return &verbs[i];
	}
	return NULL;
}

/* True if the command does something with the option. */
static bool has_option(const struct cli *cli, const struct verb *verb, const struct cli_option *option)
{
	if (option->is_remote)
		return !cli->file && !(verb && verb->is_local);
	return !option->verbs || (verb && verb->options & option->verbs);
}

static int check(struct cli *cli, const bool *given, const struct verb *verb, char *why)
{
	char text[64];

	for (unsigned i = 0; i < cli_n_options; i++) {
		const struct args_option option = { cli_options[i].id, cli_options[i].name, NULL, NULL };

		if (!given[i] || has_option(cli, verb, &cli_options[i]))
			continue;
		(void)snprintf(why, ARGS_WHY_MAX, "%s is not an option %s",
			       args_option_text(&option, text, sizeof(text)),
			       cli_options[i].is_remote && cli->file ? "with --file" : "of this command");
		return -E_INVAL;
	}
	if (cli->file && cli->is4 + cli->is6 + cli->is_d2) {
		(void)snprintf(why, ARGS_WHY_MAX, "-4, -6 and -D are not options with --file");
		return -E_INVAL;
	}
	if (cli->is4 + cli->is6 + cli->is_d2 > 1) {
		(void)snprintf(why, ARGS_WHY_MAX, "-4, -6 and -D exclude each other");
		return -E_INVAL;
	}
	if ((cli->config != NULL) + (cli->socket != NULL) + (cli->url != NULL) > 1) {
		(void)snprintf(why, ARGS_WHY_MAX, "--config, --socket and --url exclude each other");
		return -E_INVAL;
	}
	cli->family = cli->is4 ? KEY_4 : cli->is6 ? KEY_6 : cli->is_d2 ? KEY_D2 : 0;
	return 0;
}

static int parse(int argc, char **argv, struct cli *cli, bool *given, char *why)
{
	const struct args_program *program = cli_program();
	const char *value = NULL;
	int id, first = 0, err = 0;

	while (err == 0 && (id = args_next(program, argc, argv, &first, &value, why)) != ARGS_END) {
		const struct cli_option *option;

		if (id < 0)
			return id;
		if (id == 'h' || id == 'v')
			exit(args_print(program, id));
		option = find_option(id);
		given[option - cli_options] = true;
		err = set_option(cli, option, value, why);
	}
	cli->words = argv + first;
	cli->n_words = (unsigned)(argc - first);
	return err;
}

/* What was printed counts only if it arrived. */
static int finish(int code)
{
	errno = 0;
	if (fflush(stdout) == EOF || ferror(stdout))
		return cli_fail(EXIT_UNREACHABLE, "standard output: %s", errno ? strerror(errno) : "write error");
	return code;
}

int main(int argc, char **argv)
{
	struct cli cli = { .timeout_sec = 60 };
	char why[ARGS_WHY_MAX];
	const char *name = file_name(argv[0] ? argv[0] : "");
	const struct verb *verb = NULL;
	unsigned used = 0;
	bool *given, ok;

	(void)setlocale(LC_CTYPE, "");
	(void)signal(SIGPIPE, SIG_IGN);
	if (!strcmp(name, "kea-shell") || !strcmp(name, "lt-kea-shell"))
		return shell_main(argc, argv);
	if (argc > 2 && !strcmp(argv[1], "--complete"))
		return finish(print_candidates((unsigned)strtoul(argv[2], NULL, 10), argv + 3, (unsigned)argc - 3));
	given = xcalloc(cli_n_options, sizeof(*given));
	ok = parse(argc, argv, &cli, given, why) == 0;
	if (ok && !cli.print_manual && !cli.print_completion) {
		verb = find_verb(cli.words, cli.n_words, &used);
		ok = check(&cli, given, verb, why) == 0;
	}
	free(given);
	if (!ok)
		return wrong(why);
	if (cli.print_manual)
		return finish(print_manual(cli.n_words > 0 && !strcmp(cli.words[0], "kea-shell")));
	if (cli.print_completion)
		return finish(print_completion(cli.print_completion));
	if (!cli.n_words)
		return wrong("a command is missing");
	if (verb)
		return finish(verb->run(&cli, cli.words + used, cli.n_words - used));
	return finish(run_command(&cli, cli.words, cli.n_words));
}
