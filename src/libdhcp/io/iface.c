/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Interfaces from rtnetlink. A list takes two dumps, links and addresses; both are repeated if the kernel
 * reports a change during the dump (NLM_F_DUMP_INTR). The watch is a second socket in the multicast groups; if
 * it overflows, the kernel drops notifications and the caller is asked to read the list again.
 */
#include "io/iface.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

enum { DUMP_TRIES = 10, WATCH_RCVBUF = 1 << 20 };

struct link_info {
	const struct ifinfomsg *head;
	const char *name;
	const uint8_t *mac;
	uint16_t mac_len;
	uint32_t mtu;
};

static int link_attr(const struct nlattr *attr, void *data)
{
	struct link_info *info = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			info->name = mnl_attr_get_str(attr);
		break;
	case IFLA_ADDRESS:
		info->mac = mnl_attr_get_payload(attr);
		info->mac_len = mnl_attr_get_payload_len(attr);
		break;
	case IFLA_MTU:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			info->mtu = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

/* Returns false if the message is incomplete. */
static bool parse_link(const struct nlmsghdr *msg, struct link_info *ret)
{
	if (mnl_nlmsg_get_payload_len(msg) < sizeof(struct ifinfomsg))
		return false;
	*ret = (struct link_info){ .head = mnl_nlmsg_get_payload(msg), .name = "" };
	(void)mnl_attr_parse(msg, sizeof(struct ifinfomsg), link_attr, ret);
	return true;
}

struct addr_info {
	const struct ifaddrmsg *head;
	const struct nlattr *local, *address, *broadcast;
	uint32_t flags;
};

static int addr_attr(const struct nlattr *attr, void *data)
{
	struct addr_info *info = data;

	switch (mnl_attr_get_type(attr)) {
	case IFA_LOCAL:
		info->local = attr;
		break;
	case IFA_ADDRESS:
		info->address = attr;
		break;
	case IFA_BROADCAST:
		info->broadcast = attr;
		break;
	case IFA_FLAGS:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			info->flags = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

static bool attr_ip(const struct nlattr *attr, int family, struct ip *ret)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (family == AF_INET && len == 4) {
		*ret = ip_zero4;
		memcpy(ret->b + 12, mnl_attr_get_payload(attr), 4);
		return true;
	}
	if (family == AF_INET6 && len == 16) {
		memcpy(ret->b, mnl_attr_get_payload(attr), 16);
		return true;
	}
	return false;
}

/* Returns false if the address is not usable: incomplete, or of another family. */
static bool parse_addr(const struct nlmsghdr *msg, uint32_t *ret_index, struct iface_addr *ret)
{
	struct addr_info info = { 0 };
	int family;

	if (mnl_nlmsg_get_payload_len(msg) < sizeof(struct ifaddrmsg))
		return false;
	info.head = mnl_nlmsg_get_payload(msg);
	info.flags = info.head->ifa_flags;
	family = info.head->ifa_family;
	(void)mnl_attr_parse(msg, sizeof(struct ifaddrmsg), addr_attr, &info);
	*ret = (struct iface_addr){ .prefix_len = info.head->ifa_prefixlen,
				    .scope = info.head->ifa_scope,
				    .flags = info.flags };
	/* On a point-to-point link IFA_ADDRESS is the peer's address. */
	if (!attr_ip(info.local ? info.local : info.address, family, &ret->ip))
		return false;
	if (!attr_ip(info.broadcast, family, &ret->broadcast))
		ret->broadcast = ip_zero4;
	*ret_index = info.head->ifa_index;
	return true;
}

/* --- the list --- */

struct found_addr {
	uint32_t index;
	struct iface_addr addr;
};

struct dump {
	VEC(struct iface) links;
	VEC(struct found_addr) addrs;
};

static int dump_message(const struct nlmsghdr *msg, void *data)
{
	struct dump *dump = data;
	struct found_addr found;
	struct link_info info;
	struct iface *iface;

	if (msg->nlmsg_type == RTM_NEWLINK && parse_link(msg, &info)) {
		iface = vec_push(&dump->links);
		(void)snprintf(iface->name, sizeof(iface->name), "%s", info.name);
		iface->index = (uint32_t)info.head->ifi_index;
		iface->flags = info.head->ifi_flags;
		iface->hwtype = info.head->ifi_type;
		iface->mtu = info.mtu;
		if (info.mac && info.mac_len <= sizeof(iface->mac)) {
			memcpy(iface->mac, info.mac, info.mac_len);
			iface->mac_len = (uint8_t)info.mac_len;
		}
	} else if (msg->nlmsg_type == RTM_NEWADDR && parse_addr(msg, &found.index, &found.addr)) {
		*vec_push(&dump->addrs) = found;
	}
	return MNL_CB_OK;
}

/* Returns 0, -E_AGAIN if the data changed during the dump, or -E_SYS. */
static int dump_one(struct mnl_socket *nl, uint16_t type, unsigned seq, struct dump *dump)
{
	char buf[32768];
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);
	struct rtgenmsg *gen = mnl_nlmsg_put_extra_header(msg, sizeof(struct ifinfomsg));
	ssize_t n;
	int state = MNL_CB_OK;

	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	msg->nlmsg_seq = seq;
	gen->rtgen_family = AF_UNSPEC;
	if (mnl_socket_sendto(nl, msg, msg->nlmsg_len) < 0)
		return -E_SYS;
	while (state > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0)
			return -E_SYS;
		state = mnl_cb_run(buf, (size_t)n, seq, mnl_socket_get_portid(nl), dump_message, dump);
	}
	if (state < 0)
		return errno == EINTR ? -E_AGAIN : -E_SYS;
	return 0;
}

