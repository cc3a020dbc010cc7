/* SPDX-License-Identifier: MPL-2.0 */
/* Help, manual pages and completion, from the tables. */
#include "base/arena.h"
#include "base/str.h"
#include "kea/cli.h"
#include "kea/commands.h"
#include "kea/lease_list.h"
#include "root/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERB_COLUMN 32

char *help_notes(void)
{
	struct str out = { 0 };

	str_add(&out, "Commands:\n");
	for (unsigned i = 0; i < n_verbs; i++) {
		size_t start = out.len;

		str_addf(&out, "  %s%s%s", verbs[i].name, verbs[i].args[0] ? " " : "", verbs[i].args);
		while (out.len < start + VERB_COLUMN)
			str_addc(&out, ' ');
		str_addf(&out, " %s\n", verbs[i].doc);
	}
	str_add(&out, "  NAME [KEY=VALUE...|JSON|-]     any command of the server, see \"kea list-commands\"\n"
		      "\nExit status:\n");
	for (unsigned i = 0; i < EXIT_N; i++)
		str_addf(&out, "  %u %s\n", i, exit_rows[i].doc);
	out.text[out.len - 1] = '\0';
	return out.text;
}

const struct args_program *cli_program(void)
{
	static struct args_option *v;
	static struct args_program program = {
		.name = "kea",
		.about = "Shows and changes what DHCP servers do, version " PACKAGE_VERSION,
		.usage = "[OPTION...] COMMAND [ARGUMENT...]\n-h|-v",
	};

	if (program.v)
		return &program;
	v = xcalloc(cli_n_options, sizeof(*v));
	for (unsigned i = 0; i < cli_n_options; i++)
		v[i] = (struct args_option){ cli_options[i].id, cli_options[i].name, cli_options[i].arg,
					     cli_options[i].doc };
	program.v = v;
	program.n = cli_n_options;
	program.notes = help_notes();
	return &program;
}

/* --- the manual page, in mdoc --- */

/* Prints text so that mdoc reads it as text. */
static void put(const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == '\\')
			fputs("\\e", stdout);
		else if (*p == '-')
			fputs("\\-", stdout);
		else if (*p == '"')
			fputs("\\(dq", stdout);
		else if ((*p == '.' || *p == '\'') && (p == text || p[-1] == '\n'))
			printf("\\&%c", *p);
		else
			putchar(*p);
	}
}

#define LINE_MAX_WIDTH 72

/* A sentence: the first letter is a capital, unless it begins a name, and there is a full stop. */
static void put_sentence(const char *text)
{
	char *copy = xstrdup(text);
	size_t at = 0;

	if (copy[0] >= 'a' && copy[0] <= 'z' && !memchr(copy, '-', strcspn(copy, " ")))
		copy[0] = (char)(copy[0] - 'a' + 'A');
	for (char *p = copy; *p; p++, at++)
		if (*p == ' ' && at + strcspn(p + 1, " ") > LINE_MAX_WIDTH) {
			*p = '\n';
			at = 0;
		}
	put(copy);
	printf(".\n");
	free(copy);
}

static void put_option(const struct args_option *option)
{
	printf(".It Fl ");
	if (option->id < 128)
		printf("%c%s", option->id, option->name ? " , Fl " : "");
	if (option->name)
		printf("-%s", option->name);
	if (option->arg)
		printf(" Ar %s", option->arg);
	printf("\n");
	put_sentence(option->doc);
}

static void put_options(const struct args_program *program)
{
	static const struct args_option common[] = { { 'h', "help", NULL, "print a summary of the options" },
						     { 'v', "version", NULL, "print the version" } };

	printf(".Bl -tag -width Ds\n");
	for (unsigned i = 0; i < program->n; i++)
		put_option(&program->v[i]);
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		put_option(&common[i]);
	printf(".El\n");
}

static void put_head(const char *name, const char *title, const char *what)
{
	printf(".\\\" SPDX-License-"
	       "Identifier: MPL-2.0\n.Dd November 29, 2026\n.Dt %s 8\n.Os\n.Sh NAME\n.Nm %s\n.Nd "
	       "%s\n",
	       title, name, what);
}

