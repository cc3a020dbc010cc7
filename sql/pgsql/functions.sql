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

-- Triggers are for whole statements: with one for each row, a million new leases would change one row of the statistics
-- a million times in one transaction, and PostgreSQL walks through all versions of the row each time.

-- The counters of a subnet follow those of its pools.
CREATE FUNCTION lease4_pool_stat_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    change BIGINT := NEW.leases;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        change := change - OLD.leases;
    END IF;
    INSERT INTO lease4_stat AS s (subnet_id, state, leases) VALUES (NEW.subnet_id, NEW.state, greatest(change, 0))
        ON CONFLICT (subnet_id, state) DO UPDATE SET leases = greatest(s.leases + change, 0);
    RETURN NULL;
END
$$;
CREATE TRIGGER lease4_pool_stat_change AFTER INSERT OR UPDATE ON lease4_pool_stat
    FOR EACH ROW EXECUTE FUNCTION lease4_pool_stat_change();

CREATE FUNCTION func_lease4_ains() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lease4_pool_stat AS s (subnet_id, pool_id, state, leases)
        SELECT subnet_id, pool_id, state, count(*)
        FROM news
        WHERE subnet_id IS NOT NULL AND lease_is_counted(state)
        GROUP BY subnet_id, pool_id, state
        ON CONFLICT (subnet_id, pool_id, state) DO UPDATE SET leases = greatest(s.leases + excluded.leases, 0);
    INSERT INTO lease4_stat_by_client_class AS s (client_class, leases)
        SELECT class, count(*)
        FROM news, lease_classes(state, user_context) AS class
        WHERE user_context IS NOT NULL
        GROUP BY class
        ON CONFLICT (client_class) DO UPDATE SET leases = greatest(s.leases + excluded.leases, 0);
    RETURN NULL;
END
$$;

CREATE FUNCTION func_lease4_aupd() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    -- A renewal changes no counter: no row is locked for it.
    INSERT INTO lease4_pool_stat AS s (subnet_id, pool_id, state, leases)
        SELECT subnet_id, pool_id, state, sum(n)
        FROM (SELECT subnet_id, pool_id, state, user_context, 1 AS n FROM news
            UNION ALL SELECT subnet_id, pool_id, state, user_context, -1 FROM olds) AS changes
        WHERE subnet_id IS NOT NULL AND lease_is_counted(state)
        GROUP BY subnet_id, pool_id, state
        HAVING sum(n) <> 0
        ON CONFLICT (subnet_id, pool_id, state) DO UPDATE SET leases = greatest(s.leases + excluded.leases, 0);
    INSERT INTO lease4_stat_by_client_class AS s (client_class, leases)
        SELECT class, sum(n)
        FROM (SELECT subnet_id, pool_id, state, user_context, 1 AS n FROM news
            UNION ALL SELECT subnet_id, pool_id, state, user_context, -1 FROM olds) AS changes,
            lease_classes(state, user_context) AS class
        WHERE user_context IS NOT NULL
        GROUP BY class
        HAVING sum(n) <> 0
        ON CONFLICT (client_class) DO UPDATE SET leases = greatest(s.leases + excluded.leases, 0);
    RETURN NULL;
END
$$;

CREATE FUNCTION func_lease4_adel() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lease4_pool_stat AS s (subnet_id, pool_id, state, leases)
        SELECT subnet_id, pool_id, state, -count(*)
        FROM olds
        WHERE subnet_id IS NOT NULL AND lease_is_counted(state)
        GROUP BY subnet_id, pool_id, state
        ON CONFLICT (subnet_id, pool_id, state) DO UPDATE SET leases = greatest(s.leases + excluded.leases, 0);
    INSERT INTO lease4_stat_by_client_class AS s (client_class, leases)
        SELECT class, -count(*)
        FROM olds, lease_classes(state, user_context) AS class
        WHERE user_context IS NOT NULL
        GROUP BY class
        ON CONFLICT (client_class) DO UPDATE SET leases = greatest(s.leases + excluded.leases, 0);
    RETURN NULL;
END
$$;

CREATE TRIGGER lease4_ains AFTER INSERT ON lease4 REFERENCING NEW TABLE AS news
    FOR EACH STATEMENT EXECUTE FUNCTION func_lease4_ains();
CREATE TRIGGER lease4_aupd AFTER UPDATE ON lease4 REFERENCING OLD TABLE AS olds NEW TABLE AS news
    FOR EACH STATEMENT EXECUTE FUNCTION func_lease4_aupd();
