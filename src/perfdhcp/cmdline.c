/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The table of options, and the loop over the command line. values.c and files.c read values with a special
 * syntax; check.c checks which options go together.
 */
#include "perfdhcp/cmdline_int.h"

#include "base/args.h"
#include "base/err.h"

#include <stdarg.h>
#include <stddef.h>

enum type {
	FLAG,    /* bool */
	NUMBER,  /* uint32_t within min..max */
	SECONDS, /* double, more than 0 */
	TEXT,    /* const char * */
	CALL,    /* read by read_value() */
};

/* Letters above 127: options with a long name only. */
enum { OPT_SCENARIO = 200, OPT_LEDGER, OPT_DIRECT, OPT_WINDOW, OPT_CPU_OF };

struct row {
	int letter;
	const char *name; /* long name, NULL if there is none */
	const char *arg;  /* NULL: no value */
	enum type type;
	size_t field;
	uint32_t min, max; /* for NUMBER; max 0: 2^32 - 1 */
	unsigned times;    /* how often it may occur; 0: the last one applies */
	const char *doc;
};

#define F(member) .field = offsetof(struct options, member)

static const struct row rows[] = {
	{ '1', NULL, NULL, FLAG, F(first_server_id),
	  .doc = "use the server identifier of the first response for all requests" },
	{ '4', NULL, NULL, CALL, .doc = "DHCPv4 (default)" },
	{ '6', NULL, NULL, CALL, .doc = "DHCPv6" },
	{ 'A', NULL, "level", NUMBER, F(relay_level), 1, 1,
	  .doc = "v6: messages pass through this many relay agents (1)" },
	{ 'b', NULL, "base", CALL, .times = 100,
	  .doc = "mac=00:0c:01:02:03:04 or duid=HEX: the first client; the others count up from it" },
	{ 'B', NULL, NULL, FLAG, F(broadcast), .doc = "v4: ask for broadcast responses" },
	{ 'c', NULL, NULL, FLAG, F(rapid), .doc = "v6: ask for rapid commit" },
	{ 'C', NULL, "separator", TEXT, F(separator),
	  .doc = "print the lines of -t as separated values, and nothing before them" },
	{ OPT_CPU_OF, "cpu-of", "pid", NUMBER, F(cpu_of), 1, 0,
	  .doc = "report the CPU time of this process, a server on the same host" },
	{ 'd', NULL, "drop-time", CALL, .times = 2,
	  .doc = "seconds until a request counts as lost (1); twice: for both exchanges" },
	{ 'D', NULL, "max-drop", CALL, .times = 2,
	  .doc = "end when this many requests, or N% of them, are lost; twice: for both "
		 "exchanges" },
	{ OPT_DIRECT, "direct", NULL, FLAG, F(direct),
	  .doc = "v4: be clients on the link of -l instead of a relay agent, each with its own hardware address" },
	{ 'e', NULL, "lease-type", CALL, .doc = "address-only (default), prefix-only or address-and-prefix" },
	{ 'E', NULL, "time-offset", NUMBER, F(time_at), 0, MAX_TEMPLATE,
	  .doc = "where secs or elapsed-time is in the second template; 0: nowhere" },
	{ 'f', NULL, "renew-rate", NUMBER, F(renew_rate), 1, 0,
	  .doc = "renewals per second, in addition to the exchanges of -r" },
	{ 'F', NULL, "release-rate", NUMBER, F(release_rate), 1, 0,
	  .doc = "releases per second, in addition to the exchanges of -r" },
	{ 'g', NULL, "thread-mode", CALL, .doc = "single (default), or multi: a separate thread receives" },
	{ 'i', NULL, NULL, FLAG, F(first_only), .doc = "only the first half of an exchange" },
	{ 'I', NULL, "ip-offset", NUMBER, F(ip_at), 1, MAX_TEMPLATE,
	  .doc = "where the requested address (v6: the IA) option is in the second template" },
	{ 'J', NULL, "address-list-file", CALL,
	  .doc = "file of relay agent addresses; each exchange uses a random one" },
	{ 'l', NULL, "local", TEXT, F(local), .doc = "local address, or interface" },
	{ 'L', NULL, "local-port", NUMBER, F(local_port), 0, 65535, .doc = "0: the protocol's (default)" },
	{ OPT_LEDGER, "ledger", "file", TEXT, F(ledger),
	  .doc = "append a line for every lease that the server confirms" },
	{ 'M', NULL, "mac-list-file", CALL, .doc = "file of hardware addresses; each exchange uses a random one" },
	{ 'n', NULL, "num-request", CALL, .times = 2,
	  .doc = "end after this many exchanges; twice: also after this many requests" },
	{ 'N', NULL, "remote-port", NUMBER, F(remote_port), 0, 65535, .doc = "0: the protocol's (default)" },
	{ 'o', NULL, "code,hex", CALL, .times = MAX_EXTRA, .doc = "put this option into every message" },
	{ 'O', NULL, "random-offset", CALL, .times = 2, .doc = "offset of the last byte that distinguishes clients" },
	{ 'p', NULL, "test-period", SECONDS, F(period_sec), .doc = "end after this many seconds" },
	{ 'P', NULL, "preload", NUMBER, F(preload), 0, 0,
	  .doc = "first do this many exchanges, which are not in the report" },
	{ 'r', NULL, "rate", NUMBER, F(rate), 1, 0, .doc = "exchanges started per second, whatever the server does" },
	{ 'R', NULL, "num-clients", NUMBER, F(clients), 1, 0, .doc = "number of clients that take turns (1)" },
	{ 's', NULL, "seed", NUMBER, F(seed), 0, 0,
	  .doc = "repeat the random choices of -M and -J; 0: different each time" },
	{ 'S', NULL, "srvid-offset", NUMBER, F(server_id_at), 1, MAX_TEMPLATE,
	  .doc = "where the server identifier option is in the second template" },
	{ OPT_SCENARIO, "scenario", "name", CALL,
	  .doc = "basic (default), avalanche: all clients at once, repeating until each has a "
		 "lease, or renew: clients renew leases that they got before the measurement" },
	{ 't', NULL, "report", SECONDS, F(report_sec), .doc = "seconds between reports" },
	{ 'T', NULL, "template-file", CALL, .times = 2,
	  .doc = "the first message, in hex; the second -T is the request" },
	{ 'u', NULL, NULL, FLAG, F(unique), .doc = "count addresses assigned to two clients" },
	{ 'w', NULL, "script", TEXT, F(wrapped), .doc = "run script start before and script stop afterwards" },
	{ 'W', NULL, "exit-wait", NUMBER, F(exit_wait_us), 0, 0,
	  .doc = "microseconds to wait for responses at the end; default: until all have arrived"
		 " or are lost" },
	{ OPT_WINDOW, "window", "n", NUMBER, F(window), 1, 1u << 20,
	  .doc = "without -r: exchanges in progress at a time (256, at most one per client)" },
	{ 'x', NULL, "diagnostics", CALL,
	  .doc = "letters: a arguments, e exit reason, i rate, l leases, s server identifier, "
		 "t times, T templates" },
	{ 'X', NULL, "xid-offset", CALL, .times = 2, .doc = "where the transaction identifier is in the template" },
	{ 'y', NULL, "seconds", SECONDS, F(late_for_sec),
	  .doc = "for this long clients report that they have waited, counting up" },
	{ 'Y', NULL, "seconds", SECONDS, F(late_from_sec), .doc = "when that starts" },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

int refuse(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, OPTIONS_WHY_MAX, fmt, ap);
	va_end(ap);
	return -E_INVAL;
}

