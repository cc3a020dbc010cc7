/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/cmdline.h"

#include "base/args.h"
#include "base/build.h"
#include "base/err.h"
#include "db/schema.h"
#include "io/dgram.h"
#include "eval/expr.h"
#include "serve/family.h"

#include <openssl/crypto.h>
#include <json-c/json_c_version.h>

enum {
	OPT_SCHEMA = 256,
	OPT_REFERENCE,
	OPT_EXPRESSIONS,
	OPT_COMMANDS,
	OPT_OPENAPI,
	OPT_CONFIG,
	OPT_FORMAT,
	OPT_STRICT,
	OPT_REPLAY,
	OPT_EXPLAIN,
	OPT_INTERFACE,
	OPT_KEA
};

static const struct args_option options[] = {
	{ 'c', NULL, "FILE", "serve with this configuration" },
	{ 't', NULL, "FILE", "check the configuration and report all its errors; exit 0 if it is usable" },
	{ 'T', NULL, "FILE", "like -t, and also check what depends on this host: interfaces and privileges" },
	{ OPT_FORMAT, "format", "KIND",
	  "how -t and -T print errors: text (default), gcc or json; --replay prints text or json" },
	{ OPT_STRICT, "strict", NULL, "with -t and -T, warnings count as errors" },
	{ OPT_REPLAY, "replay", "PCAP",
	  "with -c, serve no client: print where the responses to the requests in a capture differ from those in it; "
	  "exit "
	  "0 if they do not, 2 if they do" },
	{ OPT_EXPLAIN, "explain", NULL, "with --replay, explain every request, not only those with differences" },
	{ OPT_INTERFACE, "interface", "NAME",
	  "with --replay, the interface that received the requests, if the capture does not name it" },
	{ 'd', NULL, NULL, "log everything, debug messages too" },
	{ 'X', NULL, NULL,
	  "disable security restrictions: only warn about files outside the permitted directories and unsafe "
	  "permissions" },
	{ 'p', NULL, "PORT", "listen on this port instead of the protocol's (for tests)" },
	{ 'P', NULL, "PORT", "respond to this port instead of the protocol's (for tests)" },
	{ OPT_CONFIG, "print-config", "FILE", "print the configuration with all defaults, as config-get returns it" },
	{ OPT_KEA, "kea", NULL, "with --print-config, print what Kea can read: no defaults, and Kea's keys only" },
	{ OPT_SCHEMA, "print-schema", NULL, "print all configuration keys as JSON" },
	{ OPT_REFERENCE, "print-reference", NULL, "print all configuration keys as a manual" },
	{ OPT_EXPRESSIONS, "print-expressions", NULL, "print all operators of expressions as a manual" },
	{ OPT_COMMANDS, "print-commands", NULL, "print all control commands as a manual" },
	{ OPT_OPENAPI, "print-openapi", NULL, "print all control commands as an OpenAPI document" },
	{ 'V', NULL, NULL, "print the version and the libraries in use" },
	{ 'W', NULL, NULL, "print how the program was configured and built" },
};

static int parse_port(const char *text, uint16_t *ret, char *why)
{
	char *end;
	long port = strtol(text, &end, 10);

	if (!*text || *end || port < 1 || port > 65535) {
		(void)snprintf(why, ARGS_WHY_MAX, "port %s is not a number from 1 to 65535", text);
		return -E_INVAL;
	}
	*ret = (uint16_t)port;
	return 0;
}

static int set_mode(struct run_options *opts, enum run_mode mode, const char *file, char *why)
{
	if (opts->config_file && file) {
		(void)snprintf(why, ARGS_WHY_MAX, "-c, -t, -T and --print-config exclude each other");
		return -E_INVAL;
	}
	opts->mode = mode;
	if (file)
		opts->config_file = file;
	return 0;
}

static int set_option(struct run_options *opts, int id, const char *value, char *why)
{
	switch (id) {
	case 'c':
		return set_mode(opts, RUN_SERVE, value, why);
	case 't':
		return set_mode(opts, RUN_CHECK, value, why);
	case 'T':
		return set_mode(opts, RUN_CHECK_WIDE, value, why);
	case OPT_CONFIG:
		return set_mode(opts, RUN_PRINT_CONFIG, value, why);
	case OPT_SCHEMA:
		return set_mode(opts, RUN_PRINT_SCHEMA, NULL, why);
	case OPT_REFERENCE:
		return set_mode(opts, RUN_PRINT_REFERENCE, NULL, why);
	case OPT_EXPRESSIONS:
		return set_mode(opts, RUN_PRINT_EXPRESSIONS, NULL, why);
	case OPT_COMMANDS:
		return set_mode(opts, RUN_PRINT_COMMANDS, NULL, why);
	case OPT_OPENAPI:
		return set_mode(opts, RUN_PRINT_OPENAPI, NULL, why);
	case 'V':
		return set_mode(opts, RUN_VERSION, NULL, why);
	case 'W':
		return set_mode(opts, RUN_BUILD_REPORT, NULL, why);
	case 'd':
		opts->verbose = true;
		return 0;
	case 'X':
		opts->relaxed = true;
		return 0;
	case 'p':
		return parse_port(value, &opts->server_port, why);
	case 'P':
		return parse_port(value, &opts->client_port, why);
	case OPT_FORMAT:
		return diag_format_option(value, &opts->diag_format, why);
	case OPT_REPLAY:
		opts->replay_file = value;
		return 0;
	case OPT_EXPLAIN:
		opts->explain = true;
		return 0;
	case OPT_INTERFACE:
		opts->interface = value;
		return 0;
	case OPT_KEA:
		opts->for_kea = true;
		return 0;
	case OPT_STRICT:
		opts->strict = true;
		return 0;
	}
	return -E_INVAL;
}

