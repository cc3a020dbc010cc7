/* SPDX-License-Identifier: MPL-2.0 */
/* The process and its environment: PID file, capabilities, service manager. */
#include "../suite.h"

#include "base/err.h"
#include "io/caps.h"
#include "io/notify.h"
#include "io/pidfile.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

static void setup(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/kea-io-process-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(setenv("KEA_PIDFILE_DIR", folder, 1), 0);
}

static void teardown(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/conf.d.kea-dhcp4.pid", folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/socket", folder);
	(void)unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(path_of_the_pid_file)
{
	char path[256], small[10], expected[256];

	(void)snprintf(expected, sizeof(expected), "%s/kea-dhcp4.kea-dhcp4.pid", folder);
	ck_assert_int_eq(pidfile_path("/etc/kea/kea-dhcp4.conf", "kea-dhcp4", path, sizeof(path)), 0);
	ck_assert_str_eq(path, expected);
	(void)snprintf(expected, sizeof(expected), "%s/a.b.kea-dhcp4.pid", folder);
	ck_assert_int_eq(pidfile_path("a.b.json", "kea-dhcp4", path, sizeof(path)), 0);
	ck_assert_str_eq(path, expected);
	(void)snprintf(expected, sizeof(expected), "%s/.hidden.kea-dhcp4.pid", folder);
	ck_assert_int_eq(pidfile_path("/x.y/.hidden", "kea-dhcp4", path, sizeof(path)), 0);
	ck_assert_str_eq(path, expected);
	ck_assert_int_eq(pidfile_path("kea.conf", "kea-dhcp4", small, sizeof(small)), -E_SPACE);
	unsetenv("KEA_PIDFILE_DIR");
	ck_assert_int_eq(pidfile_path("kea.conf", "kea-dhcp4", path, sizeof(path)), 0);
	ck_assert_str_eq(path, KEA_RUN_DIR "/kea.kea-dhcp4.pid");
}
END_TEST

static void file_holds(const char *path, const char *expected)
{
	char text[64] = "";
	FILE *f = fopen(path, "re");

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	ck_assert_str_eq(text, expected);
	fclose(f);
}