static const struct {
	const char *line, *doc;
} examples[] = {
	{ "kea leases --hostname '*.example.org' --expiring 1h",
	  "Leases of names below example.org that expire within an hour." },
	{ "kea leases --csv --file /var/lib/kea/kea-leases4.csv", "Each lease once, from the lease file." },
	{ "kea leases --watch --subnet 7", "What changes in a subnet." },
	{ "kea events lease-declined reload", "Only these events, as they happen." },
	{ "kea pools --warning 80 --critical 95 --nagios", "A check for Nagios or Icinga." },
	{ "kea lease4-get ip-address=192.0.2.10", "A command of the server; \"kea doc lease4-get\" explains it." },
	{ "kea -6 config-get | jq .Dhcp6.subnet6", "JSON for programs." },
	{ "kea --url https://dhcp.example.org:8000/ --ca ca.pem --user admin --password-file secret status-get",
	  "Another host." },
	{ "kea reserve 192.0.2.10", "The client keeps its address." },
	{ "kea doc valid-lifetime", "Type, default and meaning of a key." },
};

static int print_kea_manual(void)
{
	put_head("kea", "KEA", "look at DHCP servers and change what they do");
	printf(".Sh SYNOPSIS\n.Nm\n.Op Ar option ...\n.Ar command\n.Op Ar argument ...\n.Nm\n.Fl h | v\n"
	       ".Sh DESCRIPTION\n.Nm\nsends commands to kea-dhcp4, kea-dhcp6 and kea-dhcp-ddns,\nand shows the "
	       "responses.\n"
	       "It uses the unix socket that the configuration of the server names,\nor the HTTP socket of\n.Fl -url "
	       ".\n"
	       "The user needs access to the socket.\n.Pp\nThe commands are:\n.Bl -tag -width Ds\n");
	for (unsigned i = 0; i < n_verbs; i++) {
		printf(".It Cm %s%s%s%s\n", verbs[i].name, verbs[i].args[0] ? " Ar " : "", verbs[i].args,
		       verbs[i].args[0] ? "\\&" : "");
		put_sentence(verbs[i].doc);
	}
	printf(".It Ar name Op Ar key=value ... | json | -\n"
	       "Any command of the server.\nIts arguments are words such as\n.Li ip-address=192.0.2.1 ,\n"
	       "lists\n.Li subnets=1,2 ,\nor a JSON map; with\n.Li -\nthe map is read from standard input.\n"
	       "Without\n.Fl -json\nonly the response's arguments are printed, or its text if there are none.\n.El\n"
	       ".Pp\nThe options are:\n");
	put_options(cli_program());
	printf(".Pp\nTables fit the width of the terminal, or of the variable\n.Ev COLUMNS ,\nor 80 columns; long "
	       "names "
	       "are cut.\nColors are used on a terminal only, and not if\n.Ev NO_COLOR\nis set.\nCharacters that a "
	       "terminal would obey are shown as codes such as \\ex1b.\n.Pp\n"
	       "The time until a pool is full\n.Pq Cm pools\nis estimated from the samples that the server has of its "
	       "statistics,\nor from the two readings of\n.Fl -interval .\n.Pp\n"
	       "A server that sends more than 256 MiB, or takes longer than\n.Fl -timeout ,\nis given up.\n"
	       ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev KEA_CONTROL_SOCKET_DIR\nThe directory of unix sockets, "
	       "instead of\n.Pa " KEA_RUN_DIR " .\n.It Ev COLUMNS , NO_COLOR\nSee above.\n.El\n"
	       ".Sh FILES\n.Bl -tag -width Ds\n.It Pa " KEA_CONF_DIR "/kea-dhcp4.conf\n.It Pa " KEA_CONF_DIR
	       "/kea-dhcp6.conf\n.It Pa " KEA_CONF_DIR "/kea-dhcp-ddns.conf\nThe configurations that name the "
	       "sockets.\n.El\n.Sh EXIT STATUS\n.Bl -tag -width Ds\n");
	for (unsigned i = 0; i < EXIT_N; i++) {
		printf(".It %u\n", i);
		put_sentence(exit_rows[i].doc);
	}
	printf(".El\n.Sh EXAMPLES\n.Bl -tag -width Ds\n");
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		printf(".It Li ");
		put(examples[i].line);
		printf("\n");
		put(examples[i].doc);
		printf("\n");
	}
	printf(".El\n.Sh SEE ALSO\n.Xr kea-dhcp-ddns 8 ,\n.Xr kea-dhcp4 8 ,\n.Xr kea-dhcp6 8 ,\n.Xr kea-shell 8 ,\n"
	       ".Xr keactrl 8\n");
	return EXIT_OK;
}

