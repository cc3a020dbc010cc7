/* SPDX-License-Identifier: MPL-2.0 */
#include "json/secret.h"

#define NAME_MAX_LEN 16
#define SLIPS_MAX 2 /* a name with so many mistakes is still recognized */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool json_is_secret(const char *name, size_t len)
{
	static const char *const names[] = { "password", "secret" };
	char text[NAME_MAX_LEN];

	if (len >= sizeof(text))
		return false;
	memcpy(text, name, len);
	text[len] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_distance(text, names[i]) <= SLIPS_MAX)
			return true;
	return false;
}

/* True if the colon follows the name of a secret, with or without quotes. */
static bool follows_secret(const char *line, const char *colon)
{
	const char *end = colon, *begin;

	while (end > line && is_blank(end[-1]))
		end--;
	if (end > line && end[-1] == '"')
		end--;
	begin = end;
	while (begin > line && !is_blank(begin[-1]) && !strchr("\"{},:", begin[-1]))
		begin--;
	return json_is_secret(begin, (size_t)(end - begin));
}

/* Returns the end of the value that begins there, and what to hide of it. */
static const char *value_end(const char *begin, const char *end, bool is_quoted)
{
	const char *p;

	for (p = begin; p < end; p++) {
		if (is_quoted && *p == '\\' && p + 1 < end)
			p++;
		else if (is_quoted ? *p == '"' : strchr(",}", *p) != NULL)
			break;
	}
	return p;
}

void json_add_without_secrets(struct str *out, const char *line, size_t len)
{
	const char *end = line + len, *p = line;

	while (p < end) {
		const char *stop;

		str_addc(out, *p);
		if (*p++ != ':' || !follows_secret(line, p - 1))
			continue;
		for (; p < end && is_blank(*p); p++)
			str_addc(out, *p);
		if (p < end && *p == '"') {
			str_addc(out, *p++);
			stop = value_end(p, end, true);
		} else {
			stop = value_end(p, end, false);
		}
		/* One for each character, so that marks below the line stay where they belong. */
		for (; p < stop; p++)
			if (((unsigned char)*p & 0xc0) != 0x80)
				str_addc(out, '*');
	}
}
