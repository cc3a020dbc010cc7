/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/changes.h"

#include "base/file.h"
#include "json/diff.h"
#include "json/read.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void changes_init(struct changes *c, unsigned family, const char *config_file)
{
	*c = (struct changes){ .family = family, .config_file = config_file };
	if (asprintf(&c->path, "%s.changes", config_file) < 0)
		die_of_memory();
}

void changes_done(struct changes *c)
{
	free(c->path);
	c->path = NULL;
}

/* --- hashes ------------------------------------------------------------------------ */

static void end_hash(EVP_MD_CTX *ctx, char ret[CHANGES_HASH_MAX])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	(void)EVP_DigestFinal_ex(ctx, digest, &n);
	(void)bytes_to_hex(bytes_of(digest, n), 0, ret, CHANGES_HASH_MAX);
	EVP_MD_CTX_free(ctx);
}

static void add_text(EVP_MD_CTX *ctx, const char *text, size_t len)
{
	uint64_t size = len;

	(void)EVP_DigestUpdate(ctx, &size, sizeof(size));
	(void)EVP_DigestUpdate(ctx, text, len);
}

static EVP_MD_CTX *begin_hash(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
		die_of_memory();
	return ctx;
}

/* Of the file itself, without what it includes. */
static void hash_text(const char *text, size_t len, char ret[CHANGES_HASH_MAX])
{
	EVP_MD_CTX *ctx = begin_hash();

	add_text(ctx, text, len);
	end_hash(ctx, ret);
}

/* Of all that was read: the file and what it includes. */
static void hash_sources(const struct diag *diag, char ret[CHANGES_HASH_MAX])
{
	EVP_MD_CTX *ctx = begin_hash();

	for (uint32_t i = 1; i <= diag_sources(diag); i++) {
		size_t len = 0;
		const char *text = diag_source_text(diag, i, &len);

		if (text)
			add_text(ctx, text, len);
	}
	end_hash(ctx, ret);
}

/* --- reading ----------------------------------------------------------------------- */

/* Returns false if there is no such file; too_long if it cannot be read. */
static bool read_file(const char *path, struct str *ret, bool *ret_is_bad)
{
	char buf[65536];
	FILE *f = fopen(path, "re");
	size_t n;

	*ret_is_bad = !f && errno != ENOENT;
	if (!f)
		return *ret_is_bad;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0 && ret->len <= CHANGES_SIZE_MAX)
		str_add_n(ret, buf, n);
	*ret_is_bad = ferror(f) || ret->len > CHANGES_SIZE_MAX;
	(void)fclose(f);
	return true;
}

/* Cuts a line that was written in part: nobody had a response. */
static void cut_torn(struct str *text)
{
	while (text->len && text->text[text->len - 1] != '\n')
		text->len--;
	if (text->text)
		text->text[text->len] = '\0';
}

/* Reads the lines as a list; the list is NULL if they are not JSON. */
static void read_lines(const char *path, const struct str *text, struct json_doc *ret)
{
	struct diag *diag = diag_new();
	struct str list = { 0 };

	str_addc(&list, '[');
	for (const char *p = str_text(text), *end; (end = strchr(p, '\n')); p = end + 1) {
		if (list.len > 1)
			str_addc(&list, ',');
		str_add_n(&list, p, (size_t)(end - p));
	}
	str_addc(&list, ']');
	if (json_read_text(path, list.text, list.len, JSON_STRICT, NULL, diag, ret) < 0 ||
	    !json_object_is_type(ret->root, json_type_array)) {
		json_doc_done(ret);
		*ret = (struct json_doc){ 0 };
	}
	str_free(&list);
	diag_free(diag);
}

static const char *text_in(struct json_object *line, const char *key)
{
	struct json_object *v = NULL;

	return json_object_is_type(line, json_type_object) && json_object_object_get_ex(line, key, &v) &&
			       json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : "";
}

/* Returns the configuration with the changes; NULL if they cannot be made. */
static struct config *apply(const struct config *cfg, struct json_object *lines, unsigned flags)
{
	const char *name = config_root_name(config_digit(cfg));
	struct json_object *top = json_object_new_object(), *steps, *map;
	struct diag *diag = diag_new();
	struct config *ret = NULL;
	struct json_doc doc;
	bool ok = true;

