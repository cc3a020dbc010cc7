/* SPDX-License-Identifier: MPL-2.0 */
/* Rules between options, and defaults that depend on other options. The first violation is reported. */
#include "perfdhcp/cmdline_int.h"

static int check_family(struct options *opt, const struct given *given, char *why)
{
	bool v6 = opt->family == 6;

	if (v6 && given->n['B'])
		return refuse(why, "-B is for DHCPv4");
	if (v6 && opt->direct)
		return refuse(why, "--direct is for DHCPv4: without -A, DHCPv6 messages are those "
				   "of clients on the link");
	if (!v6 && given->n['c'])
		return refuse(why, "-c is for DHCPv6");
	if (!v6 && given->n['A'])
		return refuse(why, "-A is for DHCPv6: without --direct, DHCPv4 messages are those "
				   "of a relay agent");
	if (!v6 && opt->leases & LEASE_PREFIX)
		return refuse(why, "-e: prefixes are for DHCPv6");
	if (!v6 && opt->duid_len)
		return refuse(why, "-b: DUIDs are for DHCPv6");
	for (unsigned i = 0; i < opt->n_extra; i++)
		if (!v6 && (opt->extra[i].code > 254 || opt->extra[i].code == 53))
			return refuse(why, "-o: %u is not an option that can be put into DHCPv4 messages",
				      opt->extra[i].code);
	for (uint32_t i = 0; i < opt->n_relays; i++)
		if (ip_is4(&opt->relays[i]) == v6)
			return refuse(why, "-J: an address of the other family is in the list");
	if (opt->n_relays && (v6 ? !opt->relay_level : opt->direct))
		return refuse(why, "-J is for relayed messages: %s", v6 ? "use it with -A 1" : "not with --direct");
	return 0;
}

static int check_server(struct options *opt, char *why)
{
	bool v6 = opt->family == 6;
	const char *text = opt->server_text;
	struct ip local;

	if (opt->direct && !opt->local)
		return refuse(why, "--direct needs an interface: -l");
	if (!text) {
		if (!opt->local || ip_parse(opt->local, &local) == 0)
			return refuse(why, "say which server, or which interface with -l");
		text = "all";
	}
	if (strcmp(text, "all") == 0)
		text = v6 ? "ff02::1:2" : "255.255.255.255";
	else if (v6 && strcmp(text, "servers") == 0)
		text = "ff05::1:3";
	if (ip_parse(text, &opt->server) < 0)
		return refuse(why, "%s is not the address of a server", text);
	if (ip_is4(&opt->server) == v6)
		return refuse(why, "%s is not an address of DHCPv%u", text, opt->family);
	return 0;
}

static int check_rates(struct options *opt, const struct given *given, char *why)
{
	if ((opt->renew_rate || opt->release_rate) && !opt->rate)
		return refuse(why, "-f and -F need -r");
	if ((uint64_t)opt->renew_rate + opt->release_rate > opt->rate)
		return refuse(why, "-f and -F together are more than -r");
	if (!given->n['Y'] != !given->n['y'])
		return refuse(why, "-y and -Y are used together");
	if (given->n['M'] && given->n['b'])
		return refuse(why, "-M and -b cannot be used together");
	if (given->n['M'] && !given->n['R'])
		opt->clients = opt->n_macs;
	if (given->n['M'] && opt->clients > opt->n_macs)
		return refuse(why, "-R: the list of -M has only %u addresses", opt->n_macs);
	if (opt->rate && opt->window)
		return refuse(why, "--window is the number of exchanges in progress without -r");
	return 0;
}

static int check_first_only(const struct options *opt, const struct given *given, char *why)
{
	static const char never[] = "1EISFf", once[] = "dDnTOX";

	if (!opt->first_only)
		return 0;
	for (const char *p = never; *p; p++)
		if (given->n[(unsigned char)*p])
			return refuse(why, "-%c is about the second half of exchanges: not with -i", *p);
	for (const char *p = once; *p; p++)
		if (given->n[(unsigned char)*p] > 1)
			return refuse(why, "a second -%c is about the second half of exchanges: not with -i", *p);
	return 0;
}

