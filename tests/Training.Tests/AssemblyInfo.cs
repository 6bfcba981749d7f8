// Sessions share libtorch's one default generator.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
