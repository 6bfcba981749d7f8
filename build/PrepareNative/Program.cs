// Prepares the one folder of native libraries that every program and test of the solution loads from.
// Usage: prepare-native TORCHSHARP_NATIVE LIBTORCH_NATIVE OUTPUT STAMP
using DyT.Build;

if (args.Length != 4)
{
    Console.Error.WriteLine("usage: prepare-native TORCHSHARP_NATIVE LIBTORCH_NATIVE OUTPUT STAMP");
    return 2;
}

try
{
    NativeFolder.Prepare(torchSharp: args[0], libTorch: args[1], output: args[2]);
    File.WriteAllText(args[3], "Written when the native folder was last prepared; delete it to prepare the folder again.\n");
    return 0;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
{
    Console.Error.WriteLine($"prepare-native: error: {e.Message}");
    return 1;
}
