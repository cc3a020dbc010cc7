-- SPDX-License-Identifier: MPL-2.0
-- ---- tables ---------------------------------------------------------------------------------------------------------

CREATE TABLE schema_version (
    version INT(11) NOT NULL,
    minor INT(11) DEFAULT NULL,
    PRIMARY KEY (version)
) ENGINE = InnoDB;

CREATE TABLE lease_state (
    state INT(10) UNSIGNED NOT NULL,
    name VARCHAR(64) NOT NULL,
    PRIMARY KEY (state)
) ENGINE = InnoDB;

CREATE TABLE lease6_types (
    lease_type TINYINT(4) NOT NULL,
    name VARCHAR(5) DEFAULT NULL,
    PRIMARY KEY (lease_type)
) ENGINE = InnoDB;

CREATE TABLE lease_hwaddr_source (
    hwaddr_source INT(10) UNSIGNED NOT NULL,
    name VARCHAR(40) DEFAULT NULL,
    PRIMARY KEY (hwaddr_source)
) ENGINE = InnoDB;

CREATE TABLE lease4 (
    address INT(10) UNSIGNED NOT NULL,
    hwaddr VARBINARY(20) DEFAULT NULL,
    client_id VARBINARY(255) DEFAULT NULL,
    valid_lifetime INT(10) UNSIGNED DEFAULT NULL,
    expire TIMESTAMP NULL DEFAULT NULL,
    subnet_id INT(10) UNSIGNED DEFAULT NULL,
    fqdn_fwd TINYINT(1) DEFAULT NULL,
    fqdn_rev TINYINT(1) DEFAULT NULL,
    hostname VARCHAR(255) DEFAULT NULL,
    state INT(10) UNSIGNED DEFAULT 0,
    user_context TEXT DEFAULT NULL,
    relay_id VARBINARY(255) DEFAULT NULL,
    remote_id VARBINARY(255) DEFAULT NULL,
    pool_id INT(10) UNSIGNED NOT NULL DEFAULT 0,
    PRIMARY KEY (address),
    KEY fk_lease4_state (state),
    KEY lease4_by_client_id_subnet_id (client_id, subnet_id),
    KEY lease4_by_expire_state (expire, state),
    KEY lease4_by_hostname (hostname),
    KEY lease4_by_hwaddr_subnet_id (hwaddr, subnet_id),
    KEY lease4_by_subnet_id (subnet_id),
    KEY lease4_by_relay_id (relay_id),
    KEY lease4_by_remote_id (remote_id),
    KEY lease4_by_pool (subnet_id, pool_id),
    CONSTRAINT fk_lease4_state FOREIGN KEY (state) REFERENCES lease_state (state)
) ENGINE = InnoDB;

CREATE TABLE lease6 (
    address BINARY(16) NOT NULL,
    duid VARBINARY(130) DEFAULT NULL,
    valid_lifetime INT(10) UNSIGNED DEFAULT NULL,
    expire TIMESTAMP NULL DEFAULT NULL,
    subnet_id INT(10) UNSIGNED DEFAULT NULL,
    pref_lifetime INT(10) UNSIGNED DEFAULT NULL,
    lease_type TINYINT(4) DEFAULT NULL,
    iaid INT(10) UNSIGNED DEFAULT NULL,
    prefix_len TINYINT(3) UNSIGNED DEFAULT NULL,
    fqdn_fwd TINYINT(1) DEFAULT NULL,
    fqdn_rev TINYINT(1) DEFAULT NULL,
    hostname VARCHAR(255) DEFAULT NULL,
    hwaddr VARBINARY(20) DEFAULT NULL,
    hwtype SMALLINT(5) UNSIGNED DEFAULT NULL,
    hwaddr_source INT(10) UNSIGNED DEFAULT NULL,
    state INT(10) UNSIGNED DEFAULT 0,
    user_context TEXT DEFAULT NULL,
    pool_id INT(10) UNSIGNED NOT NULL DEFAULT 0,
    PRIMARY KEY (address),
    KEY fk_lease6_hwaddr_source (hwaddr_source),
    KEY fk_lease6_state (state),
    KEY fk_lease6_type (lease_type),
    KEY lease6_by_duid_iaid_subnet_id (duid, iaid, subnet_id),
    KEY lease6_by_expire_state (expire, state),
    KEY lease6_by_hostname (hostname),
    KEY lease6_by_subnet_id_lease_type (subnet_id, lease_type),
    CONSTRAINT fk_lease6_hwaddr_source FOREIGN KEY (hwaddr_source) REFERENCES lease_hwaddr_source (hwaddr_source),
    CONSTRAINT fk_lease6_state FOREIGN KEY (state) REFERENCES lease_state (state),
    CONSTRAINT fk_lease6_type FOREIGN KEY (lease_type) REFERENCES lease6_types (lease_type)
) ENGINE = InnoDB;

