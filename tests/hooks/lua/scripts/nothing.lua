-- SPDX-License-Identifier: MPL-2.0
local a = 1
