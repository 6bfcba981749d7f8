#!/usr/bin/env python3
"""What a second worker costs a step: bench/overlap.py [--turns N] [--steps N] [--buckets MIB ...] [--no-peer].

Ours is 'dyt bench overlap': configs/gpt-10m.yaml with one computing thread per worker, two workers on 8 sequences against one worker on 4. The same for PyTorch's
DistributedDataParallel over Gloo, against its own single process, since their computing differs. In turns; medians over them.

Needs Debian's python3-torch; as root it installs it. Debian's PyTorch multiplies with whatever BLAS the machine has: where apt-get is there, OpenBLAS is unpacked into a folder of
its own for it, without changing the machine."""

import argparse
import glob
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "lib"))
from run import ROOT, machine  # noqa: E402

SEQUENCES = 4  # of one worker per step
DDP_BUCKET_MB = 25  # its default
PYTHON = "/usr/bin/python3"  # Debian's own, which Debian's packages belong to

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--turns", type=int, default=5)
parser.add_argument("--steps", type=int, default=40)
parser.add_argument("--buckets", nargs="*", default=[], help="bucket sizes in MiB to try beside the default")
parser.add_argument("--no-peer", action="store_true")
options = parser.parse_args()
if options.turns < 1:
    parser.error("--turns must be at least 1")
turns, steps = options.turns, options.steps
peer_steps = max(4, steps // 4)  # nothing warms up there


def ours():
    """One turn of every kind of run: what it is and its figures."""
    command = [os.path.join(ROOT, "dyt"), "bench", "overlap", "--json", "--turns", "1", "--sequences", str(SEQUENCES), "--steps", str(steps)]
    if options.buckets:
        command += ["--buckets", *options.buckets]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit("'dyt bench overlap' failed")
    figures = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {f["what"]: (f["seconds"], f["communication"], f.get("hidden")) for f in figures}


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
    return statistics.median(json.loads(outputs[0])[peer_steps // 2 :]), 0, None  # no figures of its communication


def peer():
    worlds = {"PyTorch, 1 process": 1, "PyTorch DDP over Gloo, 2 processes": 2}
    names = random.sample(list(worlds), len(worlds))
    return {name: ddp(worlds[name]) for name in names}


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


contenders = [ours]
problem = "it was not asked for" if options.no_peer else peer_problem()
blas = []
if problem is None:
    unpacked = tempfile.TemporaryDirectory()  # removed at the end
    blas = open_blas(unpacked.name)
    contenders.append(peer)

results = {}
for turn in range(turns):
    for contender in contenders if turn % 2 == 0 else reversed(contenders):
        for name, figure in contender().items():
            results.setdefault(name, []).append(figure)

median = {name: statistics.median(r[0] for r in rounds) for name, rounds in results.items()}
print(f"overlap ({machine()}), {turns} turns, {steps} steps, second half")
print("| what | ms per step | against its single worker | more, ms | reduction, ms | hidden |")
print("| --- | --- | --- | --- | --- | --- |")
for name, rounds in sorted(results.items()):
    alone = median["PyTorch, 1 process" if name.startswith("PyTorch") else "1 worker"]
    communication = statistics.median(r[1] for r in rounds)
    hidden = f"{statistics.median(r[2] for r in rounds):.0%}" if rounds[0][2] is not None else ""
    print(f"| {name} | {median[name] * 1000:.1f} | {median[name] / alone:.3f} | {(median[name] - alone) * 1000:.1f} | {f'{communication * 1000:.1f}' if communication else ''} | {hidden} |")
if problem is not None:
    print(f"PyTorch was not measured: {problem}")
