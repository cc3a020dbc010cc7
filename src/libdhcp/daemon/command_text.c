/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/command_text.h"

#include "base/arena.h"
#include "base/build.h"
#include "base/str.h"
#include "ctl/command.h"
#include "daemon/config_file.h"
#include "root/config_text.h"

#include <stdio.h>
#include <stdlib.h>

struct getting {
	const char *root;
	struct config_text *text;
	size_t sent;
	bool is_begun;
};

static enum ctl_more next_text(struct ctl_call *call, void *state, struct str *out)
{
	struct getting *g = state;

	if (!g->is_begun) {
		g->is_begun = true;
		str_addf(out, "{ \"%s\": ", g->root);
	}
	config_text_add(g->text, g->sent, CONFIG_TEXT_BLOCK, out);
	g->sent += CONFIG_TEXT_BLOCK;
	if (g->sent < g->text->len)
		return CTL_MORE;
	str_addf(out, ", \"hash\": \"%s\" }", g->text->hash);
	ctl_cursor_result(call, CTL_SUCCESS, NULL);
	return CTL_END;
}

static void free_getting(void *state)
{
	struct getting *g = state;

	config_text_unref(g->text);
	free(g);
}

static const struct ctl_cursor text_cursor = { next_text, free_getting };

void command_respond_text(struct ctl_call *call, struct config_text *text, const char *root)
{
	struct getting *g = xcalloc(1, sizeof(*g));

	g->root = root;
	g->text = config_text_ref(text);
	ctl_respond_cursor(call, &text_cursor, g);
}

struct json_object *command_hash(const struct config_text *text)
{
	struct json_object *map = json_object_new_object();

	json_object_object_add(map, "hash", json_object_new_string(text->hash));
	return map;
}

bool command_hash_matches(struct ctl_call *call, const struct config_text *text, const char *hash)
{
	if (!hash || str_case_equal(hash, text->hash))
		return true;
	ctl_respond(call, CTL_CONFLICT, command_hash(text),
		    "the configuration was changed by someone else: its hash is %s", text->hash);
	return false;
}

void command_config_write(struct ctl_call *call, const struct config_file *file, struct config_text *text,
			  const char *filename)
{
	struct json_object *map;
	struct str why = { 0 };
	char *path = NULL;
	int64_t size = config_file_replace(file, text, filename, &path, &why);

	if (size < 0) {
		ctl_respond(call, CTL_ERROR, NULL, "%s", str_text(&why));
	} else {
		map = json_object_new_object();
		json_object_object_add(map, "filename", json_object_new_string(path));
		json_object_object_add(map, "size", json_object_new_int64(size));
		ctl_respond(call, CTL_SUCCESS, map, "Configuration written to %s successful", path);
	}
	free(path);
	str_free(&why);
}

char *command_printed(void (*print)(const void *ctx, FILE *to), const void *ctx)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		die_of_memory();
	print(ctx, f);
	(void)fclose(f);
	return text;
}

static void print_build(const void *ctx, FILE *to)
{
	(void)ctx;
	build_report(to);
}

void command_respond_build_report(struct ctl_call *call)
{
	char *text = command_printed(print_build, NULL);

	ctl_respond(call, CTL_SUCCESS, NULL, "%s", text);
	free(text);
}