static int check_scenario(const struct options *opt, const struct given *given, char *why)
{
	static const char avalanche[] = "rnfFiPdD", renew[] = "fFicTu";
	const char *p = opt->scenario == SCENARIO_AVALANCHE ? avalanche : opt->scenario == SCENARIO_RENEW ? renew : "";

	for (; *p; p++)
		if (given->n[(unsigned char)*p])
			return refuse(why, "-%c has no meaning in the scenario %s", *p, scenario_name(opt->scenario));
	return 0;
}

/* Everything written at an offset of a template must fit. */
static int check_offsets(const struct options *opt, char *why)
{
	bool v6 = opt->family == 6;

	for (unsigned i = 0; i < opt->n_templates; i++) {
		const struct template *t = &opt->templates[i];
		const struct {
			char letter;
			uint32_t at, len;
		} places[] = {
			{ 'X',
			  t->xid_at ? t->xid_at
			  : v6      ? 1
				    : 4,
			  v6 ? 3 : 4 },
			{ 'O', t->id_at || v6 ? t->id_at : 33, 1 },
			{ 'E', i ? opt->time_at : 0, 2 },
			/* complete options may also follow the existing ones */
			{ 'S', i ? opt->server_id_at : 0, 0 },
			{ 'I', i ? opt->ip_at : 0, 0 },
		};

		for (unsigned k = 0; k < sizeof(places) / sizeof(places[0]); k++)
			if (places[k].at && places[k].at + places[k].len > t->len)
				return refuse(why, "-%c: the %s template has %zu bytes: there is no room at %u",
					      places[k].letter, i ? "second" : "first", t->len, places[k].at);
	}
	for (unsigned i = 0; i < opt->n_templates; i++)
		if (opt->has_mac && opt->templates[i].id_at && opt->templates[i].id_at + 1 < MAC_LEN)
			return refuse(why, "-O: the six bytes of -b mac= do not end at %u", opt->templates[i].id_at);
	if (opt->server_id_at && opt->server_id_at == opt->ip_at)
		return refuse(why, "-S and -I are the same place");
	return 0;
}

static int check_templates(struct options *opt, const struct given *given, char *why)
{
	static const char needs_second[] = "ESI";

	if ((given->n['X'] || given->n['O']) && !opt->n_templates)
		return refuse(why, "-X and -O are about templates: use them with -T");
	if (given->n['X'] > opt->n_templates || given->n['O'] > opt->n_templates)
		return refuse(why, "there are more -X or -O than -T");
	for (const char *p = needs_second; *p; p++)
		if (given->n[(unsigned char)*p] && opt->n_templates < 2)
			return refuse(why, "-%c is about the second template: use it with two -T", *p);
	if (opt->n_templates && (opt->renew_rate || opt->release_rate))
		return refuse(why, "-f and -F cannot be used with -T: there is no template for "
				   "their messages");
	if (opt->n_templates && (opt->macs || opt->duid_len || opt->n_extra))
		return refuse(why, "-M, -b duid= and -o cannot be used with -T: the template says it");
	return check_offsets(opt, why);
}

int options_check(struct options *opt, const struct given *given, char *why)
{
	int err;

	if (!opt->family)
		opt->family = 4;
	opt->has_exit_wait = given->n['W'];
	err = check_family(opt, given, why);
	if (!err)
		err = check_rates(opt, given, why);
	if (!err)
		err = check_first_only(opt, given, why);
	if (!err)
		err = check_scenario(opt, given, why);
	if (!err)
		err = check_templates(opt, given, why);
	if (!err)
		err = check_server(opt, why);
	if (err)
		return err;
	if (given->n['d'] == 1)
		opt->drop_sec[1] = opt->drop_sec[0];
	if (!opt->rate && !given->n['n'] && !given->n['p'] && opt->scenario == SCENARIO_BASIC)
		opt->n_requests[0] = 1;
	if (opt->scenario == SCENARIO_RENEW && !opt->preload)
		opt->preload = opt->clients;
	if (!opt->rate && !opt->window)
		opt->window = opt->clients < 256 ? opt->clients : 256;
	return 0;
}
