/* SPDX-License-Identifier: MPL-2.0 */
/* The options of a response, and the scope that each came from: the first one that has the value that was sent. */
#include "serve/explain_json.h"

#include "base/str.h"
#include "serve/classify.h"
#include "serve/family.h"
#include "wire/codec.h"

/* Options that the server itself makes, and from what. */
static const struct {
	unsigned digit;
	uint16_t code;
	const char *from;
} made[] = {
	{ 4, OPT4_SUBNET_MASK, "the prefix of the subnet" }, { 4, OPT4_DHCP_LEASE_TIME, "the lease" },
	{ 4, OPT4_DHCP_RENEWAL_TIME, "the lease" },          { 4, OPT4_DHCP_REBINDING_TIME, "the lease" },
	{ 4, OPT4_DHCP_CLIENT_IDENTIFIER, "the message" },   { 4, OPT4_DHCP_AGENT_OPTIONS, "the message" },
	{ 4, OPT4_SUBNET_SELECTION, "the message" },         { 6, OPT6_CLIENTID, "the message" },
};

static const char *made_from(const struct request *req, uint16_t code)
{
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (made[i].digit == req->fam->digit && made[i].code == code)
			return made[i].from;
	return "the server";
}

static void pool_text(const struct pool *pool, char *buf, size_t size)
{
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX];

	(void)snprintf(buf, size, "pool %s-%s", ip_format(&pool->first, first), ip_format(&pool->last, last));
}

const char *explain_scope(const struct request *req, const struct optlist *list, char buf[SCOPE_TEXT_MAX])
{
	const struct classes *classes = &req->cfg->classes;

	(void)snprintf(buf, SCOPE_TEXT_MAX, "global");
	if (req->host && req->host->extra && list == &req->host->extra->opts)
		(void)snprintf(buf, SCOPE_TEXT_MAX, "reservation");
	else if (req->pool && list == &req->pool->opts)
		pool_text(req->pool, buf, SCOPE_TEXT_MAX);
	else if (req->second_pool && list == &req->second_pool->opts)
		pool_text(req->second_pool, buf, SCOPE_TEXT_MAX);
	else if (req->sub && list == &req->sub->opts)
		(void)snprintf(buf, SCOPE_TEXT_MAX, "subnet %u", req->sub->id);
	else if (req->sub && req->sub->net && list == &req->sub->net->opts)
		(void)snprintf(buf, SCOPE_TEXT_MAX, "shared network %s", req->sub->net->name);
	for (unsigned i = 0; i < classes->n; i++)
		if (list == &classes->v[i].opts)
			(void)snprintf(buf, SCOPE_TEXT_MAX, "class %s", classes->v[i].name);
	return buf;
}

/* True if the value, as this client gets it, is what was sent. */
static bool is_sent(const struct request *req, const struct optval *val, struct bytes data)
{
	struct bytes got;
	unsigned pos = 0;

	if (!val->cond)
		return bytes_equal(val->data, data);
	while (optval_next(val, req->scopes.classes, req->arena, &pos, &got) > 0)
		if (bytes_equal(got, data))
			return true;
	return false;
}

static const struct optlist *list_with(const struct request *req, const struct optval *val)
{
	for (unsigned i = 0; i < req->scopes.n; i++)
		if (val >= req->scopes.v[i]->v && val < req->scopes.v[i]->v + req->scopes.v[i]->n)
			return req->scopes.v[i];
	return NULL;
}

/* The scope of a configured value; NULL if the value that was sent is none. */
static const struct optlist *configured_in(const struct request *req, const struct opt *opt)
{
	unsigned n;
	const struct optval *val = opt_scopes_all(&req->scopes, 0, opt->code, &n);

	for (; n; n--, val++)
		if (is_sent(req, val, opt->data))
			return list_with(req, val);
	return NULL;
}

/* The innermost scope that has sub-options of a vendor or of this option, which the server has put together. */
static const struct optlist *parts_in(const struct request *req, const struct optdef *def)
{
	for (unsigned i = 0; def && def->more && i < req->scopes.n; i++)
		if (req->scopes.v[i]->n > req->scopes.v[i]->n_main)
			return req->scopes.v[i];
	return NULL;
}

static void add_value(struct json_object *map, const struct optdef *def, struct bytes data)
{
	struct str text = { 0 };

	if (def && def->type != OPT_EMPTY && codec_decode_text(def, data, &text) >= 0)
		json_object_object_add(map, "data", json_object_new_string(str_text(&text)));
	else
		explain_bytes(map, "data", data);
	str_free(&text);
}

static struct json_object *option(const struct request *req, const struct opt *opt)
{
	const struct dict *dict = req->cfg->dict;
	const struct optdef *def = dict_by_code(dict, dict_main_space(dict), opt->code);
	const struct optlist *list = configured_in(req, opt);
	struct json_object *map = json_object_new_object();
	char scope[SCOPE_TEXT_MAX];

	if (!list)
		list = parts_in(req, def);
	json_object_object_add(map, "code", json_object_new_int(opt->code));
	explain_text(map, "name", def ? def->name : NULL);
	add_value(map, def, opt->data);
	explain_text(map, "from", list ? explain_scope(req, list, scope) : made_from(req, opt->code));
	return map;
}

struct json_object *explain_options(const struct request *req)
{
	struct json_object *list = json_object_new_array();
	const struct opts *opts = req->fam->answer_opts(req);

	for (unsigned i = 0; i < opts->n; i++)
		if (!req->fam->is_binding_option || !req->fam->is_binding_option(opts->v[i].code))
			json_object_array_add(list, option(req, &opts->v[i]));
	return list;
}
