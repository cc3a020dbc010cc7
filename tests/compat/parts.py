# SPDX-License-Identifier: MPL-2.0
"""Parts of configurations, for both families."""


def hyphens(named):
    """The keys that these arguments stand for: underscores are hyphens."""
    return {k.replace("_", "-"): v for k, v in named.items()}


def c(name, test=None, **more):
    """A class."""
    return {"name": name, **({} if test is None else {"test": test}), **hyphens(more)}


def tagged(codes, classes):
    """An option of each class, with one of these codes, says that a message is in it."""
    return [{**x, "option-data": [{"code": code, "csv-format": False, "data": "01", "always-send": True}]} for x, code in zip(classes, codes)]


def fields(codes, names):
    """What the options of tagged() say, for group()."""
    return {f"option {code}": name for name, code in zip(names, codes)}


def with_hosts(sub, *hosts, **more):
    return {**sub, "reservations": list(hosts), **hyphens(more)}


# Where reservations count, and the keys for it.
MODES = {
    "in-subnet": {}, "none": {"reservations-in-subnet": False}, "global": {"reservations-global": True, "reservations-in-subnet": False},
    "both": {"reservations-global": True, "reservations-in-subnet": True}, "out-of-pool": {"reservations-in-subnet": True, "reservations-out-of-pool": True},
    "mode-disabled": {"reservation-mode": "disabled"}, "mode-out-of-pool": {"reservation-mode": "out-of-pool"}, "mode-global": {"reservation-mode": "global"}}
