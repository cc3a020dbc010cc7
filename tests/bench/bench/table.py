# SPDX-License-Identifier: MPL-2.0
"""Medians of runs, as text."""
import statistics

COLUMNS = [("rate/s", 9), ("min-max", 17), ("x Kea", 7), ("us/exch", 8), ("1/x Kea", 8), ("p50 us", 8), ("p99 us", 8),
           ("p99.9 us", 9), ("drops", 6), ("dups", 5), ("load us", 8), ("others", 6), ("pace us", 7)]


def median(runs, key):
    return statistics.median(r[key] for r in runs)


def best_kea(results, case):
    """(rate, us), each the better of Kea's two modes; None without Kea."""
    keas = [runs for (c, v), runs in results.items() if c == case and v.startswith("kea ")]
    if not keas:
        return None
    return max(median(k, "rate") for k in keas), min(median(k, "us") for k in keas)


def line(results, case, variant):
    runs, kea = results[case, variant], best_kea(results, case)
    rate, us = median(runs, "rate"), median(runs, "us")
    values = [f"{rate:.0f}", f"{min(r['rate'] for r in runs):.0f}-{max(r['rate'] for r in runs):.0f}",
              f"{rate / kea[0]:.2f}" if kea else "", f"{us:.2f}", f"{kea[1] / us:.2f}" if kea and us else "",
              *(f"{median(runs, p):.0f}" for p in ("p50", "p99", "p99.9")),
              sum(r["drops"] + r["rejected"] for r in runs), sum(r["dups"] for r in runs),
              f"{median(runs, 'load_us'):.2f}" + ("!" if any(r["local"] for r in runs) else ""),
              f"{median(runs, 'others'):.2f}", f"{median(runs, 'pace'):.1f}"]
    return f"{case:20s} {variant:12s} {len(runs):3d}" + "".join(f"{v!s:>{w + 1}}" for v, (_, w) in zip(values, COLUMNS))


def text(results):
    """results: (case, variant) -> list of values of runs."""
    out = [f"{'case':20s} {'server':12s} {'n':>3}" + "".join(f"{n:>{w + 1}}" for n, w in COLUMNS)]
    out += [line(results, case, variant) for case, variant in results]
    return "\n".join(out)
