using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace DyT.Training.Checkpoints;

/// <summary>One number for a model's weights: SHA-256 over names, shapes and little-endian fp32 bytes, in order.</summary>
public static class WeightsHash
{
    private const int Piece = 4 * 1024 * 1024;

    /// <summary>64 lowercase hexadecimal digits.</summary>
    public static string Of(IEnumerable<NamedTensor> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in tensors)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{tensor.Name}[{string.Join(',', tensor.Shape)}]\n"));
            for (var at = 0; at < tensor.Values.Length; at += Piece)
                hash.AppendData(MemoryMarshal.AsBytes(tensor.Values.Span.Slice(at, Math.Min(Piece, tensor.Values.Length - at))));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
