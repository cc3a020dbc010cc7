#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Empties the tables of a database and keeps the tables themselves: leases, reservations, configuration, log.
#	wipe_data.sh VERSION MYSQL-ARGUMENT...
# VERSION is that of the tables; a database that has another version is left alone.
set -u
if [ $# -lt 1 ]; then
	echo 'Required at least one parameter: schema version number, e.g. 35.0' >&2
	exit 1
fi
wanted=$1
shift
# --no-defaults and the like have to be the first arguments.
version=$(mysql "$@" -N -B -e "SELECT CONCAT(version, '.', minor) FROM schema_version")
if [ -z "$version" ]; then
	echo 'Cannot wipe data, schema version could not be detected.' >&2
	exit 1
fi
if [ "$version" != "$wanted" ]; then
	echo "Cannot wipe data, wrong schema version. Expected version $wanted, found $version." >&2
	exit 1
fi
# What is left are the dictionaries. "all" is the server tag of whatever belongs to every server.
tables=$(mysql "$@" -N -B -e "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND
	table_name REGEXP '^(lease[46]|lease[46]_.*|free_lease[46]|flq_pool[46]|hosts|ipv6_reservations|logs|dhcp[46]_.*)\$' AND
	table_name <> 'lease6_types'") || exit 1
{
	echo 'SET FOREIGN_KEY_CHECKS = 0, @disable_audit = 1;'
	for table in $tables; do
		echo "TRUNCATE $table;"
	done
	for family in 4 6; do
		echo "INSERT INTO dhcp${family}_server (id, tag, description, modification_ts)
			VALUES (1, 'all', 'special type: all servers', CURRENT_TIMESTAMP);"
	done
} | mysql "$@"
