/* SPDX-License-Identifier: MPL-2.0 */
/* Who owns the files that the server writes, and the message if a file cannot be used. */
#include "../suite.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static char dir[] = "/tmp/kea-file.XXXXXX";
static char buf[FILE_WHY_MAX];

static const char *in_dir(const char *name)
{
	static char path[2][PATH_MAX];
	static unsigned next;
	char *ret = path[next++ % 2];

	(void)snprintf(ret, PATH_MAX, "%s/%s", dir, name);
	return ret;
}

static void make(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	(void)close(fd);
}

static uid_t owner_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return st.st_uid;
}

static const char *why(int err, const char *path, int how)
{
	errno = err;
	ck_assert_ptr_eq(file_why(path, how, buf), buf);
	ck_assert_int_eq(errno, err);
	return buf;
}

#define IS(text, want) ck_assert_msg(strcmp(text, want) == 0, "\"%s\" instead of \"%s\"", text, want)
#define HOLDS(text, want) ck_assert_msg(strstr(text, want), "\"%s\" lacks \"%s\"", text, want)

START_TEST(test_adopt)
{
	const char *path = in_dir("new");
	int fd;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(dir, NOBODY, NOBODY), 0);
	fd = file_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	ck_assert_uint_eq(owner_of(path), NOBODY);
	/* exists, owned by root */
	make(in_dir("old"), "", 0600);
	(void)close(file_open(in_dir("old"), O_RDONLY | O_CLOEXEC, 0));
	ck_assert_uint_eq(owner_of(in_dir("old")), NOBODY);
	/* already owned by another user */
	ck_assert_int_eq(chown(in_dir("old"), 12345, 12345), 0);
	(void)close(file_open(in_dir("old"), O_RDONLY | O_CLOEXEC, 0));
	ck_assert_uint_eq(owner_of(in_dir("old")), 12345);
}
END_TEST

START_TEST(test_no_theft)
{
	char other[] = "/tmp/kea-file-other.XXXXXX", target[PATH_MAX];

	if (geteuid() != 0)
		return;
	ck_assert_ptr_nonnull(mkdtemp(other));
	ck_assert_int_eq(chown(dir, NOBODY, NOBODY), 0);
	(void)snprintf(target, sizeof(target), "%s/secret", other);
	make(target, "", 0600);
	ck_assert_int_eq(symlink(target, in_dir("symlink")), 0);
	(void)close(file_open(in_dir("symlink"), O_RDONLY | O_CLOEXEC, 0));
	ck_assert_uint_eq(owner_of(target), 0);
	ck_assert_int_eq(link(target, in_dir("link")), 0);
	(void)close(file_open(in_dir("link"), O_RDONLY | O_CLOEXEC, 0));
	ck_assert_uint_eq(owner_of(target), 0);
	(void)unlink(target);
	(void)rmdir(other);
}
END_TEST

/* Runs as nobody if root runs the tests; a failure of the child is one of the test (CK_FORK=no or not). */
static void as_nobody(void (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (geteuid() == 0 && (setegid(NOBODY) < 0 || seteuid(NOBODY) < 0))
			_exit(2);
		fn();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static void expect(const char *got, const char *want)
{
	if (strstr(got, want))
		return;
	fprintf(stderr, "\"%s\" lacks \"%s\"\n", got, want);
	_exit(1);
}

static void others_files(void)
{
	char want[PATH_MAX];

	(void)snprintf(want, sizeof(want),
		       "Permission denied: %s belongs to root:root with mode 0600, and the process runs as nobody; "
		       "try: chgrp nogroup %s && chmod g+r %s",
		       in_dir("secret"), in_dir("secret"), in_dir("secret"));
	expect(why(EACCES, in_dir("secret"), R_OK), want);
	(void)snprintf(want, sizeof(want), "mode 0640, and the process runs as nobody; try: chgrp nogroup %s",
		       in_dir("group"));
	expect(why(EACCES, in_dir("group"), R_OK), want);
	(void)snprintf(want, sizeof(want), "try: chown nobody %s", in_dir("group"));
	expect(why(EACCES, in_dir("group"), W_OK), want);
	(void)snprintf(want, sizeof(want), "%s belongs to root:root with mode 0755", dir);
	expect(why(EACCES, in_dir("new"), W_OK), want);
	(void)snprintf(want, sizeof(want), "%s belongs to root:root with mode 0700", in_dir("closed"));
	expect(why(EACCES, in_dir("closed/below/file"), R_OK), want);
}

START_TEST(test_others)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(dir, 0755), 0);
	make(in_dir("secret"), "", 0600);
	make(in_dir("group"), "", 0640);
	ck_assert_int_eq(mkdir(in_dir("closed"), 0700), 0);
	as_nobody(others_files);
}
END_TEST

