/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdio.h>

/* Appends the rest of the file. False if it is longer than max bytes, or cannot be read. */
bool input_read(FILE *file, size_t max, struct str *out);
