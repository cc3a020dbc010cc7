-- SPDX-License-Identifier: MPL-2.0
-- Brings tables of version 13.0 (Kea 2.2) or newer to version 34.0: kea-admin db-upgrade pgsql. What a table lacks is
-- added; functions and triggers are replaced. One transaction: it succeeds, or nothing is changed.

START TRANSACTION;

-- ---- functions and triggers are created again, below ----------------------------------------------------------------

DO $do$
DECLARE
    old RECORD;
BEGIN
    FOR old IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = current_schema() AND p.prokind = 'f' AND p.proname ~ ('^(func_(dhcp|lease)[46]_.*|'
            'proc_stat_lease[46]_.*|lease[46]_?(adel|ains|aupd|count|pool_stat_change|stats_recount|dump|upload|_flq).*|lease_.*|'
            'create(audit|option).*dhcp[46]|check(dhcpv[46]clientclass|lease[46]limits|_client_class).*|'
            'setclientclass[46]order|updatedhcpv[46]clientclass.*|modification_ts_update|[gs]et_session_.*|json_cast|'
            'isjsonsupported|colonseparatedhex|gmt_epoch|audit_(change|option)[46]?|order_client_class[46]?|'
            'sflq.*|.*lease[46](stats|flq).*)$') LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', old.name);
    END LOOP;
END
$do$;

-- ---- columns that have a new name or type ---------------------------------------------------------------------------

DO $do$
DECLARE
    family TEXT;
    place RECORD;
BEGIN
    FOR place IN SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()
        AND column_name IN ('only_if_required', 'require_client_classes', 'client_class')
        AND table_name ~ '^dhcp[46]_(client_class|pool|pd_pool|shared_network|subnet)$' LOOP
        CASE place.column_name
        WHEN 'only_if_required' THEN
            EXECUTE format('ALTER TABLE %I RENAME COLUMN only_if_required TO only_in_additional_list',
                place.table_name);
        WHEN 'require_client_classes' THEN
            EXECUTE format('ALTER TABLE %I RENAME COLUMN require_client_classes TO evaluate_additional_classes',
                place.table_name);
        ELSE -- one class becomes a list
            EXECUTE format('ALTER TABLE %I ADD COLUMN client_classes TEXT', place.table_name);
            EXECUTE format('UPDATE %I SET client_classes = json_build_array(client_class)::text '
                'WHERE client_class <> ''''', place.table_name);
            EXECUTE format('ALTER TABLE %I DROP COLUMN client_class', place.table_name);
        END CASE;
    END LOOP;
    FOR place IN SELECT table_name FROM information_schema.columns WHERE table_schema = current_schema()
        AND table_name IN ('lease6', 'ipv6_reservations') AND column_name = 'address' AND data_type <> 'inet' LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN address TYPE INET USING address::inet', place.table_name);
    END LOOP;
END
$do$;

-- ---- columns that are new -------------------------------------------------------------------------------------------

ALTER TABLE lease4 ADD COLUMN IF NOT EXISTS relay_id BYTEA DEFAULT NULL,
    ADD COLUMN IF NOT EXISTS remote_id BYTEA DEFAULT NULL,
    ADD COLUMN IF NOT EXISTS pool_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lease6 ADD COLUMN IF NOT EXISTS pool_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ipv6_reservations ADD COLUMN IF NOT EXISTS excluded_prefix INET DEFAULT NULL,
    ADD COLUMN IF NOT EXISTS excluded_prefix_len SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE dhcp4_client_class ADD COLUMN IF NOT EXISTS offer_lifetime BIGINT DEFAULT NULL;
ALTER TABLE dhcp4_shared_network ADD COLUMN IF NOT EXISTS offer_lifetime BIGINT DEFAULT NULL;
ALTER TABLE dhcp4_subnet ADD COLUMN IF NOT EXISTS offer_lifetime BIGINT DEFAULT NULL;
ALTER TABLE dhcp6_shared_network ADD COLUMN IF NOT EXISTS pd_allocator TEXT DEFAULT NULL;
ALTER TABLE dhcp6_subnet ADD COLUMN IF NOT EXISTS pd_allocator TEXT DEFAULT NULL;

DO $do$
DECLARE
    family TEXT;
    place TEXT;
BEGIN
    FOREACH family IN ARRAY ARRAY['4', '6'] LOOP
        EXECUTE format('ALTER TABLE dhcp%s_options ADD COLUMN IF NOT EXISTS cancelled BOOLEAN NOT NULL DEFAULT false, '
            'ADD COLUMN IF NOT EXISTS client_classes TEXT NOT NULL DEFAULT ''''', family);
        EXECUTE format('ALTER TABLE dhcp%s_options ALTER COLUMN client_classes DROP DEFAULT', family);
        FOREACH place IN ARRAY ARRAY['shared_network', 'subnet'] LOOP
            EXECUTE format('ALTER TABLE dhcp%s_%s ADD COLUMN IF NOT EXISTS allocator TEXT, '
                'ADD COLUMN IF NOT EXISTS ddns_ttl_percent DOUBLE PRECISION, ADD COLUMN IF NOT EXISTS ddns_ttl BIGINT, '
                'ADD COLUMN IF NOT EXISTS ddns_ttl_min BIGINT, ADD COLUMN IF NOT EXISTS ddns_ttl_max BIGINT', family,
                place);
        END LOOP;
    END LOOP;
END
$do$;

