/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/* What -W of every program prints to stdout: version, directories, how it was configured and compiled. */
void build_report(void);
