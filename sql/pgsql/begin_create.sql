-- SPDX-License-Identifier: MPL-2.0
-- The database of the DHCP servers, version 34.0: leases, reservations, and the configuration tables that other tools
-- use. Run by kea-admin db-init pgsql, or by hand in an empty database:
--     psql -d NAME -f dhcpdb_create.pgsql

START TRANSACTION;