CREATE TRIGGER lease4_adel AFTER DELETE ON lease4 REFERENCING OLD TABLE AS olds
    FOR EACH STATEMENT EXECUTE FUNCTION func_lease4_adel();

-- The counters of a subnet follow those of its pools.
CREATE FUNCTION lease6_pool_stat_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    change BIGINT := NEW.leases;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        change := change - OLD.leases;
    END IF;
    INSERT INTO lease6_stat AS s (subnet_id, lease_type, state, leases)
        VALUES (NEW.subnet_id, NEW.lease_type, NEW.state, greatest(change, 0))
        ON CONFLICT (subnet_id, lease_type, state) DO UPDATE SET leases = greatest(s.leases + change, 0);
    RETURN NULL;
END
$$;
CREATE TRIGGER lease6_pool_stat_change AFTER INSERT OR UPDATE ON lease6_pool_stat
    FOR EACH ROW EXECUTE FUNCTION lease6_pool_stat_change();

CREATE FUNCTION func_lease6_ains() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lease6_pool_stat AS s (subnet_id, pool_id, lease_type, state, leases)
        SELECT subnet_id, pool_id, lease_type, state, count(*)
        FROM news
        WHERE subnet_id IS NOT NULL AND lease_type IS NOT NULL AND lease_is_counted(state)
        GROUP BY subnet_id, pool_id, lease_type, state
        ON CONFLICT (subnet_id, pool_id, lease_type, state)
        DO UPDATE SET leases = greatest(s.leases + excluded.leases, 0);
    INSERT INTO lease6_stat_by_client_class AS s (client_class, lease_type, leases)
        SELECT class, lease_type, count(*)
        FROM news, lease_classes(state, user_context) AS class
        WHERE user_context IS NOT NULL AND lease_type IS NOT NULL
        GROUP BY class, lease_type
        ON CONFLICT (client_class, lease_type) DO UPDATE SET leases = greatest(s.leases + excluded.leases, 0);
    RETURN NULL;
END
$$;

CREATE FUNCTION func_lease6_aupd() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    -- A renewal changes no counter: no row is locked for it.
    INSERT INTO lease6_pool_stat AS s (subnet_id, pool_id, lease_type, state, leases)
        SELECT subnet_id, pool_id, lease_type, state, sum(n)
        FROM (SELECT subnet_id, pool_id, lease_type, state, user_context, 1 AS n FROM news
            UNION ALL SELECT subnet_id, pool_id, lease_type, state, user_context, -1 FROM olds) AS changes
        WHERE subnet_id IS NOT NULL AND lease_type IS NOT NULL AND lease_is_counted(state)
        GROUP BY subnet_id, pool_id, lease_type, state
        HAVING sum(n) <> 0
        ON CONFLICT (subnet_id, pool_id, lease_type, state)
        DO UPDATE SET leases = greatest(s.leases + excluded.leases, 0);
    INSERT INTO lease6_stat_by_client_class AS s (client_class, lease_type, leases)
        SELECT class, lease_type, sum(n)
        FROM (SELECT subnet_id, pool_id, lease_type, state, user_context, 1 AS n FROM news
            UNION ALL SELECT subnet_id, pool_id, lease_type, state, user_context, -1 FROM olds) AS changes,
            lease_classes(state, user_context) AS class
        WHERE user_context IS NOT NULL AND lease_type IS NOT NULL
        GROUP BY class, lease_type
        HAVING sum(n) <> 0
        ON CONFLICT (client_class, lease_type) DO UPDATE SET leases = greatest(s.leases + excluded.leases, 0);
    RETURN NULL;
END
$$;

CREATE FUNCTION func_lease6_adel() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO lease6_pool_stat AS s (subnet_id, pool_id, lease_type, state, leases)
        SELECT subnet_id, pool_id, lease_type, state, -count(*)
        FROM olds
        WHERE subnet_id IS NOT NULL AND lease_type IS NOT NULL AND lease_is_counted(state)
        GROUP BY subnet_id, pool_id, lease_type, state
        ON CONFLICT (subnet_id, pool_id, lease_type, state)
        DO UPDATE SET leases = greatest(s.leases + excluded.leases, 0);
    INSERT INTO lease6_stat_by_client_class AS s (client_class, lease_type, leases)
        SELECT class, lease_type, -count(*)
        FROM olds, lease_classes(state, user_context) AS class
        WHERE user_context IS NOT NULL AND lease_type IS NOT NULL
        GROUP BY class, lease_type
        ON CONFLICT (client_class, lease_type) DO UPDATE SET leases = greatest(s.leases + excluded.leases, 0);
    RETURN NULL;
