/* SPDX-License-Identifier: MPL-2.0 */
/* Chooses the address to bind a UDP socket to, and the local addresses in relayed messages. */
#include "perfdhcp/net_int.h"

#include "io/iface.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <unistd.h>

socklen_t net_sockaddr(const struct ip *ip, uint16_t port, unsigned scope, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (ip_is4(ip)) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		in4->sin_addr.s_addr = htonl(ip_to4(ip));
		return sizeof(*in4);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	in6->sin6_scope_id = scope;
	memcpy(&in6->sin6_addr, ip->b, 16);
	return sizeof(*in6);
}

static bool is_link_local(const struct ip *ip)
{
	return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

/* Picks the source address on an interface: link-local for a client, not link-local for a relay agent. */
static const struct ip *pick(const struct iface *iface, const struct options *opt)
{
	const struct ip *second = NULL;

	for (unsigned i = 0; i < iface->n_addrs; i++) {
		const struct ip *ip = &iface->addrs[i].ip;

		if (ip_is4(ip) != (opt->family == 4) || iface->addrs[i].flags & IFA_F_TENTATIVE)
			continue;
		if (opt->family == 4 || is_link_local(ip) == !opt->relay_level)
			return ip;
		second = ip;
	}
	return second;
}

/* Finds the source address the kernel would use to reach the server. */
static int route(const struct options *opt, struct ip *ret, char *why)
{
	struct sockaddr_storage sa;
	socklen_t len = net_sockaddr(&opt->server, 67, 0, &sa);
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	ok = fd >= 0 && connect(fd, (struct sockaddr *)&sa, len) == 0 &&
	     getsockname(fd, (struct sockaddr *)&sa, &len) == 0;
	if (fd >= 0)
		(void)close(fd);
	if (!ok)
		return net_why(why, "there is no way to %s: %s", opt->server_text, strerror(errno));
	if (sa.ss_family == AF_INET)
		*ret = ip_from4(ntohl(((struct sockaddr_in *)&sa)->sin_addr.s_addr));
	else
		memcpy(ret->b, &((struct sockaddr_in6 *)&sa)->sin6_addr, 16);
	return 0;
}

/* Finds the local address, and the interface if -l names one. */
static int find_local(struct net *net, const struct options *opt, const struct ifaces *ifaces,
		      const struct iface **ret_iface, char *why)
{
	const struct iface *iface;
	const struct ip *ip;

	*ret_iface = NULL;
	if (!opt->local)
		return route(opt, &net->local, why);
	if (ip_parse(opt->local, &net->local) == 0) {
		if (ip_is4(&net->local) != (opt->family == 4))
			return net_why(why, "-l: %s is not an address of DHCPv%u", opt->local, opt->family);
		if (is_link_local(&net->local))
			*ret_iface = ifaces_by_addr(ifaces, &net->local);
		return 0;
	}
	iface = ifaces_by_name(ifaces, opt->local);
	if (!iface)
		return net_why(why, "-l: %s is neither an address nor an interface", opt->local);
	ip = pick(iface, opt);
	if (!ip)
		return net_why(why, "-l: %s has no address of DHCPv%u", opt->local, opt->family);
	net->local = *ip;
	*ret_iface = iface;
	return 0;
}

int net_open_udp(struct net *net, const struct options *opt, const struct proto *proto, char *why)
{
	bool relayed = opt->family == 4 || opt->relay_level;
	uint16_t port = opt->local_port ? (uint16_t)opt->local_port : relayed ? proto->relay_port : proto->client_port;
	const struct iface *iface;
	struct sockaddr_storage from;
	struct ifaces *ifaces = NULL;
	struct ip bound;
	char text[IP_TEXT_MAX];
	socklen_t len;
	int on = 1, err;

	if (ifaces_read(&ifaces) < 0)
		return net_why(why, "the interfaces cannot be read: %s", strerror(errno));
	err = find_local(net, opt, ifaces, &iface, why);
	if (err < 0)
		goto out;
	/* The addresses of -J are local too, as far as the kernel knows them. */
	bound = opt->n_relays ? opt->family == 4 ? ip_zero4 : ip_zero6 : net->local;
	len = net_sockaddr(&bound, port, iface ? iface->index : 0, &from);
	net->fd = socket(from.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (net->fd < 0) {
		err = net_why(why, "socket: %s", strerror(errno));
		goto out;
	}
	(void)setsockopt(net->fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	if (opt->family == 6)
		(void)setsockopt(net->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (iface &&
	    setsockopt(net->fd, SOL_SOCKET, SO_BINDTODEVICE, iface->name, (socklen_t)strlen(iface->name)) < 0) {
		err = net_why(why, "%s: %s", iface->name, strerror(errno));
		goto out;
	}
	if (bind(net->fd, (struct sockaddr *)&from, len) < 0) {
		err = net_why(why, "%s port %u: %s", ip_format(&bound, text), port, strerror(errno));
		goto out;
	}
	(void)net_sockaddr(&opt->server, opt->remote_port ? (uint16_t)opt->remote_port : proto->server_port,
			   iface ? iface->index : 0, &net->to);
	if (opt->family == 6 && opt->server.b[0] == 0xff && !iface) {
		err = net_why(why, "the multicast address %s needs an interface: -l", ip_format(&opt->server, text));
		goto out;
	}
out:
	ifaces_free(ifaces);
	return err;
}