	config_text_read(cfg->text, diag, &doc);
	json_object_object_add(top, name, json_object_get(doc.root));
	for (size_t i = 1; ok && i < json_object_array_length(lines); i++) {
		struct json_object *line = json_object_array_get_idx(lines, i);

		/* A file was announced that was not written then. */
		if (text_in(line, "folded")[0])
			continue;
		if (!json_object_is_type(line, json_type_object))
			ok = false;
		else if (json_object_object_get_ex(line, "config", &steps))
			json_object_object_add(top, name, json_object_get(steps));
		else
			ok = json_object_object_get_ex(line, "changes", &steps) &&
			     json_object_object_get_ex(top, name, &map) && json_apply(map, steps);
	}
	if (ok)
		(void)config_load_json(top, config_digit(cfg), flags, diag, &ret);
	json_object_put(top);
	json_doc_done(&doc);
	diag_free(diag);
	return ret;
}

/* True if the last line says that the changes are part of this text. */
static bool is_folded(struct json_object *lines, const struct diag *diag)
{
	size_t n = json_object_array_length(lines), len = 0;
	const char *text = diag_source_text(diag, 1, &len);
	char hash[CHANGES_HASH_MAX];

	if (!n || !text)
		return false;
	hash_text(text, len, hash);
	return strcmp(text_in(json_object_array_get_idx(lines, n - 1), "folded"), hash) == 0;
}

static struct config *replay(struct changes *c, struct config *cfg, struct json_object *lines, const struct diag *diag,
			     unsigned flags)
{
	struct config *changed;

	if (is_folded(lines, diag)) {
		c->next.state = CHANGES_FOLDED;
		return cfg;
	}
	if (strcmp(text_in(json_object_array_get_idx(lines, 0), "base"), c->next.hash) != 0) {
		c->next.state = CHANGES_STALE;
		return cfg;
	}
	changed = apply(cfg, lines, flags);
	if (!changed) {
		c->next.state = CHANGES_BAD;
		return cfg;
	}
	c->next.state = CHANGES_MADE;
	config_free(cfg);
	return changed;
}

struct config *changes_replay(struct changes *c, struct config *cfg, const struct diag *diag, unsigned flags)
{
	struct json_doc doc = { 0 };
	struct str text = { 0 };
	bool is_bad;

	c->next = (struct changes_base){ .state = CHANGES_NONE };
	hash_sources(diag, c->next.hash);
	if (!read_file(c->path, &text, &is_bad))
		return cfg;
	cut_torn(&text);
	c->next.size = (int64_t)text.len;
	if (!is_bad)
		read_lines(c->path, &text, &doc);
	if (doc.root && json_object_array_length(doc.root))
		cfg = replay(c, cfg, doc.root, diag, flags);
	else
		c->next.state = CHANGES_BAD;
	json_doc_done(&doc);
	str_free(&text);
	return cfg;
}

static void drop(struct changes *c)
{
	char *to = NULL;

	if (asprintf(&to, "%s.dropped", c->path) < 0)
		die_of_memory();
	if (c->next.state == CHANGES_STALE)
		LOGF(c->family, DHCPx_CHANGES_DROPPED, c->path, to);
	else
		LOGF(c->family, DHCPx_CHANGES_UNUSABLE, c->path, to);
	(void)rename(c->path, to);
	free(to);
}

/* True if the file, or a new one in its place, can be written; else sets errno. Also as root where all is read-only. */
static bool can_write(const struct changes *c)
{
	char folder[PATH_MAX];

	if (faccessat(AT_FDCWD, c->path, W_OK, AT_EACCESS) == 0)
		return true;
	return errno == ENOENT && faccessat(AT_FDCWD, file_folder(c->path, folder), W_OK | X_OK, AT_EACCESS) == 0;
}

void changes_use(struct changes *c, bool stores)
{
	char reason[FILE_WHY_MAX];

	if (stores && !can_write(c))
		LOGF(c->family, DHCPx_CHANGES_NOT_WRITABLE, c->path, file_why(c->path, W_OK, reason));
	c->base = c->next;
	c->is_behind = false;
	switch (c->base.state) {
	case CHANGES_NONE:
		break;
	case CHANGES_MADE:
		LOGF(c->family, DHCPx_CHANGES_MADE, c->path);
		return;
	case CHANGES_FOLDED:
		(void)unlink(c->path);
		break;
	case CHANGES_STALE:
	case CHANGES_BAD:
		drop(c);
		break;
	}
	c->base.size = 0;
}

/* --- writing ----------------------------------------------------------------------- */

static bool failed(const struct changes *c, struct str *why)
{
	char reason[FILE_WHY_MAX];

	str_addf(why, "the change cannot be stored in %s: %s", c->path, file_why(c->path, W_OK, reason));
	return false;
}

