/* SPDX-License-Identifier: MPL-2.0 */
/* kea-migrate: configurations and leases of other DHCP servers, converted. */
#include "base/args.h"
#include "base/err.h"
#include "base/file.h"
#include "kea-migrate/check.h"
#include "kea-migrate/coredhcp.h"
#include "kea-migrate/dnsmasq.h"
#include "kea-migrate/kea.h"
#include "kea-migrate/leases.h"
#include "kea-migrate/windows.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define INTERFACES_MAX 64

enum { OPT_FROM = 128, OPT_TO, OPT_DDNS, OPT_ETHERS, OPT_FORCE, OPT_NO_RESOLVE, OPT_LIST };

/* Options that only some kinds have. */
enum {
	HAS_4 = 1,
	HAS_6 = 2,
	HAS_46 = HAS_4 | HAS_6,
	HAS_CONFIG = 4,
	HAS_DDNS = 8,
	HAS_INTERFACE = 16,
	HAS_ETHERS = 32,
	HAS_NO_RESOLVE = 64,
};

struct args {
	unsigned family;
	const char *from, *to, *output, *ddns, *config, *ethers, *input;
	const char *interfaces[INTERFACES_MAX];
	unsigned n_interfaces;
	bool force, no_resolve;
	unsigned has; /* HAS_... */
	const struct kind *kind;
};

static const struct args_option options[] = {
	{ OPT_FROM, "from", "KIND", "what FILE is: dhcpd, dhcpd-leases, dnsmasq, windows, coredhcp, kea" },
	{ OPT_TO, "to", "KIND", "FILE is a lease file; make this of it: dhcpd-leases" },
	{ '4', NULL, NULL, "FILE is for DHCPv4; without -4 and -6 its statements decide" },
	{ '6', NULL, NULL, "FILE is for DHCPv6" },
	{ 'o', NULL, "FILE", "write the result to this file instead of standard output" },
	{ 'c', NULL, "FILE", "with --from dhcpd-leases: the configuration of the server, for the subnets" },
	{ OPT_DDNS, "ddns", "FILE", "write zones and keys to this file, a configuration of kea-dhcp-ddns" },
	{ 'i', NULL, "NAME", "an interface that dhcpd serves; may be repeated; default: all" },
	{ OPT_ETHERS, "ethers", "FILE", "what read-ethers of dnsmasq reads; default: /etc/ethers" },
	{ OPT_NO_RESOLVE, "no-resolve", NULL, "do not look up dhcpd's names of hosts; they need a decision" },
	{ OPT_FORCE, "force", NULL, "replace files that exist" },
	{ OPT_LIST, "list", NULL, "print the statements of dhcpd and dnsmasq and what becomes of them" },
};
static const struct args_program program = {
	.name = "kea-migrate",
	.about = "Conversion of other DHCP servers' configurations and leases, version " PACKAGE_VERSION,
	.usage = "--from dhcpd [-4|-6] [-i NAME] [--no-resolve] [--ddns FILE] [-o FILE] [--force] FILE\n"
		 "--from dnsmasq [-4|-6] [--ethers FILE] [-o FILE] [--force] FILE\n"
		 "--from coredhcp [-4|-6] [-o FILE] [--force] FILE\n"
		 "--from windows|kea [-o FILE] [--force] FILE\n"
		 "--from dhcpd-leases -c FILE [-4|-6] [-o FILE] [--force] FILE\n"
		 "--to dhcpd-leases [-4|-6] [-o FILE] [--force] FILE\n--list|-h|-v",
	.notes = "The report goes to standard error; every message has the position in the source.\n"
		 "Exit status: 0 if everything was converted, 2 if something needs a decision, 1 if there is no "
		 "output.\n",
	.v = options,
	.n = sizeof(options) / sizeof(options[0]),
};

static void wrong(const char *what)
{
	args_complain(program.name, "%s", what);
	exit(EXIT_FAILURE);
}

