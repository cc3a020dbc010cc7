/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "conf/key.h"

/*
 * Basic authentication (RFC 7617). Of each user only a digest of the credentials is kept: checking takes the same time
 * whatever is wrong with them, whoever they are for.
 */
struct auth_user {
	const char *name;
	bool is_read_only;
	const struct conf_strings *commands; /* the only commands this user may use; NULL: all */
	uint8_t digest[32];
};

struct auth {
	const char *realm;
	struct auth_user *users;
	unsigned n_users;
};

/* Sets name and digest; the name must not contain a colon. */
void auth_user_init(struct auth_user *user, const char *name, const char *password);
/* Returns the user whose credentials are the value of an Authorization header; NULL if there is none. */
const struct auth_user *auth_find(const struct auth *auth, struct bytes header);
