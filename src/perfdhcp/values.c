/* SPDX-License-Identifier: MPL-2.0 */
/* Option values with a special syntax: numbers, bases, limits, hex. */
#include "perfdhcp/cmdline_int.h"

#include "base/arena.h"
#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>

int value_u32(const char *text, uint32_t min, uint32_t max, uint32_t *ret)
{
	unsigned long long n;
	char *end;

	/* strtoull accepts signs and blanks */
	if (!isdigit((unsigned char)*text))
		return -E_INVAL;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || *end || n < min || n > max)
		return -E_RANGE;
	*ret = (uint32_t)n;
	return 0;
}

int value_seconds(const char *text, bool zero, double *ret)
{
	double n;
	char *end;

	/* strtod also accepts hexadecimal numbers */
	if ((!isdigit((unsigned char)*text) && *text != '.') || strpbrk(text, "xX"))
		return -E_INVAL;
	n = strtod(text, &end);
	if (end == text || *end || !isfinite(n) || n < 0 || (n <= 0 && !zero) || n > 1e9)
		return -E_RANGE;
	*ret = n;
	return 0;
}

/* Reads 00:0c:01:02:03:04, also with two colons as Kea prints it. */
static int read_mac(const char *text, uint8_t mac[MAC_LEN])
{
	char plain[3 * MAC_LEN] = "";
	size_t n = 0;

	for (; *text; text++) {
		if (text[0] == ':' && text[1] == ':')
			text++;
		if (n == sizeof(plain))
			return -E_INVAL;
		plain[n++] = *text;
	}
	return hex_to_bytes(plain, n, mac, MAC_LEN) == MAC_LEN && memchr(plain, ':', n) ? 0 : -E_INVAL;
}

int value_base(struct options *opt, const char *text, char *why)
{
	const char *value = strchr(text, '=');
	size_t len;
	int n;

	if (!value)
		return refuse(why, "-b: %s is not mac=ADDRESS or duid=HEX", text);
	value++;
	if (strncmp(text, "mac=", 4) == 0 || strncmp(text, "ether=", 6) == 0) {
		if (read_mac(value, opt->mac) < 0)
			return refuse(why, "-b: %s is not a hardware address of six bytes", value);
		opt->has_mac = true;
		return 0;
	}
	if (strncmp(text, "duid=", 5) != 0)
		return refuse(why, "-b: %s is not mac=ADDRESS or duid=HEX", text);
	len = strlen(value);
	n = strspn(value, "0123456789abcdefABCDEF") == len ? hex_to_bytes(value, len, opt->duid, 64) : -E_INVAL;
	if (n < 6)
		return refuse(why, "-b: %s is not a DUID of 6 to 64 bytes in hex", value);
	opt->duid_len = (size_t)n;
	return 0;
}

int value_max_drop(struct options *opt, unsigned nth, const char *text, char *why)
{
	size_t len = strlen(text);
	char number[32];

	if (len && text[len - 1] == '%' && len < sizeof(number)) {
		memcpy(number, text, len - 1);
		number[len - 1] = '\0';
		if (value_seconds(number, false, &opt->max_drop_percent[nth]) < 0 || opt->max_drop_percent[nth] > 100)
			return refuse(why, "-D: %s is not a percentage above 0", text);
		return 0;
	}
	if (value_u32(text, 0, UINT32_MAX, &opt->max_drops[nth]) < 0)
		return refuse(why, "-D: %s is neither a number nor a percentage", text);
	opt->has_max_drops[nth] = true;
	return 0;
}

int value_extra(struct options *opt, const char *text, char *why)
{
	const char *comma = strchr(text, ',');
	size_t len = comma ? strlen(comma + 1) : 0;
	char code[8];
	uint8_t *data;
	uint32_t n;
	int got;

	if (!comma || comma == text || (size_t)(comma - text) >= sizeof(code))
		return refuse(why, "-o: %s is not CODE,HEX", text);
	memcpy(code, text, (size_t)(comma - text));
	code[comma - text] = '\0';
	if (value_u32(code, 1, UINT16_MAX, &n) < 0)
		return refuse(why, "-o: %s is not the code of an option", code);
	data = xcalloc(1, len / 2 + 1);
	got = strspn(comma + 1, "0123456789abcdefABCDEF") == len ? hex_to_bytes(comma + 1, len, data, len / 2 + 1)
								 : -E_INVAL;
	if (got < 0 || got > 255 || len % 2) {
		free(data);
		return refuse(why, "-o: %s is not hex of up to 255 bytes", comma + 1);
	}
	opt->extra[opt->n_extra++] = (struct extra_option){ (uint16_t)n, bytes_of(data, (size_t)got) };
	return 0;
}

int value_diagnostics(struct options *opt, const char *text, char *why)
{
	for (; *text; text++) {
		switch (*text) {
		case 'a':
			opt->diag_args = true;
			break;
		case 'e':
			opt->diag_exit = true;
			break;
		case 'i':
			opt->diag_rate = true;
			break;
		case 'l':
			opt->diag_leases = true;
			break;
		case 's':
			opt->diag_server_id = true;
			break;
		case 't':
			opt->diag_times = true;
			break;
		case 'T':
			opt->diag_templates = true;
			break;
		default:
			return refuse(why, "-x: there is no diagnostic %c, only a e i l s t T", *text);
		}
	}
	return 0;
}