static const char *option_text(const struct row *row, char *buf, size_t size)
{
	if (row->name)
		(void)snprintf(buf, size, "--%s", row->name);
	else
		(void)snprintf(buf, size, "-%c", row->letter);
	return buf;
}

static int set_family(struct options *opt, unsigned family, char *why)
{
	if (opt->family && opt->family != family)
		return refuse(why, "-4 and -6 cannot be used together");
	opt->family = family;
	return 0;
}

/* Checks that the text is one of an option's values "a|b|c". */
static int one_of(const char *text, const char *const *names, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(text, names[i]) == 0)
			return (int)i;
	return -E_INVAL;
}

static int read_value(const struct row *row, struct options *opt, unsigned nth, const char *text, char *why)
{
	static const char *const lease_types[] = { "address-only", "prefix-only", "address-and-prefix" };
	static const char *const scenarios[] = { "basic", "avalanche", "renew" };
	static const char *const thread_modes[] = { "single", "multi" };
	int got;

	switch (row->letter) {
	case '4':
	case '6':
		return set_family(opt, row->letter == '6' ? 6 : 4, why);
	case 'b':
		return value_base(opt, text, why);
	case 'd':
		if (value_seconds(text, false, &opt->drop_sec[nth]) < 0)
			return refuse(why, "-d: %s is not a number of seconds above 0", text);
		return 0;
	case 'D':
		return value_max_drop(opt, nth, text, why);
	case 'e':
		got = one_of(text, lease_types, 3);
		if (got < 0)
			return refuse(why, "-e: %s is not address-only, prefix-only or address-and-prefix", text);
		opt->leases = (enum lease_type)(got + 1);
		return 0;
	case 'g':
		got = one_of(text, thread_modes, 2);
		if (got < 0)
			return refuse(why, "-g: %s is not single or multi", text);
		opt->threads = (uint32_t)got + 1;
		return 0;
	case OPT_SCENARIO:
		got = one_of(text, scenarios, 3);
		if (got < 0)
			return refuse(why, "--scenario: %s is not basic, avalanche or renew", text);
		opt->scenario = (enum scenario)got;
		return 0;
	case 'J':
		return file_relays(text, opt, why);
	case 'M':
		return file_macs(text, opt, why);
	case 'n':
		if (value_u32(text, 1, UINT32_MAX, &opt->n_requests[nth]) < 0)
			return refuse(why, "-n: %s is not a positive number", text);
		return 0;
	case 'o':
		return value_extra(opt, text, why);
	case 'O':
	case 'X':
		if (value_u32(text, row->letter == 'O' ? 4 : 1, MAX_TEMPLATE,
			      row->letter == 'O' ? &opt->templates[nth].id_at : &opt->templates[nth].xid_at) < 0)
			return refuse(why, "-%c: %s is not a number from %d to %d", row->letter, text,
				      row->letter == 'O' ? 4 : 1, MAX_TEMPLATE);
		return 0;
	case 'T':
		opt->n_templates = nth + 1;
		return file_template(text, &opt->templates[nth], why);
	case 'x':
		return value_diagnostics(opt, text, why);
	}
	return refuse(why, "-%c cannot be read", row->letter);
}

