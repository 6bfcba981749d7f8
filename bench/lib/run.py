"""Starting a training run and watching it: shared by the scripts beside this folder. Python's standard library alone."""

import datetime
import glob
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Run:
    """A 'dyt train' in a folder of its own."""

    def __init__(self, config, *settings):
        self.folder = tempfile.mkdtemp(prefix="dyt-bench-")
        arguments = [os.path.join(ROOT, "dyt"), "train", os.path.join(ROOT, config), "--set", "output=" + self.folder]
        for setting in settings:
            arguments += ["--set", setting]
        self.log = open(os.path.join(self.folder, "log.txt"), "w")
        self.process = subprocess.Popen(arguments, stdout=self.log, stderr=self.log, cwd=ROOT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self):
        found = [f for f in glob.glob(self.folder + "/*") if os.path.isdir(f)]
        return found[0] if found else None

    def steps(self):
        """The ledger's lines; a last one that is being written is left out."""
        try:
            with open(self.path() + "/metrics.jsonl") as file:
                return [json.loads(line) for line in file.read().split("\n")[:-1]]
        except (OSError, TypeError):
            return []

    def events(self):
        with open(self.path() + "/logs/coordinator.log") as file:
            lines = file.read().split("\n")[:-1]  # without one that is being written
        found = []
        for line in lines:
            try:
                found.append(json.loads(line))
            except ValueError:
                continue  # cut off by a coordinator's death
        return [e for e in found if isinstance(e, dict)]

    def wait_for(self, condition, what, seconds=180):
        until = time.time() + seconds
        while not condition():
            if time.time() > until or (self.process.poll() is not None and not condition()):
                raise SystemExit(f"{what} did not happen; see {self.log.name}")
            time.sleep(0.02)

    def pid(self, worker):
        """Process id of a worker of this run; None while it is not there."""
        name = os.path.basename(self.path())
        for entry in os.listdir("/proc"):
            try:
                words = open(f"/proc/{entry}/cmdline").read().split("\0") if entry.isdigit() else []
            except OSError:
                continue
            if "--name" in words and words[words.index("--name") + 1] == worker and name in words:
                return int(entry)
        return None

    def finish(self):
        if self.process.wait(600) != 0:
            raise SystemExit(f"the run failed; see {self.log.name}")


def committed_at(step):
    """When a step was committed, in seconds since 1970."""
    text = step["time"]
    whole, rest = text.split(".") if "." in text else (text[:-6], "0" + text[-6:])
    fraction, zone = rest[:-6], rest[-6:]
    return datetime.datetime.fromisoformat(whole + zone).timestamp() + float("0." + fraction) + step["seconds"]


def median_seconds(steps):
    return statistics.median(s["seconds"] for s in steps)


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    return f"{datetime.date.today()}, {os.cpu_count()} x {model}"
