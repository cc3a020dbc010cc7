/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Expression and packet: a byte that selects the family, an expression up to a newline, and a packet. An
 * expression that compiles gives the same value twice, with bounded work, and reads only packet, expression and
 * scratch.
 */
#include "base/err.h"
#include "eval/expr_int.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dict *dicts[2];
static struct arena *lasting, *arena;
static struct eval_scratch *scratch;

static int find_class(void *ctx, const char *name)
{
	(void)ctx;
	return name[0] % 64;
}

static void start(void)
{
	lasting = arena_new(0);
	arena = arena_new(0);
	dicts[0] = dict_new(lasting, 0);
	dicts[1] = dict_new(lasting, 1);
	scratch = eval_scratch_new(true);
}

/* Classes 0 and 2 are the client's, in another order. */
static const uint32_t order[] = { 2, 0 };

static const struct eval_class_def *class_defs(void *ctx, uint16_t code, size_t *ret_n)
{
	static const enum opt_type fields[] = { OPT_UINT8, OPT_FQDN };
	static const struct optdef text = { .name = "text", .code = 43, .type = OPT_STRING, .space = "dhcp4" };
	static const struct optdef box = {
		.name = "box", .code = 224, .type = OPT_UINT16, .space = "dhcp4", .encapsulate = "box"
	};
	static const struct optdef record = {
		.name = "record", .code = 224, .type = OPT_RECORD, .record = fields, .record_n = 2, .space = "dhcp4"
	};
	static const struct eval_class_def defs43[] = { { 0, &text } }, defs224[] = { { 0, &box }, { 2, &record } },
					   defs225[] = { { 2, &box }, { 3, &record } };

	(void)ctx;
	*ret_n = code == 43 ? 1 : code == 224 || code == 225 ? 2 : 0;
	return code == 43 ? defs43 : code == 224 ? defs224 : code == 225 ? defs225 : NULL;
}

static unsigned sum(struct bytes b)
{
	unsigned s = 0;

	for (size_t i = 0; i < b.len; i++)
		s = s * 31 + b.data[i];
	return s;
}

static void evaluate(const struct eval_expr *expr, enum eval_type type, bool is_of_options, struct eval *ev)
{
	unsigned values[2] = { 0, 0 };
	bool exceeded = false;

	for (unsigned i = 0; i < 2; i++) {
		eval_begin(ev);
		values[i] = type == EVAL_BOOL ? eval_test(expr, ev) : sum(eval_text(expr, ev));
		assert(ev->work_left <= EVAL_WORK_MAX && ev->text_used <= EVAL_TEXT_MAX);
		assert(!i || exceeded == ev->is_exceeded);
		exceeded = ev->is_exceeded;
		assert(!exceeded || !values[i]);
	}
	assert(values[0] == values[1]);
	/* The checks expect well-formed options. */
	if (!is_of_options && type == EVAL_BOOL)
		assert(exceeded || expr->root->verdict != (values[0] ? NEVER_TRUE : ALWAYS_TRUE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	uint64_t classes = 0x5555555555555555;
	struct packet4 q4;
	struct packet6 q6;
	struct bytes packet;
	const char *why;
	bool v6;

	if (!end || end == data)
		return 0;
	if (!scratch)
		start();
	arena_reset(arena);
	v6 = data[0] & 1;
	packet = bytes_of(end + 1, size - (size_t)(end + 1 - data));
	if (v6 ? packet6_parse_lenient(packet, arena, &q6, &why) < 0
	       : packet4_parse_lenient(packet, arena, &q4, &why) < 0)
		return 0;
	for (enum eval_type type = EVAL_TEXT; type <= EVAL_BOOL; type++) {
		struct eval_env env = { .digit = v6 ? 6 : 4,
					.dict = dicts[v6],
					.find_class = find_class,
					.class_defs = class_defs,
					.arena = arena };
		struct eval ev = { .q4 = v6 ? NULL : &q4,
				   .q6 = v6 ? &q6 : NULL,
				   .iface = "eth0",
				   .len = (uint32_t)packet.len,
				   .classes = &classes,
				   .order = order,
				   .n_order = 2,
				   .is_known = data[0] & 2,
				   .scratch = scratch };
		struct json_object *value = json_object_new_string_len((const char *)data + 1, (int)(end - data - 1));
		const struct eval_expr *expr;

		env.diag = diag_new();
		expr = eval_compile(&env, value, type);
		if (expr)
			evaluate(expr, type, memmem(data, size, "option", 6) || memmem(data, size, "relay4", 6), &ev);
		diag_free(env.diag);
		json_object_put(value);
	}
	return 0;
}
