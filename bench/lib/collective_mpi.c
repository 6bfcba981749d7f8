/* One rank of the collective benchmark by MPI: collective_mpi SECONDS OPERATION BYTES...
 * Prints, for each size: bytes and the median, over executions, of the slowest rank's time in microseconds. In place, as ours. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

#define MOST 20000

static void run(const char *operation, float *buffer, float *slice, int count, int ranks)
{
    if (!strcmp(operation, "all-reduce"))
        MPI_Allreduce(MPI_IN_PLACE, buffer, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    else if (!strcmp(operation, "reduce-scatter"))
        MPI_Reduce_scatter_block(buffer, slice, count / ranks, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    else
        MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, buffer, count / ranks, MPI_FLOAT, MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
    int rank, ranks;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    double seconds = atof(argv[1]);
    for (int size = 3; size < argc; size++) {
        int bytes = atoi(argv[size]), count = bytes / (int)sizeof(float);
        float *buffer = malloc(bytes), *slice = malloc(bytes);
        memset(buffer, 0, bytes);
        memset(slice, 0, bytes);
        double *times = malloc(MOST * sizeof(double));
        int samples = 0;
        for (int warm = 1; warm >= 0; warm--) { /* rank 0's clock decides how many there are */
            double begin = MPI_Wtime();
            for (samples = 0;; samples++) {
                int go = samples < (warm ? 3 : 7) || (samples < MOST && MPI_Wtime() - begin < (warm ? seconds / 4 : seconds));
                MPI_Bcast(&go, 1, MPI_INT, 0, MPI_COMM_WORLD);
                if (!go)
                    break;
                MPI_Barrier(MPI_COMM_WORLD);
                double start = MPI_Wtime();
                run(argv[2], buffer, slice, count, ranks);
                times[samples] = 1e6 * (MPI_Wtime() - start);
            }
        }
        MPI_Allreduce(MPI_IN_PLACE, times, samples, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
        qsort(times, samples, sizeof(double), by_value);
        if (rank == 0)
            printf("%d %.1f\n", bytes, (times[(samples - 1) / 2] + times[samples / 2]) / 2);
        free(times);
        free(slice);
        free(buffer);
    }
    MPI_Finalize();
    return 0;
}
