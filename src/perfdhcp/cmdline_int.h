/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "perfdhcp/cmdline.h"

/* Shared by cmdline.c, values.c and check.c: reading single values, and the rules. */

/* How often each option was given, indexed by its letter. */
struct given {
	uint8_t n[256];
};

int refuse(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Numbers and values with a special syntax; nth: 0 for the first occurrence. */
int value_u32(const char *text, uint32_t min, uint32_t max, uint32_t *ret);
int value_seconds(const char *text, bool zero, double *ret);
int value_base(struct options *opt, const char *text, char *why);
int value_max_drop(struct options *opt, unsigned nth, const char *text, char *why);
int value_extra(struct options *opt, const char *text, char *why);
int value_diagnostics(struct options *opt, const char *text, char *why);

/* Lists and templates from files. */
int file_macs(const char *path, struct options *opt, char *why);
int file_relays(const char *path, struct options *opt, char *why);
int file_template(const char *path, struct template *ret, char *why);

/* Checks across options: which go together, and defaults that depend on other options. */
int options_check(struct options *opt, const struct given *given, char *why);
