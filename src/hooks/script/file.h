/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/* The file of a script, which runs with the rights of the server: which ones are accepted. In kea_hook_load(). */
#include <kea/hooks.h>

#include <stdbool.h>

/*
 * Returns the path of the script that a parameter names, to be freed: a file in the directory of scripts, or in that of
 * KEA_HOOK_SCRIPTS_PATH, which no other user may write to; is_program: one that can be executed. NULL after fail().
 */
char *script_file_path(struct kea_library *lib, const struct kea_json *value, bool is_program);
