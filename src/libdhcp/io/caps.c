/* SPDX-License-Identifier: MPL-2.0 */
/* Reads capabilities directly with capget(2); changes nothing. */
#include "io/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

bool caps_has(int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &head, data) < 0)
		return false;
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

const char *caps_hint(int err, int cap)
{
	if (err != EPERM && err != EACCES)
		return "";
	if (caps_has(cap))
		return " (a security module or a filter of system calls forbids it: see AppArmor, SELinux, the systemd "
		       "unit)";
	return cap == CAP_NET_RAW ? " (CAP_NET_RAW is needed)" : " (CAP_NET_BIND_SERVICE is needed)";
}

/* Returns the lowest port that needs no capability to bind. */
static unsigned first_free_port(void)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
	unsigned port = 1024;

	if (f && fscanf(f, "%u", &port) != 1)
		port = 1024;
	if (f)
		fclose(f);
	return port;
}

bool caps_check(bool raw, uint16_t port, char *buf, size_t size)
{
	bool no_raw = raw && !caps_has(CAP_NET_RAW);
	bool no_bind = !caps_has(CAP_NET_BIND_SERVICE) && port < first_free_port();
	const char *names;
	char exe[4096];
	ssize_t n;

	if (!no_raw && !no_bind)
		return true;
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	/* setcap replaces the whole set: always name all capabilities the configuration needs. */
	names = raw ? "cap_net_raw,cap_net_bind_service" : "cap_net_bind_service";
	(void)snprintf(buf, size, "missing capability %s%s%s; grant with: setcap %s=ep %s", no_raw ? "CAP_NET_RAW" : "",
		       no_raw && no_bind ? " and " : "", no_bind ? "CAP_NET_BIND_SERVICE" : "", names,
		       exe[0] ? exe : "PROGRAM");
	return false;
}
