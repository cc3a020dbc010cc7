/* SPDX-License-Identifier: MPL-2.0 */
#include "base/err.h"

const char *err_text(int err)
{
	static const char *const texts[] = {
		[E_OK] = "success",
		[E_NOMEM] = "out of memory",
		[E_INVAL] = "invalid input",
		[E_RANGE] = "out of range",
		[E_SPACE] = "does not fit",
		[E_NOENT] = "not found",
		[E_EXIST] = "exists already",
		[E_SYS] = "system error",
		[E_BUSY] = "busy",
		[E_CONFLICT] = "conflict",
		[E_UNSUPPORTED] = "not supported",
		[E_CONFIG] = "wrong configuration",
		[E_AGAIN] = "try again",
		[E_CLOSED] = "closed",
	};
	unsigned i = (unsigned)(err < 0 ? -err : err);

	if (i >= sizeof(texts) / sizeof(texts[0]))
		return "unknown error";
	return texts[i];
}
