/* SPDX-License-Identifier: MPL-2.0 */
#include "hook/hooks.h"

_Static_assert(HOOK_POINT_N <= 64, "points have a bit each");

struct callout {
	struct callout *next;
	hook_fn *fn;
	void *library;
};

struct hooks *hooks_new(struct arena *arena)
{
	struct hooks *hooks = arena_new_obj(arena, struct hooks);

	hooks->arena = arena;
	return hooks;
}

void hooks_register(struct hooks *hooks, enum hook_point_id point, hook_fn *fn, void *library)
{
	struct callout *callout = arena_new_obj(hooks->arena, struct callout), **last = &hooks->at[point];

	while (*last)
		last = &(*last)->next;
	*callout = (struct callout){ .fn = fn, .library = library };
	*last = callout;
	hooks->points |= 1ull << point;
}

enum hook_verdict hooks_call(const struct hooks *hooks, struct hook_call *call)
{
	const struct callout *callout;

	call->verdict = HOOK_CONTINUE;
	for (callout = hooks->at[call->point]; callout && call->verdict != HOOK_DROP; callout = callout->next) {
		enum hook_verdict said = callout->fn(callout->library, call);
		const struct hook_point *point = &hook_points[call->point];

		if (said == HOOK_CONTINUE)
			continue;
		if (said == HOOK_PARK && !point->may_park)
			said = point->decides ? HOOK_DROP : HOOK_CONTINUE;
		if (said == HOOK_DROP && !point->may_drop)
			said = HOOK_SKIP;
		if (said > call->verdict)
			call->verdict = said;
	}
	return call->verdict;
}