END
$$;

CREATE TRIGGER lease6_ains AFTER INSERT ON lease6 REFERENCING NEW TABLE AS news
    FOR EACH STATEMENT EXECUTE FUNCTION func_lease6_ains();
CREATE TRIGGER lease6_aupd AFTER UPDATE ON lease6 REFERENCING OLD TABLE AS olds NEW TABLE AS news
    FOR EACH STATEMENT EXECUTE FUNCTION func_lease6_aupd();
CREATE TRIGGER lease6_adel AFTER DELETE ON lease6 REFERENCING OLD TABLE AS olds
    FOR EACH STATEMENT EXECUTE FUNCTION func_lease6_adel();

-- Recomputes all counters from the leases: kea-admin stats-recount.
CREATE FUNCTION lease_stats_recount() RETURNS VOID LANGUAGE SQL AS $$
    LOCK TABLE lease4, lease6 IN SHARE MODE;
    DELETE FROM lease4_stat;
    DELETE FROM lease4_pool_stat;
    DELETE FROM lease4_stat_by_client_class;
    DELETE FROM lease6_stat;
    DELETE FROM lease6_pool_stat;
    DELETE FROM lease6_stat_by_client_class;
    INSERT INTO lease4_pool_stat SELECT subnet_id, pool_id, state, count(*) FROM lease4
        WHERE subnet_id IS NOT NULL AND lease_is_counted(state) GROUP BY 1, 2, 3;
    INSERT INTO lease4_stat_by_client_class SELECT class, count(*)
        FROM lease4, lease_classes(state, user_context) AS class GROUP BY 1;
    INSERT INTO lease6_pool_stat SELECT subnet_id, pool_id, lease_type, state, count(*) FROM lease6
        WHERE subnet_id IS NOT NULL AND lease_type IS NOT NULL AND lease_is_counted(state) GROUP BY 1, 2, 3, 4;
    INSERT INTO lease6_stat_by_client_class SELECT class, lease_type, count(*)
        FROM lease6, lease_classes(state, user_context) AS class WHERE lease_type IS NOT NULL GROUP BY 1, 2;
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

-- ---- configuration tables: audit ------------------------------------------------------------------------------------

-- A tool that changes the configuration first calls createAuditRevisionDHCP4 or 6; the changes of its transaction are
-- recorded under that revision. With cascade_transaction, changes of parts (the options of a subnet) are not recorded
-- as changes of the whole.

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

CREATE FUNCTION createauditrevisiondhcp4(audit_ts TIMESTAMP WITH TIME ZONE, server_tag VARCHAR, audit_log_message TEXT,
    cascade_transaction BOOLEAN) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    revision BIGINT;
BEGIN
    IF get_session_boolean('kea.disable_audit') THEN
        RETURN;
    END IF;
    INSERT INTO dhcp4_audit_revision (modification_ts, server_id, log_message)
        VALUES (audit_ts, (SELECT id FROM dhcp4_server WHERE tag = server_tag), audit_log_message)
        RETURNING id INTO revision;
    PERFORM set_session_value('kea.audit_revision_id', revision),
        set_session_value('kea.cascade_transaction', cascade_transaction);
END
$$;

CREATE FUNCTION createauditrevisiondhcp6(audit_ts TIMESTAMP WITH TIME ZONE, server_tag VARCHAR, audit_log_message TEXT,
    cascade_transaction BOOLEAN) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    revision BIGINT;
BEGIN
    IF get_session_boolean('kea.disable_audit') THEN
        RETURN;
    END IF;
    INSERT INTO dhcp6_audit_revision (modification_ts, server_id, log_message)
        VALUES (audit_ts, (SELECT id FROM dhcp6_server WHERE tag = server_tag), audit_log_message)
        RETURNING id INTO revision;
    PERFORM set_session_value('kea.audit_revision_id', revision),
        set_session_value('kea.cascade_transaction', cascade_transaction);
END
$$;

CREATE FUNCTION createauditentrydhcp4(object_type_val VARCHAR, object_id_val BIGINT, modification_type_val VARCHAR)
    RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    IF NOT get_session_boolean('kea.disable_audit') THEN
        INSERT INTO dhcp4_audit (object_type, object_id, modification_type, revision_id)
            VALUES (object_type_val, object_id_val,
                (SELECT id FROM modification WHERE modification_type = modification_type_val),
                get_session_big_int('kea.audit_revision_id'));
    END IF;
