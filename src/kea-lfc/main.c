/* SPDX-License-Identifier: MPL-2.0 */
/*
 * kea-lfc: lease file cleanup in a separate process, so that it uses neither the server's memory nor its time.
 * lease/lfc.c does the work; this file handles Kea's arguments, the PID file and the log.
 */
#include "base/args.h"
#include "base/build.h"
#include "base/err.h"
#include "base/file.h"
#include "io/pidfile.h"
#include "lease/archive.h"
#include "log/config.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NICE 4
#define EXIT_RUNNING 2

struct args {
	struct lfc_files files;
	const char *pid, *config;
	uint64_t history; /* bytes to keep; 0: none */
	bool verbose;
};

static const struct args_option options[] = {
	{ '4', NULL, NULL, "the files hold DHCPv4 leases" },
	{ '6', NULL, NULL, "the files hold DHCPv6 leases" },
	{ 'p', NULL, "FILE", "pid file" },
	{ 'x', NULL, "FILE", "previous file: the result of the last cleanup" },
	{ 'i', NULL, "FILE", "copy of the lease file: the changes since then" },
	{ 'o', NULL, "FILE", "output file while it is written" },
	{ 'f', NULL, "FILE", "finish file: the output when it is complete" },
	{ 'c', NULL, "FILE", "configuration file; ignored" },
	{ 'H', NULL, "MIB",
	  "keep what the cleanup discards beside the lease file, compressed, up to so many MiB; not in Kea" },
	{ 'd', NULL, NULL, "log verbosely to standard output instead of syslog" },
	{ 'V', NULL, NULL, "print the version and the purpose of the program" },
	{ 'W', NULL, NULL, "print how the program was configured and built" },
};
static const struct args_program program = {
	.name = "kea-lfc",
	.about = "Lease file cleanup for kea-dhcp4 and kea-dhcp6, version " PACKAGE_VERSION,
	.usage = "-4|-6 -p FILE -x FILE -i FILE -o FILE -f FILE -c FILE [-H MIB] [-d]\n-h|-v|-V|-W",
	.v = options,
	.n = sizeof(options) / sizeof(options[0]),
};

/* Reports the error and exits. */
static void wrong(const char *what)
{
	args_complain(program.name, "%s", what);
	exit(EXIT_FAILURE);
}

/* -V, -W: prints and exits. */
static void print(int option)
{
	if (option == 'W')
		build_report(stdout);
	else
		puts(PACKAGE_VERSION "\nlease file cleanup for DHCPv4 and DHCPv6");
	exit(EXIT_SUCCESS);
}

static uint64_t history_bytes(const char *text)
{
	char *end;
	unsigned long mib = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || mib > LFC_HISTORY_MAX)
		wrong("-H is not a number of MiB");
	return (uint64_t)mib << 20;
}

static void need(const char *value, const char *what)
{
	if (!value || !*value)
		wrong(what);
}

static struct args parse(int argc, char **argv)
{
	struct args args = { .files.family = -1 };
	char why[ARGS_WHY_MAX];
	const char *value = NULL;
	int option, first = 0;

	while ((option = args_next(&program, argc, argv, &first, &value, why)) != ARGS_END) {
		switch (option) {
		case '4':
		case '6':
			if (args.files.family == (option == '4'))
				wrong("-4 and -6 exclude each other");
			args.files.family = option == '6';
			break;
		case 'x':
			args.files.previous = value;
			break;
		case 'i':
			args.files.copy = value;
			break;
		case 'o':
			args.files.output = value;
			break;
		case 'f':
			args.files.finish = value;
			break;
		case 'p':
			args.pid = value;
			break;
		case 'c':
			args.config = value;
			break;
		case 'H':
			args.history = history_bytes(value);
			break;
		case 'd':
			args.verbose = true;
			break;
		case 'h':
		case 'v':
			exit(args_print(&program, option));
		case 'V':
		case 'W':
			print(option);
			break;
		default:
			wrong(why);
		}
	}
	if (first < argc) {
		(void)snprintf(why, sizeof(why), "unexpected argument %s", argv[first]);
		wrong(why);
	}
	if (args.files.family < 0)
		wrong("-4 or -6 is missing");
	need(args.pid, "-p, the pid file, is missing");
	need(args.files.previous, "-x, the previous file, is missing");
	need(args.files.copy, "-i, the copy of the lease file, is missing");
	need(args.files.output, "-o, the output file, is missing");
	need(args.files.finish, "-f, the finish file, is missing");
	need(args.config, "-c, the configuration file, is missing");
	return args;
}

/* Servers start this program without a terminal, so it logs to syslog. */
static void start_log(bool verbose)
{
	struct log_output output = { .flush = true };
	struct log_logger logger = { .name = "kea-lfc", .severity = LOG_INFO, .outputs = &output, .n_outputs = 1 };
	struct log_conf conf = { .loggers = &logger, .n_loggers = 1 };
	const char *why = NULL;

	if (log_start("kea-lfc") < 0)
		perror("kea-lfc: log");
	if (verbose)
		log_default(true);
	else if (log_output_parse("syslog", &output) == 0 && log_configure(&conf, &why) < 0)
		fprintf(stderr, "kea-lfc: syslog: %s\n", why);
}

