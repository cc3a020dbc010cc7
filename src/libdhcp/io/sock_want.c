/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Determines which addresses of which interfaces are needed. DHCPv4 serves all addresses of an interface, DHCPv6
 * its link-local address and those that the configuration names.
 */
#include "io/sock_want.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <string.h>

struct wanting {
	const struct sockset_conf *conf;
	const struct ifaces *ifaces;
	sockset_report_fn *report;
	void *ctx;
	sock_wants *wants;
};

static void tell(const struct wanting *w, const char *ifname, const struct ip *addr, const char *text)
{
	if (w->report)
		w->report(w->ctx, ifname, addr, text);
}

static void want_addr(struct wanting *w, const struct iface *iface, const struct ip *ip)
{
	struct sock_want *want = NULL;

	for (size_t i = 0; i < w->wants->n; i++)
		if (w->wants->v[i].iface == iface)
			want = &w->wants->v[i];
	if (!want) {
		want = vec_push(w->wants);
		want->iface = iface;
	}
	for (size_t i = 0; i < want->addrs.n; i++)
		if (ip_equal(&want->addrs.v[i], ip))
			return;
	*vec_push(&want->addrs) = *ip;
}

static const char *want_all4(struct wanting *w, const struct iface *iface)
{
	if (!iface_addr4(iface))
		return "the interface has no IPv4 address";
	for (unsigned i = 0; i < iface->n_addrs; i++)
		if (ip_is4(&iface->addrs[i].ip))
			want_addr(w, iface, &iface->addrs[i].ip);
	return NULL;
}

/* Adds the link-local address: the destination of clients and the source of responses. */
static const char *want_all6(struct wanting *w, const struct iface *iface)
{
	const char *why = "the interface has no link-local address";

	for (unsigned i = 0; i < iface->n_addrs; i++) {
		const struct iface_addr *addr = &iface->addrs[i];

		if (ip_is4(&addr->ip) || addr->scope != RT_SCOPE_LINK)
			continue;
		if (addr->flags & IFA_F_TENTATIVE) {
			why = "the link-local address is still being checked (duplicate address detection)";
			continue;
		}
		want_addr(w, iface, &addr->ip);
		return NULL;
	}
	return why;
}

static bool has_addr(const struct iface *iface, const struct ip *addr)
{
	for (unsigned i = 0; i < iface->n_addrs; i++)
		if (ip_equal(&iface->addrs[i].ip, addr) && !(iface->addrs[i].flags & IFA_F_TENTATIVE))
			return true;
	return false;
}

static const char *want_one4(struct wanting *w, const struct iface *iface, const struct ip *addr)
{
	if (!has_addr(iface, addr))
		return "the interface does not have this address";
	want_addr(w, iface, addr);
	return NULL;
}

/*
 * Adds an address of the interface, or a group to join, besides the link-local address. Relays send to the
 * address whether or not there is a link-local one; multicasts need that.
 */
static const char *want_one6(struct wanting *w, const struct iface *iface, const struct ip *addr)
{
	bool is_group = addr->b[0] == 0xff;
	const char *why;

	if (!is_group && !has_addr(iface, addr))
		return "the interface does not have this address";
	why = want_all6(w, iface);
	if (why && is_group)
		return why;
	if (why)
		tell(w, iface->name, NULL, why);
	want_addr(w, iface, addr);
	return NULL;
}

/* Returns NULL if the address is added, otherwise the reason why it cannot be. */
static const struct want_ops {
	const char *(*all)(struct wanting *w, const struct iface *iface);
	const char *(*one)(struct wanting *w, const struct iface *iface, const struct ip *addr);
} want_ops[] = {
	{ want_all4, want_one4 },
	{ want_all6, want_one6 },
};

static void want_named(struct wanting *w, const struct listen *listen)
{
	const struct want_ops *ops = &want_ops[w->conf->family];
	const struct iface *iface = ifaces_by_name(w->ifaces, listen->name);
	const struct ip *addr = listen->has_addr ? &listen->addr : NULL;
	const char *why;

	if (!iface)
		why = "there is no such interface";
	else if (!(iface->flags & IFF_UP))
		why = "the interface is down";
	else if (w->conf->raw && (iface->hwtype != ARPHRD_ETHER || iface->mac_len != 6))
		why = "not an Ethernet interface: needs dhcp-socket-type udp";
	else
		why = addr ? ops->one(w, iface, addr) : ops->all(w, iface);
	if (why)
		tell(w, listen->name, addr, why);
}

/* Adds all interfaces that match a pattern; unusable ones are skipped silently. */
static void want_fitting(struct wanting *w, const struct listen *listen)
{
	bool all = strcmp(listen->name, "*") == 0, any = false;

	for (unsigned i = 0; i < w->ifaces->n; i++) {
		const struct iface *iface = &w->ifaces->v[i];

		if (!listen_matches(listen, iface->name) || !(iface->flags & IFF_UP) ||
		    (all && (iface->flags & IFF_LOOPBACK)))
			continue;
		if (w->conf->raw && (iface->hwtype != ARPHRD_ETHER || iface->mac_len != 6))
			continue;
		any |= !want_ops[w->conf->family].all(w, iface);
	}
	if (!any)
		tell(w, listen->name, NULL, "no matching interface is up and has an address");
}

static int compare_wants(const void *a, const void *b)
{
	const struct sock_want *x = a, *y = b;

	return (x->iface->index > y->iface->index) - (x->iface->index < y->iface->index);
}

void sock_wants_find(const struct sockset_conf *conf, const struct ifaces *ifaces, sockset_report_fn *report, void *ctx,
		     sock_wants *ret)
{
	struct wanting w = { .conf = conf, .ifaces = ifaces, .report = report, .ctx = ctx, .wants = ret };

	*ret = (sock_wants){ 0 };
	for (unsigned i = 0; i < conf->n_listen; i++) {
		if (strchr(conf->listen[i].name, '*'))
			want_fitting(&w, &conf->listen[i]);
		else
			want_named(&w, &conf->listen[i]);
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_wants);
}

void sock_wants_free(sock_wants *wants)
{
	for (size_t i = 0; i < wants->n; i++)
		vec_free(&wants->v[i].addrs);
	vec_free(wants);
}
