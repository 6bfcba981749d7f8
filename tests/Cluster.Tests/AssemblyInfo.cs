// Actor systems of several tests at once would share two cores and see each other's pauses.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
