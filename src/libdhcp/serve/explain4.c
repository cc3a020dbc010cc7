/* SPDX-License-Identifier: MPL-2.0 */
/* The boot fields of a DHCPv4 response, and where they came from: answer4.c sets them in the same order. */
#include "serve/explain_json.h"
#include "serve/family4.h"

#include "serve/classify.h"

static void add(const struct request *req, struct json_object *map, const char *name, const char *value,
		bool is_reserved, enum class_sets what)
{
	struct json_object *one;
	char scope[SCOPE_TEXT_MAX] = "subnet";

	if (!value[0])
		return;
	if (req->classes.sets & what)
		(void)snprintf(scope, sizeof(scope), "class %s", first_class(req, what)->name);
	one = json_object_new_object();
	explain_text(one, "name", name);
	explain_text(one, "data", value);
	explain_text(one, "from", is_reserved ? "reservation" : scope);
	json_object_array_add(map, one);
}

void explain_header4(const struct request *req, struct json_object *map)
{
	const struct host_extra *extra = req->host ? req->host->extra : NULL;
	struct json_object *list = json_object_new_array();
	struct ip next = ip_from4(req->a.siaddr);
	char text[IP_TEXT_MAX] = "";

	if (req->a.siaddr)
		(void)ip_format(&next, text);
	add(req, list, "next-server", text, extra && !ip_is_zero(&extra->next_server), CLASS_SETS_NEXT_SERVER);
	add(req, list, "server-hostname", req->a.sname, extra && extra->server_hostname[0], CLASS_SETS_SERVER_HOSTNAME);
	add(req, list, "boot-file-name", req->a.file, extra && extra->boot_file[0], CLASS_SETS_BOOT_FILE);
	if (json_object_array_length(list))
		json_object_object_add(map, "boot-fields", json_object_get(list));
	json_object_put(list);
}
