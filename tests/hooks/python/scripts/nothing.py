# SPDX-License-Identifier: MPL-2.0
a = 1
