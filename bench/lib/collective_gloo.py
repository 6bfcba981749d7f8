"""One rank of the collective benchmark by Gloo: collective_gloo.py RANK RANKS PORT SECONDS OPERATION BYTES...

Prints, for each size, bytes and the median, over executions, of the slowest rank's time in microseconds. In place, as ours. Run by Debian's python3 with python3-torch."""

import datetime
import statistics
import sys
import time

import torch
import torch.distributed as dist

rank, ranks, port, seconds, operation = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4]), sys.argv[5]
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=ranks, timeout=datetime.timedelta(seconds=60))


def repeat(run, seconds, least):
    """Microseconds of each execution; rank 0's clock decides how many there are."""
    times, begin, go = [], time.perf_counter(), torch.zeros(1)
    while True:
        go[0] = len(times) < least or (len(times) < 20000 and time.perf_counter() - begin < seconds)
        dist.broadcast(go, 0)
        if not go:
            return times
        dist.barrier()
        start = time.perf_counter()
        run()
        times.append(1e6 * (time.perf_counter() - start))


for size in sys.argv[6:]:
    count = int(size) // 4
    buffer = torch.zeros(count)
    parts = list(buffer.chunk(ranks))
    own = parts[rank].clone()
    run = {"all-reduce": lambda: dist.all_reduce(buffer), "all-gather": lambda: dist.all_gather(parts, own)}[operation]
    repeat(run, seconds / 4, 3)
    slowest = torch.tensor(repeat(run, seconds, 7), dtype=torch.float64)
    dist.all_reduce(slowest, op=dist.ReduceOp.MAX)
    if rank == 0:
        print(size, round(statistics.median(slowest.tolist()), 1), flush=True)
