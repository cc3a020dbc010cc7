#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Empties the tables of a database and keeps the tables themselves: leases, reservations, configuration, log.
#	pgsql/wipe_data.sh VERSION PSQL-ARGUMENT...
#	mysql/wipe_data.sh VERSION MYSQL-ARGUMENT...
# VERSION is that of the tables; a database that has another version is left alone.
set -u
if [ $# -lt 1 ]; then
	echo 'Required at least one parameter: schema version number, e.g. 34.0' >&2
	exit 1
fi
wanted=$1
shift
case $0 in
*pgsql/*)
	here='current_schema()' no_audit="SELECT set_session_value('kea.disable_audit', true)" truncate='TRUNCATE %s RESTART IDENTITY CASCADE;\n'
	sql() { PGOPTIONS='-c client_min_messages=warning' psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; } ;;
*)
	here='DATABASE()' no_audit='SET FOREIGN_KEY_CHECKS = 0, @disable_audit = 1' truncate='TRUNCATE %s;\n'
	# --no-defaults and the like have to be the first arguments.
	sql() { mysql "$@" -N -B; } ;;
esac

version=$(echo "SELECT concat(version, '.', minor) FROM schema_version;" | sql "$@")
if [ -z "$version" ]; then
	echo 'Cannot wipe data, schema version could not be detected.' >&2
	exit 1
fi
if [ "$version" != "$wanted" ]; then
	echo "Cannot wipe data, wrong schema version. Expected version $wanted, found $version." >&2
	exit 1
fi
# The others are dictionaries.
tables=$(echo "SELECT table_name FROM information_schema.tables WHERE table_schema = $here AND table_type = 'BASE TABLE';" |
	sql "$@" | grep -Ex 'lease[46](_.*)?|free_lease[46]|flq_pool[46]|hosts|ipv6_reservations|logs|dhcp[46]_.*' |
	grep -vx lease6_types) || exit 1
{
	echo "START TRANSACTION; $no_audit;"
	# shellcheck disable=SC2086,SC2059 # a list; a format
	printf "$truncate" $tables
	# Whatever belongs to every server has this tag.
	for family in 4 6; do
		echo "INSERT INTO dhcp${family}_server (tag, description, modification_ts)
			VALUES ('all', 'special type: all servers', CURRENT_TIMESTAMP);"
	done
	echo 'COMMIT;'
} | sql "$@" >/dev/null
