-- SPDX-License-Identifier: MPL-2.0
-- Brings tables of version 14.0 (Kea 2.2) or newer to version 35.0: kea-admin db-upgrade mysql, which has dropped the
-- triggers and routines before. MySQL cannot undo changes of tables: each step looks at what is there, so that an
-- upgrade that was interrupted can be run again.

SET @OLD_SQL_MODE = @@SQL_MODE, SQL_MODE = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION';
SET time_zone = '+00:00';

DELIMITER $$

DROP PROCEDURE IF EXISTS kea_alter $$
DROP PROCEDURE IF EXISTS kea_binary_address $$
DROP PROCEDURE IF EXISTS kea_upgrade $$

-- Alters a table if it has the column, or if it has not.
CREATE PROCEDURE kea_alter(IN p_table VARCHAR(64), IN p_column VARCHAR(64), IN if_present BOOLEAN, IN p_change TEXT)
BEGIN
    IF if_present = EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND
            table_name = p_table AND column_name = p_column) THEN
        SET @kea_statement = CONCAT('ALTER TABLE ', p_table, ' ', p_change);
        PREPARE kea_statement FROM @kea_statement;
        EXECUTE kea_statement;
        DEALLOCATE PREPARE kea_statement;
    END IF;
END $$

-- An address that was text becomes 16 bytes.
CREATE PROCEDURE kea_binary_address(IN p_table VARCHAR(64), IN p_key TEXT)
BEGIN
    IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = p_table AND
            column_name = 'address' AND data_type <> 'binary') THEN
        CALL kea_alter(p_table, 'old_address', FALSE, 'CHANGE address old_address VARCHAR(39) NOT NULL');
    END IF;
    CALL kea_alter(p_table, 'address', FALSE, 'ADD COLUMN address BINARY(16) NOT NULL FIRST');
    IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = p_table AND
            column_name = 'old_address') THEN
        SET @kea_statement = CONCAT('UPDATE ', p_table, ' SET address = INET6_ATON(old_address)');
        PREPARE kea_statement FROM @kea_statement;
        EXECUTE kea_statement;
        DEALLOCATE PREPARE kea_statement;
    END IF;
    CALL kea_alter(p_table, 'old_address', TRUE, p_key);
END $$

CREATE PROCEDURE kea_upgrade(IN family CHAR(1))
BEGIN
    DECLARE place VARCHAR(64);
    DECLARE is_end BOOLEAN DEFAULT FALSE;
    DECLARE places CURSOR FOR SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND
        table_name REGEXP CONCAT('^dhcp', family, '_(pool|pd_pool|shared_network|subnet)$');
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET is_end = TRUE;
    CALL kea_alter(CONCAT('dhcp', family, '_client_class'), 'only_if_required', TRUE,
        'CHANGE only_if_required only_in_additional_list TINYINT(4) NOT NULL DEFAULT 0');
    CALL kea_alter(CONCAT('dhcp', family, '_options'), 'cancelled', FALSE,
        'ADD COLUMN cancelled TINYINT(1) NOT NULL DEFAULT 0');
    CALL kea_alter(CONCAT('dhcp', family, '_options'), 'client_classes', FALSE,
        'ADD COLUMN client_classes LONGTEXT NOT NULL');
    OPEN places;
    FETCH places INTO place;
    WHILE NOT is_end DO
        CALL kea_alter(place, 'require_client_classes', TRUE,
            'CHANGE require_client_classes evaluate_additional_classes LONGTEXT DEFAULT NULL');
        -- One class becomes a list.
        CALL kea_alter(place, 'client_classes', FALSE, 'ADD COLUMN client_classes LONGTEXT DEFAULT NULL');
        IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = place AND
                column_name = 'client_class') THEN
            SET @kea_statement = CONCAT('UPDATE ', place,
                ' SET client_classes = JSON_ARRAY(client_class) WHERE client_class <> \'\'');
            PREPARE kea_statement FROM @kea_statement;
            EXECUTE kea_statement;
            DEALLOCATE PREPARE kea_statement;
        END IF;
        CALL kea_alter(place, 'client_class', TRUE, 'DROP COLUMN client_class');
        IF place REGEXP 'shared_network|subnet' THEN
            IF family = '4' THEN
                CALL kea_alter(place, 'offer_lifetime', FALSE, 'ADD COLUMN offer_lifetime INT(10) DEFAULT NULL');
            ELSE
                CALL kea_alter(place, 'pd_allocator', FALSE, 'ADD COLUMN pd_allocator TEXT DEFAULT NULL');
            END IF;
            CALL kea_alter(place, 'allocator', FALSE, 'ADD COLUMN allocator TEXT DEFAULT NULL');
            CALL kea_alter(place, 'ddns_ttl_percent', FALSE, 'ADD COLUMN ddns_ttl_percent FLOAT DEFAULT NULL');
            CALL kea_alter(place, 'ddns_ttl', FALSE, 'ADD COLUMN ddns_ttl INT(10) DEFAULT NULL');
            CALL kea_alter(place, 'ddns_ttl_min', FALSE, 'ADD COLUMN ddns_ttl_min INT(10) DEFAULT NULL');
            CALL kea_alter(place, 'ddns_ttl_max', FALSE, 'ADD COLUMN ddns_ttl_max INT(10) DEFAULT NULL');
        END IF;
        SET is_end = FALSE;
        FETCH places INTO place;
    END WHILE;
    CLOSE places;
END $$

DELIMITER ;

CALL kea_upgrade('4');
CALL kea_upgrade('6');
CALL kea_alter('dhcp4_client_class', 'offer_lifetime', FALSE, 'ADD COLUMN offer_lifetime INT(10) DEFAULT NULL');
CALL kea_alter('lease4', 'relay_id', FALSE, 'ADD COLUMN relay_id VARBINARY(255) DEFAULT NULL');
CALL kea_alter('lease4', 'remote_id', FALSE, 'ADD COLUMN remote_id VARBINARY(255) DEFAULT NULL');
CALL kea_alter('lease4', 'pool_id', FALSE, 'ADD COLUMN pool_id INT UNSIGNED NOT NULL DEFAULT 0');
CALL kea_alter('lease6', 'pool_id', FALSE, 'ADD COLUMN pool_id INT UNSIGNED NOT NULL DEFAULT 0');
CALL kea_alter('ipv6_reservations', 'excluded_prefix', FALSE, 'ADD COLUMN excluded_prefix BINARY(16) DEFAULT NULL');
CALL kea_alter('ipv6_reservations', 'excluded_prefix_len', FALSE,
    'ADD COLUMN excluded_prefix_len TINYINT(3) UNSIGNED NOT NULL DEFAULT 0');
ALTER TABLE hosts MODIFY dhcp_identifier VARBINARY(255) NOT NULL;
ALTER TABLE lease4 MODIFY client_id VARBINARY(255) DEFAULT NULL;
ALTER TABLE lease6 MODIFY duid VARBINARY(130) DEFAULT NULL;
CALL kea_binary_address('lease6', 'DROP PRIMARY KEY, DROP COLUMN old_address, ADD PRIMARY KEY (address)');
CALL kea_binary_address('ipv6_reservations',
    'DROP COLUMN old_address, ADD KEY key_dhcp6_address_prefix_len_new (address, prefix_len)');

DROP PROCEDURE kea_upgrade;
DROP PROCEDURE kea_binary_address;
DROP PROCEDURE kea_alter;

