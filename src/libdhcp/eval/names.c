/* SPDX-License-Identifier: MPL-2.0 */
/* Resolves names in expressions: operators, options, classes. Suggests corrections for unknown ones. */
#include "base/str.h"
#include "eval/expr_int.h"

enum { WORDS_MAX = 128 };

static const char *lower(struct parser *p, const char *word)
{
	char *copy = arena_strdup(p->env->arena, word), *c;

	for (c = copy; *c; c++)
		*c = ascii_lower(*c);
	return copy;
}

static bool is_word(const struct eval_op *op)
{
	return op->from == AT_START && op->name[0] >= 'a' && op->name[0] <= 'z';
}

/* Returns the only name that begins with the word, or NULL. */
static const char *completed(const char *word, const char *const *names, size_t n)
{
	const char *found = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (!strncmp(names[i], word, strlen(word))) {
			if (found)
				return NULL;
			found = names[i];
		}
	return found;
}

void names_help_operator(struct parser *p, const char *word)
{
	/* Common spellings from other languages. */
	static const struct {
		const char *word, *name;
	} others[] = {
		{ "substr", "substring" },
		{ "if", "ifelse" },
		{ "regex", "match" },
		{ "matches", "match" },
		{ "tolower", "lcase" },
		{ "lower", "lcase" },
		{ "toupper", "ucase" },
		{ "upper", "ucase" },
		{ "hex", "hexstring" },
		{ "equals", "==" },
		{ "eq", "==" },
		{ "packet", "pkt" },
		{ "opt", "option" },
		{ "options", "option" },
		{ "class", "member" },
		{ "len", "pkt.len" },
		{ "mac", "pkt4.mac" },
		{ "elif", "ifelse" },
		{ "elsif", "ifelse" },
		{ "cat", "concat" },
		{ "relay", "relay4" },
		{ "member_of", "member" },
		{ "exists", "option[...].exists" },
	};
	const char *names[WORDS_MAX], *near, *small = lower(p, word);
	size_t n = 0, i;

	for (i = 0; i < n_eval_ops && n < WORDS_MAX; i++)
		if (is_word(&eval_ops[i]) && eval_op_is_for(&eval_ops[i], p->env->digit))
			names[n++] = eval_ops[i].name;
	near = diag_suggest(small, names, n);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(others[i].word, small))
			near = others[i].name;
	if (!near && strlen(small) > 2)
		near = completed(small, names, n);
	if (near)
		diag_help(p->env->diag, "did you mean \"%s\"?", near);
	else if (p->at == p->len || !strchr("([.", p->text[p->at]))
		diag_help(p->env->diag, "text must be in single quotes: '%s'", word);
}

void names_help_infix(struct parser *p, const char *word)
{
	static const struct {
		const char *word, *name;
	} others[] = { { "eq", "==" },           { "equals", "==" },
		       { "is", "==" },           { "xor", "(A or B) and not (A and B)" },
		       { "plus", "+" },          { "matches", "match('REGEX', TEXT)" },
		       { "ne", "not (A == B)" }, { "not", "and not" } };
	const char *names[WORDS_MAX], *near;
	size_t n = 0, i;

	for (i = 0; i < n_eval_ops && n < WORDS_MAX; i++)
		if (eval_ops[i].form == FORM_INFIX && is_word(&eval_ops[i]))
			names[n++] = eval_ops[i].name;
	word = lower(p, word);
	near = diag_suggest(word, names, n);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(others[i].word, word))
			near = others[i].name;
	if (near)
		diag_help(p->env->diag, "did you mean \"%s\"?", near);
}

static size_t members(const struct parser *p, enum eval_at from, const char *names[WORDS_MAX])
{
	size_t n = 0, i;

	for (i = 0; i < n_eval_ops && n < WORDS_MAX; i++)
		if (from != AT_START && eval_ops[i].from == from && eval_op_is_for(&eval_ops[i], p->env->digit))
			names[n++] = eval_ops[i].name;
	return n;
}

const char *names_of_members(struct parser *p, enum eval_at from)
{
	const char *names[WORDS_MAX], *text = "";
	size_t n = members(p, from, names), i;

	for (i = 0; i < n; i++)
		text = arena_printf(p->env->arena, "%s%s%s", text, !i ? "" : i + 1 < n ? ", " : " or ", names[i]);
	return text;
}

void names_help_member(struct parser *p, enum eval_at from, const char *word)
{
	const char *names[WORDS_MAX];
	size_t n = members(p, from, names);

	if (!diag_help_near(p->env->diag, lower(p, word), names, n) && n)
		diag_help(p->env->diag, "expected %s", names_of_members(p, from));
}

/* --- options ------------------------------------------------------------------ */

static const char *main_space(const struct parser *p)
{
	return dict_main_space(p->env->dict);
}

/* Returns the offset of the sub-options, after a value of known length; negative if there are none. */
static int32_t subs_of(const struct parser *p, const struct optdef *def)
{
	bool is_iaprefix = p->env->digit == 6 && def->code == OPT6_IAPREFIX;
	uint32_t size = 0;
	unsigned i;

	if (def->more && p->env->digit == 4) /* RFC 3925 4: enterprise number, then the length of this vendor's data */
		return 5;
	if ((!def->encapsulate && !def->more) || def->array)
		return -1;
	for (i = 0; i < def->record_n; i++) {
		/* RFC 9915 21.22: prefix length, then the full 16-byte prefix */
		uint32_t one = def->record[i] == OPT_IPV6_PREFIX && is_iaprefix ? 17 : opt_type_size(def->record[i]);

		if (!one)
			return -1;
		size += one;
	}
	if (def->record_n || def->type == OPT_EMPTY)
		return (int32_t)size;
	size = opt_type_size(def->type);
	return size ? (int32_t)size : -1;
}

