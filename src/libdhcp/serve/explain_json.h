/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "optconf/optconf.h"
#include "serve/request.h"

#include <json-c/json.h>

/*
 * The explanation of a request that pipeline_try() has finished: a map, in the order in which the server decides.
 * Members of parts that were not reached are missing.
 *
 *	message, client, interface, link	what was asked, by whom, from where
 *	response, reason			its type; null if there is none, and why
 *	subnet					and by which rule
 *	classes					each one evaluated, and the term that decided
 *	reservation				and by which identifier
 *	bindings				one for each IA: what is granted, where it came from, what was
 *						passed over, and the IA's T1 and T2
 *	decisions				what else is decided: a lease is renewed, released, refused ...
 *	dns					the client's name, where it came from, and the updates
 *	boot-fields, options			with the scope that each came from
 *	destination, packet			of the response, the latter in hex
 *	not-asked				hook libraries, which are not called
 */
struct json_object *explain_json(const struct request *req);

/* --- parts --- */

/* Adds what becomes of the client's name (explain_name.c). */
void explain_name(const struct request *req, struct json_object *map);
/* The options of the response (explain_options.c). */
struct json_object *explain_options(const struct request *req);
/* Writes the name of the scope that has this list of options; returns buf. */
#define SCOPE_TEXT_MAX 300
const char *explain_scope(const struct request *req, const struct optlist *list, char buf[SCOPE_TEXT_MAX]);

/* Adds a text; NULL and "" are left out. */
void explain_text(struct json_object *map, const char *name, const char *text);
/* Adds bytes: as text in single quotes if they are printable, else in hex, with 0x. */
void explain_bytes(struct json_object *map, const char *name, struct bytes bytes);
