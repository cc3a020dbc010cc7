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

-- ---- lease statistics -----------------------------------------------------------------------------------------------

DELIMITER $$

-- Adds n (1 or -1) leases to the counters of a subnet and pool. Leases in use, declined and registered are counted: one
-- that is reclaimed or released leaves the counters.
CREATE PROCEDURE lease4_count(IN p_subnet_id INT UNSIGNED, IN p_pool_id INT UNSIGNED, IN p_state INT UNSIGNED,
    IN n BIGINT)
BEGIN
    IF p_subnet_id IS NOT NULL AND p_state IN (0, 1, 4) THEN
        INSERT INTO lease4_stat VALUES (p_subnet_id, p_state, GREATEST(n, 0))
            ON DUPLICATE KEY UPDATE leases = GREATEST(leases + n, 0);
        INSERT INTO lease4_pool_stat (subnet_id, pool_id, state, leases)
            VALUES (p_subnet_id, p_pool_id, p_state, GREATEST(n, 0))
            ON DUPLICATE KEY UPDATE leases = GREATEST(leases + n, 0);
    END IF;
END $$

CREATE PROCEDURE lease6_count(IN p_subnet_id INT UNSIGNED, IN p_pool_id INT UNSIGNED, IN p_lease_type INT UNSIGNED,
    IN p_state INT UNSIGNED, IN n BIGINT)
BEGIN
    IF p_subnet_id IS NOT NULL AND p_lease_type IS NOT NULL AND p_state IN (0, 1, 4) THEN
        INSERT INTO lease6_stat (subnet_id, lease_type, state, leases)
            VALUES (p_subnet_id, p_lease_type, p_state, GREATEST(n, 0))
            ON DUPLICATE KEY UPDATE leases = GREATEST(leases + n, 0);
        INSERT INTO lease6_pool_stat (subnet_id, pool_id, lease_type, state, leases)
            VALUES (p_subnet_id, p_pool_id, p_lease_type, p_state, GREATEST(n, 0))
            ON DUPLICATE KEY UPDATE leases = GREATEST(leases + n, 0);
    END IF;
END $$

-- Adds n to the counters of the classes in {"ISC": {"client-classes": [...]}}; a lease type of NULL means DHCPv4.
CREATE PROCEDURE lease_count_classes(IN p_state INT UNSIGNED, IN p_user_context TEXT, IN p_lease_type INT UNSIGNED,
    IN n BIGINT)
BEGIN
    DECLARE classes TEXT;
    DECLARE class VARCHAR(128);
    DECLARE i INT DEFAULT 0;
    IF p_state = 0 AND JSON_VALID(p_user_context) THEN
        SET classes = JSON_EXTRACT(p_user_context, '$.ISC."client-classes"');
        WHILE i < COALESCE(JSON_LENGTH(classes), 0) DO
            SET class = LEFT(JSON_UNQUOTE(JSON_EXTRACT(classes, CONCAT('$[', i, ']'))), 128);
            IF p_lease_type IS NULL THEN
                INSERT INTO lease4_stat_by_client_class VALUES (class, GREATEST(n, 0))
                    ON DUPLICATE KEY UPDATE leases = GREATEST(leases + n, 0);
            ELSE
                INSERT INTO lease6_stat_by_client_class (client_class, lease_type, leases)
                    VALUES (class, p_lease_type, GREATEST(n, 0))
                    ON DUPLICATE KEY UPDATE leases = GREATEST(leases + n, 0);
            END IF;
            SET i = i + 1;
        END WHILE;
    END IF;
END $$

CREATE TRIGGER lease4_AINS AFTER INSERT ON lease4 FOR EACH ROW
BEGIN
    CALL lease4_count(NEW.subnet_id, NEW.pool_id, NEW.state, 1);
    IF NEW.user_context IS NOT NULL THEN
        CALL lease_count_classes(NEW.state, NEW.user_context, NULL, 1);
    END IF;
END $$

-- A renewal changes no counter: no row is locked for it.
CREATE TRIGGER lease4_AUPD AFTER UPDATE ON lease4 FOR EACH ROW
BEGIN
    IF NOT (OLD.subnet_id <=> NEW.subnet_id AND OLD.pool_id <=> NEW.pool_id AND OLD.state <=> NEW.state) THEN
        CALL lease4_count(OLD.subnet_id, OLD.pool_id, OLD.state, -1);
        CALL lease4_count(NEW.subnet_id, NEW.pool_id, NEW.state, 1);
    END IF;
    IF NOT (OLD.state <=> NEW.state AND OLD.user_context <=> NEW.user_context) THEN
        CALL lease_count_classes(OLD.state, OLD.user_context, NULL, -1);
        CALL lease_count_classes(NEW.state, NEW.user_context, NULL, 1);
    END IF;
