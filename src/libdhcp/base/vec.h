/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/arena.h"

/*
 * A growing array on the process's heap.
 *
 *	VEC(struct subnet *) subs = { 0 };
 *	*vec_push(&subs) = sub;
 *	for (size_t i = 0; i < subs.n; i++) use(subs.v[i]);
 *	vec_free(&subs);
 */
#define VEC(type)           \
	struct {            \
		type *v;    \
		size_t n;   \
		size_t cap; \
	}

#define vec_push(vec)                                                                                      \
	(((vec)->n == (vec)->cap ? ((vec)->cap = (vec)->cap ? (vec)->cap * 2 : 8,                          \
				    (void)((vec)->v = xrealloc((vec)->v, (vec)->cap * sizeof(*(vec)->v)))) \
				 : (void)0),                                                               \
	 memset(&(vec)->v[(vec)->n], 0, sizeof(*(vec)->v)), &(vec)->v[(vec)->n++])

#define vec_free(vec)            \
	do {                     \
		free((vec)->v);  \
		(vec)->v = NULL; \
		(vec)->n = 0;    \
		(vec)->cap = 0;  \
	} while (0)
