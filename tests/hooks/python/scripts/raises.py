# SPDX-License-Identifier: MPL-2.0


import no_such_module