/* Returns the space of a vendor's options, configured or built-in. */
const char *names_vendor_space(struct parser *p, uint32_t enterprise)
{
	const char *space = arena_printf(p->env->arena, "vendor-%u", enterprise);
	const char *built_in = dict_vendor_space(p->env->dict, enterprise);

	return built_in && !dict_has_space(p->env->dict, space) ? built_in : space;
}

static void help_option(struct parser *p, const char *space, const char *name)
{
	const struct eval_env *env = p->env;
	const char *near = NULL;
	const struct optdef *def;
	const char **names;
	size_t n;

	names = dict_names(env->dict, space, env->arena, &n);
	near = diag_suggest(lower(p, name), names, n);
	if (!near && env->other_name)
		near = env->other_name(env->ctx, space, name);
	if (near) {
		diag_help(env->diag, "did you mean \"%s\"?", near);
		return;
	}
	def = dict_name_anywhere(env->dict, name);
	if (def && !strcmp(def->space, "dhcp-agent-options-space"))
		diag_help(env->diag, "it is a relay's: write relay4[%s]", name);
	else if (def)
		diag_help(env->diag, "there is one in space %s", def->space);
}

static void set_definition(struct parser *p, struct eval_node *node)
{
	if (!node->def) {
		node->subs = -1;
		return;
	}
	node->is_string = node->def->type == OPT_STRING;
	node->subs = subs_of(p, node->def);
	node->space = node->def->encapsulate;
	/* IA options contain options from the message's own space. */
	if (!node->space && node->subs >= 0 && node->index != OPT6_VENDOR_OPTS)
		node->space = main_space(p);
}

/* What the option is for the members of classes that define it, too. */
static void set_alternatives(struct parser *p, struct eval_node *node)
{
	const struct eval_env *env = p->env;
	size_t n = 0, i;
	const struct eval_class_def *defs =
		env->class_defs ? env->class_defs(env->ctx, (uint16_t)node->index, &n) : NULL;
	struct eval_alt *alts = n ? arena_new_array(env->arena, struct eval_alt, n) : NULL;

	for (i = 0; i < n; i++) {
		const struct optdef *def = defs[i].def;

		alts[i] = (struct eval_alt){ defs[i].class_id, def, subs_of(p, def), def->type == OPT_STRING };
		if (!node->space)
			node->space = def->encapsulate;
	}
	node->alts = alts;
	node->n_alts = n;
	/* RFC 2132 8.4: options in option 43 may be padded. */
	node->has_pads = node->index == OPT4_VENDOR_ENCAPSULATED_OPTIONS;
}

bool names_set_option(struct parser *p, struct eval_node *node, const char *space)
{
	int64_t max = p->env->digit == 6 ? UINT16_MAX : UINT8_MAX;
	const struct token *token = &p->token;
	const char *name;

	if (token->kind == TOKEN_INTEGER) {
		if (token->number < 0 || token->number > max) {
			parser_error(p, token->from, token->to, "option code %lld is not in 0..%lld",
				     (long long)token->number, (long long)max);
			return false;
		}
		node->index = (uint32_t)token->number;
		node->def = space ? dict_by_code(p->env->dict, space, (uint16_t)node->index) : NULL;
	} else {
		name = arena_strndup(p->env->arena, p->text + token->from, token->to - token->from);
		if (!space) {
			parser_error(p, token->from, token->to, "option \"%s\" is not known here: write its code",
				     name);
			return false;
		}
		node->def = dict_by_name(p->env->dict, space, name);
		if (!node->def) {
			parser_error(p, token->from, token->to, "space %s has no option \"%s\"", space, name);
			help_option(p, space, name);
			return false;
		}
		node->index = node->def->code;
	}
	set_definition(p, node);
	if (p->env->digit == 4 && space && !strcmp(space, main_space(p)))
		set_alternatives(p, node);
	return true;
}

/* --- classes ------------------------------------------------------------------ */

static void use_class(struct parser *p, unsigned id)
{
	struct eval_expr *expr = p->expr;

	if (expr->n_classes == expr->max_classes) {
		unsigned max = expr->max_classes ? 2 * expr->max_classes : 4;
		unsigned *v = arena_new_array(p->env->arena, unsigned, max);

		if (expr->n_classes)
			memcpy(v, expr->classes, expr->n_classes * sizeof(*v));
		expr->classes = v;
		expr->max_classes = max;
	}
	expr->classes[expr->n_classes++] = id;
}

bool names_set_class(struct parser *p, struct eval_node *node)
{
	const struct eval_env *env = p->env;
	const char *name = arena_strndup(env->arena, (const char *)p->token.value.data, p->token.value.len);
	const char *const *names = NULL;
	size_t n = 0;

	node->class_kind = !strcmp(name, "KNOWN")     ? CLASS_KNOWN
			   : !strcmp(name, "UNKNOWN") ? CLASS_UNKNOWN
			   : !strcmp(name, "ALL")     ? CLASS_ALL
						      : CLASS_ORDINARY;
	if (node->class_kind != CLASS_ORDINARY) {
		p->expr->needs_host |= node->class_kind != CLASS_ALL;
		return true;
	}
	node->class_id = env->find_class ? env->find_class(env->ctx, name) : -1;
	if (node->class_id >= 0) {
		use_class(p, (unsigned)node->class_id);
		return true;
	}
	parser_error(p, p->token.from, p->token.to, "class \"%s\" is not defined", name);
	if (env->class_names)
		names = env->class_names(env->ctx, &n);
	if (names)
		(void)diag_help_near(env->diag, name, names, n);
	return false;
}
