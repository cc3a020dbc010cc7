/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "io/sock_int.h"

/* Returns the socket of an old set that can be used as `sock`; NULL if there is none, or old is NULL. */
const struct sock *sock_find_old(const struct sockset *old, const struct sock *sock);
/*
 * True if the port is in use by this process: by a socket that will be closed because it joined other groups
 * than are needed now.
 */
bool sock_is_beside_old(const struct sockset *old, const struct sock *sock);