static int set(const struct row *row, struct options *opt, unsigned nth, const char *text, char *why)
{
	void *field = (char *)opt + row->field;
	uint32_t max = row->max ? row->max : UINT32_MAX;
	char name[32];

	option_text(row, name, sizeof(name));
	switch (row->type) {
	case FLAG:
		*(bool *)field = true;
		return 0;
	case NUMBER:
		if (value_u32(text, row->min, max, field) < 0)
			return row->min == max
				       ? refuse(why, "%s: %s is not %u, the only value there is", name, text, max)
				       : refuse(why, "%s: %s is not a number from %u to %u", name, text, row->min, max);
		return 0;
	case SECONDS:
		if (value_seconds(text, false, field) < 0)
			return refuse(why, "%s: %s is not a number of seconds above 0", name, text);
		return 0;
	case TEXT:
		if (!*text)
			return refuse(why, "%s: the value is empty", name);
		*(const char **)field = text;
		return 0;
	case CALL:
		return read_value(row, opt, nth, text, why);
	}
	return -E_INVAL;
}

static const struct row *row_find(int letter)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

/* The table in the form needed by args_next() and the help. */
static const struct args_program *the_program(void)
{
	static struct args_option v[N_ROWS];
	static const struct args_program program = {
		.name = "perfdhcp",
		.about = "Load generator for DHCP servers, version " PACKAGE_VERSION "\n\n"
			 "Plays many clients of a DHCP server and measures its responses. The server is an address;\n"
			 "for DHCPv6 also \"all\" (ff02::1:2) or \"servers\" (ff05::1:3). With -l INTERFACE it may be "
			 "left\n"
			 "out: \"all\", or the broadcast address. Without -r, -n and -p there is one exchange.",
		.usage = "[OPTION...] [SERVER]\n-h|-v",
		.notes = "Exit status: 0 all exchanges were completed, 1 error, 2 error in the command line,\n"
			 "3 some exchanges were not completed.",
		.v = v,
		.n = N_ROWS,
	};

	for (size_t i = 0; i < N_ROWS; i++)
		v[i] = (struct args_option){ rows[i].letter, rows[i].name, rows[i].arg, rows[i].doc };
	return &program;
}

