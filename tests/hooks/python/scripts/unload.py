# SPDX-License-Identifier: MPL-2.0
# What is left of a script that was unloaded: all of it is freed, and what others still have says that it was unloaded.
import sys

import kea

mode = kea.parameters["mode"]


class Marker:
    def __del__(self, of=sys):
        of.kea_freed += 1


def nothing():
    return marker


if mode == "free":
    sys.kea_freed = 0
    marker = Marker()
    marker.function = nothing
    stopped = kea.timer(1000, nothing)
    stopped.stop()
    active = kea.timer(1000, nothing)
    counted = kea.stat("unload-counted")
    kea.counted = counted
    main = kea.main(nothing)
if mode == "keep":
    kea.info(f"freed {sys.kea_freed}")
    stopped = kea.timer(1000, print)
    stopped.stop()
    active = kea.timer(1000, print)
    counted = kea.stat("unload-counted")
    sys.kea_kept = [(stopped.start, 1), (active.start, 1), (active.stop,), (counted.add,), (counted.get,), (kea.info, "x")]
if mode == "use":
    for n, (method, *args) in enumerate(sys.kea_kept):
        try:
            method(*args)
        except RuntimeError as error:
            kea.info(f"{n}: {error}")
    del sys.kea_kept
kea.on("pkt4_receive", print)
