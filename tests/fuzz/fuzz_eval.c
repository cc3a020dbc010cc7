/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A single expression: the parser and its errors. The first byte selects family and type. An expression compiles
 * without an error or fails with one; error positions are inside the text.
 */
#include "base/str.h"
#include "eval/expr.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int find_class(void *ctx, const char *name)
{
	(void)ctx;
	return name[0] == 'f' ? name[1] : -1;
}

static const char *const *class_names(void *ctx, size_t *ret_n)
{
	static const char *const names[] = { "foo", "fax" };

	(void)ctx;
	*ret_n = 2;
	return names;
}

/* Makes a JSON string of exactly the bytes that the reader accepts in one. */
static void make_json(struct str *json, const uint8_t *data, size_t size)
{
	str_addc(json, '"');
	for (size_t i = 0; i < size; i++)
		if (data[i] == '"' || data[i] == '\\')
			str_addf(json, "\\%c", data[i]);
		else if (data[i] < ' ' || data[i] > 126)
			str_addf(json, "\\u%04x", data[i] ? data[i] : 1);
		else
			str_addc(json, (char)data[i]);
	str_addc(json, '"');
}

static void read_and_compile(const uint8_t *data, size_t size, unsigned choice, struct arena *arena)
{
	static struct dict *dicts[2];
	static struct arena *lasting;
	struct eval_env env = { .digit = choice & 1 ? 6 : 4,
				.find_class = find_class,
				.class_names = class_names,
				.arena = arena,
				.diag = diag_new() };
	struct str json = { 0 };
	const struct eval_expr *expr;
	struct json_doc doc;
	FILE *null;

	if (!lasting) {
		lasting = arena_new(0);
		dicts[0] = dict_new(lasting, 0);
		dicts[1] = dict_new(lasting, 1);
	}
	env.dict = dicts[choice & 1];
	make_json(&json, data, size);
	assert(json_read_text("t", json.text, json.len, 0, NULL, env.diag, &doc) == 0);
	expr = eval_compile(&env, doc.root, choice & 2 ? EVAL_TEXT : EVAL_BOOL);
	assert(!expr == (diag_errors(env.diag) > 0));
	null = fopen("/dev/null", "w");
	assert(null);
	diag_print(env.diag, null, DIAG_TEXT);
	fclose(null);
	diag_free(env.diag);
	json_doc_done(&doc);
	str_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena *arena;

	if (!size)
		return 0;
	if (!arena)
		arena = arena_new(0);
	arena_reset(arena);
	read_and_compile(data + 1, size - 1, data[0], arena);
	return 0;
}