CREATE TABLE lease4_stat (
    subnet_id INT(10) UNSIGNED NOT NULL,
    state INT(10) UNSIGNED NOT NULL,
    leases BIGINT(20) DEFAULT NULL,
    PRIMARY KEY (subnet_id, state)
) ENGINE = InnoDB;

CREATE TABLE lease6_stat (
    subnet_id INT(10) UNSIGNED NOT NULL,
    lease_type INT(10) UNSIGNED NOT NULL,
    state INT(10) UNSIGNED NOT NULL,
    leases BIGINT(20) DEFAULT NULL,
    PRIMARY KEY (subnet_id, lease_type, state)
) ENGINE = InnoDB;

CREATE TABLE lease4_pool_stat (
    subnet_id INT(10) UNSIGNED NOT NULL,
    pool_id INT(10) UNSIGNED NOT NULL,
    state INT(10) UNSIGNED NOT NULL,
    leases BIGINT(20) DEFAULT NULL,
    PRIMARY KEY (subnet_id, pool_id, state)
) ENGINE = InnoDB;

CREATE TABLE lease6_pool_stat (
    subnet_id INT(10) UNSIGNED NOT NULL,
    pool_id INT(10) UNSIGNED NOT NULL,
    lease_type INT(10) UNSIGNED NOT NULL,
    state INT(10) UNSIGNED NOT NULL,
    leases BIGINT(20) DEFAULT NULL,
    PRIMARY KEY (subnet_id, pool_id, lease_type, state)
) ENGINE = InnoDB;

CREATE TABLE lease4_stat_by_client_class (
    client_class VARCHAR(128) NOT NULL,
    leases BIGINT(20) UNSIGNED NOT NULL,
    PRIMARY KEY (client_class)
) ENGINE = InnoDB;

CREATE TABLE lease6_stat_by_client_class (
    client_class VARCHAR(128) NOT NULL,
    lease_type TINYINT(4) NOT NULL,
    leases BIGINT(20) UNSIGNED NOT NULL,
    PRIMARY KEY (client_class, lease_type),
    KEY fk_lease6_stat_by_client_class_lease_type (lease_type),
    CONSTRAINT fk_lease6_stat_by_client_class_lease_type FOREIGN KEY (lease_type) REFERENCES lease6_types (lease_type)
) ENGINE = InnoDB;