static void print_args(const struct args *args)
{
	printf("protocol version: DHCPv%c\nprevious file:    %s\ncopy file:        %s\noutput file:      %s\n"
	       "finish file:      %s\nconfig file:      %s\npid file:         %s\n",
	       args->files.family ? '6' : '4', args->files.previous, args->files.copy, args->files.output,
	       args->files.finish, args->config, args->pid);
	(void)fflush(stdout);
}

/* Also reports the reason to the parent: a server without syslog copies it to its own output. */
static void complain(const char *why)
{
	fprintf(stderr, "kea-lfc: %s\n", why);
}

static int process(const struct lfc_files *files)
{
	struct lfc_result res = { 0 };
	char *why = NULL;
	int err;

	LOG(LFC_PROCESSING, files->previous, files->copy);
	err = lfc_process(files, &lfc_sys_real, &res, &why);
	if (err < 0) {
		LOG(LFC_FAIL_PROCESS, why ? why : err_text(err));
		complain(why ? why : err_text(err));
	} else {
		LOG(LFC_READ_STATS, (unsigned long long)res.rows, (unsigned long long)(res.rows + res.bad),
		    (unsigned long long)res.bad);
		LOG(LFC_WRITE_STATS, (unsigned long long)res.leases, (unsigned long long)res.leases, 0ULL);
	}
	free(why);
	return err;
}

/* The cleanup goes on without it: the lease file must not grow without end. */
static void keep_history(const struct args *args)
{
	char *why = NULL;

	if (!args->history || archive_add(args->files.copy, args->history, &lfc_sys_real, &why) >= 0)
		return;
	LOG(LFC_HISTORY_FAILED, why ? why : strerror(errno));
	complain(why ? why : strerror(errno));
	free(why);
}

static int rotate(const struct lfc_files *files)
{
	char *why = NULL;
	int err;

	LOG(LFC_ROTATING);
	err = lfc_rotate(files, &lfc_sys_real, &why);
	if (err < 0) {
		LOG(LFC_FAIL_ROTATE, why ? why : err_text(err));
		complain(why ? why : err_text(err));
	}
	free(why);
	return err;
}

static int clean_up(const struct args *args)
{
	const struct lfc_files *files = &args->files;

	switch (lfc_state(files)) {
	case LFC_NOTHING:
		LOG(LFC_NOTHING);
		return 0;
	case LFC_COPY:
		if (process(files) < 0)
			return -E_SYS;
		break;
	case LFC_FINISH:
		break;
	}
	keep_history(args);
	return rotate(files);
}

/* Reads at most size - 1 bytes and adds a NUL; -1 if there is nothing to read. */
static ssize_t read_small(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t len = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		(void)close(fd);
	if (len >= 0)
		buf[len] = '\0';
	return len;
}

/*
 * The cleanup of another Kea writes its PID to the PID file but does not lock it, and may outlive the server
 * that is being replaced. Returns its PID, or 0.
 */
static pid_t running_unlocked(const struct args *args)
{
	char text[8192], path[64], *name;
	ssize_t len = read_small(args->pid, text, 32);
	long pid = len > 0 ? strtol(text, NULL, 10) : 0;

	if (pid <= 0 || pid == getpid() || pid > INT32_MAX)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	len = read_small(path, text, sizeof(text));
	if (len <= 0)
		return 0;
	name = strrchr(text, '/');
	if (strcmp(name ? name + 1 : text, "kea-lfc") != 0)
		return 0;
	/* The PID may have been reused by a cleanup of other files. */
	for (const char *arg = text; arg < text + len; arg += strlen(arg) + 1)
		if (strcmp(arg, args->files.copy) == 0)
			return (pid_t)pid;
	return 0;
}

static int take_pidfile(const struct args *args, struct pidfile **ret, pid_t *ret_other)
{
	*ret_other = running_unlocked(args);
	return *ret_other ? -E_BUSY : pidfile_take(args->pid, ret, ret_other);
}

static int run(const struct args *args)
{
	struct pidfile *pidfile = NULL;
	char why[FILE_WHY_MAX];
	pid_t other = 0;
	int err = take_pidfile(args, &pidfile, &other), status;

	if (err == -E_BUSY) {
		LOG(LFC_RUNNING);
		fprintf(stderr, "kea-lfc: process %d is already cleaning up these files\n", (int)other);
		return EXIT_RUNNING;
	}
	if (err < 0) {
		(void)file_why(args->pid, W_OK, why);
		LOG(LFC_FAIL_PID_CREATE, why);
		complain(why);
		return EXIT_FAILURE;
	}
	LOG(LFC_START);
	status = clean_up(args) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	pidfile_free(pidfile);
	LOG(LFC_TERMINATE);
	return status;
}

/*
 * Lowers the priority in a child process: some system call filters kill a process that tries this, and the
 * cleanup must not depend on it. If it fails, the cleanup merely disturbs the server a little more.
 */
static void be_nice(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(setpriority(PRIO_PROCESS, (id_t)getppid(), NICE) < 0);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

int main(int argc, char **argv)
{
	struct args args = parse(argc, argv);
	int status;

	(void)umask(0027);
	be_nice();
	start_log(args.verbose);
	if (args.verbose)
		print_args(&args);
	status = run(&args);
	log_stop();
	return status;
}
