/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "kea-migrate/dhcpd.h"

/*
 * Checks the output as kea-dhcp4 -t, kea-dhcp6 -t and kea-dhcp-ddns -t do. What they reject becomes a comment, and
 * needs a decision; so what remains passes. *text and *ddns are the texts, empty if there is none. False: nothing is
 * usable.
 */
bool check_output(const struct conversion *conv, struct report *rep, struct str *text, struct str *ddns);
