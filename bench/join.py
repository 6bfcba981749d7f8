#!/usr/bin/env python3
"""A joiner's transfer and what it costs the others: bench/join.py [CONFIG].

Two workers train a model of some ten million parameters; one is killed and comes back. Printed: the rate at which its state arrives, beside the rate of plain
sockets of the same buffer sizes on the same machine, and the longest gap between two committed steps while it joins, beside the median step."""

import os
import signal
import socket
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from run import Run, committed_at, machine, median_seconds  # noqa: E402

BUFFER = 4 * 1024 * 1024
CHUNK = 256 * 1024


def plain_rate(total=1 << 30):
    listener = socket.create_server(("127.0.0.1", 0))
    sender = socket.create_connection(listener.getsockname())
    receiver, _ = listener.accept()
    for s in (sender, receiver):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    chunk = bytes(CHUNK)
    threading.Thread(target=lambda: [sender.sendall(chunk) for _ in range(total // CHUNK)], daemon=True).start()
    into, got, begin = bytearray(CHUNK), 0, time.time()
    while got < total:
        got += receiver.recv_into(into)
    return total / (time.time() - begin) / 1e6


config = sys.argv[1] if len(sys.argv) > 1 else "configs/gpt-10m.yaml"
with Run(config, "train.steps=100000", "cluster.workers=2", "cluster.threads_per_worker=1", "train.global_batch=8", "train.micro_batch=2", "checkpoint.every=0", "train.eval_every=0") as run:
    run.wait_for(lambda: len(run.steps()) >= 8, "the start", 600)
    os.kill(run.pid("w1"), signal.SIGKILL)

    def formed(members):
        return [e for e in run.events() if e["event"] == "generation" and len(e["members"]) == 2 and e["number"] > 1 and (0 in e["micro_shards"]) == members]

    run.wait_for(lambda: formed(False), "the joining", 600)
    after = len(run.steps())
    run.wait_for(lambda: len(run.steps()) >= after + 4, "steps together", 600)
    steps = run.steps()
    transfers = [e for e in run.events() if e["event"] == "transfer" and e["done_bytes"] == e["total_bytes"]]
    alone = [s for s in steps if s["generation"] == formed(True)[0]["number"] - 1]
    observed = [s for s in steps if s["generation"] == formed(True)[0]["number"]]
    together = [s for s in steps if s["generation"] == formed(False)[0]["number"]]

times = [committed_at(s) for s in steps]
gaps = {s["step"]: t - before - s["seconds"] for before, t, s in zip(times, times[1:], steps[1:])}
print(machine())
print(f"model state {transfers[-1]['total_bytes'] / 1e6:.0f} MB, arrived within {transfers[-1]['seconds']:.3f} s: {transfers[-1]['total_bytes'] / transfers[-1]['seconds'] / 1e6:.0f} MB/s while both workers compute; plain sockets alone {plain_rate():.0f} MB/s")
print(f"median step alone {median_seconds(alone or observed):.3f} s, while the state arrives {median_seconds(observed):.3f} s, together {median_seconds(together):.3f} s")
print(f"stand-still at entering as an observer {gaps[observed[0]['step']]:.3f} s, at beginning to compute {gaps[together[0]['step']]:.3f} s (beyond the step itself)")