END
$$;

CREATE FUNCTION createauditentrydhcp6(object_type_val VARCHAR, object_id_val BIGINT, modification_type_val VARCHAR)
    RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    IF NOT get_session_boolean('kea.disable_audit') THEN
        INSERT INTO dhcp6_audit (object_type, object_id, modification_type, revision_id)
            VALUES (object_type_val, object_id_val,
                (SELECT id FROM modification WHERE modification_type = modification_type_val),
                get_session_big_int('kea.audit_revision_id'));
    END IF;
END
$$;

-- A trigger for any configuration table: its arguments are the family and the name of the column with the id.
CREATE FUNCTION audit_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    id BIGINT;
    change TEXT := CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'update' ELSE 'delete' END;
BEGIN
    IF TG_OP = 'DELETE' THEN
        id := to_jsonb(OLD) ->> TG_ARGV[1];
    ELSE
        id := to_jsonb(NEW) ->> TG_ARGV[1];
    END IF;
    IF TG_ARGV[0] = '4' THEN
        PERFORM createauditentrydhcp4(TG_TABLE_NAME::text, id, change);
    ELSE
        PERFORM createauditentrydhcp6(TG_TABLE_NAME::text, id, change);
    END IF;
    RETURN NULL;
END
$$;

-- A change of an option is recorded as an update of what has it: subnet, shared network, subnet of a pool, class.
CREATE FUNCTION audit_option4() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    option dhcp4_options;
    change TEXT := CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'update' ELSE 'delete' END;
BEGIN
    IF TG_OP = 'DELETE' THEN option := OLD; ELSE option := NEW; END IF;
    IF option.scope_id = 0 THEN
        PERFORM createauditentrydhcp4('dhcp4_options', option.option_id, change);
    ELSIF get_session_boolean('kea.cascade_transaction') THEN
        NULL;
    ELSIF option.scope_id = 1 THEN
        PERFORM createauditentrydhcp4('dhcp4_subnet', option.dhcp4_subnet_id, 'update');
    ELSIF option.scope_id = 2 THEN
        PERFORM createauditentrydhcp4('dhcp4_client_class', id, 'update')
            FROM dhcp4_client_class WHERE name = option.dhcp_client_class;
    ELSIF option.scope_id = 4 THEN
        PERFORM createauditentrydhcp4('dhcp4_shared_network', id, 'update')
            FROM dhcp4_shared_network WHERE name = option.shared_network_name;
    ELSIF option.scope_id = 5 THEN
        PERFORM createauditentrydhcp4('dhcp4_subnet', subnet_id, 'update') FROM dhcp4_pool WHERE id = option.pool_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION audit_option6() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    option dhcp6_options;
    change TEXT := CASE TG_OP WHEN 'INSERT' THEN 'create' WHEN 'UPDATE' THEN 'update' ELSE 'delete' END;
BEGIN
    IF TG_OP = 'DELETE' THEN option := OLD; ELSE option := NEW; END IF;
    IF option.scope_id = 0 THEN
        PERFORM createauditentrydhcp6('dhcp6_options', option.option_id, change);
    ELSIF get_session_boolean('kea.cascade_transaction') THEN
        NULL;
    ELSIF option.scope_id = 1 THEN
        PERFORM createauditentrydhcp6('dhcp6_subnet', option.dhcp6_subnet_id, 'update');
    ELSIF option.scope_id = 2 THEN
        PERFORM createauditentrydhcp6('dhcp6_client_class', id, 'update')
            FROM dhcp6_client_class WHERE name = option.dhcp_client_class;
    ELSIF option.scope_id = 4 THEN
        PERFORM createauditentrydhcp6('dhcp6_shared_network', id, 'update')
            FROM dhcp6_shared_network WHERE name = option.shared_network_name;
    ELSIF option.scope_id = 5 THEN
        PERFORM createauditentrydhcp6('dhcp6_subnet', subnet_id, 'update') FROM dhcp6_pool WHERE id = option.pool_id;
    ELSIF option.scope_id = 6 THEN
        PERFORM createauditentrydhcp6('dhcp6_subnet', subnet_id, 'update')
            FROM dhcp6_pd_pool WHERE id = option.pd_pool_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION modification_ts_update() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.modification_ts := CURRENT_TIMESTAMP;
    RETURN NEW;
END
$$;

