-- SPDX-License-Identifier: MPL-2.0
-- ---- version --------------------------------------------------------------------------------------------------------

DELETE FROM schema_version;
INSERT INTO schema_version VALUES (34, 0);

COMMIT;
