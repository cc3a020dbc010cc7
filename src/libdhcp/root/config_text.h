/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * A configuration as config-get returns it: the text of the map Dhcp4 or Dhcp6, with all defaults. It is what commands
 * read and change: a configuration that serves has no document. Shared by the configuration and the responses that are
 * still being sent. Main thread.
 */
#define CONFIG_HASH_MAX 65

/* Where a reservation of the file is in the text. */
struct config_host_span {
	size_t at;
	uint32_t len;  /* bytes */
	uint32_t rank; /* position in its list */
};

struct config_text {
	unsigned users;
	struct config_host_span *hosts; /* in the order of the source (host/file.h); NULL until it is needed */
	char hash[CONFIG_HASH_MAX];     /* SHA-256 of v, in upper-case hexadecimal */
	size_t len;
	char v[]; /* NUL-terminated */
};

/* map: the value of Dhcp4 or Dhcp6 in what config_print() returns. */
struct json_object;
struct config_text *config_text_new(struct json_object *map);
struct config_text *config_text_ref(struct config_text *text);
void config_text_unref(struct config_text *text); /* NULL is fine */