/* What --replay needs, and what only it has. */
static int check_replay(struct run_options *opts, char *why)
{
	const char *fault = NULL;

	if (!opts->replay_file) {
		if (opts->explain || opts->interface)
			fault = "--explain and --interface need --replay";
	} else if (opts->mode != RUN_SERVE || !opts->config_file) {
		fault = "--replay needs -c FILE";
	} else if (opts->diag_format == DIAG_GCC) {
		fault = "--replay prints text or json";
	} else if (opts->interface && strlen(opts->interface) >= DGRAM_IFNAME_MAX) {
		fault = "the name of the interface is too long";
	} else {
		opts->mode = RUN_REPLAY;
	}
	if (!fault)
		return 0;
	(void)snprintf(why, ARGS_WHY_MAX, "%s", fault);
	return -E_INVAL;
}

int run_options_parse(const struct family *fam, int argc, char **argv, struct run_options *ret)
{
	struct run_options opts = { .mode = RUN_SERVE, .diag_format = DIAG_TEXT };
	char about[64], why[ARGS_WHY_MAX] = "";
	struct args_program program = {
		.name = fam->program,
		.about = about,
		.usage = "-c FILE [-dX] [-p PORT] [-P PORT]\n"
			 "-c FILE --replay PCAP [--explain] [--interface NAME] [--format KIND] [-dX] [-p PORT] [-P "
			 "PORT]\n"
			 "-t|-T FILE [-X] [--format KIND] [--strict]\n"
			 "--print-config FILE [--kea]\n"
			 "--print-schema|--print-reference|--print-expressions|--print-commands|--print-openapi|-h|-v|-"
			 "V|-W",
		.v = options,
		.n = sizeof(options) / sizeof(options[0]),
	};
	const char *value = NULL;
	int id, first = 0, err = 0;

	(void)snprintf(about, sizeof(about), "Kea %s server, version %s", fam->protocol, PACKAGE_VERSION);
	while (err == 0 && (id = args_next(&program, argc, argv, &first, &value, why)) != ARGS_END) {
		if (id == 'h' || id == 'v')
			exit(args_print(&program, id));
		err = id < 0 ? id : set_option(&opts, id, value, why);
	}
	if (err == 0 && first < argc) {
		(void)snprintf(why, sizeof(why), "unexpected argument %s", argv[first]);
		err = -E_INVAL;
	}
	if (err == 0)
		err = check_replay(&opts, why);
	if (err == 0 && opts.mode == RUN_SERVE && !opts.config_file) {
		(void)snprintf(why, sizeof(why), "configuration file not specified: -c FILE is missing");
		err = -E_INVAL;
	}
	if (err < 0) {
		args_complain(fam->program, "%s", why);
		return err;
	}
	*ret = opts;
	return 0;
}

#if defined(HAVE_MYSQL) || defined(HAVE_PGSQL)
static void print_schema(FILE *to, const char *name, enum db_kind kind)
{
	fprintf(to, "%s backend %lld.%lld\n", name, (long long)db_schemas[kind].major,
		(long long)db_schemas[kind].minor);
}
#endif

void run_options_print_version(const struct family *fam, FILE *to)
{
	char pcre2[EVAL_VERSION_MAX];

	fprintf(to, "%s\n%s server\nlinked with:\nlog4c\n%s\njson-c %s\nPCRE2 %s\ndatabase:\n", PACKAGE_VERSION,
		fam->protocol, OpenSSL_version(OPENSSL_VERSION), json_c_version(), eval_regex_version(pcre2));
#ifdef HAVE_MYSQL
	print_schema(to, "MySQL", DB_MYSQL);
#endif
#ifdef HAVE_PGSQL
	print_schema(to, "PostgreSQL", DB_PGSQL);
#endif
	fputs("Memfile backend\n", to);
}

void run_options_version(const struct family *fam, enum run_mode mode)
{
	switch (mode) {
	case RUN_VERSION:
		run_options_print_version(fam, stdout);
		break;
	default:
		build_report(stdout);
		break;
	}
}
