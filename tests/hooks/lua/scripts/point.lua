-- SPDX-License-Identifier: MPL-2.0
kea.on("cb4_updated", print)
