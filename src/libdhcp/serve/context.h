/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/* What a check of the relay information kept with a lease finds. */
enum context_verdict {
	CONTEXT_FINE,
	CONTEXT_UPGRADED, /* of an older form, or made right */
	CONTEXT_REMOVED,  /* unreadable: taken out */
};
