-- ---- version --------------------------------------------------------------------------------------------------------

INSERT INTO schema_version VALUES (35, 0);
SET SQL_MODE = @OLD_SQL_MODE;
