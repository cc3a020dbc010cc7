/* SPDX-License-Identifier: MPL-2.0 */
/* perfdhcp: puts the load of many clients on a DHCP server, and measures its performance. */
#include "perfdhcp/run.h"

#include "perfdhcp/cpu.h"

#include "base/args.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit codes; scripts rely on them. */
enum { DONE = 0, ERROR = 1, USAGE = 2, INCOMPLETE = 3 };

extern char **environ;
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop++;
}

/* -w: runs the script at the start and the end. False if there is no such script. */
static bool run_script(const char *path, const char *what)
{
	char *const argv[] = { (char *)(uintptr_t)path, (char *)(uintptr_t)what, NULL };
	pid_t pid;
	int err = posix_spawnp(&pid, path, NULL, NULL, argv, environ);

	if (err) {
		fprintf(stderr, "ERROR: running perfdhcp: -w: %s: %s\n", path, strerror(err));
		return false;
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return true;
}

/* Files opened later must not get the descriptors of standard files, to which reports are written. */
static void keep_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

static void preliminaries(const struct options *opt, int argc, char **argv)
{
	if (opt->separator)
		return;
	fputs("Running:", stdout);
	for (int i = 0; i < argc; i++)
		printf(" %s", i ? argv[i] : "perfdhcp");
	printf("\nScenario: %s.\n%s-thread mode enabled.\n", scenario_name(opt->scenario),
	       opt->threads > 1 ? "Multi" : "Single");
	if (opt->diag_args)
		options_print(opt, stdout);
	(void)fflush(stdout);
}

static int measure(const struct options *opt, const struct proto *proto, struct net *net, struct ledger *ledger)
{
	static struct run run;
	bool success;

	if (opt->wrapped && !run_script(opt->wrapped, "start"))
		return ERROR;
	run_init(&run, opt, proto, net, ledger);
	run_test(&run, &stop);
	if (opt->wrapped)
		(void)run_script(opt->wrapped, "stop");
	report_final(&run);
	success = report_success(&run);
	run_done(&run);
	return success ? DONE : INCOMPLETE;
}

static int open_and_measure(const struct options *opt)
{
	const struct proto *proto = opt->family == 6 ? &proto6 : &proto4;
	struct ledger *ledger = NULL;
	struct net *net = NULL;
	char why[NET_WHY_MAX];
	int code;

	if (opt->cpu_of && !cpu_of_process_ns(opt->cpu_of)) {
		fprintf(stderr,
			"ERROR: running perfdhcp: --cpu-of: there is no process %u, or it says nothing of its time\n",
			opt->cpu_of);
		return ERROR;
	}
	if (opt->ledger && !(ledger = ledger_open(opt->ledger))) {
		fprintf(stderr, "ERROR: running perfdhcp: --ledger: %s: %s\n", opt->ledger, strerror(errno));
		return ERROR;
	}
	if (net_open(opt, proto, &net, why) < 0) {
		fprintf(stderr, "ERROR: running perfdhcp: %s\n", why);
		(void)ledger_close(ledger);
		return ERROR;
	}
	code = measure(opt, proto, net, ledger);
	net_close(net);
	if (!ledger_close(ledger)) {
		fprintf(stderr, "ERROR: running perfdhcp: --ledger: %s: %s\n", opt->ledger, strerror(errno));
		return ERROR;
	}
	return code;
}

int main(int argc, char **argv)
{
	static struct options opt;
	struct sigaction act = { .sa_handler = on_signal };
	char why[OPTIONS_WHY_MAX];
	int code = DONE;

	keep_standard_files();
	if (options_parse(argc, argv, &opt, why) < 0) {
		args_complain("perfdhcp", "%s", why);
		options_done(&opt);
		return USAGE;
	}
	if (opt.help || opt.version) {
		code = options_print_help(&opt) ? ERROR : DONE;
	} else {
		(void)sigaction(SIGINT, &act, NULL);
		(void)sigaction(SIGTERM, &act, NULL);
		(void)prctl(PR_SET_TIMERSLACK, 1UL);
		if (opt.seed)
			rand_seed(opt.seed);
		preliminaries(&opt, argc, argv);
		code = open_and_measure(&opt);
	}
	options_done(&opt);
	errno = 0;
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "ERROR: running perfdhcp: the report cannot be written%s%s\n", errno ? ": " : "",
			errno ? strerror(errno) : "");
		return ERROR;
	}
	return code;
}
