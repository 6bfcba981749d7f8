#!/usr/bin/env python3
"""cluster.streams where the network gives each connection only so much: bench/streams.py [MBIT] [SECONDS].

All-reduce by TCP between two processes in a network of their own (a Linux network namespace; needs root and tc), in which every connection is held to MBIT megabits a
second in each direction, as clouds hold theirs. 1, 2, 4 and 8 connections in turns, three rounds; medians, and the ratio to one connection."""

import json
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from run import ROOT, machine  # noqa: E402

NAMESPACE = "dyt-streams"
STREAMS = [1, 2, 4, 8]
BYTES = [1 << 20, 16 << 20]
# Linux gives connections the even ports of the range, and listeners the odd ones: so a packet's even port is its connection's.
FIRST, PORTS = 50000, 128


def inside(*command, **more):
    return subprocess.run(["ip", "netns", "exec", NAMESPACE, *command], check=True, cwd=ROOT, text=True, **more)


def limit(mbit):
    inside("ip", "link", "set", "lo", "up")
    inside("sysctl", "-q", "-w", f"net.ipv4.ip_local_port_range={FIRST} {FIRST + PORTS - 1}")
    rules = ["qdisc add dev lo root handle 1: htb default 1", "class add dev lo parent 1: classid 1:1 htb rate 100gbit quantum 60000"]
    for port in range(FIRST, FIRST + PORTS, 2):
        for direction, side in ((0, "sport"), (1, "dport")):
            number = f"1:{2 + port - FIRST + direction:x}"
            rules.append(f"class add dev lo parent 1: classid {number} htb rate {mbit}mbit burst 256k quantum 60000")
            rules.append(f"filter add dev lo parent 1: protocol ip prio 1 u32 match ip {side} {port} 0xffff flowid {number}")
    inside("tc", "-batch", "-", input="\n".join(rules) + "\n")


def measure(streams, seconds):
    sizes = [str(b) for b in BYTES]
    command = ["./dyt", "bench", "collective", "--transport", "tcp", "--ranks", "2", "--operations", "AllReduce", "--seconds", seconds, "--json", "--streams", str(streams), "--bytes", *sizes]
    lines = inside(*command, stdout=subprocess.PIPE).stdout.splitlines()
    return {figure["bytes"]: figure["microseconds"] for figure in map(json.loads, (line for line in lines if line.startswith("{")))}


def main(arguments):
    mbit = int(arguments[0]) if arguments else 400
    seconds = arguments[1] if len(arguments) > 1 else "3"
    if os.geteuid() != 0:
        sys.exit("bench/streams.py: needs root, to make a network of its own")
    subprocess.run(["ip", "netns", "add", NAMESPACE], check=True)
    try:
        limit(mbit)
        figures = {}
        for _ in range(3):
            for streams in STREAMS:
                for size, microseconds in measure(streams, seconds).items():
                    figures.setdefault((size, streams), []).append(microseconds)
    finally:
        subprocess.run(["ip", "netns", "del", NAMESPACE], check=True)
    print(f"each connection {mbit} Mbit/s in each direction ({machine()})\n\n| bytes | streams | median, ms | MB/s | of one stream |\n| --- | --- | --- | --- | --- |")
    for size in BYTES:
        one = statistics.median(figures[size, 1])
        for streams in STREAMS:
            median = statistics.median(figures[size, streams])
            print(f"| {size} | {streams} | {median / 1e3:.2f} | {size / median:.0f} | {median / one:.2f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
