/* SPDX-License-Identifier: MPL-2.0 */
/*
 * "match": PCRE2 without its JIT compiler. Patterns are compiled into the configuration's arena. Matching uses memory
 * allocated at start and is abandoned after a number of steps, as when an evaluation limit is exceeded: input from a
 * client can make a pattern backtrack without end.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "eval/expr_int.h"

#include "base/err.h"

#include <pcre2.h>

enum {
	FRAMES_KIB = 64,
	STEP_WORK = 16, /* one matcher step takes about as long as examining this many bytes */
	SMALL = 8192,
	BIG = (FRAMES_KIB + 1) << 10,
};

/* --- memory ------------------------------------------------------------------- */

static void *arena_take(size_t size, void *ctx)
{
	return arena_room(ctx, size);
}

static void arena_leave(void *p, void *ctx)
{
	(void)p;
	(void)ctx;
}

/* Small blocks are allocated once and kept; the frame stack moves between two large blocks as it grows. */
struct regex_scratch {
	uint8_t small[SMALL] __attribute__((aligned(16)));
	uint8_t big[2][BIG] __attribute__((aligned(16)));
	size_t small_used;
	bool big_used[2];
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

static void *scratch_take(size_t size, void *ctx)
{
	struct regex_scratch *scratch = ctx;
	unsigned i;

	if (!scratch->data && size <= SMALL - scratch->small_used) {
		void *p = scratch->small + scratch->small_used;

		scratch->small_used += (size + 15) & ~(size_t)15;
		return p;
	}
	for (i = 0; i < 2; i++)
		if (!scratch->big_used[i] && size <= BIG) {
			scratch->big_used[i] = true;
			return scratch->big[i];
		}
	return NULL;
}

static void scratch_leave(void *p, void *ctx)
{
	struct regex_scratch *scratch = ctx;
	unsigned i;

	for (i = 0; i < 2; i++)
		if (p == scratch->big[i])
			scratch->big_used[i] = false;
}

struct regex_scratch *regex_scratch_new(void)
{
	struct regex_scratch *scratch = xcalloc(1, sizeof(*scratch));
	pcre2_general_context *general = pcre2_general_context_create(scratch_take, scratch_leave, scratch);

	scratch->limits = pcre2_match_context_create(general);
	(void)pcre2_set_heap_limit(scratch->limits, FRAMES_KIB);
	scratch->data = pcre2_match_data_create(REGEX_GROUPS, general);
	return scratch;
}

/* The scratch is a single allocation. */
void regex_scratch_free(struct regex_scratch *scratch)
{
	free(scratch);
}

const char *eval_regex_version(char buf[EVAL_VERSION_MAX])
{
	int len = pcre2_config(PCRE2_CONFIG_VERSION, NULL);

	buf[0] = '\0';
	if (len > 0 && len <= EVAL_VERSION_MAX)
		(void)pcre2_config(PCRE2_CONFIG_VERSION, buf);
	return buf;
}

/* --- patterns -------------------------------------------------------------------- */

void *regex_compile(struct bytes pattern, enum regex_use use, struct arena *arena, const char **ret_why, size_t *ret_at)
{
	/* Close to ECMAScript syntax, which Kea uses. */
	uint32_t options = PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C |
			   PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
	pcre2_general_context *general;
	pcre2_compile_context *context;
	PCRE2_SIZE at = 0;
	pcre2_code *code;
	PCRE2_UCHAR why[256];
	int err = 0;

	if (use == REGEX_WHOLE)
		options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
	*ret_at = 0;
	if (pattern.len > REGEX_MAX) {
		*ret_why = arena_printf(arena, "longer than %d bytes", REGEX_MAX);
		return NULL;
	}
	general = pcre2_general_context_create(arena_take, arena_leave, arena);
	context = general ? pcre2_compile_context_create(general) : NULL;
	if (!context)
		die_of_memory();
	(void)pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
	(void)pcre2_set_parens_nest_limit(context, EVAL_DEPTH_MAX);
	code = pcre2_compile(pattern.data, pattern.len, options, &err, &at, context);
	if (!code) {
		(void)pcre2_get_error_message(err, why, sizeof(why));
		*ret_why = arena_strdup(arena, (const char *)why);
		*ret_at = at;
	}
	return code;
}

/*
 * PCRE2 does not report how many steps a match took. So the first try gets few steps, which are nearly always enough
 * and cost little however many classes there are; each retry gets more and is charged for all the steps it may take.
 */
bool test_match(const struct eval_node *node, struct eval *ev)
{
	static const uint32_t steps[] = { 64, 512, 2048 };
	struct bytes text = node_text(node->first, ev);
	struct regex_scratch *scratch = ev->scratch->regex;
	int result = PCRE2_ERROR_MATCHLIMIT;
	unsigned i;

	if (text.len > REGEX_SUBJECT_MAX || !scratch || !eval_charge(ev, text.len))
		return false;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && result == PCRE2_ERROR_MATCHLIMIT; i++) {
		if (!eval_charge(ev, i ? steps[i] * STEP_WORK : steps[i]))
			return false;
		(void)pcre2_set_match_limit(scratch->limits, steps[i]);
		result = pcre2_match(node->regex, text.data, text.len, 0, PCRE2_NO_JIT, scratch->data, scratch->limits);
	}
	if (result >= 0)
		return true;
	if (result != PCRE2_ERROR_NOMATCH)
		ev->is_exceeded = true;
	return false;
}

#define FIND_STEPS 2048

int regex_find(const void *code, struct regex_scratch *scratch, struct bytes text, size_t from,
	       struct regex_span ret[REGEX_GROUPS])
{
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(scratch->data);
	int n, i;

	(void)pcre2_set_match_limit(scratch->limits, FIND_STEPS);
	/* 0: more groups than there is room for; the first ones are set. */
	n = pcre2_match(code, text.data, text.len, from, PCRE2_NO_JIT, scratch->data, scratch->limits);
	if (n == PCRE2_ERROR_NOMATCH)
		return 0;
	if (n < 0)
		return -E_RANGE;
	n = n ? n : REGEX_GROUPS;
	for (i = 0; i < REGEX_GROUPS; i++) {
		bool is_set = i < n && ends[2 * i] != PCRE2_UNSET && ends[2 * i] <= ends[2 * i + 1];

		ret[i] = is_set ? (struct regex_span){ true, ends[2 * i], ends[2 * i + 1] - ends[2 * i] }
				: (struct regex_span){ 0 };
	}
	/* \K in a lookaround may put the start after the end, or before the position. */
	return ret[0].is_set && ret[0].first >= from ? 1 : -E_RANGE;
}
