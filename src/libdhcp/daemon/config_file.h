/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_text;
struct diag;
struct str;

/* A program's configuration file. */
struct config_file {
	const char *path;
	const char *root;    /* name of the program's map: "Dhcp4" */
	bool is_any_allowed; /* -X: files outside its directory may be written */
	/*
	 * Returns what the text, or with NULL the file, says as the program's configuration; NULL after errors.
	 * *ret_diag is always set.
	 */
	struct config_text *(*read)(const struct config_file *file, const char *text, size_t len,
				    struct diag **ret_diag);
	/* Before the file itself is replaced by this text, and then: whether it was. False: it must not be. May be
	 * NULL. */
	bool (*replacing)(const struct config_file *file, const char *text, size_t len, struct str *why);
	void (*replaced)(const struct config_file *file, bool is_written);
	void *ctx;      /* for both */
	unsigned flags; /* for read(): root/config.h */
	unsigned digit; /* same */
};

/*
 * Writes the configuration to a file in the directory of the configuration file: to a temporary file, which is synced
 * and renamed, so that the file is always the old or the new one. An existing file keeps its mode and owner. filename
 * NULL: to the configuration file itself. Where that file says the same as the configuration in service, it keeps its
 * text and comments.
 *
 * Returns the number of bytes and sets *ret_path (malloc'd); on failure a negative value, with the reason added to why.
 */
int64_t config_file_replace(const struct config_file *file, struct config_text *text, const char *filename,
			    char **ret_path, struct str *why);
