# SPDX-License-Identifier: MPL-2.0
# All that it does is to watch a descriptor.
import os

import kea

reading, writing = os.pipe()
kea.watch(reading, lambda events: None)
