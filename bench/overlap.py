#!/usr/bin/env python3
"""What a second worker costs a step: bench/overlap.py [--turns N] [--steps N] [--buckets MIB ...] [--no-peer].

configs/gpt-10m.yaml with one computing thread per worker. Two workers on 8 sequences are held against one worker on 4: without communication their steps would last equally
long, but for what two processes on one machine take from each other (caches, memory); two lone workers side by side show how much that is. The same for PyTorch's
DistributedDataParallel over Gloo, against its own single process, since their computing differs. All interleaved; medians over the turns.

Needs Debian's python3-torch; as root it installs it. Debian's PyTorch multiplies with whatever BLAS the machine has: where apt-get is there, OpenBLAS is unpacked into a folder of
its own for it, without changing the machine."""

import argparse
import glob
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "lib"))
from run import Run, machine, median_seconds  # noqa: E402

CONFIG = "configs/gpt-10m.yaml"
SEQUENCES = 4  # of one worker per step
DDP_BUCKET_MB = 25  # its default
PYTHON = "/usr/bin/python3"  # Debian's own, which Debian's packages belong to

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--turns", type=int, default=5)
parser.add_argument("--steps", type=int, default=40)
parser.add_argument("--buckets", nargs="*", default=[], help="bucket sizes in MiB to try beside the default")
parser.add_argument("--no-peer", action="store_true")
options = parser.parse_args()
turns, steps = options.turns, options.steps
peer_steps = max(4, steps // 4)  # nothing warms up there


def start(workers, *settings):
    common = [f"train.steps={steps}", "cluster.threads_per_worker=1", f"cluster.workers={workers}", f"train.global_batch={SEQUENCES * workers}", f"train.micro_batch={SEQUENCES}"]
    return Run(CONFIG, *common, *settings)


def ledger(run):
    # The first half of a run is slower for the runtime's tiered compilation.
    run.wait_for(lambda: run.process.poll() is not None, "the end", 900)
    return run.steps()[steps // 2 :]


def ours(workers, *settings):
    with start(workers, *settings) as run:
        lines = ledger(run)
    times = [line["times"] for line in lines]
    communication = statistics.median(t["communication"] for t in times)
    hidden = statistics.median(t["hidden"] / t["communication"] for t in times) if communication else None
    return median_seconds(lines), communication, hidden


def side_by_side():
    """Two lone workers at the same time."""
    with start(1) as first, start(1) as second:
        return statistics.mean(median_seconds(ledger(run)) for run in (first, second)), 0, None


def ddp(world):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []
    for rank in range(world):
        environment = {**os.environ, "RANK": str(rank), "WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
        if blas:
            environment["LD_LIBRARY_PATH"] = blas[0]
        arguments = [PYTHON, os.path.join(HERE, "lib", "overlap_ddp.py"), str(SEQUENCES), str(peer_steps), str(DDP_BUCKET_MB)]
        processes.append(subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True))
    try:
        outputs = [process.communicate(timeout=900)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()  # those that still run, when one failed or somebody has enough
    if any(process.returncode != 0 for process in processes):
        raise SystemExit("the peer failed")
    return statistics.median(json.loads(outputs[0])[peer_steps // 2 :]), 0, None


def peer_problem():
    """Why PyTorch cannot be measured; None when it can."""
    check = "import torch, torch.distributed as d; print(torch.__version__ if d.is_available() and d.is_gloo_available() else '')"
    if shutil.which("apt-get") and os.geteuid() == 0 and subprocess.run([PYTHON, "-c", "import torch"], capture_output=True).returncode != 0:
        subprocess.run(["apt-get", "install", "-y", "-qq", "python3-torch"], stdout=subprocess.DEVNULL, check=False)
    found = subprocess.run([PYTHON, "-c", check], capture_output=True, text=True)
    if found.returncode != 0:
        return "there is no python3-torch"
    return None if found.stdout.strip() else "this build of PyTorch has no torch.distributed with Gloo"


def open_blas(folder):
    """The folder with OpenBLAS's libblas.so.3, as a list; empty where it cannot be had."""
    package = "libopenblas0-pthread"
    if shutil.which("apt-get") is None or subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, capture_output=True).returncode != 0:
        print("the peer computes with the BLAS that is installed", file=sys.stderr)
        return []
    subprocess.run(["dpkg", "-x", *glob.glob(f"{folder}/{package}*.deb"), folder], check=True)
    return [os.path.dirname(found) for found in glob.glob(f"{folder}/usr/lib/*/openblas-pthread/libblas.so.3")]


contenders = {
    "1 worker": lambda: ours(1),
    "1 worker, another one beside it": side_by_side,
    "2 workers": lambda: ours(2),
    "2 workers, cluster.overlap=false": lambda: ours(2, "cluster.overlap=false"),
}
for size in options.buckets:
    contenders[f"2 workers, buckets of {size} MiB"] = lambda size=size: ours(2, f"cluster.bucket_mb={size}")
problem = "it was not asked for" if options.no_peer else peer_problem()
blas = []
if problem is None:
    unpacked = tempfile.TemporaryDirectory()  # removed at the end
    blas = open_blas(unpacked.name)
    contenders["PyTorch, 1 process"] = lambda: ddp(1)
    contenders["PyTorch DDP over Gloo, 2 processes"] = lambda: ddp(2)

results = {name: [] for name in contenders}
for turn in range(turns):
    names = list(contenders)
    for name in names[turn % len(names) :] + names[: turn % len(names)]:
        results[name].append(contenders[name]())

median = {name: statistics.median(r[0] for r in rounds) for name, rounds in results.items()}
print(f"overlap ({machine()}), {turns} turns, {steps} steps, second half")
print("| what | ms per step | against its single worker | more, ms | reduction, ms | hidden |")
print("| --- | --- | --- | --- | --- | --- |")
for name, rounds in results.items():
    alone = median["PyTorch, 1 process" if name.startswith("PyTorch") else "1 worker"]
    communication = statistics.median(r[1] for r in rounds)
    hidden = f"{statistics.median(r[2] for r in rounds):.0%}" if rounds[0][2] is not None else ""
    print(f"| {name} | {median[name] * 1000:.1f} | {median[name] / alone:.3f} | {(median[name] - alone) * 1000:.1f} | {f'{communication * 1000:.1f}' if communication else ''} | {hidden} |")
if problem is not None:
    print(f"PyTorch was not measured: {problem}")