-- A new class comes after the one it follows, or last; the order has no gaps to fill.
CREATE FUNCTION order_client_class() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    table_name TEXT := format('dhcp%s_client_class_order', TG_ARGV[0]);
    place BIGINT;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.follow_class_name IS NOT DISTINCT FROM OLD.follow_class_name THEN
        RETURN NULL;
    END IF;
    IF NEW.follow_class_name IS NULL THEN
        EXECUTE format('SELECT coalesce(max(order_index), 0) + 1 FROM %I WHERE class_id <> $1', table_name)
            INTO place USING NEW.id;
    ELSE
        EXECUTE format('SELECT o.order_index + 1 FROM %I o JOIN dhcp%s_client_class c ON c.id = o.class_id '
            'WHERE c.name = $1', table_name, TG_ARGV[0]) INTO place USING NEW.follow_class_name;
        IF place IS NULL THEN
            RAISE EXCEPTION 'class % follows %, which does not exist', NEW.name, NEW.follow_class_name;
        END IF;
        EXECUTE format('UPDATE %I SET order_index = order_index + 1 WHERE order_index >= $1', table_name) USING place;
    END IF;
    EXECUTE format('INSERT INTO %I (class_id, order_index) VALUES ($1, $2) '
        'ON CONFLICT (class_id) DO UPDATE SET order_index = excluded.order_index', table_name) USING NEW.id, place;
    RETURN NULL;
END
$$;

-- A class may depend only on an earlier one. A class that depends on KNOWN or UNKNOWN passes that on.
CREATE FUNCTION check_client_class_dependency() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    is_later BOOLEAN;
BEGIN
    EXECUTE format('SELECT d.order_index >= c.order_index FROM dhcp%1$s_client_class_order c, '
        'dhcp%1$s_client_class_order d WHERE c.class_id = $1 AND d.class_id = $2', TG_ARGV[0])
        INTO is_later USING NEW.class_id, NEW.dependency_id;
    IF is_later IS NOT FALSE THEN
        RAISE EXCEPTION 'class % depends on class %, which comes later or does not exist', NEW.class_id,
            NEW.dependency_id;
    END IF;
    EXECUTE format('UPDATE dhcp%1$s_client_class_order SET depend_on_known_indirectly = true WHERE class_id = $1 AND '
        'EXISTS (SELECT 1 FROM dhcp%1$s_client_class c JOIN dhcp%1$s_client_class_order o ON o.class_id = c.id '
        'WHERE c.id = $2 AND (c.depend_on_known_directly OR o.depend_on_known_indirectly))', TG_ARGV[0])
        USING NEW.class_id, NEW.dependency_id;
    RETURN NEW;
END
$$;

-- The triggers of both families.
DO $do$
DECLARE
    family TEXT;
    audited TEXT;
    dated TEXT;
BEGIN
    FOREACH family IN ARRAY ARRAY['4', '6'] LOOP
        FOREACH audited IN ARRAY ARRAY['client_class', 'global_parameter', 'option_def', 'server', 'shared_network',
            'subnet'] LOOP
            EXECUTE format('CREATE TRIGGER dhcp%1$s_%2$s_audit AFTER INSERT OR UPDATE OR DELETE ON dhcp%1$s_%2$s '
                'FOR EACH ROW EXECUTE FUNCTION audit_change(%1$L, %3$L)', family, audited,
                CASE audited WHEN 'subnet' THEN 'subnet_id' ELSE 'id' END);
        END LOOP;
        EXECUTE format('CREATE TRIGGER dhcp%1$s_options_audit AFTER INSERT OR UPDATE OR DELETE ON dhcp%1$s_options '
            'FOR EACH ROW EXECUTE FUNCTION audit_option%1$s()', family);
        EXECUTE format('CREATE TRIGGER dhcp%1$s_client_class_place AFTER INSERT OR UPDATE ON dhcp%1$s_client_class '
            'FOR EACH ROW EXECUTE FUNCTION order_client_class(%1$L)', family);
        EXECUTE format('CREATE TRIGGER dhcp%1$s_client_class_dependency_check BEFORE INSERT ON '
            'dhcp%1$s_client_class_dependency FOR EACH ROW EXECUTE FUNCTION check_client_class_dependency(%1$L)',
            family);
    END LOOP;
    FOR dated IN SELECT table_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND column_name = 'modification_ts' LOOP
        EXECUTE format('CREATE TRIGGER %1$s_modification_ts_update BEFORE UPDATE ON %1$I FOR EACH ROW '
            'EXECUTE FUNCTION modification_ts_update()', dated);
    END LOOP;
END
$do$;

