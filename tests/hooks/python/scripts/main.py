# SPDX-License-Identifier: MPL-2.0
# What a script does in the main thread, and what it passes to packets from there.
import gc
import os
import socket
import threading

import kea

n = kea.stat("script-checks")


def check(*conditions):
    for condition in conditions:
        assert condition
        n.add()


def fails(why, function, *args):
    try:
        function(*args)
    except Exception as error:
        assert why in str(error), f"{why}: {error}"
        n.add(1)
        return
    raise AssertionError("no error: " + why)


def fail(text):
    raise ValueError(text)


class Unprintable:
    def __str__(self):
        raise ValueError("no text")


cycle = []
cycle.append(cycle)
# Commands.
kea.command("script-echo", lambda arguments: (0, "done", arguments), "read")
kea.command("script-nothing", lambda _: None)
kea.command("script-empty", lambda _: (3, "none"), "read")
kea.command("script-number", lambda _: 4, "read")
kea.command("script-wrong", lambda _: 7, "read")
kea.command("script-fails", lambda _: fail("as intended"), "read")
kea.command("script-cycle", lambda _: (0, "", cycle), "read")
kea.command("script-function", lambda _: (0, "", [print]), "read")
kea.command("script-nan", lambda _: (0, "", float("nan")), "read")
kea.command("script-text", lambda _: "text", "read")
kea.command("script-large", lambda _: 2**32, "read")
kea.command("script-huge", lambda _: 2**80, "read")
kea.command("script-surrogate", lambda _: (0, "\ud800"), "read")
kea.command("script-no-text", lambda _: (0, Unprintable(), {}), "read")
fails("has that command already", kea.command, "script-echo", print)
fails('the access is "read" or "write"', kea.command, "x", print, "all")
fails("not a function", kea.command, "x", 1)

# Timers.
times = 0


def repeat():
    global times
    times += 1
    return 10 if times < 3 else None


repeated = kea.timer(10, repeat)
stopped = kea.timer(1, lambda: fail("was stopped"))
stopped.stop()
kea.timer(25, lambda: repeated.start(100))
kea.timer(1000, lambda: fail("from a timer"))
fails("not from 0 seconds", kea.timer, -1, print)
fails("not from 0 seconds", kea.timer, float("nan"), print)
kea.command("script-times", lambda _: (0, f"times {times}"), "read")

# Expressions.
mac = kea.expression("pkt4.mac")
is_first = kea.expression("substring(pkt4.mac, 5, 1) == 0x01 and member('marked')")

# Descriptors: a pipe, whose end the script closes early.
reading, writing = os.pipe()


def ready(events):
    check(events in ("r", "rw"), os.read(reading, 10) == b"data")
    watched.change("rw")
    watched.stop()
    watched.change("r")
    os.close(reading)
    kea.info("pipe: read")


watched = kea.watch(reading, ready)
fails('not "r"', watched.change, "x")
fails('not "r"', kea.watch, reading, print, "")
with open("/etc/passwd", encoding="utf-8") as regular:
    fails("it is a file", kea.watch, regular, print)
closed = socket.socket()
closed.close()
fails("negative", kea.watch, closed, print)
kea.command("script-write", lambda _: os.write(writing, b"data") and None, "read")


# Parking: what these functions do may be asked for by any thread.
@kea.main
def answer(parked, text, pair):
    check(text == "text", pair == [1, {"x": None}])
    fails("was part of a call", getattr, kept, "type")
    check(parked.resume("from main", 7), parked.resume(1) is False, parked.drop() is False)


@kea.main
def refuse(parked):
    check(parked.drop(), parked.resume(1) is False)


@kea.main
def later(parked):
    kea.timer(5, parked.resume)


@kea.main
def wrong():
    fail("in main")


def elsewhere(parked):
    fails("only in the main thread", kea.timer, 1, print)
    fails("only in the main thread", kea.watch, writing, print, "w")
    fails("only in the main thread", repeated.start, 1)
    fails("only in the main thread", repeated.stop)
    fails("only in the main thread", watched.stop)
    fails("only while the script is loaded", kea.main, print)
    answer(parked, "text", [1, {"x": None}])


def way1(call):
    global kept
    kept = call.query

    def resumed(inner, text, number):
        check(inner.query.type == 1, text == "from main", number == 7, inner.add_class("marked"))

    parked = call.park(10000, resumed)
    threading.Thread(target=elsewhere, args=(parked,)).start()
    return kea.PARK


def way2(call):
    refuse(call.park(10000))
    return kea.PARK


def way3(call):
    later(call.park(10000, lambda call: kea.SKIP))
    return kea.PARK


def way4(call):
    call.park(10000)
    gc.collect()
    return kea.PARK


def way6(_):
    wrong()


@kea.on("pkt4_receive")
def receive(call):
    q = call.query
    check(mac.evaluate(q) == q.hwaddr, is_first.evaluate(q) is False)
    fails("PACKET", mac.evaluate, call)
    fails("only while the script is loaded", kea.command, "x", print)
    fails("only while the script is loaded", kea.expression, "pkt4.mac")
    return globals()[f"way{q.hwaddr[5]}"](call)


@kea.on("pkt4_send")
def send(call):
    check(is_first.evaluate(call.query) == (call.query.hwaddr[5] == 1))
