#!/usr/bin/env python3
"""How long a run stands still when one of three workers is killed: bench/recovery.py [KILLS].

Each time: SIGKILL, then the seconds until the next step that is committed, less the median step's time. The killed worker is started again and
has joined before the next kill."""

import os
import signal
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from run import Run, committed_at, machine, median_seconds  # noqa: E402

kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
moments = []
with Run("configs/determinism.yaml", "train.steps=100000", "cluster.workers=3", "checkpoint.every=0", "train.eval_every=0") as run:
    run.wait_for(lambda: len(run.steps()) > 50, "the start")
    for number in range(kills):
        victim = f"w{number % 3}"
        run.wait_for(lambda: run.pid(victim) is not None, f"{victim}'s return")
        os.kill(run.pid(victim), signal.SIGKILL)
        moments.append(time.time())
        formed = len([e for e in run.events() if e["event"] == "generation"])
        # Back when it computes again: a generation in which all three have micro-shards.
        run.wait_for(
            lambda: [e for e in run.events() if e["event"] == "generation"][formed:]
            and len(run.events()) and [e for e in run.events() if e["event"] == "generation"][-1]["micro_shards"].count(0) == 0
            and len([e for e in run.events() if e["event"] == "generation"][-1]["members"]) == 3
            and len([e for e in run.events() if e["event"] == "generation"]) > formed,
            f"{victim}'s joining")
        before = len(run.steps())
        run.wait_for(lambda: len(run.steps()) > before + 5, "steps after the kill")
        if len(run.steps()) > 99000:
            break
    steps = run.steps()

usual = median_seconds(steps)
times = [committed_at(s) for s in steps]
# The step that was being reduced at the kill may still be committed right after it: the longer of the two gaps is the stand-still.
stalls = []
for moment in moments:
    after = [t for t in times if t > moment][:2]
    stalls.append(max(after[0] - moment - usual, after[1] - after[0] - usual, 0))
print(machine())
print(f"SIGKILL of one of 3 workers, {len(stalls)} times; median step {usual * 1000:.1f} ms")
print(f"from the kill to the next committed step, less a step: median {statistics.median(stalls):.3f} s, worst {max(stalls):.3f} s")
