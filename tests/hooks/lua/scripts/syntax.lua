-- SPDX-License-Identifier: MPL-2.0
local a = 1
this is no Lua
