// Time and memory are measured, and targets keep files of their own: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