static int print_shell_manual(void)
{
	put_head("kea-shell", "KEA-SHELL", "send a command to a control agent");
	printf(".Sh SYNOPSIS\n.Nm\n.Op Ar option ...\n.Op Ar command\n.Nm\n.Fl h | v\n.Sh DESCRIPTION\n.Nm\n"
	       "has the options, the input and the output of Kea's program of that name.\nIt sends a command, by "
	       "default\n"
	       ".Li list-commands ,\nto a control agent or to the HTTP socket of a server, and prints the response.\n"
	       "Standard input has the arguments of the command, without the braces around them:\n"
	       ".Bd -literal -offset indent\necho '\"name\": \"pkt4-received\"' | kea-shell --service dhcp4 "
	       "statistic-get\n.Ed\n.Pp\n.Xr kea 8\ndoes more, and uses unix sockets.\n.Pp\nThe options are:\n");
	put_options(&shell_program);
	printf(".Sh EXIT STATUS\n0 if there was a response, whatever its result is;\n1 after errors, which are printed "
	       "to\n"
	       "standard output; 2 if the command line is wrong.\n.Sh SEE ALSO\n.Xr kea 8\n");
	return EXIT_OK;
}

int print_manual(bool of_shell)
{
	return of_shell ? print_shell_manual() : print_kea_manual();
}

/* --- completion --- */

static const struct {
	const char *shell, *script;
} completions[] = {
	{ "bash", "# bash completion of kea: the program knows what fits.\n"
		  "_kea() {\n"
		  "\tlocal IFS=$'\\n'\n"
		  "\tCOMPREPLY=($(\"${COMP_WORDS[0]}\" --complete \"$COMP_CWORD\" \"${COMP_WORDS[@]}\" 2>/dev/null))\n"
		  "\t[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace\n"
		  "}\n"
		  "complete -o default -F _kea kea\n" },
	/* The program expects words as bash splits them: NAME = VALUE. */
	{ "zsh",
	  "#compdef kea\n"
	  "# zsh completion of kea: the program knows what fits.\n"
	  "_kea() {\n"
	  "\tlocal -a before matches\n"
	  "\tbefore=(\"${(@Q)words[1,CURRENT-1]}\")\n"
	  "\tif [[ $PREFIX != -* ]] && compset -P 1 '*='; then\n"
	  "\t\tbefore+=(\"${IPREFIX%=}\" '=')\n"
	  "\tfi\n"
	  "\tmatches=(${(f)\"$(\"${before[1]}\" --complete $#before \"${before[@]}\" \"$PREFIX\" 2>/dev/null)\"})\n"
	  "\tif (( ! $#matches )); then\n"
	  "\t\t_default\n"
	  "\t\treturn\n"
	  "\tfi\n"
	  "\tcompadd -S '' -- ${(M)matches:#*=}\n"
	  "\tcompadd -- ${matches:#*=}\n"
	  "}\n"
	  "_kea \"$@\"\n" },
};

int print_completion(const char *shell)
{
	for (size_t i = 0; i < sizeof(completions) / sizeof(completions[0]); i++)
		if (!strcmp(shell, completions[i].shell)) {
			fputs(completions[i].script, stdout);
			return EXIT_OK;
		}
	return cli_fail(EXIT_USAGE, "--print-completion: no completion for %s, only for bash and zsh", shell);
}

struct wanted {
	const char *start;
};

static void offer(void *ctx, const char *text, const char *end)
{
	const struct wanted *wanted = ctx;

	if (strncmp(text, wanted->start, strlen(wanted->start)) == 0)
		printf("%s%s\n", text, end);
}

static void offer_command(void *ctx, const struct command *cmd)
{
	offer(ctx, cmd->name, "");
}

