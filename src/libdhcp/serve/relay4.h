/* SPDX-License-Identifier: MPL-2.0 */
#pragma once

#include "serve/request.h"

/* Reads option 82 of the request into req->rai. */
void relay4_of_request(struct request *req);
/* With stash-agent-options: the information stored with the lease that the client renews. See struct family. */
bool relay4_needs_lease(const struct request *req, struct ip *ret);
void relay4_use_lease(struct request *req, const struct lease *lease);