END $$

CREATE TRIGGER lease4_ADEL AFTER DELETE ON lease4 FOR EACH ROW
BEGIN
    CALL lease4_count(OLD.subnet_id, OLD.pool_id, OLD.state, -1);
    IF OLD.user_context IS NOT NULL THEN
        CALL lease_count_classes(OLD.state, OLD.user_context, NULL, -1);
    END IF;
END $$

CREATE TRIGGER lease6_AINS AFTER INSERT ON lease6 FOR EACH ROW
BEGIN
    CALL lease6_count(NEW.subnet_id, NEW.pool_id, NEW.lease_type, NEW.state, 1);
    IF NEW.user_context IS NOT NULL THEN
        CALL lease_count_classes(NEW.state, NEW.user_context, NEW.lease_type, 1);
    END IF;
END $$

CREATE TRIGGER lease6_AUPD AFTER UPDATE ON lease6 FOR EACH ROW
BEGIN
    IF NOT (OLD.subnet_id <=> NEW.subnet_id AND OLD.pool_id <=> NEW.pool_id AND OLD.lease_type <=> NEW.lease_type AND
            OLD.state <=> NEW.state) THEN
        CALL lease6_count(OLD.subnet_id, OLD.pool_id, OLD.lease_type, OLD.state, -1);
        CALL lease6_count(NEW.subnet_id, NEW.pool_id, NEW.lease_type, NEW.state, 1);
    END IF;
    IF NOT (OLD.state <=> NEW.state AND OLD.user_context <=> NEW.user_context) THEN
        CALL lease_count_classes(OLD.state, OLD.user_context, OLD.lease_type, -1);
        CALL lease_count_classes(NEW.state, NEW.user_context, NEW.lease_type, 1);
    END IF;
END $$

CREATE TRIGGER lease6_ADEL AFTER DELETE ON lease6 FOR EACH ROW
BEGIN
    CALL lease6_count(OLD.subnet_id, OLD.pool_id, OLD.lease_type, OLD.state, -1);
    IF OLD.user_context IS NOT NULL THEN
        CALL lease_count_classes(OLD.state, OLD.user_context, OLD.lease_type, -1);
    END IF;
END $$

-- Recomputes all counters from the leases: kea-admin stats-recount.
CREATE PROCEDURE lease_stats_recount()
BEGIN
    DECLARE is_end BOOLEAN DEFAULT FALSE;
    DECLARE row_type INT UNSIGNED;
    DECLARE row_context TEXT;
    DECLARE with_classes CURSOR FOR
        SELECT NULL, user_context FROM lease4 WHERE state = 0 AND user_context LIKE '%"client-classes"%'
        UNION ALL
        SELECT lease_type, user_context FROM lease6 WHERE state = 0 AND user_context LIKE '%"client-classes"%';
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET is_end = TRUE;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK;
        RESIGNAL;
    END;
    START TRANSACTION;
    DELETE FROM lease4_stat;
    DELETE FROM lease4_pool_stat;
    DELETE FROM lease4_stat_by_client_class;
    DELETE FROM lease6_stat;
    DELETE FROM lease6_pool_stat;
    DELETE FROM lease6_stat_by_client_class;
    INSERT INTO lease4_stat (subnet_id, state, leases)
        SELECT subnet_id, state, COUNT(*) FROM lease4
        WHERE subnet_id IS NOT NULL AND state IN (0, 1, 4) GROUP BY subnet_id, state;
    INSERT INTO lease4_pool_stat (subnet_id, pool_id, state, leases)
        SELECT subnet_id, pool_id, state, COUNT(*) FROM lease4
        WHERE subnet_id IS NOT NULL AND state IN (0, 1, 4) GROUP BY subnet_id, pool_id, state;
    INSERT INTO lease6_stat (subnet_id, lease_type, state, leases)
        SELECT subnet_id, lease_type, state, COUNT(*) FROM lease6
        WHERE subnet_id IS NOT NULL AND lease_type IS NOT NULL AND state IN (0, 1, 4)
        GROUP BY subnet_id, lease_type, state;
    INSERT INTO lease6_pool_stat (subnet_id, pool_id, lease_type, state, leases)
        SELECT subnet_id, pool_id, lease_type, state, COUNT(*) FROM lease6
        WHERE subnet_id IS NOT NULL AND lease_type IS NOT NULL AND state IN (0, 1, 4)
        GROUP BY subnet_id, pool_id, lease_type, state;
    OPEN with_classes;
    FETCH with_classes INTO row_type, row_context;
    WHILE NOT is_end DO
        CALL lease_count_classes(0, row_context, row_type, 1);
        SET is_end = FALSE;
        FETCH with_classes INTO row_type, row_context;
    END WHILE;
    CLOSE with_classes;
    COMMIT;
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

