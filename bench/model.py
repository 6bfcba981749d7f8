#!/usr/bin/env python3
"""A training step against PyTorch: bench/model.py [--products fp32|bf16] [ROUNDS [SECONDS [MODEL ...]]].

The same GPTs with DyT sites, batch and AdamW with clipping, in turns: 'dyt bench model' and PyTorch from Debian's packages python3-torch and libopenblas0-pthread
(installed by apt when this runs as root), both with as many threads as there are cores. With bf16 ours trains with train.products: bf16, PyTorch under torch.autocast. PyTorch's threads wait for each other spinning
or asleep (OMP_WAIT_POLICY), whichever is faster for it: those of OpenBLAS are others than those of its operations, and on few cores spinning ones take them away from each other. Medians over the rounds, and their ratio."""

import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "lib"))
from run import machine  # noqa: E402

ROOT = os.path.dirname(HERE)
PYTHON = "/usr/bin/python3"  # Debian's own, which has Debian's torch
PACKAGES = ["python3-torch", "libopenblas0-pthread"]
#         layers heads width batch length vocab  bias
MODELS = {
    "gpt2-t64": (12, 12, 768, 4, 64, 50304, True),
    "gpt2-t256": (12, 12, 768, 4, 256, 50304, True),
    "gpt-10m": (6, 6, 384, 4, 256, 256, False),
}


def torch_step(name, seconds, products):
    """Median seconds of a step in PyTorch, in this process."""
    import math
    import time

    import torch
    from torch import nn
    from torch.nn import functional as F

    layers, heads, width, batch, length, vocab, bias = MODELS[name]
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(1)

    class DyT(nn.Module):
        def __init__(self):
            super().__init__()
            self.alpha = nn.Parameter(torch.full((1,), 0.5))
            self.weight = nn.Parameter(torch.ones(width))
            self.bias = nn.Parameter(torch.zeros(width))

        def forward(self, x):
            return torch.tanh(self.alpha * x) * self.weight + self.bias

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.before_attention, self.before_mlp = DyT(), DyT()
            self.qkv, self.out = nn.Linear(width, 3 * width, bias), nn.Linear(width, width, bias)
            self.up, self.down = nn.Linear(width, 4 * width, bias), nn.Linear(4 * width, width, bias)
            self.register_buffer("mask", torch.tril(torch.ones(length, length)).view(1, 1, length, length) == 0)

        def attend(self, x):
            q, k, v = (t.view(batch, length, heads, width // heads).transpose(1, 2) for t in self.qkv(x).split(width, 2))
            if hasattr(F, "scaled_dot_product_attention"):
                mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            else:
                scores = (q @ k.transpose(-2, -1)) * (1 / math.sqrt(width // heads))
                mixed = F.softmax(scores.masked_fill(self.mask, float("-inf")), dim=-1) @ v
            return self.out(mixed.transpose(1, 2).reshape(batch, length, width))

        def forward(self, x):
            x = x + self.attend(self.before_attention(x))
            return x + self.down(F.gelu(self.up(self.before_mlp(x))))

    class Gpt(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.positions = nn.Embedding(vocab, width), nn.Embedding(length, width)
            self.blocks, self.final = nn.Sequential(*[Block() for _ in range(layers)]), DyT()
            nn.init.normal_(self.tokens.weight, std=0.02)
            nn.init.normal_(self.positions.weight, std=0.02)

        def forward(self, inputs, targets):
            x = self.final(self.blocks(self.tokens(inputs) + self.positions.weight))
            return F.cross_entropy(F.linear(x, self.tokens.weight).view(-1, vocab), targets.view(-1))

    model = Gpt()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
    inputs, targets = (torch.randint(0, vocab, (batch, length)) for _ in range(2))
    times = []
    begin = None
    while begin is None or len(times) < 5 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=products == "bf16"):
            loss = model(inputs, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()
        if begin is None:
            begin = time.perf_counter()  # the first step is warm-up
        else:
            times.append(time.perf_counter() - start)
    print(json.dumps({"seconds": statistics.median(times), "version": torch.__version__}))


def last_json(command, **environment):
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}).stdout
    return json.loads(output.strip().splitlines()[-1])


def install():
    missing = [p for p in PACKAGES if subprocess.run(["dpkg", "-s", p], capture_output=True).returncode != 0]
    if missing and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "-y", "-q", *missing], check=True, stdout=subprocess.DEVNULL)
    elif missing:
        sys.exit(f"bench/model.py: needs {' '.join(missing)}: apt-get install {' '.join(missing)}")


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rounds", type=int, nargs="?", default=5)
    parser.add_argument("seconds", type=float, nargs="?", default=20)
    parser.add_argument("models", nargs="*", metavar="model", help=f"of {', '.join(MODELS)}")
    parser.add_argument("--products", choices=["fp32", "bf16"], default="fp32")
    options = parser.parse_intermixed_args(arguments)
    if options.rounds < 1:
        parser.error("ROUNDS must be at least 1")
    for name in options.models:
        if name not in MODELS:
            parser.error(f"there is no model '{name}': choose of {', '.join(MODELS)}")
    return options.products, options.rounds, options.seconds, options.models or list(MODELS)


def main(arguments):
    products, rounds, seconds, names = parse(arguments)
    install()
    print(f"products in {products}, {rounds} rounds of {seconds:g} s ({machine()})")
    print("| model | dyt, tokens/s | MFU | MFU of the best product | PyTorch, tokens/s | ratio |\n| --- | --- | --- | --- | --- | --- |")
    for name in names:
        ours, spinning, asleep = [], [], []
        peer = [PYTHON, os.path.abspath(__file__), "--torch", name, str(seconds), products]
        contenders = [
            (ours, ["./dyt", "bench", "model", "--json", "--model", name, "--seconds", str(seconds), "--products", products], {}),
            (spinning, peer, {"OMP_WAIT_POLICY": "ACTIVE"}),
            (asleep, peer, {"OMP_WAIT_POLICY": "PASSIVE"}),
        ]
        for turn in range(rounds):  # who comes first alternates
            for results, command, environment in contenders[:: 1 if turn % 2 == 0 else -1]:
                results.append(last_json(command, **environment))
        tokens = MODELS[name][3] * MODELS[name][4]
        a, b, c = (statistics.median(r["seconds"] for r in results) for results in (ours, spinning, asleep))
        policy = "spinning" if b < c else "asleep"
        b = min(b, c)
        mfu, best = (statistics.median(r[key] for r in ours) for key in ("mfu", "mfuOfBest"))
        print(f"| {name} | {tokens / a:.0f} | {100 * mfu:.1f} % | {100 * best:.1f} % | {tokens / b:.0f} (torch {spinning[0]['version']}, {policy}) | {b / a:.2f} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--torch"]:
        torch_step(sys.argv[2], float(sys.argv[3]), sys.argv[4])
    else:
        main(sys.argv[1:])
