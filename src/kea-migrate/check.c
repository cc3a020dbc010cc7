/* SPDX-License-Identifier: MPL-2.0 */
/* The servers' own check of what was written, until nothing is left that they reject. */
#include "kea-migrate/check.h"

#include "kea-dhcp-ddns/config.h"
#include "root/config.h"

#define ROUNDS_MAX 200

struct round {
	struct out *root;
	struct report *rep;
	const struct str *text;
	bool is_changed;
};

static void reject(void *ctx, struct pos pos, const char *error)
{
	struct round *r = ctx;
	struct out *unit = pos.line ? out_unit(r->root, report_offset(r->text->text, r->text->len, pos)) : NULL;
	struct pos src = { .file = 1 };

	if (!unit)
		return;
	r->is_changed = true;
	report_note(r->rep, REPORT_DECISION, unit->src.line ? unit->src : src, "the result is rejected: %s", error);
	if (!unit->why)
		unit->why = arena_strdup(r->rep->arena, error);
}

static int load(unsigned family, const struct str *text, struct diag **ret_diag)
{
	struct config *cfg = NULL;
	struct d2_config *d2 = NULL;
	int err;

	if (family) {
		err = config_load_text("output", text->text, text->len, family, CONFIG_CHECK, ret_diag, &cfg);
		config_free(cfg);
	} else {
		err = d2_config_load_text("output", text->text, text->len, CONFIG_CHECK, ret_diag, &d2);
		d2_config_free(d2);
	}
	return err;
}

/* What is left when nothing helps: everything as comments. */
static bool give_up(unsigned family, struct out *root, struct report *rep, struct str *text)
{
	struct diag *diag = NULL;
	int err;

	report_note(rep, REPORT_ERROR, (struct pos){ .file = 1 }, "the result is rejected; all of it is in comments");
	for (struct out *o = root->first->first; o; o = o->next)
		if (o->kind != OUT_COMMENT && !o->why)
			o->why = "the result is rejected as a whole";
	out_print(root, text);
	err = load(family, text, &diag);
	diag_free(diag);
	if (err < 0)
		str_reset(text);
	return err >= 0;
}

/* family 0: kea-dhcp-ddns */
static bool check(unsigned family, struct out *root, struct report *rep, struct str *text)
{
	for (unsigned i = 0; i < ROUNDS_MAX; i++) {
		struct diag *diag = NULL;
		struct round r = { .root = root, .rep = rep, .text = text };
		int err;

		out_print(root, text);
		err = load(family, text, &diag);
		if (err < 0)
			diag_each_error(diag, reject, &r);
		if (err < 0 && !r.is_changed) {
			struct str why = { 0 };

			diag_reason(diag, &why);
			report_note(rep, REPORT_ERROR, POS_NONE, "the result is rejected as a whole: %s",
				    str_text(&why));
			str_free(&why);
		}
		diag_free(diag);
		if (err >= 0)
			return true;
		if (!r.is_changed)
			break;
	}
	return give_up(family, root, rep, text);
}

bool check_output(const struct conversion *conv, struct report *rep, struct str *text, struct str *ddns)
{
	bool ok = conv->root && check(conv->family, conv->root, rep, text);

	if (ok && conv->ddns && !check(0, conv->ddns, rep, ddns))
		ok = false;
	rep->is_unusable = rep->is_unusable || !ok;
	return ok;
}
