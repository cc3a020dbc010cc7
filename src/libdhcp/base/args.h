/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdio.h>

/*
 * The command line of a program as a table, so that all programs behave alike: -h and --help print the table, -v and
 * --version the version, and a mistake is one line on standard error that ends with: try "PROGRAM --help".
 */
struct args_option {
	int id;           /* its letter, or a number above 127 when it has a long name only */
	const char *name; /* the long name; NULL if it has none */
	const char *arg;  /* what its value is called; NULL if it takes none */
	const char *doc;
};

struct args_program {
	const char *name;
	const char *about; /* the first lines of the help */
	const char *usage; /* a line for each form, without the program's name */
	const char *notes; /* the last lines of the help; NULL if there are none */
	const struct args_option *v;
	unsigned n;
};

#define ARGS_END 0
#define ARGS_WHY_MAX 256

/*
 * The next option in the order of argv: its id, with the value in *ret_value (NULL if it takes none), 'h' or 'v', or
 * ARGS_END, after which *ret_first is the index of the first argument that is no option. -E_INVAL with the reason in
 * why. ret_first has to be 0 before the first call.
 */
int args_next(const struct args_program *program, int argc, char **argv, int *first, const char **ret_value,
	      char why[ARGS_WHY_MAX]);
/* For 'h' and 'v': prints it on standard output. What main() returns: 0, or 1 if it could not be written. */
int args_print(const struct args_program *program, int id);
/* One line about a mistake. */
void args_complain(const char *program, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "--name" or "-n". */
const char *args_option_text(const struct args_option *option, char *buf, size_t size);
