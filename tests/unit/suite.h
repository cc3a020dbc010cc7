/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <check.h>
#include <errno.h>

/* Runs a suite that is this test case and is named after the program; returns the exit status of the program. */
static inline int suite_run(TCase *tc)
{
	Suite *suite = suite_create(program_invocation_short_name);
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
