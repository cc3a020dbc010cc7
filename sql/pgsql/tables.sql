-- SPDX-License-Identifier: MPL-2.0
-- ---- tables ---------------------------------------------------------------------------------------------------------

CREATE TABLE schema_version (
    version INTEGER NOT NULL,
    minor INTEGER,
    PRIMARY KEY (version)
);

CREATE TABLE lease_state (
    state BIGINT NOT NULL,
    name VARCHAR(64) NOT NULL,
    PRIMARY KEY (state)
);

CREATE TABLE lease6_types (
    lease_type SMALLINT NOT NULL,
    name VARCHAR(5),
    PRIMARY KEY (lease_type)
);

CREATE TABLE lease_hwaddr_source (
    hwaddr_source INTEGER NOT NULL,
    name VARCHAR(40) DEFAULT NULL,
    PRIMARY KEY (hwaddr_source)
);

CREATE TABLE lease4 (
    address BIGINT NOT NULL,
    hwaddr BYTEA,
    client_id BYTEA,
    valid_lifetime BIGINT,
    expire TIMESTAMP WITH TIME ZONE,
    subnet_id BIGINT,
    fqdn_fwd BOOLEAN,
    fqdn_rev BOOLEAN,
    hostname VARCHAR(255),
    state BIGINT DEFAULT 0,
    user_context TEXT,
    relay_id BYTEA,
    remote_id BYTEA,
    pool_id BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (address),
    CONSTRAINT fk_lease4_state FOREIGN KEY (state) REFERENCES lease_state(state)
);
CREATE INDEX lease4_by_client_id_subnet_id ON lease4 (client_id, subnet_id);
CREATE INDEX lease4_by_hostname ON lease4 (lower(hostname)) WHERE (hostname IS NOT NULL);
CREATE INDEX lease4_by_hwaddr_subnet_id ON lease4 (hwaddr, subnet_id);
CREATE INDEX lease4_by_state_expire ON lease4 (state, expire);
CREATE INDEX lease4_by_subnet_id ON lease4 (subnet_id);
CREATE INDEX lease4_by_relay_id ON lease4 (relay_id);
CREATE INDEX lease4_by_remote_id ON lease4 (remote_id);
CREATE INDEX lease4_by_pool ON lease4 (subnet_id, pool_id);

CREATE TABLE lease6 (
    address INET NOT NULL,
    duid BYTEA,
    valid_lifetime BIGINT,
    expire TIMESTAMP WITH TIME ZONE,
    subnet_id BIGINT,
    pref_lifetime BIGINT,
    lease_type SMALLINT,
    iaid INTEGER,
    prefix_len SMALLINT,
    fqdn_fwd BOOLEAN,
    fqdn_rev BOOLEAN,
    hostname VARCHAR(255),
    state BIGINT DEFAULT 0,
    hwaddr BYTEA,
    hwtype SMALLINT,
    hwaddr_source SMALLINT,
    user_context TEXT,
    pool_id BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (address),
    CONSTRAINT fk_lease6_state FOREIGN KEY (state) REFERENCES lease_state(state),
    CONSTRAINT fk_lease6_type FOREIGN KEY (lease_type) REFERENCES lease6_types(lease_type)
);
CREATE INDEX lease6_by_duid_iaid_subnet_id ON lease6 (duid, iaid, subnet_id);
CREATE INDEX lease6_by_hostname ON lease6 (lower(hostname)) WHERE (hostname IS NOT NULL);
CREATE INDEX lease6_by_state_expire ON lease6 (state, expire);
CREATE INDEX lease6_by_subnet_id_lease_type ON lease6 (subnet_id, lease_type);

CREATE TABLE lease4_stat (
    subnet_id BIGINT NOT NULL,
    state BIGINT NOT NULL,
    leases BIGINT,
    PRIMARY KEY (subnet_id, state)
);

CREATE TABLE lease6_stat (
    subnet_id BIGINT NOT NULL,
    lease_type SMALLINT NOT NULL,
    state BIGINT NOT NULL,
    leases BIGINT,
    PRIMARY KEY (subnet_id, lease_type, state)
);

CREATE TABLE lease4_pool_stat (
    subnet_id BIGINT NOT NULL,
    pool_id BIGINT NOT NULL,
    state BIGINT NOT NULL,
    leases BIGINT,
    PRIMARY KEY (subnet_id, pool_id, state)
);

CREATE TABLE lease6_pool_stat (
    subnet_id BIGINT NOT NULL,
    pool_id BIGINT NOT NULL,
    lease_type SMALLINT NOT NULL,
    state BIGINT NOT NULL,
    leases BIGINT,
    PRIMARY KEY (subnet_id, pool_id, lease_type, state)
);

CREATE TABLE lease4_stat_by_client_class (
    client_class VARCHAR(128) NOT NULL,
    leases BIGINT NOT NULL,
    PRIMARY KEY (client_class)
);

CREATE TABLE lease6_stat_by_client_class (
    client_class VARCHAR(128) NOT NULL,
    lease_type SMALLINT NOT NULL,
    leases BIGINT NOT NULL,
    PRIMARY KEY (client_class, lease_type),
    CONSTRAINT fk_lease6_stat_by_client_class_lease_type FOREIGN KEY (lease_type) REFERENCES lease6_types(lease_type)
);

CREATE TABLE lease6_relay_id (
    extended_info_id SERIAL NOT NULL,
    relay_id BYTEA NOT NULL,
    lease_addr INET NOT NULL,
    PRIMARY KEY (extended_info_id),
    CONSTRAINT fk_lease6_relay_id_addr FOREIGN KEY (lease_addr) REFERENCES lease6(address) ON DELETE CASCADE
);
CREATE INDEX lease6_relay_id_by_id ON lease6_relay_id (relay_id, lease_addr);
CREATE INDEX lease6_relay_id_by_address ON lease6_relay_id (lease_addr);

