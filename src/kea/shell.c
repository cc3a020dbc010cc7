/* SPDX-License-Identifier: MPL-2.0 */
/* kea-shell: the options, input and output of Kea's program of that name. */
#include "base/err.h"
#include "kea/cli.h"
#include "kea/input.h"
#include "kea/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHELL_HOST = 200,
	SHELL_PORT,
	SHELL_PATH,
	SHELL_CA,
	SHELL_CERT,
	SHELL_KEY,
	SHELL_TIMEOUT,
	SHELL_SERVICE,
	SHELL_USER,
	SHELL_PASSWORD,
};
#define SERVICES_MAX 16
#define INPUT_MAX (16u << 20)

static const struct args_option options[] = {
	{ SHELL_HOST, "host", "HOST", "host to connect to (127.0.0.1)" },
	{ SHELL_PORT, "port", "PORT", "port to connect to (8000)" },
	{ SHELL_PATH, "path", "PATH", "path of the URL, for proxies" },
	{ SHELL_CA, "ca", "PATH", "use HTTPS, and trust the certificates in this file or directory" },
	{ SHELL_CERT, "cert", "FILE", "the client's certificate" },
	{ SHELL_KEY, "key", "FILE", "the key of the client's certificate" },
	{ SHELL_TIMEOUT, "timeout", "SECONDS", "how long to wait for the response (10)" },
	{ SHELL_SERVICE, "service", "NAME", "service that is meant, dhcp4, dhcp6 or d2; may be repeated" },
	{ SHELL_USER, "auth-user", "NAME", "user for basic authentication" },
	{ SHELL_PASSWORD, "auth-password", "TEXT", "password; other users of the host can see it" },
};
const struct args_program shell_program = {
	.name = "kea-shell",
	.about = "Sends a command to a control agent or to the HTTP socket of a server, version " PACKAGE_VERSION "\n\n"
		 "Standard input has the arguments, without the braces around them. kea does more.",
	.usage = "[OPTION...] [COMMAND]\n-h|-v",
	.notes = "Without COMMAND: list-commands. Exit status: 0 there was a response, 1 error.",
	.v = options,
	.n = sizeof(options) / sizeof(options[0]),
};

struct shell {
	const char *host, *port, *path, *ca, *cert, *key, *user, *password, *command;
	const char *services[SERVICES_MAX];
	unsigned n_services;
	unsigned long timeout_sec;
};

static int wrong(const char *why)
{
	args_complain("kea-shell", "%s", why);
	return 2;
}

/* Kea's program prints its errors to standard output. */
static int fail(const char *what, const char *why)
{
	printf("%s%s\n", what, why);
	return 1;
}

static int parse(int argc, char **argv, struct shell *sh, char *why)
{
	const char *value = NULL;
	int id, first = 0;

	while ((id = args_next(&shell_program, argc, argv, &first, &value, why)) != ARGS_END) {
		if (id < 0)
			return id;
		if (id == 'h' || id == 'v')
			exit(args_print(&shell_program, id));
		switch (id) {
		case SHELL_HOST:
			sh->host = value;
			break;
		case SHELL_PORT:
			sh->port = value;
			break;
		case SHELL_PATH:
			sh->path = value;
			break;
		case SHELL_CA:
			sh->ca = value;
			break;
		case SHELL_CERT:
			sh->cert = value;
			break;
		case SHELL_KEY:
			sh->key = value;
			break;
		case SHELL_TIMEOUT:
			sh->timeout_sec = strtoul(value, NULL, 10);
			break;
		case SHELL_SERVICE:
			if (sh->n_services == SERVICES_MAX) {
				(void)snprintf(why, ARGS_WHY_MAX, "more than %u services", SERVICES_MAX);
				return -E_INVAL;
			}
			if (*value)
				sh->services[sh->n_services++] = value;
			break;
		case SHELL_USER:
			sh->user = value;
			break;
		default:
			sh->password = value;
		}
	}
	if (first < argc)
		sh->command = argv[first++];
	if (first < argc) {
		(void)snprintf(why, ARGS_WHY_MAX, "unexpected argument %s", argv[first]);
		return -E_INVAL;
	}
	if (!sh->timeout_sec || sh->timeout_sec > 86400) {
		(void)snprintf(why, ARGS_WHY_MAX, "--timeout is not a number from 1 to 86400");
		return -E_INVAL;
	}
	return 0;
}

/* The request; false if standard input cannot be read. */
static bool make_request(const struct shell *sh, struct str *out)
{
	struct str args = { 0 };
	bool ok = input_read(stdin, INPUT_MAX, &args);

	str_addf(out, "{ \"command\": \"%s\"", sh->command);
	for (unsigned i = 0; i < sh->n_services; i++)
		str_addf(out, "%s\"%s\"", i ? "," : ", \"service\": [", sh->services[i]);
	if (sh->n_services)
		str_add(out, "]");
	if (args.len > 1)
		str_addf(out, ", \"arguments\": { %s }", str_text(&args));
	str_add(out, " }");
	str_free(&args);
	return ok;
}

static void set_peer(const struct shell *sh, struct peer *peer)
{
	struct str text = { 0 };

	*peer = (struct peer){ .is_https = sh->ca && *sh->ca,
			       .host = xstrdup(sh->host),
			       .port = xstrdup(sh->port),
			       .ca = sh->ca,
			       .cert = sh->cert,
			       .key = sh->key,
			       .timeout_sec = (uint32_t)sh->timeout_sec };
	str_addf(&text, "/%s", sh->path[0] == '/' ? sh->path + 1 : sh->path);
	peer->target = text.text;
	text = (struct str){ 0 };
	if (*sh->user)
		str_addf(&text, "%s:%s", sh->user, sh->password);
	peer->authorization = text.text;
}

int shell_main(int argc, char **argv)
{
	struct shell sh = { .host = "127.0.0.1",
			    .port = "8000",
			    .path = "",
			    .user = "",
			    .password = "",
			    .command = "list-commands",
			    .timeout_sec = 10 };
	struct str request = { 0 }, response = { 0 }, reason = { 0 };
	struct peer peer;
	char why[ARGS_WHY_MAX];
	int code = 0;

	if (parse(argc, argv, &sh, why) < 0)
		return wrong(why);
	if (!sh.cert != !sh.key)
		return fail("--cert and --key must be used together", "");
	if (sh.cert && !sh.ca)
		return fail("--cert and --key with HTTPS disabled (no --ca)", "");
	set_peer(&sh, &peer);
	if (!make_request(&sh, &request))
		code = fail("Failed to run: ", "standard input cannot be read");
	else if (peer_ask(&peer, str_text(&request), request.len, &response, &reason) == 0)
		printf("%s\n", str_text(&response));
	else if (peer.has_timed_out)
		code = fail("Connection timeout", "");
	else
		code = fail("Failed to run: ", str_text(&reason));
	str_free(&request);
	str_free(&response);
	str_free(&reason);
	peer_done(&peer);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		fprintf(stderr, "kea-shell: standard output: %s\n", strerror(errno));
		code = 1;
	}
	return code;
}
