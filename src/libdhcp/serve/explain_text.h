/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

struct json_object;

/*
 * Prints an explanation (explain_json.h) for people: a paragraph for each part, at most as wide as the screen. It may
 * come from elsewhere: what is missing or of another type is left out, and what a terminal would obey is made visible.
 */
void explain_print(struct json_object *what);
