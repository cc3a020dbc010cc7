/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <check.h>
#include <errno.h>

/* Runs a suite of these test cases that is named after the program; returns the exit status of the program. */
static inline int suite_run_all(TCase *const *v, unsigned n)
{
	Suite *suite = suite_create(program_invocation_short_name);
	SRunner *runner = srunner_create(suite);
	int failed;

	for (unsigned i = 0; i < n; i++)
		suite_add_tcase(suite, v[i]);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

/* Runs a suite that is this test case. */
static inline int suite_run(TCase *tc)
{
	return suite_run_all(&tc, 1);
}
