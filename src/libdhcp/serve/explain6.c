/* SPDX-License-Identifier: MPL-2.0 */
/* The times of an IA in a DHCPv6 response; those of DHCPv4 are options. */
#include "serve/binding.h"
#include "serve/explain_json.h"
#include "serve/family6.h"

void explain_times6(const struct request *req, const struct ia *ia, struct json_object *map)
{
	struct ia6 sent;

	for (unsigned pos = 0; ia6_next(&req->a6.opts, &pos, &sent);) {
		if (sent.code != ia->code || sent.iaid != ia->iaid || sent.code == OPT6_IA_TA)
			continue;
		json_object_object_add(map, "T1", json_object_new_int64(sent.t1));
		json_object_object_add(map, "T2", json_object_new_int64(sent.t2));
		return;
	}
}
