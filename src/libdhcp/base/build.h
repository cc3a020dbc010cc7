/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include <stdio.h>

/* Prints what -W of every program reports: version, directories, configure and compiler options. */
void build_report(FILE *to);
