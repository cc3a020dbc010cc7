/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/*
 * Function results: 0 or positive is success, negative is one of these. A failed system call becomes -E_SYS,
 * with errno unchanged.
 */
enum err {
	E_OK = 0,
	E_NOMEM = 1,        /* an arena at its cap */
	E_INVAL = 2,        /* invalid syntax */
	E_RANGE = 3,        /* value out of range */
	E_SPACE = 4,        /* the output buffer is too small */
	E_NOENT = 5,        /* not found */
	E_EXIST = 6,        /* already exists */
	E_SYS = 7,          /* a system call failed, see errno */
	E_BUSY = 8,         /* held by another process or request */
	E_CONFLICT = 9,     /* someone else changed it first */
	E_UNSUPPORTED = 10, /* known, but not supported yet */
	E_CONFIG = 11,      /* configuration error; the diagnostics give the position */
	E_AGAIN = 12,       /* try later */
	E_CLOSED = 13,      /* the peer or this service is shutting down */
};

/* Returns the text of a result, for example "out of range"; takes -E_X or E_X. */
const char *err_text(int err);
