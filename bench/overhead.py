#!/usr/bin/env python3
"""What fault tolerance costs while nothing fails: bench/overhead.py [PAIRS] [CONFIG] [STEPS].

The same run with and without what can be switched off (audits, flight recorder, balancing by speed), interleaved. The exchange of votes, heartbeats and the ledger
cannot be switched off: they are in both."""

import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from run import Run, machine, median_seconds  # noqa: E402

pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
config = sys.argv[2] if len(sys.argv) > 2 else "configs/quickstart.yaml"
steps = int(sys.argv[3]) if len(sys.argv) > 3 else 600
off = ["guard.audit_every=0", "cluster.flight_recorder=false", "cluster.stragglers=off"]
common = [f"train.steps={steps}", "cluster.workers=2", "checkpoint.every=0", "train.eval_every=0"]


def measure(settings):
    with Run(config, *common, *settings) as run:
        run.wait_for(lambda: run.process.poll() is not None, "the end", 900)
        return median_seconds(run.steps()[steps // 2 :]) * 1000


# The second half of each run: the first is slower for the runtime's tiered compilation. Which of a pair comes first alternates.
with_all, without = [], []
for pair in range(pairs):
    for into, settings in [(with_all, []), (without, off)][:: 1 if pair % 2 == 0 else -1]:
        into.append(measure(settings))
print(machine())
print(f"median step of {pairs} runs each: with {statistics.median(with_all):.2f} ms, without {statistics.median(without):.2f} ms; ratio {statistics.median(with_all) / statistics.median(without):.3f}")
print("with:", " ".join(f"{v:.2f}" for v in with_all), "without:", " ".join(f"{v:.2f}" for v in without))
