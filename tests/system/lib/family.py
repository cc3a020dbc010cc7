# SPDX-License-Identifier: MPL-2.0
"""What differs between families, for tests of both."""
from . import dhcp, dhcp6, ledger
from .server import config, config6


class V4:
    digit = 4
    config = staticmethod(config)
    Load = ledger.Load

    @staticmethod
    def client(case, i=1, **kw):
        """Client number i on the link; the end of class Client lists what it can do."""
        return dhcp.Client(case, mac=f"02:00:00:00:{i >> 8:02x}:{i & 255:02x}", **kw)


class V6:
    digit = 6
    config = staticmethod(config6)
    Load = ledger.Load6

    @staticmethod
    def client(case, i=1, **kw):
        return dhcp6.Client(case, duid=f"00:03:00:01:02:00:00:00:{i >> 8:02x}:{i & 255:02x}", **kw)


FAMILIES = {4: V4, 6: V6}
