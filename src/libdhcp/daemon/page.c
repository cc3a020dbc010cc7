/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The web page: static files (src/page), and what the user may do. Everything else that it shows comes from commands
 * and from /events, so it can do nothing that its user could not do otherwise.
 */
#include "daemon/commands.h"
#include "daemon/page_files.h"
#include "json/write.h"

/* Nothing from elsewhere, no inline scripts, not in a frame of another site. */
#define HEADERS                                                                                                  \
	"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " \
	"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"                         \
	"X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-cache\r\n"

struct user_text {
	struct ctl_call *call;
	struct str text;
	bool has_name;
};

static void add_command(void *ctx, const struct command *cmd, bool is_available)
{
	struct user_text *user = ctx;

	if (!is_available || !ctl_page_user_may(user->call, cmd))
		return;
	str_addf(&user->text, "%s\"%s\"", user->has_name ? ", " : "", cmd->name);
	user->has_name = true;
}

static enum ctl_more next(struct ctl_call *call, void *state, struct str *out)
{
	struct user_text *user = state;

	(void)call;
	str_add_n(out, user->text.text, user->text.len);
	return CTL_END;
}

static void done(void *state)
{
	struct user_text *user = state;

	str_free(&user->text);
	free(user);
}

static void run_user(struct ctl_call *call)
{
	static const struct ctl_cursor cursor = { next, done };
	struct user_text *user = xcalloc(1, sizeof(*user));
	struct daemon *d = call_daemon(call);

	user->call = call;
	str_addf(&user->text, "{ \"server\": \"%s\", \"version\": \"%s\", \"family\": %u, \"commands\": [ ",
		 d->fam->program, PACKAGE_VERSION, d->fam->digit);
	ctl_each(d->ctl, add_command, user);
	str_add(&user->text, " ] }\n");
	ctl_respond_cursor(call, &cursor, user);
}

#define FILE_ROW(p, t, s, d)                                                                                    \
	{                                                                                                       \
		.path = p, .type = t, .command = "list-commands", .doc = d, .headers = HEADERS, .is_web = true, \
		.text = s                                                                                       \
	}

const struct ctl_page web_pages[WEB_PAGES] = {
	FILE_ROW("/", "text/html; charset=utf-8", page_index_html, "The web page."),
	FILE_ROW("/page.css", "text/css; charset=utf-8", page_page_css, "The style sheet of the web page."),
	FILE_ROW("/page.js", "text/javascript; charset=utf-8", page_page_js, "The program of the web page."),
	{ .path = "/user",
	  .type = "application/json",
	  .command = "list-commands",
	  .doc = "Returns what the server is, and the commands that the user may execute.",
	  .headers = HEADERS,
	  .is_web = true,
	  .run = run_user },
};
