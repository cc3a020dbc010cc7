-- SPDX-License-Identifier: MPL-2.0
-- ---- version --------------------------------------------------------------------------------------------------------

START TRANSACTION;
DELETE FROM schema_version;
INSERT INTO schema_version VALUES (35, 0);
COMMIT;
SET SQL_MODE = @OLD_SQL_MODE;