/* Appends after the part that holds, and syncs. */
static bool append(struct changes *c, const struct str *line, struct str *why)
{
	int fd = open(c->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	bool ok = fd >= 0 && ftruncate(fd, c->base.size) == 0 && lseek(fd, c->base.size, SEEK_SET) == c->base.size &&
		  file_write(fd, line->text, line->len) && fdatasync(fd) == 0;

	if (!ok)
		(void)failed(c, why);
	if (!ok && fd >= 0 && ftruncate(fd, c->base.size) == 0)
		(void)fdatasync(fd);
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* Creates the file with its first lines. */
static bool create(struct changes *c, const struct str *text, struct str *why)
{
	struct file_new f;
	bool ok = file_new_open(&f, c->path, false) && file_write(f.fd, text->text, text->len) && file_new_finish(&f) &&
		  file_sync_folder(c->path) == 0;

	if (!ok)
		(void)failed(c, why);
	file_new_drop(&f);
	return ok;
}

static bool store(struct changes *c, const struct str *line, struct str *why)
{
	struct str text = { 0 };
	bool ok;

	if (c->base.size + (int64_t)line->len > CHANGES_SIZE_MAX) {
		str_addf(why, "%s has too many changes: use config-write", c->path);
		return false;
	}
	if (c->base.size) {
		ok = append(c, line, why);
	} else {
		str_addf(&text, "{ \"base\": \"%s\" }\n", c->base.hash);
		str_add_n(&text, line->text, line->len);
		ok = create(c, &text, why);
	}
	if (ok)
		c->base.size += (int64_t)(text.len ? text.len : line->len);
	str_free(&text);
	return ok;
}

static struct json_object *read_text(struct config_text *text, struct json_doc *doc)
{
	struct diag *diag = diag_new();

	config_text_read(text, diag, doc);
	diag_free(diag);
	return doc->root;
}

void changes_skip(struct changes *c)
{
	c->undo_size = c->base.size;
	c->undo_is_behind = c->is_behind;
	c->is_behind = true;
}

/* Appends the line for a change; nothing if there is none. */
static void add_steps(struct config_text *before, struct config_text *after, struct str *line)
{
	struct json_doc docs[2];
	struct json_object *steps = json_diff(read_text(before, &docs[0]), read_text(after, &docs[1]));

	if (json_object_array_length(steps))
		str_addf(line, "{ \"changes\": %s }\n", json_object_to_json_string_ext(steps, JSON_C_TO_STRING_PLAIN));
	json_object_put(steps);
	json_doc_done(&docs[0]);
	json_doc_done(&docs[1]);
}

bool changes_add(struct changes *c, struct config_text *before, struct config_text *after, struct str *why)
{
	struct str line = { 0 };
	bool ok = true;

	c->undo_size = c->base.size;
	c->undo_is_behind = c->is_behind;
	/* The file and what is stored are not what the configuration was. */
	if (c->is_behind) {
		str_add(&line, "{ \"config\": ");
		config_text_add(after, 0, SIZE_MAX, &line);
		str_add(&line, " }\n");
	} else {
		add_steps(before, after, &line);
	}
	if (line.len)
		ok = store(c, &line, why);
	if (ok)
		c->is_behind = false;
	str_free(&line);
	return ok;
}

void changes_undo(struct changes *c)
{
	int fd;

	c->is_behind = c->undo_is_behind;
	if (c->undo_size == c->base.size)
		return;
	c->base.size = c->undo_size;
	if (!c->base.size) {
		(void)unlink(c->path);
		(void)file_sync_folder(c->path);
		return;
	}
	fd = open(c->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	if (ftruncate(fd, c->base.size) == 0)
		(void)fdatasync(fd);
	(void)close(fd);
}

/* --- config-write ------------------------------------------------------------------- */

bool changes_fold(struct changes *c, const char *text, size_t len, struct str *why)
{
	char hash[CHANGES_HASH_MAX];
	struct str line = { 0 };
	bool ok;

	c->undo_size = c->base.size;
	c->undo_is_behind = c->is_behind;
	if (!c->base.size)
		return true;
	hash_text(text, len, hash);
	str_addf(&line, "{ \"folded\": \"%s\" }\n", hash);
	ok = append(c, &line, why);
	if (ok)
		c->base.size += (int64_t)line.len;
	str_free(&line);
	return ok;
}

void changes_folded(struct changes *c, bool is_written)
{
	struct json_doc doc = { 0 };
	struct diag *diag;

	if (!is_written) {
		changes_undo(c);
		return;
	}
	if (c->base.size)
		(void)unlink(c->path);
	c->base = (struct changes_base){ .state = CHANGES_NONE };
	c->is_behind = false;
	diag = diag_new();
	(void)json_read_file(c->config_file, NULL, diag, &doc);
	hash_sources(diag, c->base.hash);
	json_doc_done(&doc);
	diag_free(diag);
}
