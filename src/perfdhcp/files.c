/* SPDX-License-Identifier: MPL-2.0 */
/* Files named on the command line: lists of hardware addresses (-M) or relay agents (-J), and templates (-T). */
#include "perfdhcp/cmdline_int.h"

#include "base/vec.h"

#include <ctype.h>
#include <errno.h>

/* Returns the next line with content, without surrounding blanks; NULL at the end. */
static char *next_line(FILE *f, char **line, size_t *size, unsigned *number)
{
	while (getline(line, size, f) >= 0) {
		char *text = *line + strspn(*line, " \t");
		size_t len = strlen(text);

		(*number)++;
		while (len && isspace((unsigned char)text[len - 1]))
			text[--len] = '\0';
		if (len && *text != '#')
			return text;
	}
	return NULL;
}

int file_macs(const char *path, struct options *opt, char *why)
{
	FILE *f = fopen(path, "re");
	VEC(struct { uint8_t mac[MAC_LEN]; }) macs = { 0 };
	char *line = NULL, *text;
	size_t size = 0;
	unsigned number = 0;
	int err = 0;

	if (!f)
		return refuse(why, "-M: %s: %s", path, strerror(errno));
	while (!err && (text = next_line(f, &line, &size, &number)))
		if (hex_to_bytes(text, strlen(text), vec_push(&macs)->mac, MAC_LEN) != MAC_LEN)
			err = refuse(why, "-M: %s:%u: %s is not a hardware address of six bytes", path, number, text);
	if (!err && (ferror(f) || !macs.n))
		err = refuse(why, "-M: %s: there is no address in it", path);
	free(line);
	(void)fclose(f);
	if (err) {
		vec_free(&macs);
		return err;
	}
	free(opt->macs);
	opt->macs = (void *)macs.v;
	opt->n_macs = (uint32_t)macs.n;
	return 0;
}

int file_relays(const char *path, struct options *opt, char *why)
{
	FILE *f = fopen(path, "re");
	VEC(struct ip) relays = { 0 };
	char *line = NULL, *text;
	size_t size = 0;
	unsigned number = 0;
	int err = 0;

	if (!f)
		return refuse(why, "-J: %s: %s", path, strerror(errno));
	while (!err && (text = next_line(f, &line, &size, &number)))
		if (ip_parse(text, vec_push(&relays)) < 0)
			err = refuse(why, "-J: %s:%u: %s is not an address", path, number, text);
	if (!err && (ferror(f) || !relays.n))
		err = refuse(why, "-J: %s: there is no address in it", path);
	free(line);
	(void)fclose(f);
	if (err) {
		vec_free(&relays);
		return err;
	}
	free(opt->relays);
	opt->relays = relays.v;
	opt->n_relays = (uint32_t)relays.n;
	return 0;
}

static int nibble(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits may be grouped in any way. */
int file_template(const char *path, struct template *ret, char *why)
{
	FILE *f = fopen(path, "re");
	size_t digits = 0;
	int c, v, err = 0;

	if (!f)
		return refuse(why, "-T: %s: %s", path, strerror(errno));
	while (!err && (c = getc(f)) != EOF) {
		if (isspace(c))
			continue;
		v = nibble(c);
		if (v < 0)
			err = refuse(why,
				     "-T: %s: something that is neither a hexadecimal digit nor "
				     "blank: 0x%02x",
				     path, (unsigned)c);
		else if (digits == 2 * sizeof(ret->bytes))
			err = refuse(why, "-T: %s: longer than %zu bytes", path, sizeof(ret->bytes));
		else if (digits % 2)
			ret->bytes[digits++ / 2] |= (uint8_t)v;
		else
			ret->bytes[digits++ / 2] = (uint8_t)(v << 4);
	}
	if (!err && ferror(f))
		err = refuse(why, "-T: %s: %s", path, strerror(errno));
	if (!err && !digits)
		err = refuse(why, "-T: %s is empty", path);
	if (!err && digits % 2)
		err = refuse(why, "-T: %s: an odd number of digits", path);
	(void)fclose(f);
	if (!err)
		ret->len = digits / 2;
	return err;
}