int options_parse(int argc, char **argv, struct options *ret, char *why)
{
	const struct args_program *program = the_program();
	struct given given = { 0 };
	const struct row *row;
	const char *value = NULL;
	char name[32];
	int id, first = 0, err;

	*ret = (struct options){
		.leases = LEASE_ADDRESS,
		.clients = 1,
		.drop_sec = { 1, 1 },
		.threads = 1,
		.mac = { 0x00, 0x0c, 0x01, 0x02, 0x03, 0x04 },
	};
	while ((id = args_next(program, argc, argv, &first, &value, why)) != ARGS_END) {
		if (id < 0)
			return id;
		ret->help = id == 'h';
		ret->version = id == 'v';
		if (ret->help || ret->version)
			return 0;
		row = row_find(id);
		option_text(row, name, sizeof(name));
		if (row->times && given.n[id] >= row->times)
			return refuse(why, "%s is given too often", name);
		err = set(row, ret, given.n[id], value ? value : "", why);
		if (err < 0)
			return err;
		if (given.n[id] < UINT8_MAX)
			given.n[id]++;
	}
	if (first < argc)
		ret->server_text = argv[first++];
	if (first < argc)
		return refuse(why, "one server is enough: %s", argv[first]);
	return options_check(ret, &given, why);
}

int options_print_help(const struct options *opt)
{
	return args_print(the_program(), opt->help ? 'h' : 'v');
}

void options_done(struct options *opt)
{
	for (unsigned i = 0; i < opt->n_extra; i++)
		free((void *)(uintptr_t)opt->extra[i].data.data);
	free(opt->macs);
	free(opt->relays);
	*opt = (struct options){ 0 };
}

/* Prints the value of each option, given or default; of lists and templates only the size. */
void options_print(const struct options *opt, FILE *out)
{
	char mac[3 * MAC_LEN], server[IP_TEXT_MAX];

	fprintf(out, "IPv%u\nlease-type=%s\n", opt->family,
		opt->leases == LEASE_BOTH     ? "address-and-prefix"
		: opt->leases == LEASE_PREFIX ? "prefix-only"
					      : "address-only");
	if (opt->rate)
		fprintf(out, "rate[1/s]=%u\n", opt->rate);
	else
		fprintf(out, "window=%u\n", opt->window);
	if (opt->renew_rate)
		fprintf(out, "renew-rate[1/s]=%u\n", opt->renew_rate);
	if (opt->release_rate)
		fprintf(out, "release-rate[1/s]=%u\n", opt->release_rate);
	fprintf(out, "clients=%u\n", opt->clients);
	for (int i = 0; i < 2; i++) {
		if (opt->n_requests[i])
			fprintf(out, "num-request[%d]=%u\n", i, opt->n_requests[i]);
		fprintf(out, "drop-time[%d]=%g\n", i, opt->drop_sec[i]);
		if (opt->has_max_drops[i])
			fprintf(out, "max-drop[%d]=%u\n", i, opt->max_drops[i]);
		if (opt->max_drop_percent[i] > 0)
			fprintf(out, "max-drop[%d]=%g%%\n", i, opt->max_drop_percent[i]);
	}
	if (opt->period_sec > 0)
		fprintf(out, "test-period=%g\n", opt->period_sec);
	if (opt->report_sec > 0)
		fprintf(out, "report[s]=%g\n", opt->report_sec);
	if (opt->preload)
		fprintf(out, "preload=%u\n", opt->preload);
	if (opt->n_templates)
		fprintf(out, "templates=%u\n", opt->n_templates);
	if (opt->relays)
		fprintf(out, "relay-agents=%u\n", opt->n_relays);
	(void)bytes_to_hex(bytes_of(opt->mac, MAC_LEN), ':', mac, sizeof(mac));
	fprintf(out, "mac=%s\n", opt->macs ? "from a list" : mac);
	if (opt->local)
		fprintf(out, "%s=%s\n", opt->direct ? "direct" : "local", opt->local);
	fprintf(out, "server=%s\n", ip_format(&opt->server, server));
}
