using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DyT.Model.Native;

/// <summary>
/// libtorch's own pool of threads, with the number that torch was set to. Another pool beside it would have to fight for the cores: libtorch's threads
/// spin for a while after their work.
/// </summary>
public static unsafe partial class TorchThreads
{
    /// <summary>
    /// Calls <paramref name="body"/>(<paramref name="arguments"/>, i) for every i in [0, count), in any order and on several threads.
    /// </summary>
    /// <param name="count">Number of calls.</param>
    /// <param name="least">Calls that are worth a thread of their own.</param>
    /// <param name="body">Must not throw: nothing could catch it.</param>
    /// <param name="arguments">Stays valid until the call returns.</param>
    public static void For(int count, int least, delegate*<void*, int, void> body, void* arguments)
    {
        NativeRuntime.Load();
        var job = new Job(body, arguments);
        if (torch_parallel_for(0, count, least, &Run, &job) != 0)
            throw new InvalidOperationException("libtorch could not run a kernel on its threads");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Run(long begin, long end, Job* job)
    {
        for (var i = begin; i < end; i++)
            job->Body(job->Arguments, (int)i);
    }

    [LibraryImport("torch_cpu")]
    private static partial int torch_parallel_for(long begin, long end, long grain, delegate* unmanaged[Cdecl]<long, long, Job*, void> function, Job* context);

    private readonly struct Job(delegate*<void*, int, void> body, void* arguments)
    {
        public readonly delegate*<void*, int, void> Body = body;
        public readonly void* Arguments = arguments;
    }
}