CREATE TABLE lease6_remote_id (
    extended_info_id SERIAL NOT NULL,
    remote_id BYTEA NOT NULL,
    lease_addr INET NOT NULL,
    PRIMARY KEY (extended_info_id),
    CONSTRAINT fk_lease6_remote_id_addr FOREIGN KEY (lease_addr) REFERENCES lease6(address) ON DELETE CASCADE
);
CREATE INDEX lease6_remote_id_by_id ON lease6_remote_id (remote_id, lease_addr);
CREATE INDEX lease6_remote_id_by_address ON lease6_remote_id (lease_addr);

CREATE TABLE free_lease4 (
    address BIGINT NOT NULL,
    modification_ts TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (address)
);

CREATE TABLE free_lease6 (
    address INET NOT NULL,
    bin_address BYTEA NOT NULL,
    modification_ts TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (address)
);

CREATE TABLE flq_pool4 (
    id SERIAL NOT NULL,
    start_address BIGINT NOT NULL,
    end_address BIGINT NOT NULL,
    last_returned_address BIGINT NOT NULL DEFAULT 0,
    subnet_id BIGINT NOT NULL,
    created_ts TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    modification_ts TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id)
);

CREATE TABLE flq_pool6 (
    id SERIAL NOT NULL,
    start_address INET NOT NULL,
    end_address INET NOT NULL,
    lease_type SMALLINT NOT NULL,
    delegated_len SMALLINT NOT NULL,
    last_returned_address INET NOT NULL DEFAULT '::',
    subnet_id BIGINT NOT NULL,
    created_ts TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    modification_ts TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id)
);

CREATE TABLE host_identifier_type (
    type SMALLINT NOT NULL,
    name VARCHAR(32) DEFAULT NULL,
    PRIMARY KEY (type)
);

CREATE TABLE hosts (
    host_id SERIAL NOT NULL,
    dhcp_identifier BYTEA NOT NULL,
    dhcp_identifier_type SMALLINT NOT NULL,
    dhcp4_subnet_id BIGINT,
    dhcp6_subnet_id BIGINT,
    ipv4_address BIGINT,
    hostname VARCHAR(255) DEFAULT NULL,
    dhcp4_client_classes VARCHAR(255) DEFAULT NULL,
    dhcp6_client_classes VARCHAR(255) DEFAULT NULL,
    dhcp4_next_server BIGINT,
    dhcp4_server_hostname VARCHAR(64) DEFAULT NULL,
    dhcp4_boot_file_name VARCHAR(128) DEFAULT NULL,
    user_context TEXT,
    auth_key VARCHAR(32) DEFAULT NULL,
    PRIMARY KEY (host_id),
    CONSTRAINT fk_host_identifier_type FOREIGN KEY (dhcp_identifier_type)
        REFERENCES host_identifier_type(type) ON DELETE CASCADE
);
CREATE INDEX fk_host_identifier_type ON hosts (dhcp_identifier_type);
CREATE INDEX hosts_by_hostname ON hosts (lower(hostname)) WHERE (hostname IS NOT NULL);
CREATE INDEX key_dhcp4_ipv4_address_subnet_id ON hosts (ipv4_address, dhcp4_subnet_id);
CREATE INDEX key_dhcp_identifier ON hosts (dhcp_identifier, dhcp_identifier_type);
CREATE UNIQUE INDEX key_dhcp4_identifier_subnet_id ON hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id) WHERE (dhcp4_subnet_id IS NOT NULL);
CREATE UNIQUE INDEX key_dhcp6_identifier_subnet_id ON hosts (dhcp_identifier, dhcp_identifier_type, dhcp6_subnet_id) WHERE (dhcp6_subnet_id IS NOT NULL);

CREATE TABLE ipv6_reservations (
    reservation_id SERIAL NOT NULL,
    address INET NOT NULL,
    prefix_len SMALLINT NOT NULL DEFAULT 128,
    type SMALLINT NOT NULL DEFAULT 0,
    dhcp6_iaid INTEGER,
    host_id INTEGER NOT NULL,
    excluded_prefix INET,
    excluded_prefix_len SMALLINT NOT NULL DEFAULT 0,
    PRIMARY KEY (reservation_id),
    CONSTRAINT fk_ipv6_reservations_host FOREIGN KEY (host_id) REFERENCES hosts(host_id) ON DELETE CASCADE
);
CREATE INDEX fk_ipv6_reservations_host_idx ON ipv6_reservations (host_id);
CREATE INDEX key_dhcp6_address_prefix_len ON ipv6_reservations (address, prefix_len);

CREATE TABLE logs (
    timestamp TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    address VARCHAR(43),
    log TEXT NOT NULL
);
CREATE INDEX address_id ON logs (address);
CREATE INDEX timestamp_id ON logs (timestamp);

CREATE TABLE ddns_replace_client_name_types (
    type BIGINT NOT NULL,
    name VARCHAR(32),
    PRIMARY KEY (type)
);

CREATE TABLE dhcp_option_scope (
    scope_id SMALLINT NOT NULL,
    scope_name VARCHAR(32) DEFAULT NULL,
    PRIMARY KEY (scope_id)
);

CREATE TABLE modification (
    id SMALLINT NOT NULL,
    modification_type VARCHAR(32) NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE option_def_data_type (
    id SMALLINT NOT NULL,
    name VARCHAR(32) NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE parameter_data_type (
    id SMALLINT NOT NULL,
    name VARCHAR(32) NOT NULL,
    PRIMARY KEY (id)
);

