using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests.Recurrent;

/// <summary>Small recurrent models and what they read.</summary>
internal static class RnnExamples
{
    public const int Vocab = 23;

    public static ModelConfig Model(ArchKind arch, SiteKind site = SiteKind.Dyt, RnnSitePlace at = RnnSitePlace.Input, double dropout = 0) => new()
    {
        Arch = arch, Layers = 2, DModel = 20, Block = 8, Bias = true, TiedEmbeddings = false, EmbeddingScale = true, Dropout = dropout,
        Heads = 3, // not read: it does not divide the width
        Site = new SiteConfig { Kind = site, IsruB = 60 }, // about the width: a smaller one makes steps of the gates, and the recurrence chaotic
        Rnn = new RnnConfig { SiteAt = at },
        Residual = new ResidualConfig { Kind = ResidualKind.Scalars, Form = ResidualForm.OnePlus },
    };

    /// <summary>Weights away from the flat start, where differences drown in rounding.</summary>
    public static ParameterSet Parameters(ModelConfig model, bool withGradients = true, float grow = 3)
    {
        var parameters = ParameterSet.Allocate(FlatLayout.Of(Networks.Table(model, new TextShape(Vocab))), withGradients);
        parameters.Initialize(5);
        var random = new Random(4);
        foreach (var entry in parameters.Layout.Entries)
        {
            // Biases and offsets begin at zero, where an error in them would not show.
            var isZero = entry.Spec.Init is Initializer.Constant(0);
            foreach (ref var weight in parameters.Weights.Span.Slice(entry.Offset, entry.Length))
                weight = isZero ? (float)(random.NextDouble() - 0.5) : entry.Spec.Init is Initializer.Normal ? weight * grow : weight;
        }

        return parameters;
    }

    public static TextBatch Batch(int rows = 3, int length = 8)
    {
        var random = new Random(1);
        long[] Some() => [.. Enumerable.Range(0, rows * length).Select(_ => (long)random.Next(Vocab))];
        return new TextBatch(tensor(Some(), [rows, length]), tensor(Some(), [rows, length]));
    }

    public static TheoryData<ArchKind, SiteKind, RnnSitePlace> Cases
    {
        get
        {
            var data = new TheoryData<ArchKind, SiteKind, RnnSitePlace>();
            foreach (var arch in (ArchKind[])[ArchKind.Lstm, ArchKind.Gru])
            {
                foreach (var site in Enum.GetValues<SiteKind>())
                {
                    data.Add(arch, site, RnnSitePlace.Input);
                    data.Add(arch, site, RnnSitePlace.Gates);
                }
            }

            return data;
        }
    }
}