static int print_list(void)
{
	puts("# Statements of other servers\n\nMade by `kea-migrate --list` from the tables the program converts with. "
	     "The "
	     "last column says what becomes of a\nstatement, or why it needs a decision.\n\n"
	     "## ISC dhcpd\n\n| statement | protocol | result |\n|---|---|---|");
	for (unsigned i = 0; i < dhcpd_n_rows; i++) {
		const struct dhcpd_row *row = &dhcpd_rows[i];
		const char *family = row->families == DHCPD_4 ? "4" : row->families == DHCPD_6 ? "6" : "both";

		printf("| `%s` | %s | %s |\n", row->name, family, row->doc);
	}
	puts("\n## dnsmasq\n\n| line | result |\n|---|---|");
	for (unsigned i = 0; i < dnsmasq_n_rows; i++)
		printf("| `%s` | %s |\n", dnsmasq_rows[i].name, dnsmasq_rows[i].doc);
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void convert_dhcpd(const struct args *args, struct report *rep, struct conversion *ret)
{
	struct dhcpd_input in = { .name = args->input,
				  .family = args->family,
				  .may_resolve = !args->no_resolve,
				  .interfaces = args->interfaces,
				  .n_interfaces = args->n_interfaces };

	dhcpd_run(&in, rep, ret);
}

static void convert_dnsmasq(const struct args *args, struct report *rep, struct conversion *ret)
{
	struct dnsmasq_input in = { .name = args->input,
				    .family = args->family,
				    .ethers = args->ethers ? args->ethers : "/etc/ethers" };

	dnsmasq_run(&in, rep, ret);
}

static void convert_coredhcp(const struct args *args, struct report *rep, struct conversion *ret)
{
	struct coredhcp_input in = { .name = args->input, .family = args->family };

	coredhcp_run(&in, rep, ret);
}

static void convert_windows(const struct args *args, struct report *rep, struct conversion *ret)
{
	struct windows_input in = { .name = args->input };
	const char *why = NULL;

	*ret = (struct conversion){ 0 };
	in.text = source_read(rep->arena, args->input, SOURCE_MAX, &in.len, &why);
	if (in.text) {
		windows_run(&in, rep, ret);
		return;
	}
	report_note(rep, REPORT_ERROR, (struct pos){ .file = report_source(rep, args->input) }, "%s", why);
	rep->is_unusable = true;
}

/* What can be converted: configurations have a function, lease files another one; Kea's are edited as text. */
struct kind {
	const char *name;
	void (*convert)(const struct args *args, struct report *rep, struct conversion *ret);
	void (*leases)(const struct leases_input *in, struct report *rep, struct str *out);
	unsigned options; /* HAS_... */
	bool is_target;   /* of --to */
	void (*edit)(const struct kea_input *in, struct report *rep, struct str *out);
};

static const struct kind kinds[] = {
	{ "dhcpd", .convert = convert_dhcpd, .options = HAS_46 | HAS_DDNS | HAS_INTERFACE | HAS_NO_RESOLVE },
	{ "dnsmasq", .convert = convert_dnsmasq, .options = HAS_46 | HAS_ETHERS },
	{ "windows", .convert = convert_windows },
	{ "coredhcp", .convert = convert_coredhcp, .options = HAS_46 },
	{ "kea", .edit = kea_run },
	{ "dhcpd-leases", .leases = leases_from_dhcpd, .options = HAS_46 | HAS_CONFIG },
	{ "dhcpd-leases", .leases = leases_to_dhcpd, .options = HAS_46, .is_target = true },
};

static unsigned bit_of(int id)
{
	static const struct {
		int id;
		unsigned bit;
	} rows[] = { { '4', HAS_4 },
		     { '6', HAS_6 },
		     { 'c', HAS_CONFIG },
		     { OPT_DDNS, HAS_DDNS },
		     { 'i', HAS_INTERFACE },
		     { OPT_ETHERS, HAS_ETHERS },
		     { OPT_NO_RESOLVE, HAS_NO_RESOLVE } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].id == id)
			return rows[i].bit;
	return 0;
}

/* An option that the kind does not have would be ignored. */
static void check_options(const struct args *args)
{
	char text[64], why[ARGS_WHY_MAX];

	for (unsigned i = 0; i < program.n; i++) {
		if (!(bit_of(options[i].id) & args->has & ~args->kind->options))
			continue;
		(void)snprintf(why, sizeof(why), "%s is not an option of --%s %s",
			       args_option_text(&options[i], text, sizeof(text)), args->to ? "to" : "from",
			       args->kind->name);
		wrong(why);
	}
}

static const struct kind *find_kind(const struct args *args)
{
	const char *name = args->to ? args->to : args->from;
	char why[ARGS_WHY_MAX];

	if (!name)
		wrong("--from is missing: what FILE is");
	if (args->to && args->from)
		wrong("--from and --to exclude each other");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0 && kinds[i].is_target == (args->to != NULL))
			return &kinds[i];
	(void)snprintf(why, sizeof(why), "--%s %s is not supported yet", args->to ? "to" : "from", name);
	wrong(why);
	return NULL;
}

static struct args parse(int argc, char **argv)
{
	struct args args = { 0 };
	char why[ARGS_WHY_MAX];
	const char *value = NULL;
	int option, first = 0;

