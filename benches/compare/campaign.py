"""The pace of `qmprobe fuzz --qemu` beside a C client that sends the same, and of two peers beside that of one.

A campaign with a seed is the same each time. It runs once with record.c in the place of QEMU, which writes down what
each peer was sent; then it is timed by its own journal, and resend.c sends the record to fresh QEMUs. What is timed are
the rounds that look around and those that make requests, from the first connection on, as far as nothing was found in
them: starts of peers, what is waited for that must not come, and what follows a finding up are left out on either side.
"""

import json
import os
import re
import shlex
import shutil
import statistics
import subprocess
import tempfile
import time

QEMU = "qemu-system-x86_64"
# Only commands that look: what is sent again is sent to a QEMU without namespaces.
CAMPAIGN = ["--seed", "1", "--allow", "observing"]
# Beside the C client, and of one job beside two: of a longer one the beginning, which one job makes, is a smaller part.
PACED = [*CAMPAIGN, "--cases", "4000", "--jobs", "1"]
SHARED = [*CAMPAIGN, "--cases", "12000"]
TIMED = ("survey", "requests")
ENTRY = re.compile(rb"(\d+) \d+ (\w+) (\d+)\n")
ID = re.compile(rb'^\{"exec[^\n]*"id":(\d+)\}$', re.MULTILINE)


def fuzz(options, scratch, peer, words, **more):
    """Runs a campaign; the events of its journal."""
    out = os.path.join(scratch, "campaign")
    shutil.rmtree(out, ignore_errors=True)
    command = [options.qmprobe, "fuzz", peer, *words, "--out", out]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600, check=False, **more)
    with open(os.path.join(out, "journal.jsonl"), encoding="utf-8") as journal:
        return [json.loads(line) for line in journal]


def clean_rounds(events):
    """The rounds that are timed, in the order in which they were played: what they began and ended with."""
    began = {event["round"]: event for event in events if event["event"] == "round-began"}
    ended = [event for event in events if event["event"] == "round-ended"]
    pairs = [(began[event["round"]], event) for event in ended if event["round"] in began]
    return [
        (first, last) for first, last in pairs
        if first["kind"] in TIMED and last["peer_after"] == "alive" and not last.get("signatures")
    ]


def recorded(options, scratch):
    """For each round that is timed its set-up, its cases, and what its peer was sent."""
    path = os.path.join(scratch, "record.txt")
    record = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND, 0o600)
    env = {**os.environ, "QEMU": shutil.which(QEMU), "RECORD": str(record)}
    events = fuzz(options, scratch, "--qemu=" + os.path.join(scratch, "record"), PACED, env=env, pass_fds=[record])
    os.close(record)
    with open(path, "rb") as file:
        peers = by_peer(file.read())
    rounds, at = {}, 0
    for first, last in clean_rounds(events):
        found = next((of for of in range(at, len(peers)) if is_of(peers[of], last["cases"])), None)
        if found is None:
            continue
        words, at = shlex.split(first["setup"]), found + 1
        sent = b"".join(entry for _, entry in peers[found])
        rounds[last["round"]] = ([env["QEMU"], *words[1:]], last["cases"], sent)
    return rounds


def by_peer(record):
    """The entries of each peer, in the order in which peers were first sent something."""
    peers, at = {}, 0
    while found := ENTRY.match(record, at):
        process, what, count = found.groups()
        end = found.end() + (int(count) if what == b"send" else 0)
        peers.setdefault(process, []).append((what, record[at:end]))
        at = end
    return list(peers.values())


def is_of(entries, cases):
    """Whether this is the peer of a round with so many cases: ids count them, and few have none."""
    sent = [entry.partition(b"\n")[2] for what, entry in entries if what == b"send"]
    numbers = [int(number) for body in sent for number in ID.findall(body)]
    # Of several requests in one write each has a number of its own (harness/engine/src/fuzz/burst.rs).
    counted = {number if number < 4096 else (number - 4096) // 32 for number in numbers}
    return len(sent) >= cases and cases - 6 <= max(counted, default=-1) + 1 <= cases and len(counted) > cases * 3 // 4


def timed(options, scratch):
    """Microseconds of each round of ours."""
    events = fuzz(options, scratch, "--qemu=" + QEMU, PACED)
    return {last["round"]: (last["cases"], last["took_us"]) for _, last in clean_rounds(events)}


def sent_again(scratch, rounds):
    """The same of the C client. As ours it has the peer of the next round started beside, which takes a processor."""
    took, spare = {}, None
    order = list(rounds.items())
    try:
        for at, (number, (words, cases, entries)) in enumerate(order):
            peer, spare = spare or Peer(scratch, words), None
            peer.await_rest()
            if at + 1 < len(order):
                spare = Peer(scratch, order[at + 1][1][0])
            client = [os.path.join(scratch, "resend"), peer.socket]
            done = subprocess.run(client, input=entries, capture_output=True, timeout=120, check=False)
            peer.end()
            if done.returncode == 0:
                took[number] = (cases, float(done.stdout) / 1e3)
    finally:
        if spare:
            spare.end()
    return took


class Peer:
    """A QEMU in a directory of its own."""

    def __init__(self, scratch, words):
        self.home = tempfile.TemporaryDirectory(dir=scratch)
        self.socket = os.path.join(self.home.name, "qmp.sock")
        none = subprocess.DEVNULL
        self.process = subprocess.Popen(words, cwd=self.home.name, stdin=none, stdout=none, stderr=none)

    def await_rest(self):
        """Until it listens and sleeps."""
        until = time.monotonic() + 5
        while not is_at_rest(self.process.pid, self.socket) and time.monotonic() < until:
            time.sleep(0.01)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.home.cleanup()


def is_at_rest(pid, socket):
    """Whether a QEMU listens and sleeps, twice in a row."""
    def sleeps():
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(") ", 1)[1][0] == "S"
    if not os.path.exists(socket) or not sleeps():
        return False
    time.sleep(0.01)
    return sleeps()


def pace(options, scratch):
    """Quartiles of our pace beside that of the C client, and how many cases that is of."""
    rounds = recorded(options, scratch)
    ratios, cases = [], 0
    for index in range(options.rounds):
        measure = [lambda: timed(options, scratch), lambda: sent_again(scratch, rounds)]
        both = [measure[(index + turn) % 2]() for turn in range(2)]
        ours, theirs = both if index % 2 == 0 else both[::-1]
        same = [number for number in ours if number in theirs and ours[number][0] == theirs[number][0]]
        cases = sum(ours[number][0] for number in same)
        if cases:
            ratios.append(sum(theirs[number][1] for number in same) / sum(ours[number][1] for number in same))
    return statistics.quantiles(ratios, n=4) if len(ratios) > 1 else None, cases


def with_jobs(options, scratch, jobs):
    """Seconds for each case of a campaign with so many peers at once."""
    finished = fuzz(options, scratch, "--qemu=" + QEMU, [*SHARED, "--jobs", str(jobs)])[-1]
    return [finished["seconds"] / finished["judged"]]
