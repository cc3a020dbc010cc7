-- SPDX-License-Identifier: MPL-2.0
-- The leases that were there before.
SELECT lease4_stats_recount(), lease6_stats_recount();

