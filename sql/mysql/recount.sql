-- SPDX-License-Identifier: MPL-2.0
-- The leases that were there before.
CALL lease4_stats_recount();
CALL lease6_stats_recount();

