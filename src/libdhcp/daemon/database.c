/* SPDX-License-Identifier: MPL-2.0 */
#include "daemon/database.h"

#include "base/err.h"
#include "daemon/check_leases.h"
#include "lease/memfile.h"
#include "log/log.h"

#include <stdlib.h>
#include <unistd.h>

/* How long to wait for a file that is being closed. */
#define CLOSING_LOOKS 50
#define CLOSING_LOOK_MS 20

struct leasedb *database_open(const struct family *fam, const struct config *cfg, struct loop *loop, char **reterr)
{
	const struct database_conf *db = cfg->global.lease_database;
	struct store_conf conf = {
		.type = "memfile",
		.family = (int)fam->idx,
		.path = cfg->lease_file,
		.persist = db->persist,
		.sync = db->sync == SYNC_GROUP,
		.max_row_errors = db->max_row_errors,
	};
	struct store *store = NULL;
	int err;

	*reterr = NULL;
	LOG(DHCPSRV_LEASE_MGR_BACKENDS_REGISTERED, conf.type);
	/*
	 * The last requests of an earlier configuration are still pending, or have just ended: a post to this thread
	 * closes the database then.
	 */
	for (unsigned i = 0; (err = store_open(&conf, &store, reterr)) == -E_AGAIN && i < CLOSING_LOOKS; i++) {
		free(*reterr);
		*reterr = NULL;
		loop_run_posts(loop);
		(void)usleep(CLOSING_LOOK_MS * 1000);
	}
	if (err < 0) {
		LOG(DHCPSRV_MEMFILE_FAILED_TO_OPEN, *reterr ? *reterr : err_text(err));
		return NULL;
	}
	err = check_leases_wait(store, fam, cfg);
	if (err < 0) {
		if (asprintf(reterr, "the leases cannot be read: %s", err_text(err)) < 0)
			*reterr = NULL;
		store_close(store);
		return NULL;
	}
	return leasedb_new(store);
}

bool database_is_same(const struct leasedb *db, const struct config *old, const struct config *cfg)
{
	const struct database_conf *conf = cfg->global.lease_database;
	const char *path = memfile_path(db->store);
	char *resolved;
	bool same;

	if (old->global.lease_database->persist != conf->persist)
		return false;
	if (!conf->persist || !path || strcmp(old->lease_file, cfg->lease_file) == 0)
		return true;
	resolved = realpath(cfg->lease_file, NULL);
	same = resolved && strcmp(resolved, path) == 0;
	free(resolved);
	return same;
}

void database_adjust(struct leasedb *db, const struct config *cfg)
{
	memfile_set_sync(db->store, cfg->global.lease_database->sync == SYNC_GROUP);
}

const char *database_name(const struct leasedb *db, char *buf, size_t size)
{
	const char *path = memfile_path(db->store);

	(void)snprintf(buf, size, "%s%s", path ? "the file " : "memory only", path ? path : "");
	return buf;
}

uint64_t database_leases(const struct leasedb *db)
{
	struct store_stats stats;

	store_get_stats(db->store, &stats);
	return stats.leases;
}
