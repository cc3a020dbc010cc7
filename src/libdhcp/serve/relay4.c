/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The parts of option 82 (RFC 3046) that the server acts on: from the message, whether a relay added it or an
 * access node that leaves giaddr 0; or, if a client renews without either, from the lease (context4.c).
 */
#include "serve/relay4.h"

#include "log/log.h"
#include "serve/context4.h"
#include "serve/family.h"
#include "serve/service.h"

void relay4_of_request(struct request *req)
{
	const struct opt *opt = opts_find(&req->q.opts, OPT4_DHCP_AGENT_OPTIONS);

	if (opt)
		relay_info4_read(opt->data, &req->rai);
}

/*
 * A client that renews talks to the server directly, without its relay. The relay's last information is stored
 * with the lease and says which link the client is on.
 */
bool relay4_needs_lease(const struct request *req, struct ip *ret)
{
	*ret = ip_from4(req->q.ciaddr);
	return req->cfg->global.stash_agent_options && !req->rai.bytes.len && !req->q.giaddr && req->q.ciaddr;
}

void relay4_use_lease(struct request *req, const struct lease *lease)
{
	char text[IP_TEXT_MAX];
	struct bytes stash;

	if (!req->fam->belongs(req, NULL, lease) || !lease_is_in_use(lease))
		return;
	stash = context4_relay(req->arena, lease->user_context);
	if (!stash.len)
		return;
	relay_info4_read(stash, &req->rai);
	LOG(DHCP4_RECOVERED_STASHED_RELAY_AGENT_INFO, request_label(req), ip_format(&lease->addr, text), stash.len);
}