/* A file left by a crash is taken over; a second process learns which one is running; the end removes the file. */
START_TEST(pid_file_and_its_lock)
{
	struct pidfile *mine, *second;
	char path[256], expected[32];
	struct stat st;
	pid_t pid = -1;
	FILE *f;

	umask(0022);
	ck_assert_int_eq(pidfile_path("conf.d.conf", "kea-dhcp4", path, sizeof(path)), 0);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	fputs("1 and what a longer number left behind\n", f);
	fclose(f);
	ck_assert_int_eq(pidfile_owner(path), 0);
	ck_assert_int_eq(pidfile_take(path, &mine, NULL), 0);
	(void)snprintf(expected, sizeof(expected), "%ld\n", (long)getpid());
	file_holds(path, expected);
	ck_assert_int_eq(pidfile_take(path, &second, &pid), -E_BUSY);
	ck_assert_int_eq(pid, getpid());
	ck_assert_int_eq(pidfile_owner(path), getpid());
	pidfile_free(mine);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(pidfile_owner(path), 0);
	ck_assert_int_eq(pidfile_take(path, &mine, NULL), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0644);
	pidfile_free(mine);
	pidfile_free(NULL);
	ck_assert_int_eq(pidfile_take("/nonexistent/x.pid", &mine, NULL), -E_SYS);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* The lock passes to the child process when daemonizing, and is released when that ends, not before. */
START_TEST(pid_file_over_fork)
{
	struct pidfile *mine;
	char path[256];
	int go[2], ready[2], status;
	char c;
	pid_t child;

	ck_assert_int_eq(pidfile_path("conf.d.conf", "kea-dhcp4", path, sizeof(path)), 0);
	ck_assert_int_eq(pipe(go), 0);
	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		if (pidfile_take(path, &mine, NULL) < 0)
			_exit(1);
		if (fork() == 0) {
			/* The daemon; killed without cleanup. */
			if (pidfile_rewrite(mine) < 0)
				_exit(1);
			(void)!write(ready[1], "r", 1);
			(void)!read(go[0], &c, 1);
			_exit(0);
		}
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	ck_assert_int_gt(pidfile_owner(path), 0);
	ck_assert_int_ne(pidfile_owner(path), child);
	ck_assert_int_eq(pidfile_take(path, &mine, NULL), -E_BUSY);
	close(ready[1]);
	ck_assert_int_eq(write(go[1], "g", 1), 1);
	ck_assert_int_eq(read(ready[0], &c, 1), 0); /* its end of the pipe is closed: it has ended */
	for (int i = 0; i < 1000 && pidfile_owner(path); i++)
		usleep(1000);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(pidfile_take(path, &mine, NULL), 0);
	pidfile_free(mine);
}
END_TEST

static int manager;

static const char *heard(void)
{
	static char text[1024];
	ssize_t n = recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void listen_at(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));

	memcpy(at.sun_path, name, strlen(name));
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(manager, 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
}

START_TEST(notices)
{
	char name[96];
	struct notify_progress progress;
	unsigned long long us;

	unsetenv("NOTIFY_SOCKET");
	ck_assert_int_eq(notify_ready("x"), 0);
	(void)snprintf(name, sizeof(name), "@%s", folder);
	listen_at(name);
	ck_assert_int_eq(notify_ready("%u leases", 17), 1);
	ck_assert_str_eq(heard(), "READY=1\nSTATUS=17 leases");
	close(manager);
	(void)snprintf(name, sizeof(name), "%s/socket", folder);
	listen_at(name);
	ck_assert_int_eq(notify_status("a\nREADY=0\nb"), 1);
	ck_assert_str_eq(heard(), "STATUS=a READY=0 b");
	ck_assert_int_eq(notify_reloading(), 1);
	ck_assert_int_eq(sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%llu", &us), 1);
	ck_assert_uint_gt(us, 0);
	/* Not in the first two seconds, then once per second. */
	progress = notify_progress_now();
	notify_progress(&progress, "%u rows", 1);
	ck_assert_str_eq(heard(), "");
	progress.next_ms -= 2000;
	notify_progress(&progress, "%u rows", 2);
	ck_assert_str_eq(heard(), "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=2 rows");
	notify_progress(&progress, "%u rows", 3);
	ck_assert_str_eq(heard(), "");
	ck_assert_int_eq(notify_stopping(), 1);
	ck_assert_str_eq(heard(), "STOPPING=1");
	ck_assert_int_eq(notify_watchdog(), 1);
	ck_assert_str_eq(heard(), "WATCHDOG=1");
	close(manager);
	ck_assert_int_eq(notify_stopping(), -E_SYS);
	setenv("NOTIFY_SOCKET", "relative/path", 1);
	ck_assert_int_eq(notify_stopping(), -E_SYS);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(watchdog_period)
{
	char pid[32];

	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	ck_assert_uint_eq(notify_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	ck_assert_uint_eq(notify_watchdog_us(), 30000000);
	setenv("WATCHDOG_PID", "1", 1);
	ck_assert_uint_eq(notify_watchdog_us(), 0);
	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	ck_assert_uint_eq(notify_watchdog_us(), 30000000);
	setenv("WATCHDOG_USEC", "30s", 1);
	ck_assert_uint_eq(notify_watchdog_us(), 0);
}
END_TEST

/* After dropping root, the error names the missing capability and the command to grant it. */
START_TEST(missing_capabilities)
{
	char line[5000], exe[4096] = "";
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	ck_assert_int_gt(n, 0);
	if (geteuid() == 0) {
		ck_assert(caps_has(CAP_NET_RAW));
		ck_assert(caps_check(true, 67, line, sizeof(line)));
		ck_assert_int_eq(setuid(65534), 0);
	}
	ck_assert(!caps_has(CAP_NET_RAW));
	ck_assert(!caps_check(true, 60067, line, sizeof(line)));
	ck_assert_ptr_nonnull(strstr(line, "missing capability CAP_NET_RAW;"));
	ck_assert_ptr_nonnull(strstr(line, "setcap cap_net_raw,cap_net_bind_service=ep "));
	ck_assert_ptr_nonnull(strstr(line, exe));
	ck_assert(caps_check(false, 60067, line, sizeof(line)));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("folder");
	TCase *caps = tcase_create("capabilities");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, path_of_the_pid_file);
	tcase_add_test(tc, pid_file_and_its_lock);
	tcase_add_test(tc, pid_file_over_fork);
	tcase_add_test(tc, notices);
	tcase_add_test(tc, watchdog_period);
	tcase_add_test(caps, missing_capabilities);
	return suite_run(tc) | suite_run(caps);
}
