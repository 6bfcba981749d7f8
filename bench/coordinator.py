#!/usr/bin/env python3
"""Steps that are committed while no coordinator decides: bench/coordinator.py.

The deciding coordinator is killed in a run without and in one with a standby; both end, and their weights are compared with those of a run in peace."""

import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from run import Run, committed_at, machine  # noqa: E402

COMMON = ["train.steps=800", "cluster.workers=3", "checkpoint.every=0", "train.eval_every=0"]


def deciding(run):
    """Process id of the coordinator that was started first."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            words = open(f"/proc/{entry}/cmdline").read().split("\0") if entry.isdigit() else []
        except OSError:
            continue
        if any(w.endswith("dyt-coordinator.dll") for w in words) and run.path() in words:
            found.append(int(entry))
    return min(found)


def train(coordinators, kill):
    with Run("configs/determinism.yaml", *COMMON, f"cluster.coordinators={coordinators}") as run:
        moment = back = None
        if kill:
            run.wait_for(lambda: len(run.steps()) > 150, "the start")
            os.kill(deciding(run), signal.SIGKILL)
            moment = time.time()
            run.wait_for(lambda: "goes on under this coordinator" in open(run.log.name).read(), "the take-over")
            back = time.time()
        run.finish()
        digest = re.search("SHA-256 ([0-9a-f]{64})", open(run.log.name).read()).group(1)
        steps = run.steps()
        assert [s["step"] for s in steps] == list(range(1, 801)), "the ledger is not each step once"
        return digest, moment and back - moment, moment and sum(moment < committed_at(s) < back for s in steps)


print(machine())
peace, _, _ = train(1, kill=False)
for coordinators, name in ((1, "without a standby (started again)"), (2, "with a standby")):
    digest, seconds, steps = train(coordinators, kill=True)
    print(f"{name}: away for {seconds:.1f} s, {steps} steps committed meanwhile; ledger whole; weights {'the same' if digest == peace else 'NOT THE SAME'}")
