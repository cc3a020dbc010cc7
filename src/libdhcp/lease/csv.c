/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Kea's lease file format, line by line: comma separated, no quotes, the columns of field.c. A header
 * with fewer columns was written by an older server, one with more by a newer one.
 */
#include "lease/csv.h"

#include "base/err.h"

/* Returns the next field of [*p, end); false if there is none left. */
static bool next_field(const char **p, const char *end, const char **ret_text, size_t *ret_len)
{
	const char *comma;

	if (!*p)
		return false;
	comma = memchr(*p, ',', (size_t)(end - *p));
	*ret_text = *p;
	*ret_len = (size_t)((comma ? comma : end) - *p);
	*p = comma ? comma + 1 : NULL;
	return true;
}

/* Files edited on another system may have CR LF line endings. */
static size_t without_cr(const char *line, size_t len)
{
	return len && line[len - 1] == '\r' ? len - 1 : len;
}

int csv_read_header(int family, const char *line, size_t len, struct csv_layout *ret, const char **reterr_why)
{
	const struct lease_fields *fields = lease_fields(family);
	struct csv_layout layout = { .fields = fields };
	const char *p = line, *end = line + without_cr(line, len), *text;
	size_t text_len;

	while (next_field(&p, end, &text, &text_len)) {
		const char *want = layout.n_columns < fields->n ? fields->v[layout.n_columns].name : NULL;

		if (want && (strlen(want) != text_len || memcmp(want, text, text_len) != 0)) {
			*reterr_why = layout.n_columns == 1 && text_len == 4 && !memcmp(text, "duid", 4)
					      ? "it is a DHCPv6 lease file"
				      : layout.n_columns == 1 && text_len == 6 && !memcmp(text, "hwaddr", 6)
					      ? "it is a DHCPv4 lease file"
					      : "its first line is not the header of a lease file";
			return -E_INVAL;
		}
		if (!want && layout.n_columns >= 64) {
			*reterr_why = "its header has more than 64 columns";
			return -E_INVAL;
		}
		layout.n_columns++;
	}
	if (layout.n_columns < fields->n_oldest) {
		*reterr_why = "its header lacks columns";
		return -E_INVAL;
	}
	layout.n_known = layout.n_columns < fields->n ? layout.n_columns : fields->n;
	layout.older = layout.n_columns < fields->n;
	layout.newer = layout.n_columns > fields->n;
	*ret = layout;
	return 0;
}

bool csv_is_torn_header(int family, const char *text, size_t len)
{
	char header[CSV_HEADER_MAX];
	size_t header_len = csv_write_header(family, header);

	return len < header_len && memcmp(text, header, len) == 0;
}

/* Checks that depend on several columns. */
static int check_row(struct lease_row *row)
{
	struct lease *lease = &row->lease;

	row->deleted = lease->valid == 0;
	if (!row->deleted && lease->state != LEASE_DECLINED && !lease->client_id.len &&
	    (lease->type != LEASE_V4 || !lease->hwaddr.len)) {
		row->why = "the lease names no client";
		return -E_INVAL;
	}
	if (lease->type != LEASE_V4 && lease->type != LEASE_PD && lease->prefix_len != 128) {
		row->why = "the prefix_len of an address is not 128";
		return -E_INVAL;
	}
	/* A prefix of length 0 would overlap everything. */
	if (lease->type == LEASE_PD && !lease->prefix_len && !row->deleted) {
		row->why = "the prefix_len of a prefix is 0";
		return -E_INVAL;
	}
	/* An infinite lifetime has no date; an impossible date means that the lease expired long ago. */
	lease->cltt = row->expire_wall - (int64_t)lease->valid;
	if (lease->cltt < 0)
		lease->cltt = 0;
	return 0;
}

int csv_read_row(const struct csv_layout *layout, const char *line, size_t len, struct lease_row *row)
{
	const char *p = line, *end = line + without_cr(line, len), *text;
	unsigned n = 0;
	size_t text_len;

	row->lease = (struct lease){ .hostname = "", .state = LEASE_DEFAULT };
	row->deleted = false;
	row->expire_wall = 0;
	row->why = NULL;
	while (next_field(&p, end, &text, &text_len)) {
		if (n < layout->n_known && layout->fields->v[n].read(text, text_len, row) < 0)
			return -E_INVAL;
		if (++n > layout->n_columns)
			break;
	}
	if (n != layout->n_columns) {
		row->why = n < layout->n_columns ? "it has fewer columns than the header"
						 : "it has more columns than the header";
		return -E_INVAL;
	}
	return check_row(row);
}

size_t csv_write_header(int family, char *buf)
{
	const struct lease_fields *fields = lease_fields(family);
	char *p = buf;

	for (unsigned i = 0; i < fields->n; i++) {
		size_t len = strlen(fields->v[i].name);

		memcpy(p, fields->v[i].name, len);
		p[len] = i + 1 < fields->n ? ',' : '\n';
		p += len + 1;
	}
	return (size_t)(p - buf);
}

size_t csv_row_bound(const struct lease *lease)
{
	/* An address, the numbers and the commas take less than 256 bytes; an escape turns 1 byte into 5. */
	return 256 + 3 * (lease->hwaddr.len + lease->client_id.len) +
	       5 * (lease->hostname ? strlen(lease->hostname) : 0) +
	       5 * (lease->user_context ? strlen(lease->user_context) : 0);
}

char *csv_write_row(int family, const struct lease *lease, bool deleted, char *p)
{
	const struct lease_fields *fields = lease_fields(family);
	struct lease gone;

	if (deleted) {
		gone = *lease;
		gone.valid = 0;
		gone.preferred = 0;
		lease = &gone;
	}
	for (unsigned i = 0; i < fields->n; i++) {
		p = fields->v[i].write(p, lease);
		*p++ = ',';
	}
	p[-1] = '\n';
	return p;
}
