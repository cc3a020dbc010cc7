-- SPDX-License-Identifier: MPL-2.0
-- ---- dictionaries ---------------------------------------------------------------------------------------------------

INSERT IGNORE INTO lease_state VALUES
    (0, 'default'), (1, 'declined'), (2, 'expired-reclaimed'), (3, 'released'), (4, 'registered');
INSERT IGNORE INTO lease6_types VALUES
    (0, 'IA_NA'), (1, 'IA_TA'), (2, 'IA_PD');
INSERT IGNORE INTO lease_hwaddr_source VALUES
    (0, 'HWADDR_SOURCE_UNKNOWN'), (1, 'HWADDR_SOURCE_RAW'), (2, 'HWADDR_SOURCE_IPV6_LINK_LOCAL'),
    (4, 'HWADDR_SOURCE_DUID'), (8, 'HWADDR_SOURCE_CLIENT_ADDR_RELAY_OPTION'), (16, 'HWADDR_SOURCE_REMOTE_ID'),
    (32, 'HWADDR_SOURCE_SUBSCRIBER_ID'), (64, 'HWADDR_SOURCE_DOCSIS_CMTS'), (128, 'HWADDR_SOURCE_DOCSIS_MODEM');
INSERT IGNORE INTO host_identifier_type VALUES
    (0, 'hw-address'), (1, 'duid'), (2, 'circuit-id'), (3, 'client-id'), (4, 'flex-id');
INSERT IGNORE INTO dhcp_option_scope VALUES
    (0, 'global'), (1, 'subnet'), (2, 'client-class'), (3, 'host'), (4, 'shared-network'), (5, 'pool'), (6, 'pd-pool');
INSERT IGNORE INTO modification VALUES
    (0, 'create'), (1, 'update'), (2, 'delete');
INSERT IGNORE INTO parameter_data_type VALUES
    (0, 'integer'), (1, 'real'), (2, 'boolean'), (4, 'string');
INSERT IGNORE INTO option_def_data_type VALUES
    (0, 'binary'), (1, 'boolean'), (2, 'int8'), (3, 'int16'), (4, 'int32'), (5, 'uint8'), (6, 'uint16'), (7, 'uint32'),
    (8, 'ipv4-address'), (9, 'ipv6-address'), (10, 'ipv6-prefix'), (11, 'psid'), (12, 'string'), (13, 'tuple'),
    (14, 'fqdn'), (15, 'internal'), (16, 'record'), (254, 'empty');
INSERT IGNORE INTO dhcp4_server (id, tag, description, modification_ts) VALUES
    (1, 'all', 'special type: all servers', CURRENT_TIMESTAMP);
INSERT IGNORE INTO dhcp6_server (id, tag, description, modification_ts) VALUES
    (1, 'all', 'special type: all servers', CURRENT_TIMESTAMP);

DELIMITER $$

-- Kea's servers ask.
CREATE FUNCTION isJsonSupported() RETURNS BOOLEAN DETERMINISTIC NO SQL
BEGIN
    RETURN TRUE;
END $$

-- ---- lease files ----------------------------------------------------------------------------------------------------

-- Fields of lease files cannot hold commas and line breaks: &#x2c.
CREATE FUNCTION lease_file_text(value TEXT) RETURNS TEXT DETERMINISTIC NO SQL
BEGIN
    RETURN REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(COALESCE(value, ''), '&', '&#x26'), ',', '&#x2c'), CHAR(9), '&#x09'),
        CHAR(10), '&#x0a'), CHAR(13), '&#x0d');
END $$

CREATE FUNCTION lease_file_hex(value VARBINARY(255)) RETURNS TEXT DETERMINISTIC NO SQL
BEGIN
    RETURN COALESCE(LOWER(REGEXP_REPLACE(HEX(value), '(..)(?=.)', '\\1:')), '');
END $$

-- An infinite lease has the time of its last transaction in the table, and that plus the lifetime in the file.
CREATE FUNCTION lease_file_expire(expire TIMESTAMP, valid_lifetime INT UNSIGNED) RETURNS BIGINT DETERMINISTIC NO SQL
BEGIN
    RETURN UNIX_TIMESTAMP(expire) + IF(valid_lifetime = 4294967295, 4294967295, 0);
END $$

-- The rows of a lease file, in the order of addresses; absent values are empty.
CREATE PROCEDURE lease4DumpHeader()
BEGIN
    SELECT CONCAT('address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,',
        'user_context,pool_id');
END $$

CREATE PROCEDURE lease4DumpData()
BEGIN
    SELECT INET_NTOA(address), lease_file_hex(hwaddr), lease_file_hex(client_id), COALESCE(valid_lifetime, ''),
        COALESCE(lease_file_expire(expire, valid_lifetime), ''), COALESCE(subnet_id, ''), COALESCE(fqdn_fwd, ''),
        COALESCE(fqdn_rev, ''), lease_file_text(hostname), state, lease_file_text(user_context), pool_id
    FROM lease4 ORDER BY address;
END $$

CREATE PROCEDURE lease6DumpHeader()
BEGIN
    SELECT CONCAT('address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,',
        'fqdn_rev,hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id');
END $$

CREATE PROCEDURE lease6DumpData()
BEGIN
    SELECT INET6_NTOA(address), lease_file_hex(duid), COALESCE(valid_lifetime, ''),
        COALESCE(lease_file_expire(expire, valid_lifetime), ''), COALESCE(subnet_id, ''), COALESCE(pref_lifetime, ''),
        COALESCE(lease_type, ''), COALESCE(iaid, ''), COALESCE(prefix_len, ''), COALESCE(fqdn_fwd, ''),
        COALESCE(fqdn_rev, ''), lease_file_text(hostname), lease_file_hex(hwaddr), state,
        lease_file_text(user_context), COALESCE(hwtype, ''), COALESCE(hwaddr_source, ''), pool_id
    FROM lease6 ORDER BY address;
END $$

DELIMITER ;

