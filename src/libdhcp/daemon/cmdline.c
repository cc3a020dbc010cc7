/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/cmdline.h"

#include "base/build.h"
#include "base/err.h"
#include "json/diag.h"
#include "serve/family.h"

#include <getopt.h>
#include <openssl/crypto.h>
#include <json-c/json_c_version.h>

enum { OPT_SCHEMA = 256, OPT_REFERENCE, OPT_CONFIG, OPT_FORMAT, OPT_STRICT, OPT_HELP };

static void usage(const struct family *fam, FILE *to)
{
	fprintf(to,
		"Kea %s server, version %s\n"
		"\n"
		"Usage: %s -c FILE [-d] [-X] [-p PORT] [-P PORT]\n"
		"       %s -t|-T FILE [--format=text|gcc|json] [--strict]\n"
		"       %s -v|-V|-W|--print-schema|--print-reference|--print-config FILE\n"
		"\n"
		"  -c FILE         serve with this configuration\n"
		"  -t FILE         check the configuration: all errors at once; exit 0 if it is usable\n"
		"  -T FILE         the same, and what it needs of this machine\n"
		"  -d              log everything, debug messages too\n"
		"  -X              refusals of paths and permissions are warnings only\n"
		"  -p PORT         listen on this port instead of %u (for tests)\n"
		"  -P PORT         answer to this port instead of %u (for tests)\n"
		"  -v, -V          print the version, and the versions of the libraries\n"
		"  -W              print how it was built\n"
		"  --print-config FILE  the configuration with all defaults, as config-get shows it\n"
		"  --print-schema, --print-reference  all configuration keys, as JSON or as a manual\n"
		"  --format=KIND   how -t prints errors\n"
		"  --strict        warnings make -t fail\n",
		fam->protocol, PACKAGE_VERSION, fam->program, fam->program, fam->program, fam->server_port,
		fam->client_port);
}

static int parse_port(const char *text, uint16_t *ret)
{
	char *end;
	long port = strtol(text, &end, 10);

	if (!*text || *end || port < 1 || port > 65535) {
		fprintf(stderr, "port %s is not in 1..65535\n", text);
		return -E_INVAL;
	}
	*ret = (uint16_t)port;
	return 0;
}

static int parse_format(const char *text, int *ret)
{
	if (!strcmp(text, "text"))
		*ret = DIAG_TEXT;
	else if (!strcmp(text, "gcc"))
		*ret = DIAG_GCC;
	else if (!strcmp(text, "json"))
		*ret = DIAG_JSON;
	else {
		fprintf(stderr, "--format takes text, gcc or json, not %s\n", text);
		return -E_INVAL;
	}
	return 0;
}

static int set_mode(struct run_options *opts, enum run_mode mode, const char *file)
{
	if (opts->config_file && file) {
		fputs("one configuration file only: -c, -t, -T and --print-config exclude each other\n", stderr);
		return -E_INVAL;
	}
	opts->mode = mode;
	if (file)
		opts->config_file = file;
	return 0;
}

int run_options_parse(const struct family *fam, int argc, char **argv, struct run_options *ret)
{
	static const struct option longs[] = {
		{ "print-schema", no_argument, NULL, OPT_SCHEMA },
		{ "print-reference", no_argument, NULL, OPT_REFERENCE },
		{ "print-config", required_argument, NULL, OPT_CONFIG },
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "strict", no_argument, NULL, OPT_STRICT },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, OPT_HELP },
		{ NULL, 0, NULL, 0 },
	};
	struct run_options opts = { .mode = RUN_SERVE, .diag_format = DIAG_TEXT };
	int c, err = 0;

	opterr = 1;
	optind = 1;
	while (err == 0 && (c = getopt_long(argc, argv, "c:t:T:dvVWXp:P:", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			err = set_mode(&opts, RUN_SERVE, optarg);
			break;
		case 't':
			err = set_mode(&opts, RUN_CHECK, optarg);
			break;
		case 'T':
			err = set_mode(&opts, RUN_CHECK_WIDE, optarg);
			break;
		case OPT_CONFIG:
			err = set_mode(&opts, RUN_PRINT_CONFIG, optarg);
			break;
		case OPT_SCHEMA:
			err = set_mode(&opts, RUN_PRINT_SCHEMA, NULL);
			break;
		case OPT_REFERENCE:
			err = set_mode(&opts, RUN_PRINT_REFERENCE, NULL);
			break;
		case 'v':
			err = set_mode(&opts, RUN_VERSION, NULL);
			break;
		case 'V':
			err = set_mode(&opts, RUN_VERSION_LONG, NULL);
			break;
		case 'W':
			err = set_mode(&opts, RUN_BUILD_REPORT, NULL);
			break;
		case 'd':
			opts.verbose = true;
			break;
		case 'X':
			opts.relaxed = true;
			break;
		case 'p':
			err = parse_port(optarg, &opts.server_port);
			break;
		case 'P':
			err = parse_port(optarg, &opts.client_port);
			break;
		case OPT_FORMAT:
			err = parse_format(optarg, &opts.diag_format);
			break;
		case OPT_STRICT:
			opts.strict = true;
			break;
		case OPT_HELP:
			usage(fam, stdout);
			exit(0);
		default:
			err = -E_INVAL;
		}
	}
	if (err == 0 && optind < argc) {
		fprintf(stderr, "%s: unexpected argument %s\n", fam->program, argv[optind]);
		err = -E_INVAL;
	}
	if (err == 0 && opts.mode == RUN_SERVE && !opts.config_file) {
		fputs("Configuration file not specified.\n", stderr);
		err = -E_INVAL;
	}
	if (err < 0) {
		usage(fam, stderr);
		return err;
	}
	*ret = opts;
	return 0;
}

void run_options_version(const struct family *fam, enum run_mode mode)
{
	switch (mode) {
	case RUN_VERSION:
		puts(PACKAGE_VERSION);
		break;
	case RUN_VERSION_LONG:
		printf("%s\n%s server\nlinked with:\nlog4c\n%s\njson-c %s\ndatabase:\nMemfile backend\n",
		       PACKAGE_VERSION, fam->protocol, OpenSSL_version(OPENSSL_VERSION), json_c_version());
		break;
	default:
		build_report();
		break;
	}
}