static void offer_options(struct wanted *wanted, unsigned verb_options)
{
	for (unsigned i = 0; i < cli_n_options; i++) {
		char text[64];

		if (!cli_options[i].name || (cli_options[i].verbs && !(cli_options[i].verbs & verb_options)))
			continue;
		(void)snprintf(text, sizeof(text), "--%s", cli_options[i].name);
		offer(wanted, text, "");
	}
	offer(wanted, "--help", "");
	offer(wanted, "--version", "");
}

/* Values of an argument of the command. */
static void offer_values(struct wanted *wanted, const char *command, const char *name)
{
	static const char *const bools[] = { "true", "false", NULL };
	const struct command *cmd = command_row(command, KEY_DHCP);

	for (unsigned i = 0; cmd && cmd->args && i < cmd->args->n; i++) {
		const struct key *key = &cmd->args->keys[i];
		const char *const *words = key->type == KEY_BOOL ? bools : key->type == KEY_ENUM ? key->words : NULL;

		if (strcmp(key->name, name) != 0)
			continue;
		for (; words && *words; words++)
			offer(wanted, *words, "");
		return;
	}
}

static void offer_keys(struct wanted *wanted)
{
	for (unsigned k = 0; all_scopes[k]; k++)
		for (unsigned i = 0; i < all_scopes[k]->n; i++)
			offer(wanted, all_scopes[k]->keys[i].name, "");
}

static void offer_words(struct wanted *wanted)
{
	for (unsigned i = 0; i < n_verbs; i++) {
		char first[32];

		(void)snprintf(first, sizeof(first), "%.*s", (int)strcspn(verbs[i].name, " "), verbs[i].name);
		offer(wanted, first, "");
	}
	command_each(KEY_DHCP, offer_command, wanted);
}

/* The first word that is neither an option nor the value of one; NULL if there is none before `at`. */
static const char *command_word(unsigned at, char **words)
{
	for (unsigned i = 1; i < at; i++) {
		bool takes_value = false;

		if (words[i][0] != '-')
			return words[i];
		for (unsigned k = 0; k < cli_n_options; k++) {
			const struct cli_option *o = &cli_options[k];

			takes_value = takes_value ||
				      (o->arg && ((words[i][1] == o->id && !words[i][2]) ||
						  (o->name && !strcmp(words[i] + (words[i][1] == '-') + 1, o->name))));
		}
		i += takes_value;
	}
	return NULL;
}

int print_candidates(unsigned at, char **words, unsigned n)
{
	struct wanted wanted = { at < n ? words[at] : "" };
	const char *command, *before;
	const struct command *cmd;

	if (!at || at > n)
		return EXIT_OK;
	before = words[at - 1];
	command = command_word(at, words);
	/* The shell splits words at "=". */
	if (command && (!strcmp(before, "=") || !strcmp(wanted.start, "="))) {
		unsigned name = !strcmp(before, "=") ? at - 2 : at - 1;

		if (!strcmp(wanted.start, "="))
			wanted.start = "";
		if (at >= 2)
			offer_values(&wanted, command, words[name]);
		return EXIT_OK;
	}
	if (!strcmp(before, "--state")) {
		for (unsigned i = 0; lease_state_words[i]; i++)
			offer(&wanted, lease_state_words[i], "");
		return EXIT_OK;
	}
	if (wanted.start[0] == '-') {
		unsigned options = 0;

		for (unsigned i = 0; i < n_verbs; i++)
			if (!command || !strcmp(command, verbs[i].name))
				options |= verbs[i].options;
		offer_options(&wanted, options);
	} else if (!command) {
		offer_words(&wanted);
	} else if (!strcmp(command, "doc")) {
		offer_keys(&wanted);
		command_each(KEY_DHCP, offer_command, &wanted);
	} else if (!strcmp(command, "lease")) {
		offer(&wanted, "drop", "");
	} else {
		cmd = command_row(command, KEY_DHCP);
		for (unsigned i = 0; cmd && cmd->args && i < cmd->args->n; i++)
			offer(&wanted, cmd->args->keys[i].name, "=");
	}
	return EXIT_OK;
}
