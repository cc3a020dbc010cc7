-- SPDX-License-Identifier: MPL-2.0
-- The database of the DHCP servers, version 35.0: leases, reservations, and the configuration tables that other tools
-- use. Run by kea-admin db-init mysql, or by hand in an empty database:
--     mysql NAME < dhcpdb_create.mysql
-- With binary logging, the server needs log_bin_trust_function_creators = 1, or a user with SUPER.

-- So that a row can be inserted with the number 0, and dates mean the same everywhere.
SET @OLD_SQL_MODE = @@SQL_MODE, SQL_MODE = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION';
SET time_zone = '+00:00';

