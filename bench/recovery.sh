#!/bin/sh
# How long a run stands still when one of three workers is killed (SIGKILL), 20 times: bench/recovery.sh [KILLS]
# From the kill to the next committed step, less the median step's time; the table's row kill_worker has median and worst.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
echo "$(date +%F), $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
"$root/dyt" chaos "$root/configs/chaos.yaml" --set "output=$out" --set chaos.kinds=kill_worker --set "chaos.faults=${1:-20}" --set chaos.min_spacing=60 \
    --set cluster.workers=3 --set checkpoint.every=0 --set train.eval_every=0 | tail -n 22
