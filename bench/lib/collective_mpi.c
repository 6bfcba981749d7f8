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
        int bytes = atoi(argv[size]), count = bytes / (int)sizeof(float), warm = 0, go = 1;
        float *buffer = malloc(bytes), *slice = malloc(bytes);
        memset(buffer, 0, bytes);
        memset(slice, 0, bytes);
        for (double begin = MPI_Wtime(); go; warm++) {
            run(argv[2], buffer, slice, count, ranks);
            go = warm < 2 || MPI_Wtime() - begin < seconds / 5;
            MPI_Bcast(&go, 1, MPI_INT, 0, MPI_COMM_WORLD);
        }
        int samples = warm * 4 < 7 ? 7 : warm * 4 > 20000 ? 20000 : warm * 4;
        MPI_Bcast(&samples, 1, MPI_INT, 0, MPI_COMM_WORLD);
        double *times = malloc(samples * sizeof(double));
        for (int i = 0; i < samples; i++) {
            MPI_Barrier(MPI_COMM_WORLD);
            double begin = MPI_Wtime();
            run(argv[2], buffer, slice, count, ranks);
            times[i] = 1e6 * (MPI_Wtime() - begin);
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
