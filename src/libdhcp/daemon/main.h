/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

struct family;

/* A complete server: options, signals, threads, start and shutdown. Returns the exit status. */
int serve_main(const struct family *fam, int argc, char **argv);