	while ((option = args_next(&program, argc, argv, &first, &value, why)) != ARGS_END) {
		args.has |= bit_of(option);
		switch (option) {
		case '4':
		case '6':
			if (args.family && args.family != (unsigned)(option - '0'))
				wrong("-4 and -6 exclude each other");
			args.family = (unsigned)(option - '0');
			break;
		case 'o':
			args.output = value;
			break;
		case 'i':
			if (args.n_interfaces == INTERFACES_MAX)
				wrong("too many interfaces");
			args.interfaces[args.n_interfaces++] = value;
			break;
		case OPT_FROM:
			args.from = value;
			break;
		case OPT_TO:
			args.to = value;
			break;
		case OPT_ETHERS:
			args.ethers = value;
			break;
		case 'c':
			args.config = value;
			break;
		case OPT_DDNS:
			args.ddns = value;
			break;
		case OPT_FORCE:
			args.force = true;
			break;
		case OPT_NO_RESOLVE:
			args.no_resolve = true;
			break;
		case OPT_LIST:
			exit(print_list());
		case 'h':
		case 'v':
			exit(args_print(&program, option));
		default:
			wrong(why);
		}
	}
	args.kind = find_kind(&args);
	check_options(&args);
	if (argc - first != 1)
		wrong(first < argc ? "expected one FILE" : "FILE is missing");
	args.input = argv[first];
	return args;
}

/* False with a message. */
static bool write_output(const struct args *args, const char *path, const struct str *text)
{
	struct file_new f;

	if (!path)
		return fwrite(str_text(text), 1, text->len, stdout) == text->len && fflush(stdout) == 0;
	if (!args->force && access(path, F_OK) == 0) {
		args_complain(program.name, "%s exists; --force replaces it", path);
		return false;
	}
	if (!file_new_open(&f, path, true) || !file_write(f.fd, str_text(text), text->len) || !file_new_finish(&f)) {
		args_complain(program.name, "%s: %s", path, strerror(errno));
		file_new_drop(&f);
		return false;
	}
	(void)file_sync_folder(path);
	return true;
}

static bool convert_config(const struct args *args, struct report *rep)
{
	struct str text = { 0 }, ddns = { 0 };
	struct conversion conv;
	bool ok = true;

	args->kind->convert(args, rep, &conv);
	if (check_output(&conv, rep, &text, &ddns)) {
		if (conv.ddns && !args->ddns)
			report_note(rep, REPORT_DECISION, (struct pos){ .file = 1 },
				    "zones are in the configuration of kea-dhcp-ddns: name its file with --ddns");
		ok = write_output(args, args->output, &text) &&
		     (!conv.ddns || !args->ddns || write_output(args, args->ddns, &ddns));
	}
	str_free(&text);
	str_free(&ddns);
	return ok;
}

static bool convert_kea(const struct args *args, struct report *rep)
{
	struct kea_input in = { .name = args->input };
	struct str out = { 0 };
	const char *why = NULL;
	bool ok;

	in.text = source_read(rep->arena, args->input, SOURCE_MAX, &in.len, &why);
	if (!in.text) {
		args_complain(program.name, "%s: %s", args->input, why);
		return false;
	}
	args->kind->edit(&in, rep, &out);
	ok = rep->is_unusable || write_output(args, args->output, &out);
	str_free(&out);
	return ok;
}

static unsigned lease_family(const struct args *args, const char *text)
{
	if (args->family)
		return args->family;
	return strstr(text, "\nia_") || strncmp(text, "ia_", 3) == 0 || strncmp(text, "address,duid", 12) == 0 ? 6 : 4;
}

static bool convert_leases(const struct args *args, struct report *rep)
{
	struct leases_input in = { .name = args->input };
	struct diag *diag = NULL;
	struct config *cfg = NULL;
	struct str out = { 0 };
	const char *why = NULL;
	bool ok = true;

	in.text = source_read(rep->arena, args->input, (size_t)1 << 31, &in.len, &why);
	if (!in.text) {
		args_complain(program.name, "%s: %s", args->input, why);
		return false;
	}
	in.family = lease_family(args, in.text);
	if (args->from && !args->config) {
		args_complain(program.name, "-c is missing: the configuration determines the subnets of leases");
		return false;
	}
	if (args->from && config_load_file(args->config, in.family, CONFIG_CHECK | CONFIG_RELAXED, &diag, &cfg) < 0) {
		diag_print(diag, stderr, DIAG_TEXT);
		ok = false;
	}
	in.cfg = cfg;
	if (ok) {
		args->kind->leases(&in, rep, &out);
		ok = rep->is_unusable || write_output(args, args->output, &out);
	}
	config_free(cfg);
	diag_free(diag);
	str_free(&out);
	return ok;
}

int main(int argc, char **argv)
{
	struct args args = parse(argc, argv);
	struct arena *arena = arena_new(0);
	struct report rep;
	int status;
	bool ok;

	report_init(&rep, arena);
	ok = args.kind->convert  ? convert_config(&args, &rep)
	     : args.kind->leases ? convert_leases(&args, &rep)
				 : convert_kea(&args, &rep);
	report_print(&rep, stderr);
	status = ok ? report_status(&rep) : EXIT_FAILURE;
	report_done(&rep);
	arena_free(arena);
	return status;
}
