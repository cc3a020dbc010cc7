/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/sock_int.h"

/* The socket of a set of before that can serve as `sock`; NULL if there is none, or old is NULL. */
const struct sock *sock_find_old(const struct sockset *old, const struct sock *sock);
/* The port is taken by ourselves: by a socket that goes, because its groups are not the ones asked for now. */
bool sock_is_beside_old(const struct sockset *old, const struct sock *sock);
