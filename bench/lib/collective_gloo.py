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


def agreed(value):
    """Rank 0's value, on every rank."""
    word = torch.tensor([value])
    dist.broadcast(word, 0)
    return int(word)


for size in sys.argv[6:]:
    count = int(size) // 4
    buffer = torch.zeros(count)
    parts = list(buffer.chunk(ranks))
    own = parts[rank].clone()
    run = {"all-reduce": lambda: dist.all_reduce(buffer), "all-gather": lambda: dist.all_gather(parts, own)}[operation]
    warm, begin = 0, time.perf_counter()
    while agreed(warm < 3 or time.perf_counter() - begin < seconds / 5):
        run()
        warm += 1
    times = []
    for _ in range(agreed(min(max(4 * warm, 7), 20000))):
        dist.barrier()
        begin = time.perf_counter()
        run()
        times.append(1e6 * (time.perf_counter() - begin))
    slowest = torch.tensor(times, dtype=torch.float64)
    dist.all_reduce(slowest, op=dist.ReduceOp.MAX)
    if rank == 0:
        print(size, round(statistics.median(slowest.tolist()), 1), flush=True)
