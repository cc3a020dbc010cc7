/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/config_file.h"

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "json/diag.h"
#include "json/merge.h"
#include "json/read.h"
#include "json/value.h"
#include "root/config_text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns the path (malloc'd), which must be in the directory of the configuration file; NULL if it is not. */
static char *path_of(const struct config_file *file, const char *filename, struct str *why)
{
	const char *own = file->path, *slash = strrchr(own, '/'), *last;
	int len = slash ? (int)(slash - own) + 1 : 0;
	char *path = NULL;

	if (!filename)
		return xstrdup(own);
	last = strrchr(filename, '/');
	if (!last) {
		if (!*filename || !strcmp(filename, ".") || !strcmp(filename, ".."))
			str_addf(why, "not allowed to write config into %s: it is not a file name", filename);
		else if (asprintf(&path, "%.*s%s", len, own, filename) < 0)
			die_of_memory();
		return path;
	}
	if (file->is_any_allowed || ((last - filename) + 1 == len && !strncmp(filename, own, (size_t)len) && last[1]))
		return xstrdup(filename);
	str_addf(why, "not allowed to write config into %s: invalid path specified: it is outside %.*s", filename,
		 len > 1 ? len - 1 : 1, len ? own : ".");
	return NULL;
}

static bool replace(const char *path, const char *text, size_t len, struct str *why)
{
	char reason[FILE_WHY_MAX];
	struct file_new f;
	bool ok = file_new_open(&f, path, true) && file_write(f.fd, text, len) && file_new_finish(&f);

	if (ok)
		(void)file_sync_folder(path);
	else
		str_addf(why, "Error during config-write: unable to write %s: %s", path, file_why(path, W_OK, reason));
	file_new_drop(&f);
	return ok;
}

/* Returns { "Dhcp4": ... }. */
static struct json_object *document(const struct config_file *file, struct config_text *text)
{
	struct json_object *top = json_object_new_object();

	json_object_object_add(top, file->root, config_text_parse(text));
	return top;
}

/* True if this text, as a configuration file, means the same as the configuration. */
static bool means(const struct config_file *file, const struct str *out, struct config_text *text)
{
	struct diag *diag = NULL;
	struct config_text *read = file->read(file, out->text, out->len, &diag);
	bool ok = read && !strcmp(read->hash, text->hash);

	config_text_unref(read);
	diag_free(diag);
	return ok;
}

/* Appends the configuration file's text with what has changed since; nothing if that is not possible. */
static void merge(const struct config_file *file, struct config_text *text, struct str *out)
{
	struct json_object *before, *after;
	struct diag *diag = NULL;
	struct config_text *read = file->read(file, NULL, 0, &diag);
	const char *source;
	size_t len = 0;
	bool ok;

	if (read && (source = diag_source_text(diag, 1, &len)) != NULL) {
		before = document(file, read);
		after = document(file, text);
		/* What the file says in other words than the configuration (old names of keys) may be in the way. */
		ok = json_merge(source, len, before, after, out) && means(file, out, text);
		if (!ok)
			str_reset(out);
		json_object_put(before);
		json_object_put(after);
	}
	config_text_unref(read);
	diag_free(diag);
}

static void print(struct json_object *top, struct str *out)
{
	json_add_pretty(out, top, "", 0);
	str_addc(out, '\n');
}

/* Appends the configuration with what else the configuration file contains: the maps of other programs. */
static void add_others(const struct config_file *file, struct config_text *text, struct str *out)
{
	struct diag *diag = diag_new();
	struct json_doc doc;

	if (json_read_file(file->path, NULL, diag, &doc) == 0 && json_object_is_type(doc.root, json_type_object)) {
		json_object_object_add(doc.root, file->root, config_text_parse(text));
		print(doc.root, out);
		if (!means(file, out, text))
			str_reset(out);
	}
	json_doc_done(&doc);
	diag_free(diag);
}

static void compose(const struct config_file *file, struct config_text *text, bool own, struct str *out)
{
	struct json_object *top;

	if (own)
		merge(file, text, out);
	if (!out->len)
		add_others(file, text, out);
	if (out->len)
		return;
	top = document(file, text);
	print(top, out);
	json_object_put(top);
}

int64_t config_file_replace(const struct config_file *file, struct config_text *text, const char *filename,
			    char **ret_path, struct str *why)
{
	char *path = path_of(file, filename, why);
	struct str out = { 0 };
	int64_t size = -E_INVAL;
	bool own, ok;

	if (!path)
		return size;
	own = !strcmp(path, file->path);
	compose(file, text, own, &out);
	if (own && file->replacing && !file->replacing(file, out.text, out.len, why))
		goto out;
	ok = replace(path, out.text, out.len, why);
	if (own && file->replaced)
		file->replaced(file, ok);
	if (ok) {
		size = (int64_t)out.len;
		*ret_path = path;
		path = NULL;
	}
out:
	free(path);
	str_free(&out);
	return size;
}
