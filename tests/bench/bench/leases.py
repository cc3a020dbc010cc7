# SPDX-License-Identifier: MPL-2.0
"""Huge lease files, in the format of Kea 3 and ours. Client i has the hardware address BASE + i."""
import os
import random
import time

BASE = "02:0c:40:00:00:00"  # for -b mac=: perfdhcp's client i then holds lease i
LIFETIME = 30 * 86400
HEAD = {4: "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n",
        6: "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,"
           "hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n"}
HEX = [f"{i:02x}" for i in range(256)]


def macs(start):
    """For 256 clients: all bytes but the last."""
    return f"02:0c:{0x40 + (start >> 24):02x}:{HEX[start >> 16 & 255]}:{HEX[start >> 8 & 255]}:"


def blocks4(n, expire):
    """Rows of 256 addresses at a time, starting at 10.16.0.0."""
    tail = f",{LIFETIME},{expire},1,0,0,,0,,0\n"
    for start in range(0, n, 256):
        address, mac = f"10.{16 + (start >> 16)}.{start >> 8 & 255}.", macs(start)
        yield [f"{address}{i},{mac}{HEX[i]},01:{mac}{HEX[i]}{tail}" for i in range(min(256, n - start))]


def blocks6(n, expire):
    """Same, starting at 2001:db8:0:1::."""
    for start in range(0, n, 256):
        mac = macs(start)
        address = f"2001:db8:0:1::{start >> 16:x}:{start >> 8 & 255:x}"
        yield [f"{address}{HEX[i]},00:03:00:01:{mac}{HEX[i]},{LIFETIME},{expire},1,{LIFETIME},0,1,128,0,0,,{mac}{HEX[i]},0,,1,2,0\n"
               for i in range(min(256, n - start))]


def write(path, family, n, holes=0, times=1):
    """n rows minus `holes` random ones (always the same); times: rows per lease, as before a cleanup."""
    expire = int(time.time()) + LIFETIME
    missing = set(random.Random(1).sample(range(n), holes))
    with open(path, "w", encoding="ascii", buffering=1 << 20) as f:
        f.write(HEAD[family])
        for again in range(times):
            at = 0
            for rows in (blocks4 if family == 4 else blocks6)(n, expire + again):
                if missing:
                    f.writelines(row for i, row in enumerate(rows, at) if i not in missing)
                else:
                    f.writelines(rows)
                at += len(rows)


def cached(folder, family, n, holes=0, times=1):
    """Returns the path of such a file; writes it unless one from today exists."""
    path = f"{folder}/v{family}-{n}-{holes}-{times}.csv"
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(path) or time.time() - os.path.getmtime(path) > 86400:
        write(path + ".new", family, n, holes, times)
        os.rename(path + ".new", path)
    return path
