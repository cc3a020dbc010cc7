/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/bytes.h"
#include "base/str.h"

/*
 * Encrypted DNS resolvers, RFC 9463: DHCPv4 option 162 and DHCPv6 option 144. The text is
 *
 *	priority, name[, address address...[, parameter=value ...]]
 *
 * with "|" between the instances of DHCPv4 (a DHCPv6 option holds one) and "\," for a comma inside a
 * value: "10, dot.example., 192.0.2.1 192.0.2.2, alpn=dot\,doq port=853". Parameters are alpn, port,
 * dohpath, and keyNNNNN=text for others (RFC 9460 section 14.3).
 */

/* Returns -E_INVAL or -E_SPACE with the reason in *reterr_why (static). */
int dnr_write(struct writer *w, const char *text, bool v6, const char **reterr_why);
/* Appends to out, which may be NULL for a check only; -E_INVAL if the bytes do not follow the RFC. */
int dnr_read(struct bytes data, bool v6, struct str *out);
