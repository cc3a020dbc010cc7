/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/args.h"
#include "conf/key.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * kea: the command line for people. What it can do is rows (verbs.c): options, verbs and exit codes; the help, the
 * manual page and the completion are printed from them, and commands and their arguments come from the servers' table.
 * Everything a server sends is untrusted: its size, its time and its characters.
 */
enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1, /* the server responded with an error */
	EXIT_USAGE = 2,
	EXIT_NOTHING = 3,     /* nothing was found */
	EXIT_UNREACHABLE = 4, /* no server, no valid response, or a file that cannot be read */
	EXIT_N,
};

/* Verbs that have options of their own; the others have those that every verb has. */
enum {
	FOR_ALL = 0,
	FOR_LEASES = 1,
	FOR_POOLS = 2,
	FOR_RESERVE = 4,
	FOR_WHY = 8,
	FOR_EVENTS = 16,
	FOR_TOP = 32,
	FOR_HISTORY = 64
};

/* What the options say. Strings are borrowed from argv. */
struct cli {
	/* which server */
	unsigned family;             /* KEY_4, KEY_6, KEY_D2; 0: not given */
	bool is4, is6, is_d2;        /* -4, -6, -D */
	const char *config, *socket; /* NULL: the default */
	const char *url, *user, *password_file, *ca, *cert, *key, *service;
	uint32_t timeout_sec; /* for each request */
	/* output */
	bool json, csv;
	uint32_t count; /* events, screens of top; 0: without end */
	/* leases */
	uint32_t subnet;                                                                 /* id; 0: any; also of pools */
	const char *hw_address, *client_id, *hostname, *state, *expiring, *after, *file; /* after: also of events */
	uint32_t limit;
	bool watch;
	/* pools */
	uint32_t warning, critical, interval_sec;
	bool nagios;
	/* reserve */
	const char *by;
	/* why */
	const char *pcap;
	uint32_t number;
	/* history */
	const char *at;
	bool print_manual;
	const char *print_completion; /* "bash" or "zsh" */
	/* the rest of the command line */
	char **words;
	unsigned n_words;
};

/* An option: a field of struct cli. */
struct cli_option {
	int id;
	const char *name, *arg;
	enum { OPT_FLAG, OPT_NUMBER, OPT_TEXT } type;
	size_t offset;
	uint32_t min, max; /* OPT_NUMBER */
	unsigned verbs;    /* FOR_*; FOR_ALL: with every verb */
	bool is_remote;    /* says which server is asked, and how */
	const char *doc;
};
extern const struct cli_option cli_options[];
extern const unsigned cli_n_options;

/* What can be done. */
struct verb {
	const char *name, *args; /* "lease drop", "ADDRESS" */
	const char *doc;
	unsigned options; /* FOR_* of its own; 0: none */
	bool is_local;    /* asks no server; it may have a family */
	int (*run)(struct cli *cli, char **words, unsigned n);
};
extern const struct verb verbs[];
extern const unsigned n_verbs;

struct exit_row {
	const char *doc;
};
extern const struct exit_row exit_rows[EXIT_N];

/* kea-shell's command line, as in Kea. */
int shell_main(int argc, char **argv);
extern const struct args_program shell_program;

/* Prints a line "kea: ..." to standard error, with control characters made visible. Returns code. */
int cli_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Reads "10m" as seconds; 0 if it is no such time. */
int64_t cli_seconds(const char *text);

/* --- verbs --- */
int run_leases(struct cli *cli, char **words, unsigned n);
int run_pools(struct cli *cli, char **words, unsigned n);
int run_lease_drop(struct cli *cli, char **words, unsigned n);
int run_reserve(struct cli *cli, char **words, unsigned n);
int run_doc(struct cli *cli, char **words, unsigned n);
int run_events(struct cli *cli, char **words, unsigned n);
int run_top(struct cli *cli, char **words, unsigned n);
int run_history(struct cli *cli, char **words, unsigned n);
int run_why(struct cli *cli, char **words, unsigned n);
/* Any command of the server: words[0] is its name, or a request as JSON. */
int run_command(struct cli *cli, char **words, unsigned n);

/* --- manual.c --- */
int print_manual(bool of_shell);
int print_completion(const char *shell);
/* Prints what the word `at` can be; the words are those of the shell, from "kea" on. */
int print_candidates(unsigned at, char **words, unsigned n);
/* The notes at the end of the help; the caller frees it. */
char *help_notes(void);
const struct args_program *cli_program(void);
