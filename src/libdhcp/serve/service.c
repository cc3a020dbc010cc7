/* SPDX-License-Identifier: MPL-2.0 */
#include "serve/service.h"

#include "serve/family.h"

uint8_t *serve_worker_out_buf(const struct serve_worker *w)
{
	return w->out_bufs + w->n_out * w->srv->fam->datagram_max;
}

void server_want_reclaim(struct server *srv)
{
	if (!atomic_exchange(&srv->want_reclaim, true) && srv->wake_main)
		srv->wake_main(srv);
}

void server_set_addresses(struct server *srv, const struct ip *addrs, unsigned n)
{
	struct ip *own = xcalloc(n, sizeof(*own)), *old;

	if (n)
		memcpy(own, addrs, n * sizeof(*own));
	(void)pthread_mutex_lock(&srv->own_lock);
	old = srv->own;
	srv->own = own;
	srv->n_own = n;
	(void)pthread_mutex_unlock(&srv->own_lock);
	free(old);
}

bool server_has_address(struct server *srv, const struct ip *addr)
{
	bool found = false;
	unsigned i;

	(void)pthread_mutex_lock(&srv->own_lock);
	for (i = 0; i < srv->n_own && !found; i++)
		found = ip_equal(&srv->own[i], addr);
	(void)pthread_mutex_unlock(&srv->own_lock);
	return found;
}
