-- SPDX-License-Identifier: MPL-2.0
while true do end
