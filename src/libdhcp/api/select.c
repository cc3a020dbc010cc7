/* SPDX-License-Identifier: MPL-2.0 */
/* Subnet and classes of the packet. */
#include "api/api_int.h"

#include "base/err.h"
#include "root/config.h"
#include "serve/classify.h"

static int select_subnet(struct kea_call *call, const struct subnet *sub)
{
	if (call->hook->point != HOOK_SUBNET_SELECT)
		return -E_UNSUPPORTED;
	if (!sub)
		return -E_NOENT;
	call->hook->subnet = sub;
	return 0;
}

int api_set_subnet(struct kea_call *call, const struct kea_object *subnet)
{
	return select_subnet(call, subnet->kind == KEA_OBJECT_SUBNET ? subnet->at : NULL);
}

int api_set_subnet_id(struct kea_call *call, uint32_t id)
{
	return select_subnet(call, call->hook->req ? subnet_by_id(&call->hook->req->cfg->plan, id) : NULL);
}

int api_class_has(struct kea_call *call, const char *name)
{
	const struct request *req = call->hook->req;
	int number = req && req->cfg->classes.n ? class_by_name(&req->cfg->classes, name) : -1;

	return number >= 0 && is_in_class(req, (unsigned)number);
}

int api_class_add(struct kea_call *call, const char *name)
{
	return call->hook->req ? classify_add(call->hook->req, name) : -E_UNSUPPORTED;
}

const char *api_class_at(struct kea_call *call, unsigned i)
{
	const struct request *req = call->hook->req;

	return req && i < req->classes.n ? req->cfg->classes.v[req->classes.order[i]].name : NULL;
}