CREATE TABLE lease6_relay_id (
    extended_info_id INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    relay_id VARBINARY(130) NOT NULL,
    lease_addr BINARY(16) NOT NULL,
    PRIMARY KEY (extended_info_id),
    KEY lease6_relay_id_by_id (relay_id, lease_addr),
    KEY lease6_relay_id_by_address (lease_addr),
    CONSTRAINT fk_lease6_relay_id_addr FOREIGN KEY (lease_addr) REFERENCES lease6 (address) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE lease6_remote_id (
    extended_info_id INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    remote_id VARBINARY(255) NOT NULL,
    lease_addr BINARY(16) NOT NULL,
    PRIMARY KEY (extended_info_id),
    KEY lease6_remote_id_by_id (remote_id, lease_addr),
    KEY lease6_remote_id_by_address (lease_addr),
    CONSTRAINT fk_lease6_remote_id_addr FOREIGN KEY (lease_addr) REFERENCES lease6 (address) ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE free_lease4 (
    address INT(10) UNSIGNED NOT NULL,
    modification_ts TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP(),
    PRIMARY KEY (address)
) ENGINE = InnoDB;

CREATE TABLE free_lease6 (
    address VARCHAR(45) NOT NULL,
    bin_address BINARY(16) NOT NULL,
    modification_ts TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP(),
    PRIMARY KEY (address),
    KEY free_lease6_by_bin_address (bin_address)
) ENGINE = InnoDB;

CREATE TABLE flq_pool4 (
    id BIGINT(20) UNSIGNED NOT NULL AUTO_INCREMENT,
    start_address INT(10) UNSIGNED NOT NULL,
    end_address INT(10) UNSIGNED NOT NULL,
    last_returned_address INT(10) UNSIGNED DEFAULT 0,
    subnet_id INT(10) UNSIGNED NOT NULL,
    created_ts TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP(),
    modification_ts TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP(),
    PRIMARY KEY (id)
) ENGINE = InnoDB;

CREATE TABLE flq_pool6 (
    id BIGINT(20) UNSIGNED NOT NULL AUTO_INCREMENT,
    start_address VARCHAR(45) NOT NULL,
    end_address VARCHAR(45) NOT NULL,
    lease_type TINYINT(4) DEFAULT NULL,
    delegated_len TINYINT(3) UNSIGNED DEFAULT NULL,
    last_returned_address VARCHAR(45) DEFAULT '::',
    subnet_id INT(10) UNSIGNED NOT NULL,
    created_ts TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP(),
    modification_ts TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP(),
    PRIMARY KEY (id)
) ENGINE = InnoDB;

CREATE TABLE host_identifier_type (
    `type` TINYINT(4) NOT NULL,
    name VARCHAR(32) DEFAULT NULL,
    PRIMARY KEY (type)
) ENGINE = InnoDB;

CREATE TABLE hosts (
    host_id INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    dhcp_identifier VARBINARY(255) NOT NULL,
    dhcp_identifier_type TINYINT(4) NOT NULL,
    dhcp4_subnet_id INT(10) UNSIGNED DEFAULT NULL,
    dhcp6_subnet_id INT(10) UNSIGNED DEFAULT NULL,
    ipv4_address INT(10) UNSIGNED DEFAULT NULL,
    hostname VARCHAR(255) DEFAULT NULL,
    dhcp4_client_classes VARCHAR(255) DEFAULT NULL,
    dhcp6_client_classes VARCHAR(255) DEFAULT NULL,
    dhcp4_next_server INT(10) UNSIGNED DEFAULT NULL,
    dhcp4_server_hostname VARCHAR(64) DEFAULT NULL,
    dhcp4_boot_file_name VARCHAR(128) DEFAULT NULL,
    user_context TEXT DEFAULT NULL,
    auth_key VARCHAR(32) DEFAULT NULL,
    PRIMARY KEY (host_id),
    UNIQUE KEY key_dhcp4_identifier_subnet_id (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id),
    UNIQUE KEY key_dhcp6_identifier_subnet_id (dhcp_identifier, dhcp_identifier_type, dhcp6_subnet_id),
    KEY fk_host_identifier_type (dhcp_identifier_type),
    KEY hosts_by_hostname (hostname),
    KEY key_dhcp4_ipv4_address_subnet_id_identifier (ipv4_address, dhcp4_subnet_id),
    CONSTRAINT fk_host_identifier_type FOREIGN KEY (dhcp_identifier_type) REFERENCES host_identifier_type (type)
) ENGINE = InnoDB;

CREATE TABLE ipv6_reservations (
    reservation_id INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    address BINARY(16) NOT NULL,
    prefix_len TINYINT(3) UNSIGNED NOT NULL DEFAULT 128,
    `type` TINYINT(4) UNSIGNED NOT NULL DEFAULT 0,
    dhcp6_iaid INT(10) UNSIGNED DEFAULT NULL,
    host_id INT(10) UNSIGNED NOT NULL,
    excluded_prefix BINARY(16) DEFAULT NULL,
    excluded_prefix_len TINYINT(3) UNSIGNED NOT NULL DEFAULT 0,
    PRIMARY KEY (reservation_id),
    KEY fk_ipv6_reservations_host_idx (host_id),
    KEY key_dhcp6_address_prefix_len (address, prefix_len),
    CONSTRAINT fk_ipv6_reservations_Host FOREIGN KEY (host_id)
        REFERENCES hosts (host_id) ON UPDATE CASCADE ON DELETE CASCADE
) ENGINE = InnoDB;

CREATE TABLE logs (
    `timestamp` TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP(),
    address VARCHAR(43) DEFAULT NULL,
    log TEXT NOT NULL,
    id INT(10) UNSIGNED NOT NULL AUTO_INCREMENT,
    PRIMARY KEY (id),
    KEY timestamp_index (timestamp)
) ENGINE = InnoDB;

CREATE TABLE dhcp_option_scope (
    scope_id TINYINT(3) UNSIGNED NOT NULL,
    scope_name VARCHAR(32) DEFAULT NULL,
    PRIMARY KEY (scope_id)
) ENGINE = InnoDB;

CREATE TABLE modification (
    id TINYINT(3) NOT NULL,
    modification_type VARCHAR(32) NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB;

CREATE TABLE option_def_data_type (
    id TINYINT(3) UNSIGNED NOT NULL,
    name VARCHAR(32) NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB;

CREATE TABLE parameter_data_type (
    id TINYINT(3) UNSIGNED NOT NULL,
    name VARCHAR(32) NOT NULL,
    PRIMARY KEY (id)
) ENGINE = InnoDB;

