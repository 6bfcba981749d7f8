using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

internal static class Dropout
{
    public static Tensor Apply(Tensor x, double p, bool training) => training && p > 0 ? nn.functional.dropout(x, p, training: true) : x;
}
