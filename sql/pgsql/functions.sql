-- SPDX-License-Identifier: MPL-2.0
-- ---- dictionaries ---------------------------------------------------------------------------------------------------

INSERT INTO lease_state VALUES
    (0, 'default'), (1, 'declined'), (2, 'expired-reclaimed'), (3, 'released'), (4, 'registered')
    ON CONFLICT DO NOTHING;
INSERT INTO lease6_types VALUES
    (0, 'IA_NA'), (1, 'IA_TA'), (2, 'IA_PD')
    ON CONFLICT DO NOTHING;
INSERT INTO lease_hwaddr_source VALUES
    (0, 'HWADDR_SOURCE_UNKNOWN'), (1, 'HWADDR_SOURCE_RAW'), (2, 'HWADDR_SOURCE_IPV6_LINK_LOCAL'),
    (4, 'HWADDR_SOURCE_DUID'), (8, 'HWADDR_SOURCE_CLIENT_ADDR_RELAY_OPTION'), (16, 'HWADDR_SOURCE_REMOTE_ID'),
    (32, 'HWADDR_SOURCE_SUBSCRIBER_ID'), (64, 'HWADDR_SOURCE_DOCSIS_CMTS'), (128, 'HWADDR_SOURCE_DOCSIS_MODEM')
    ON CONFLICT DO NOTHING;
INSERT INTO host_identifier_type VALUES
    (0, 'hw-address'), (1, 'duid'), (2, 'circuit-id'), (3, 'client-id'), (4, 'flex-id')
    ON CONFLICT DO NOTHING;
INSERT INTO dhcp_option_scope VALUES
    (0, 'global'), (1, 'subnet'), (2, 'client-class'), (3, 'host'), (4, 'shared-network'), (5, 'pool'), (6, 'pd-pool')
    ON CONFLICT DO NOTHING;
INSERT INTO modification VALUES
    (0, 'create'), (1, 'update'), (2, 'delete')
    ON CONFLICT DO NOTHING;
INSERT INTO parameter_data_type VALUES
    (0, 'integer'), (1, 'real'), (2, 'boolean'), (4, 'string')
    ON CONFLICT DO NOTHING;
INSERT INTO option_def_data_type VALUES
    (0, 'binary'), (1, 'boolean'), (2, 'int8'), (3, 'int16'), (4, 'int32'), (5, 'uint8'), (6, 'uint16'), (7, 'uint32'),
    (8, 'ipv4-address'), (9, 'ipv6-address'), (10, 'ipv6-prefix'), (11, 'psid'), (12, 'string'), (13, 'tuple'),
    (14, 'fqdn'), (15, 'internal'), (16, 'record'), (254, 'empty')
    ON CONFLICT DO NOTHING;
INSERT INTO ddns_replace_client_name_types VALUES
    (0, 'RCM_NEVER'), (1, 'RCM_ALWAYS'), (2, 'RCM_WHEN_PRESENT'), (3, 'RCM_WHEN_NOT_PRESENT')
    ON CONFLICT DO NOTHING;
INSERT INTO dhcp4_server (id, tag, description) VALUES (1, 'all', 'special type: all servers')
    ON CONFLICT DO NOTHING;
INSERT INTO dhcp6_server (id, tag, description) VALUES (1, 'all', 'special type: all servers')
    ON CONFLICT DO NOTHING;
SELECT setval('dhcp4_server_id_seq', (SELECT max(id) FROM dhcp4_server));
SELECT setval('dhcp6_server_id_seq', (SELECT max(id) FROM dhcp6_server));

-- ---- lease statistics -----------------------------------------------------------------------------------------------

-- Leases that are counted: in use, declined, registered. A lease that is reclaimed or released leaves the counters.
CREATE FUNCTION lease_is_counted(state BIGINT) RETURNS BOOLEAN LANGUAGE SQL IMMUTABLE AS $$
    SELECT state IN (0, 1, 4)
$$;

-- The client classes that a lease counts for: {"ISC": {"client-classes": [...]}} in its user context.
CREATE FUNCTION lease_classes(state BIGINT, user_context TEXT) RETURNS SETOF TEXT LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF state <> 0 OR user_context IS NULL OR position('"client-classes"' IN user_context) = 0 THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT DISTINCT left(class, 128)
        FROM jsonb_array_elements_text(user_context::jsonb -> 'ISC' -> 'client-classes') AS class;
EXCEPTION WHEN OTHERS THEN
    RETURN; -- other programs write here, too
END
$$;

-- Kea's servers ask.
CREATE FUNCTION isjsonsupported() RETURNS BOOLEAN LANGUAGE SQL IMMUTABLE AS $$
    SELECT true
$$;

-- ---- lease files ----------------------------------------------------------------------------------------------------

-- Fields of lease files cannot hold commas and line breaks: &#x2c.
CREATE FUNCTION lease_file_text(value TEXT) RETURNS TEXT LANGUAGE SQL IMMUTABLE AS $$
    SELECT replace(replace(replace(replace(replace(coalesce(value, ''), '&', '&#x26'), ',', '&#x2c'), chr(9), '&#x09'),
        chr(10), '&#x0a'), chr(13), '&#x0d')
