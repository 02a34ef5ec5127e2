#!/usr/bin/env python3
"""The speed of `qmprobe bench` beside a bare C client: ratios of paired rounds, which a machine's moods leave alone.

    benches/compare/compare.py [QMPROBE] [--rounds N] [--samples N]

Needs cc, and whichever of qemu-system-x86_64 and qemu-ga is to be measured. Only commands that look are sent.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
QEMU = ["qemu-system-x86_64", "-machine", "none", "-nodefaults", "-display", "none"]
CAPABILITIES = '{"execute":"qmp_capabilities"}\n'
SYNC = '{"execute":"guest-sync","arguments":{"id":1}}\n'


def request(name, has_id):
    return '{"execute":"%s"%s}\n' % (name, ',"id":@' if has_id else "")


class Round:
    """One client after the other on one peer, in an order that alternates."""

    def __init__(self, options, scratch, socket):
        self.options, self.socket = options, socket
        self.client, self.json = os.path.join(scratch, "client"), os.path.join(scratch, "bench.json")

    def c(self, how, opening, name):
        words = [self.client, self.socket, str(self.options.samples), how, opening]
        out = subprocess.run(words + [request(name, opening == CAPABILITIES)], capture_output=True, check=True)
        wall, cpu = out.stdout.split()
        return float(wall) / 1e3, float(cpu) / 1e3

    def ours(self, name, *flags):
        words = [self.options.qmprobe, "bench", "--connect", "unix:" + self.socket, "--json", self.json]
        words += ["--samples", str(self.options.samples), "--command", name, *flags]
        subprocess.run(words, capture_output=True, check=True)
        with open(self.json) as file:
            figures = json.load(file)["commands"][name]
        return 1e6 / figures["ops_per_s"], figures["client_cpu_us"]


def start(words, socket):
    peer = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 5
    while not os.path.exists(socket) and time.monotonic() < until:
        time.sleep(0.01)
    return peer


def ratios(one, other, rounds):
    """Median of the paired ratios of wall and of processor time, with their quartiles."""
    pairs = []
    for index in range(rounds):
        if index % 2:
            b, a = other(), one()
        else:
            a, b = one(), other()
        pairs.append([x / y for x, y in zip(a, b)])
    return [statistics.quantiles(column, n=4) for column in zip(*pairs)]


def table(rows):
    print("%-58s %22s %22s  reach" % ("", "wall (quartiles)", "client CPU (quartiles)"))
    for name, (wall, cpu), reach in rows:
        shown = ["%.2f (%.2f-%.2f)" % (q[1], q[0], q[2]) for q in (wall, cpu)]
        print("%-58s %22s %22s  %s" % (name, *shown, reach))


def monitor(options, scratch):
    socket = os.path.join(scratch, "qmp")
    peer = start(QEMU + ["-qmp", "unix:%s,server=on,wait=off" % socket], socket)
    turn = Round(options, scratch, socket)
    status, sleeping = "query-status", lambda: turn.c("sleep", CAPABILITIES, "query-status")
    plain, spin = lambda: turn.ours(status), lambda: turn.ours(status, "--busy-poll")
    schema = "query-qmp-schema"
    options.samples, many = max(options.samples // 10, 20), options.samples
    large = ratios(lambda: turn.ours(schema), lambda: turn.c("sleep", CAPABILITIES, schema), options.rounds)
    options.samples = many
    rows = [
        ("query-status / C client", ratios(plain, sleeping, options.rounds), "wall 1.05, CPU 1.3"),
        ("query-status --busy-poll / C client that sleeps", ratios(spin, sleeping, options.rounds), "wall 0.65"),
        (
            "query-status, closed loop / --pipeline 8",
            ratios(plain, lambda: turn.ours(status, "--pipeline", "8"), options.rounds),
            "wall 1.35 or more",
        ),
        ("query-qmp-schema (207 kB) / C client", large, "CPU 8"),
    ]
    peer.kill()
    peer.wait()
    return rows


def agent(options, scratch):
    socket = os.path.join(scratch, "qga")
    state = os.path.join(scratch, "state")
    os.mkdir(state)
    words = ["qemu-ga", "-m", "unix-listen", "-p", socket, "-t", state, "-f", os.path.join(scratch, "pid")]
    peer = start(words, socket)
    turn = Round(options, scratch, socket)
    ours = lambda: turn.ours("guest-ping", "--protocol", "qga")
    rows = [("guest-ping / C client", ratios(ours, lambda: turn.c("sleep", SYNC, "guest-ping"), options.rounds), "wall 1.15")]
    peer.kill()
    peer.wait()
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("qmprobe", nargs="?", default="target/release/qmprobe")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--samples", type=int, default=3000)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        client = os.path.join(scratch, "client")
        subprocess.run(["cc", "-O2", "-o", client, os.path.join(HERE, "client.c")], check=True)
        for program, measure in (("qemu-system-x86_64", monitor), ("qemu-ga", agent)):
            if shutil.which(program):
                rows += measure(options, scratch)
    table(rows)


if __name__ == "__main__":
    main()
