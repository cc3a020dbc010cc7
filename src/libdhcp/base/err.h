/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * Results of functions: 0 or positive is success, negative is one of these. A result from the
 * system is turned into -E_SYS with errno left as it was.
 */
enum err {
	E_OK = 0,
	E_NOMEM = 1,        /* an arena at its cap */
	E_INVAL = 2,        /* input that does not follow its grammar */
	E_RANGE = 3,        /* a value outside its range */
	E_SPACE = 4,        /* the output buffer is too small */
	E_NOENT = 5,        /* nothing there */
	E_EXIST = 6,        /* there already */
	E_SYS = 7,          /* a system call failed: errno says why */
	E_BUSY = 8,         /* held by another process or request */
	E_CONFLICT = 9,     /* somebody else changed it first */
	E_UNSUPPORTED = 10, /* known, not there yet */
	E_CONFIG = 11,      /* the configuration is wrong; diagnostics tell where */
	E_AGAIN = 12,       /* try later */
	E_CLOSED = 13,      /* the other end or this service is shutting down */
};

/* The text of a result, for example "out of range"; takes -E_X or E_X. */
const char *err_text(int err);
