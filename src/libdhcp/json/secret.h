/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"

/*
 * Values that are never shown: passwords. They are recognized by the name of their key, also if it is misspelled, so
 * that a line can be quoted that could not be read.
 */
#define JSON_HIDDEN "*****"

bool json_is_secret(const char *name, size_t len);
/* Adds the line to `out`, with asterisks for each character of the secret values in it. */
void json_add_without_secrets(struct str *out, const char *line, size_t len);
