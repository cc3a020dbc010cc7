/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The file of known users: a JSON map in each line.
 *
 *	{ "type": "HW_ADDR", "id": "0c:0e:0a:01:ff:04", "bootfile": "boot.img", "tftp_server": "tftp.example.org" }
 */
struct registry;

enum user_type { USER_HWADDR, USER_DUID };

enum { USER_ID_MAX = 130, USER_VALUE_MAX = 255 };

struct user {
	enum user_type type;
	unsigned char id[USER_ID_MAX];
	size_t id_len;
	char bootfile[USER_VALUE_MAX + 1], tftp_server[USER_VALUE_MAX + 1]; /* empty: none */
};

/* Reads the file. NULL: it cannot be used; `why` says why, and in which line. */
struct registry *registry_read(const char *path, char *why, size_t size);
void registry_free(struct registry *registry); /* NULL is fine */
size_t registry_count(const struct registry *registry);
/* NULL: nobody with that identifier is known. */
const struct user *registry_find(const struct registry *registry, enum user_type type, const void *id, size_t len);
