/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

/* Limits of a text, and the flag that forbids extensions of JSON. */
#define JSON_DEPTH_MAX 100
#define JSON_INCLUDE_MAX 10
#define JSON_FILE_MAX (256u << 20) /* bytes */

enum { JSON_STRICT = 1 }; /* no comments, includes or trailing commas: for input from a socket */