static int compare_links(const void *a, const void *b)
{
	const struct iface *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

static void move_addrs(struct dump *dump, struct iface *iface)
{
	/* The kernel lists v4 first, and an interface's primary addresses before the secondary ones. */
	for (size_t i = 0; i < dump->addrs.n; i++)
		if (dump->addrs.v[i].index == iface->index)
			iface->n_addrs++;
	iface->addrs = xcalloc(iface->n_addrs ? iface->n_addrs : 1, sizeof(*iface->addrs));
	iface->n_addrs = 0;
	for (size_t i = 0; i < dump->addrs.n; i++)
		if (dump->addrs.v[i].index == iface->index)
			iface->addrs[iface->n_addrs++] = dump->addrs.v[i].addr;
}

int ifaces_read(struct ifaces **ret)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	struct dump dump = { 0 };
	struct ifaces *ifaces;
	unsigned seq = 0;
	int err = -E_AGAIN, saved;

	if (!nl)
		return -E_SYS;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -E_SYS;
		goto out;
	}
	for (int tries = 0; err == -E_AGAIN && tries < DUMP_TRIES; tries++) {
		dump.links.n = dump.addrs.n = 0;
		err = dump_one(nl, RTM_GETLINK, ++seq, &dump);
		if (err == 0)
			err = dump_one(nl, RTM_GETADDR, ++seq, &dump);
	}
	if (err == -E_AGAIN) {
		errno = EAGAIN;
		err = -E_SYS;
	}
	if (err < 0)
		goto out;
	ifaces = xcalloc(1, sizeof(*ifaces));
	if (dump.links.n)
		qsort(dump.links.v, dump.links.n, sizeof(*dump.links.v), compare_links);
	for (size_t i = 0; i < dump.links.n; i++)
		move_addrs(&dump, &dump.links.v[i]);
	ifaces->v = dump.links.v;
	ifaces->n = (unsigned)dump.links.n;
	dump.links.v = NULL;
	*ret = ifaces;
out:
	saved = errno;
	vec_free(&dump.links);
	vec_free(&dump.addrs);
	(void)mnl_socket_close(nl);
	errno = saved;
	return err;
}

void ifaces_free(struct ifaces *ifaces)
{
	if (!ifaces)
		return;
	for (unsigned i = 0; i < ifaces->n; i++)
		free(ifaces->v[i].addrs);
	free(ifaces->v);
	free(ifaces);
}

#define FLAGS_SEEN (IFF_UP | IFF_LOOPBACK | IFF_BROADCAST | IFF_POINTOPOINT | IFF_MULTICAST)

static bool same_addr(const struct iface_addr *a, const struct iface_addr *b)
{
	return ip_equal(&a->ip, &b->ip) && ip_equal(&a->broadcast, &b->broadcast) && a->prefix_len == b->prefix_len &&
	       a->scope == b->scope && (a->flags & IFA_F_TENTATIVE) == (b->flags & IFA_F_TENTATIVE);
}

static bool same_iface(const struct iface *a, const struct iface *b)
{
	unsigned i;

	if (strcmp(a->name, b->name) != 0 || a->index != b->index || a->mtu != b->mtu ||
	    (a->flags & FLAGS_SEEN) != (b->flags & FLAGS_SEEN) || a->hwtype != b->hwtype || a->mac_len != b->mac_len ||
	    memcmp(a->mac, b->mac, a->mac_len) != 0 || a->n_addrs != b->n_addrs)
		return false;
	for (i = 0; i < a->n_addrs; i++)
		if (!same_addr(&a->addrs[i], &b->addrs[i]))
			return false;
	return true;
}

