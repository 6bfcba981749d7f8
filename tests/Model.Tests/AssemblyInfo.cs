// Tests share libtorch's one default generator and its thread count.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
