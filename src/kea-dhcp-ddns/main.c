/* SPDX-License-Identifier: MPL-2.0 */
/* kea-dhcp-ddns: the command line. */
#include "api/api.h"
#include "base/args.h"
#include "base/build.h"
#include "base/err.h"
#include "json/diag.h"
#include "kea-dhcp-ddns/daemon.h"
#include "root/config.h"

#include <signal.h>
#include <sys/stat.h>

enum { OPT_SCHEMA = 256, OPT_REFERENCE, OPT_COMMANDS, OPT_OPENAPI, OPT_CONFIG, OPT_FORMAT, OPT_STRICT };

static const struct args_option options[] = {
	{ 'c', NULL, "FILE", "serve with this configuration" },
	{ 't', NULL, "FILE", "check the configuration and report all its errors; exit 0 if it is usable" },
	{ OPT_FORMAT, "format", "KIND", "how -t prints errors: text (default), gcc or json" },
	{ OPT_STRICT, "strict", NULL, "with -t, warnings count as errors" },
	{ 'd', NULL, NULL, "log everything, debug messages too" },
	{ 'X', NULL, NULL, "disable security restrictions: only warn about files outside the permitted directories" },
	{ OPT_CONFIG, "print-config", "FILE", "print the configuration with all defaults" },
	{ OPT_SCHEMA, "print-schema", NULL, "print all configuration keys as JSON" },
	{ OPT_REFERENCE, "print-reference", NULL, "print all configuration keys as a manual" },
	{ OPT_COMMANDS, "print-commands", NULL, "print all control commands as a manual" },
	{ OPT_OPENAPI, "print-openapi", NULL, "print all control commands as an OpenAPI document" },
	{ 'V', NULL, NULL, "print the version and the libraries in use" },
	{ 'W', NULL, NULL, "print how the program was configured and built" },
};
static const struct args_program program = {
	.name = "kea-dhcp-ddns",
	.about = "Kea DHCP-DDNS server, version " PACKAGE_VERSION,
	.usage = "-c FILE [-dX]\n"
		 "-t FILE [-X] [--format KIND] [--strict]\n"
		 "--print-config FILE\n"
		 "--print-schema|--print-reference|--print-commands|--print-openapi|-h|-v|-V|-W",
	.v = options,
	.n = sizeof(options) / sizeof(options[0]),
};

struct command_line {
	struct d2_options serve;
	int mode; /* the option that chose it */
	enum diag_format format;
	bool strict;
};

static int set_option(struct command_line *cl, int id, const char *value, char *why)
{
	switch (id) {
	case 'c':
	case 't':
	case OPT_CONFIG:
		if (cl->serve.config_file) {
			(void)snprintf(why, ARGS_WHY_MAX, "-c, -t and --print-config exclude each other");
			return -E_INVAL;
		}
		cl->serve.config_file = value;
		cl->mode = id;
		return 0;
	case OPT_SCHEMA:
	case OPT_REFERENCE:
	case OPT_COMMANDS:
	case OPT_OPENAPI:
	case 'V':
	case 'W':
		cl->mode = id;
		return 0;
	case 'd':
		cl->serve.verbose = true;
		return 0;
	case 'X':
		cl->serve.relaxed = true;
		return 0;
	case OPT_STRICT:
		cl->strict = true;
		return 0;
	case OPT_FORMAT:
		return diag_format_option(value, &cl->format, why);
	}
	return -E_INVAL;
}

/* Ends the program on errors, and after -h and -v. */
static struct command_line parse(int argc, char **argv)
{
	struct command_line cl = { .mode = 'c', .format = DIAG_TEXT };
	char why[ARGS_WHY_MAX] = "";
	const char *value = NULL;
	int id, first = 0, err = 0;

	while (err == 0 && (id = args_next(&program, argc, argv, &first, &value, why)) != ARGS_END) {
		if (id == 'h' || id == 'v')
			exit(args_print(&program, id));
		err = id < 0 ? id : set_option(&cl, id, value, why);
	}
	if (err == 0 && first < argc) {
		(void)snprintf(why, sizeof(why), "unexpected argument %s", argv[first]);
		err = -E_INVAL;
	}
	if (err == 0 && cl.mode == 'c' && !cl.serve.config_file) {
		(void)snprintf(why, sizeof(why), "configuration file not specified: -c FILE is missing");
		err = -E_INVAL;
	}
	if (err < 0) {
		args_complain(program.name, "%s", why);
		exit(EXIT_FAILURE);
	}
	return cl;
}

static int check(const struct command_line *cl)
{
	struct json_object *tree = NULL;
	struct d2_config *cfg = NULL;
	struct diag *diag = NULL;
	int status;

	(void)d2_config_load_file(cl->serve.config_file, CONFIG_CHECK | (cl->serve.relaxed ? CONFIG_RELAXED : 0), &diag,
				  &cfg);
	if (cfg && cl->mode == OPT_CONFIG)
		tree = d2_config_print(cfg);
	if (cl->strict)
		diag_set_strict(diag);
	status = !diag_is_usable(diag);
	diag_print_check(diag, stderr, cl->format);
	diag_free(diag);
	if (tree)
		puts(json_object_to_json_string_ext(tree, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(tree);
	d2_config_free(cfg);
	return status;
}

static void print_commands(void (*print)(const struct ctl *ctl, const char *program, FILE *to))
{
	struct ctl *ctl = ctl_new(KEY_D2, NULL);

	d2_commands_add(ctl);
	print(ctl, D2_PROGRAM, stdout);
	ctl_free(ctl);
}

int main(int argc, char **argv)
{
	struct command_line cl = parse(argc, argv);

	api_init();
	(void)umask(0027);
	(void)signal(SIGPIPE, SIG_IGN);
	switch (cl.mode) {
	case 't':
	case OPT_CONFIG:
		return check(&cl);
	case OPT_SCHEMA:
		d2_config_print_schema(stdout);
		return 0;
	case OPT_REFERENCE:
		d2_config_print_reference(stdout);
		return 0;
	case OPT_COMMANDS:
		print_commands(ctl_print_reference);
		return 0;
	case OPT_OPENAPI:
		print_commands(ctl_print_openapi);
		return 0;
	case 'V':
		d2_print_version(stdout);
		return 0;
	case 'W':
		build_report(stdout);
		return 0;
	}
	return d2_serve(&cl.serve);
}
