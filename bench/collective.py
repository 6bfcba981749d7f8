#!/usr/bin/env python3
"""Our collectives beside Open MPI and Gloo: bench/collective.py [--ranks N] [--rounds N] [--operation NAME] [--seconds S] [--bytes N ...].

Every round runs each contender once, in turns; what is printed are medians over the rounds' medians, and how many times longer than ours each takes. Needs Debian's
openmpi-bin, libopenmpi-dev and python3-torch, and gcc; as root it installs what is missing. A peer that cannot be had is named and left out. Processes are not bound to cores, ours
or theirs."""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from run import ROOT, machine  # noqa: E402

LIB = os.path.join(ROOT, "bench", "lib")
DEBIAN_PYTHON = "/usr/bin/python3"  # the one that Debian's python3-torch belongs to

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--ranks", type=int, default=2)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--operation", default="all-reduce", choices=["all-reduce", "reduce-scatter", "all-gather"])
parser.add_argument("--seconds", type=float, default=0.3, help="time for each figure of a round")
parser.add_argument("--bytes", type=int, nargs="+", default=[4096 * 4**i for i in range(8)])
options = parser.parse_args()
sizes = [str(b) for b in options.bytes]


def install():
    missing = [p for p, there in [("openmpi-bin", shutil.which("mpirun")), ("libopenmpi-dev", shutil.which("mpicc")), ("python3-torch", os.path.isdir("/usr/lib/python3/dist-packages/torch"))] if not there]
    if missing and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "-y", "-q", *missing], check=False, stdout=subprocess.DEVNULL)
    elif missing:
        print("missing, so left out (apt-get install):", " ".join(missing), file=sys.stderr)


def lines(command, **more):
    """Output of a program that prints 'bytes microseconds' per line, as a dictionary."""
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, **more).stdout
    return {int(size): float(time) for size, time in (line.split() for line in text.splitlines())}


def ours(transport):
    command = [os.path.join(ROOT, "dyt"), "bench", "collective", "--json", "--transport", transport, "--ranks", str(options.ranks)]
    command += ["--operations", options.operation.replace("-", ""), "--seconds", str(options.seconds), "--bytes", *sizes]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    return {figure["bytes"]: figure["microseconds"] for figure in map(json.loads, text.splitlines())}


def open_mpi(program, transport):
    command = ["mpirun", "--oversubscribe", "--bind-to", "none", "--mca", "btl", transport + ",self", "-np", str(options.ranks)]
    if os.geteuid() == 0:
        command.insert(1, "--allow-run-as-root")
    return lines([*command, program, str(options.seconds), options.operation, *sizes])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def gloo():
    port = free_port()
    environment = dict(os.environ, GLOO_SOCKET_IFNAME="lo")
    command = [DEBIAN_PYTHON, os.path.join(LIB, "collective_gloo.py")]
    arguments = [str(options.ranks), port, str(options.seconds), options.operation, *sizes]
    others = [subprocess.Popen([*command, str(rank), *arguments], env=environment) for rank in range(1, options.ranks)]
    try:
        return lines([*command, "0", *arguments], env=environment)
    finally:
        for process in others:
            process.wait(60)


def has_gloo():
    check = "import torch.distributed as d; raise SystemExit(0 if d.is_available() and d.is_gloo_available() else 1)"
    return subprocess.run([DEBIAN_PYTHON, "-c", check], stderr=subprocess.DEVNULL).returncode == 0


install()
with tempfile.TemporaryDirectory(prefix="dyt-bench-") as folder:
    contenders = {"ours shm": lambda: ours("shm"), "ours tcp": lambda: ours("tcp")}
    if shutil.which("mpirun") and shutil.which("mpicc"):
        program = os.path.join(folder, "collective_mpi")
        subprocess.run(["mpicc", "-O2", "-o", program, os.path.join(LIB, "collective_mpi.c")], check=True)
        contenders["Open MPI shm"] = lambda: open_mpi(program, "vader")
        contenders["Open MPI tcp"] = lambda: open_mpi(program, "tcp")
    else:
        print("no Open MPI here: left out", file=sys.stderr)
    if options.operation == "reduce-scatter" or not has_gloo():
        print("no Gloo for this here: left out", file=sys.stderr)
    else:
        contenders["Gloo tcp"] = gloo
    times = {name: {size: [] for size in options.bytes} for name in contenders}
    for turn in range(options.rounds):
        names = list(contenders)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            for size, value in contenders[name]().items():
                times[name][size].append(value)

print(f"{options.operation}, {options.ranks} processes, medians of {options.rounds} rounds in us ({machine()})")
rivals = [name for name in contenders if not name.startswith("ours")]
print("| bytes | " + " | ".join(contenders) + " | " + " | ".join(f"{r} / ours" for r in rivals) + " |")
print("| --- " * (1 + len(contenders) + len(rivals)) + "|")
for size in options.bytes:
    medians = {name: statistics.median(times[name][size]) for name in contenders}
    ratios = [medians[r] / medians["ours shm" if r.endswith("shm") else "ours tcp"] for r in rivals]
    print(f"| {size} | " + " | ".join(f"{medians[n]:.1f}" for n in contenders) + " | " + " | ".join(f"{r:.2f}" for r in ratios) + " |")