static void own_file(void)
{
	char want[PATH_MAX];

	make(in_dir("own"), "", 0000);
	(void)snprintf(want, sizeof(want), "try: chmod u+r %s", in_dir("own"));
	expect(why(EACCES, in_dir("own"), R_OK), want);
}

START_TEST(test_own)
{
	ck_assert_int_eq(chmod(dir, 0777), 0);
	as_nobody(own_file);
}
END_TEST

static void hidden_profile(void)
{
	expect(why(EACCES, in_dir("open"), R_OK), "Permission denied: a security module confines this process");
	expect(buf, "aa-disable /");
}

START_TEST(test_modules)
{
	make(in_dir("open"), "", 0666);
	make(in_dir("attr"), "/usr/sbin/kea-dhcp4 (enforce)\n", 0644);
	file_profile_path = in_dir("attr");
	HOLDS(why(EACCES, in_dir("open"), R_OK),
	      "Permission denied: the AppArmor profile \"/usr/sbin/kea-dhcp4\" forbids it");
	HOLDS(buf, "aa-disable /usr/sbin/kea-dhcp4");
	make(in_dir("attr"), "/usr/sbin/kea-dhcp4 (complain)\n", 0644);
	file_profile_path = in_dir("attr");
	IS(why(EACCES, in_dir("open"), R_OK), "Permission denied");
	make(in_dir("attr"), "unconfined\n", 0644);
	file_profile_path = in_dir("attr");
	IS(why(EACCES, in_dir("open"), R_OK), "Permission denied");
	make(in_dir("attr"), "system_u:system_r:dhcpd_t:s0", 0644);
	file_profile_path = in_dir("attr");
	HOLDS(why(EPERM, in_dir("open"), R_OK), "SELinux context system_u:system_r:dhcpd_t:s0");
	ck_assert_int_eq(chmod(dir, 0755), 0);
	make(in_dir("attr"), "", 0000);
	file_profile_path = in_dir("attr");
	as_nobody(hidden_profile);
	file_profile_path = "/nonexistent";
	IS(why(EACCES, in_dir("open"), R_OK), "Permission denied");
}
END_TEST

START_TEST(test_others_reasons)
{
	char want[PATH_MAX];

	(void)snprintf(want, sizeof(want), "No such file or directory: the directory %s does not exist",
		       in_dir("none"));
	IS(why(ENOENT, in_dir("none/file"), W_OK), want);
	IS(why(ENOENT, in_dir("file"), W_OK), "No such file or directory");
	(void)unsetenv("INVOCATION_ID");
	IS(why(EROFS, in_dir("file"), W_OK), "Read-only file system");
	(void)setenv("INVOCATION_ID", "1", 1);
	HOLDS(why(EROFS, in_dir("file"), W_OK), "ReadWritePaths=");
	IS(why(EIO, in_dir("file"), W_OK), "Input/output error");
}
END_TEST

static void setup(void)
{
	memcpy(dir, "/tmp/kea-file.XXXXXX", sizeof(dir));
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	static const char *const names[] = { "new",   "old",    "symlink", "link", "secret",
					     "group", "closed", "own",     "open", "attr" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)remove(in_dir(names[i]));
	(void)rmdir(dir);
}

int main(void)
{
	TCase *tc = tcase_create("file");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_adopt);
	tcase_add_test(tc, test_no_theft);
	tcase_add_test(tc, test_others);
	tcase_add_test(tc, test_own);
	tcase_add_test(tc, test_modules);
	tcase_add_test(tc, test_others_reasons);
	return suite_run(tc);
}