$$;

-- An infinite lease has the time of its last transaction in the table, and that plus the lifetime in the file.
CREATE FUNCTION lease_file_expire(expire TIMESTAMP WITH TIME ZONE, valid_lifetime BIGINT) RETURNS BIGINT
    LANGUAGE SQL IMMUTABLE AS $$
    SELECT extract(epoch FROM expire)::bigint + CASE valid_lifetime WHEN 4294967295 THEN 4294967295 ELSE 0 END
$$;

CREATE FUNCTION lease_file_hex(value BYTEA) RETURNS TEXT LANGUAGE SQL IMMUTABLE AS $$
    SELECT coalesce(rtrim(regexp_replace(encode(value, 'hex'), '(..)', '\1:', 'g'), ':'), '')
$$;

CREATE FUNCTION lease4dumpheader() RETURNS TEXT LANGUAGE SQL IMMUTABLE AS $$
    SELECT 'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,'
        || 'user_context,pool_id'
$$;

CREATE FUNCTION lease6dumpheader() RETURNS TEXT LANGUAGE SQL IMMUTABLE AS $$
    SELECT 'address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,'
        || 'hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id'
$$;

-- The rows of a lease file, in the order of addresses.
CREATE FUNCTION lease4dumpdata() RETURNS TABLE (address INET, hwaddr TEXT, client_id TEXT, valid_lifetime BIGINT,
    expire BIGINT, subnet_id BIGINT, fqdn_fwd INT, fqdn_rev INT, hostname TEXT, state BIGINT, user_context TEXT,
    pool_id BIGINT) LANGUAGE SQL STABLE AS $$
    SELECT '0.0.0.0'::inet + l.address, lease_file_hex(l.hwaddr), lease_file_hex(l.client_id), l.valid_lifetime,
        lease_file_expire(l.expire, l.valid_lifetime), l.subnet_id, l.fqdn_fwd::int, l.fqdn_rev::int,
        lease_file_text(l.hostname), l.state, lease_file_text(l.user_context), l.pool_id
    FROM lease4 l ORDER BY l.address
$$;

CREATE FUNCTION lease6dumpdata() RETURNS TABLE (address TEXT, duid TEXT, valid_lifetime BIGINT, expire BIGINT,
    subnet_id BIGINT, pref_lifetime BIGINT, lease_type SMALLINT, iaid BIGINT, prefix_len SMALLINT, fqdn_fwd INT,
    fqdn_rev INT, hostname TEXT, hwaddr TEXT, state BIGINT, user_context TEXT, hwtype SMALLINT, hwaddr_source SMALLINT,
    pool_id BIGINT) LANGUAGE SQL STABLE AS $$
    SELECT host(l.address), lease_file_hex(l.duid), l.valid_lifetime, lease_file_expire(l.expire, l.valid_lifetime),
        l.subnet_id, l.pref_lifetime, l.lease_type, l.iaid::bigint & 4294967295, l.prefix_len, l.fqdn_fwd::int,
        l.fqdn_rev::int, lease_file_text(l.hostname), lease_file_hex(l.hwaddr), l.state,
        lease_file_text(l.user_context), l.hwtype, l.hwaddr_source, l.pool_id
    FROM lease6 l ORDER BY l.address
$$;

-- ---- configuration tables -----------------------------------------------------------------------------------------

CREATE FUNCTION set_session_value(name TEXT, value TEXT) RETURNS VOID LANGUAGE SQL AS $$
    SELECT set_config(name, coalesce(value, ''), false)
$$;
CREATE FUNCTION set_session_value(name TEXT, value BIGINT) RETURNS VOID LANGUAGE SQL AS $$
    SELECT set_config(name, coalesce(value::text, ''), false)
$$;
CREATE FUNCTION set_session_value(name TEXT, value BOOLEAN) RETURNS VOID LANGUAGE SQL AS $$
    SELECT set_config(name, coalesce(value::text, ''), false)
$$;
CREATE FUNCTION get_session_value(name TEXT) RETURNS TEXT LANGUAGE SQL AS $$
    SELECT nullif(current_setting(name, true), '')
$$;
CREATE FUNCTION get_session_big_int(name TEXT) RETURNS BIGINT LANGUAGE SQL AS $$
    SELECT coalesce(get_session_value(name)::bigint, 0)
$$;
CREATE FUNCTION get_session_boolean(name TEXT) RETURNS BOOLEAN LANGUAGE SQL AS $$
    SELECT coalesce(get_session_value(name)::boolean, false)
$$;

CREATE FUNCTION modification_ts_update() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.modification_ts := CURRENT_TIMESTAMP;
    RETURN NEW;
END
$$;

-- Every table with a time of modification keeps it by itself.
DO $do$
DECLARE
    dated TEXT;
BEGIN
    FOR dated IN SELECT table_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND column_name = 'modification_ts' LOOP
        EXECUTE format('CREATE TRIGGER %1$s_modification_ts_update BEFORE UPDATE ON %1$I FOR EACH ROW '
            'EXECUTE FUNCTION modification_ts_update()', dated);
    END LOOP;
END
$do$;

