#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Empties the tables of a database and keeps the tables themselves: leases, reservations, configuration, log.
#	wipe_data.sh VERSION PSQL-ARGUMENT...
# VERSION is that of the tables; a database that has another version is left alone.
set -u
if [ $# -lt 1 ]; then
	echo 'Required at least one parameter: schema version number, e.g. 34.0' >&2
	exit 1
fi
wanted=$1
shift
run() { PGOPTIONS='-c client_min_messages=warning' psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
version=$(run "$@" -c "SELECT version || '.' || minor FROM schema_version")
if [ -z "$version" ]; then
	echo 'Cannot wipe data, schema version could not be detected.' >&2
	exit 1
fi
if [ "$version" != "$wanted" ]; then
	echo "Cannot wipe data, wrong schema version. Expected version $wanted, found $version." >&2
	exit 1
fi
# What is left are the dictionaries. "all" is the server tag of whatever belongs to every server.
run "$@" <<'EOF'
DO $$
BEGIN
    PERFORM set_session_value('kea.disable_audit', true);
    EXECUTE (SELECT 'TRUNCATE ' || string_agg(quote_ident(table_name), ', ') || ' RESTART IDENTITY'
        FROM information_schema.tables WHERE table_schema = current_schema() AND
            table_name ~ '^(lease[46]|lease[46]_.*|free_lease[46]|flq_pool[46]|hosts|ipv6_reservations|logs|dhcp[46]_.*)$'
            AND table_name <> 'lease6_types');
    INSERT INTO dhcp4_server (tag, description) VALUES ('all', 'special type: all servers');
    INSERT INTO dhcp6_server (tag, description) VALUES ('all', 'special type: all servers');
END
$$;
EOF
