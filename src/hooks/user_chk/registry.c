/* SPDX-License-Identifier: MPL-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "user_chk/registry.h"

#include "hex.h"
#include "user_chk/messages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_MAX_LEN 4096
#define USERS_MAX 1000000

struct registry {
	size_t n, max;
	struct user *v;
};

static int compare(const void *a, const void *b)
{
	const struct user *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->id_len != y->id_len)
		return x->id_len < y->id_len ? -1 : 1;
	return memcmp(x->id, y->id, x->id_len);
}

/* Pairs of digits, with colons between them or without. Returns what is wrong; NULL: nothing. */
static const char *read_id(const char *text, struct user *user)
{
	while (*text) {
		int byte = hex_pair(text, 2);

		if (byte < 0)
			return "\"id\" is not made of pairs of hexadecimal digits";
		if (user->id_len == USER_ID_MAX)
			return "\"id\" is too long";
		user->id[user->id_len++] = (unsigned char)byte;
		text += 2;
		if (*text == ':' && text[1])
			text++;
	}
	return user->id_len ? NULL : "\"id\" is missing";
}

static const char *read_value(const struct kea_json *map, const char *key, char out[USER_VALUE_MAX + 1])
{
	const struct kea_json *value = kea->json_get(map, key);

	if (!value)
		return NULL;
	if (kea->json_type(value) != KEA_JSON_TEXT)
		return "\"bootfile\" and \"tftp_server\" must be strings";
	if (strlen(kea->json_text(value)) > USER_VALUE_MAX)
		return "\"bootfile\" and \"tftp_server\" have at most 255 bytes";
	(void)snprintf(out, USER_VALUE_MAX + 1, "%s", kea->json_text(value));
	return NULL;
}

static const char *read_user(const struct kea_json *map, struct user *user)
{
	const char *type = kea->json_text(kea->json_get(map, "type")), *bad;

	*user = (struct user){ .type = !strcmp(type, "DUID") ? USER_DUID : USER_HWADDR };
	if (kea->json_type(map) != KEA_JSON_MAP)
		return "it is not a map";
	if (strcmp(type, "HW_ADDR") != 0 && strcmp(type, "DUID") != 0)
		return "\"type\" must be \"HW_ADDR\" or \"DUID\"";
	bad = read_id(kea->json_text(kea->json_get(map, "id")), user);
	if (!bad)
		bad = read_value(map, "bootfile", user->bootfile);
	return bad ? bad : read_value(map, "tftp_server", user->tftp_server);
}

static struct user *room(struct registry *registry)
{
	if (registry->n == registry->max) {
		size_t max = registry->max ? 2 * registry->max : 64;
		struct user *v = max <= USERS_MAX ? realloc(registry->v, max * sizeof(*v)) : NULL;

		if (!v)
			return NULL;
		registry->v = v;
		registry->max = max;
	}
	return &registry->v[registry->n];
}

/* Returns what is wrong with the line; NULL: nothing. */
static const char *add_line(struct registry *registry, const char *line, size_t len)
{
	struct kea_json *json;
	struct user *user;
	const char *bad;

	if (strspn(line, " \t\r\n") == len)
		return NULL;
	user = room(registry);
	if (!user)
		return "there are too many users";
	json = kea->json_read(line, len);
	if (!json)
		return "it is not JSON";
	bad = read_user(json, user);
	kea->json_free(json);
	registry->n += !bad;
	return bad;
}

static const char *read_lines(struct registry *registry, FILE *file, unsigned long *ret_line)
{
	char line[LINE_MAX_LEN];
	const char *bad = NULL;

	for (*ret_line = 1; !bad && fgets(line, sizeof(line), file); ++*ret_line) {
		size_t len = strlen(line);

		if (len == sizeof(line) - 1)
			bad = "it is too long";
		else
			bad = add_line(registry, line, len);
	}
	return bad;
}

struct registry *registry_read(const char *path, char *why, size_t size)
{
	struct registry *registry = calloc(1, sizeof(*registry));
	FILE *file = fopen(path, "re");
	unsigned long line = 0;
	const char *bad;
	struct stat st;

	if (!registry || !file || fstat(fileno(file), &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)snprintf(why, size, "cannot read %s: %s", path, file ? "it is not a file" : strerror(errno));
		goto fail;
	}
	bad = read_lines(registry, file, &line);
	if (bad) {
		(void)snprintf(why, size, "%s:%lu: %s", path, line - 1, bad);
		goto fail;
	}
	(void)fclose(file);
	if (registry->n)
		qsort(registry->v, registry->n, sizeof(registry->v[0]), compare);
	return registry;
fail:
	if (file)
		(void)fclose(file);
	registry_free(registry);
	return NULL;
}

void registry_free(struct registry *registry)
{
	if (registry)
		free(registry->v);
	free(registry);
}

size_t registry_count(const struct registry *registry)
{
	return registry->n;
}

const struct user *registry_find(const struct registry *registry, enum user_type type, const void *id, size_t len)
{
	struct user key = { .type = type, .id_len = len };

	if (!len || len > USER_ID_MAX || !registry->n)
		return NULL;
	memcpy(key.id, id, len);
	return bsearch(&key, registry->v, registry->n, sizeof(key), compare);
}