bool ifaces_equal(const struct ifaces *a, const struct ifaces *b)
{
	unsigned i;

	if (!a || !b || a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (!same_iface(&a->v[i], &b->v[i]))
			return false;
	return true;
}

const struct iface *ifaces_by_name(const struct ifaces *ifaces, const char *name)
{
	for (unsigned i = 0; i < ifaces->n; i++)
		if (strcmp(ifaces->v[i].name, name) == 0)
			return &ifaces->v[i];
	return NULL;
}

const struct iface *ifaces_by_index(const struct ifaces *ifaces, uint32_t index)
{
	for (unsigned i = 0; i < ifaces->n; i++)
		if (ifaces->v[i].index == index)
			return &ifaces->v[i];
	return NULL;
}

const struct iface *ifaces_by_addr(const struct ifaces *ifaces, const struct ip *ip)
{
	for (unsigned i = 0; i < ifaces->n; i++)
		for (unsigned j = 0; j < ifaces->v[i].n_addrs; j++)
			if (ip_equal(&ifaces->v[i].addrs[j].ip, ip))
				return &ifaces->v[i];
	return NULL;
}

const struct iface_addr *iface_addr4(const struct iface *iface)
{
	for (unsigned i = 0; i < iface->n_addrs; i++)
		if (ip_is4(&iface->addrs[i].ip))
			return &iface->addrs[i];
	return NULL;
}

/* --- the watch --- */

struct iface_watch {
	struct loop *loop;
	struct mnl_socket *nl;
	iface_watch_fn *fn;
	void *ctx;
};

static int watch_message(const struct nlmsghdr *msg, void *data)
{
	const struct iface_watch *watch = data;
	struct iface_event event = { 0 };
	struct iface_addr addr;
	struct link_info info;

	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		/* AF_BRIDGE notifications are about bridge ports, not about the interface itself. */
		if (!parse_link(msg, &info) || info.head->ifi_family != AF_UNSPEC)
			break;
		event.change = msg->nlmsg_type == RTM_NEWLINK ? IFACE_LINK : IFACE_GONE;
		event.index = (uint32_t)info.head->ifi_index;
		event.flags = info.head->ifi_flags;
		(void)snprintf(event.name, sizeof(event.name), "%s", info.name);
		watch->fn(watch->ctx, &event);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (!parse_addr(msg, &event.index, &addr))
			break;
		event.change = msg->nlmsg_type == RTM_NEWADDR ? IFACE_ADDR : IFACE_ADDR_GONE;
		event.ip = addr.ip;
		watch->fn(watch->ctx, &event);
		break;
	}
	return MNL_CB_OK;
}

static void watch_ready(void *ctx, uint32_t events)
{
	static const struct iface_event resync = { .change = IFACE_RESYNC };
	struct iface_watch *watch = ctx;
	char buf[32768];
	ssize_t n;

	(void)events;
	/* Limited: unread notifications wake the loop again. */
	for (int i = 0; i < 16; i++) {
		n = mnl_socket_recvfrom(watch->nl, buf, sizeof(buf));
		if (n > 0)
			(void)mnl_cb_run(buf, (size_t)n, 0, 0, watch_message, watch);
		else if (n < 0 && (errno == ENOBUFS || errno == ENOSPC))
			watch->fn(watch->ctx, &resync);
		else if (n == 0 || errno != EINTR)
			break;
	}
}

int iface_watch_new(struct loop *loop, iface_watch_fn *fn, void *ctx, struct iface_watch **ret)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct iface_watch *watch;
	int size = WATCH_RCVBUF, err, saved;

	if (!nl)
		return -E_SYS;
	(void)setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	watch = xcalloc(1, sizeof(*watch));
	*watch = (struct iface_watch){ .loop = loop, .nl = nl, .fn = fn, .ctx = ctx };
	err = -E_SYS;
	if (mnl_socket_bind(nl, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR, MNL_SOCKET_AUTOPID) == 0)
		err = loop_add(loop, mnl_socket_get_fd(nl), EPOLLIN, watch_ready, watch);
	if (err < 0) {
		saved = errno;
		(void)mnl_socket_close(nl);
		free(watch);
		errno = saved;
		return err;
	}
	*ret = watch;
	return 0;
}

void iface_watch_free(struct iface_watch *watch)
{
	if (!watch)
		return;
	loop_del(watch->loop, mnl_socket_get_fd(watch->nl));
	(void)mnl_socket_close(watch->nl);
	free(watch);
}
