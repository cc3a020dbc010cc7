/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdio.h>

/*
 * The command line of a program as a table, so that all programs behave alike: -h and --help print the table, -v
 * and --version the version, and an error is one line on standard error that ends with: try "PROGRAM --help".
 */
struct args_option {
	int id;           /* option letter, or a number above 127 if there is only a long name */
	const char *name; /* long name; NULL if there is none */
	const char *arg;  /* name of the value; NULL if there is none */
	const char *doc;
};

struct args_program {
	const char *name;
	const char *about; /* first lines of the help */
	const char *usage; /* one line for each form, without the program name */
	const char *notes; /* last lines of the help; NULL if there are none */
	const struct args_option *v;
	unsigned n;
};

#define ARGS_END 0
#define ARGS_WHY_MAX 256

/*
 * Returns the id of the next option in argv, with its value in *ret_value (NULL if it has none), 'h' or 'v', or
 * ARGS_END, after which *ret_first is the index of the first argument that is not an option. -E_INVAL with the
 * reason in why. ret_first must be 0 before the first call.
 */
int args_next(const struct args_program *program, int argc, char **argv, int *first, const char **ret_value,
	      char why[ARGS_WHY_MAX]);
/* Handles 'h' and 'v': prints to standard output. Returns the exit status for main(): 0, or 1 if writing failed. */
int args_print(const struct args_program *program, int id);
/* Prints one line about an error in the arguments. */
void args_complain(const char *program, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "--name" or "-n". */
const char *args_option_text(const struct args_option *option, char *buf, size_t size);
