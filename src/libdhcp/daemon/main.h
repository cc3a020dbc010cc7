/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

struct family;

/* A whole server: options, signals, threads, life and death. Returns the exit status. */
int serve_main(const struct family *fam, int argc, char **argv);
