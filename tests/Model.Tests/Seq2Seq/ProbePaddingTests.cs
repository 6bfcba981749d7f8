using static TorchSharp.torch;

namespace DyT.Model.Tests;

/// <summary>Whoever measures what passes through a network is not shown padding.</summary>
public sealed class ProbePaddingTests
{
    [Fact]
    public void Sites_and_branches_of_wider_rows_are_seen_as_those_of_narrow_ones()
    {
        var model = PairExamples.Model();
        using var parameters = PairExamples.Parameters(model, PairExamples.Shape, grow: 3);
        using var network = new Seq2SeqModel(model, PairExamples.Shape, parameters);
        var (narrow, wide) = (Seen(7, 6, 2), Seen(12, 12, 9));
        Assert.Equal(narrow.Keys, wide.Keys);
        foreach (var (name, values) in narrow)
        {
            var tokens = (name.Contains("encoder", StringComparison.Ordinal) ? PairExamples.SourceLengths : PairExamples.TargetLengths).Sum();
            Assert.Equal(tokens * model.DModel, values.Length);
            Assert.All(values.Zip(wide[name]), p => Assert.Equal(p.First, p.Second, 1e-4));
        }

        Dictionary<string, float[]> Seen(int source, int target, long padding)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var seen = new Dictionary<string, float[]>();
            network.Probe.Site = (name, x, _) => Note(name, x);
            network.Probe.Branch = (name, _, branch) => Note(name, branch);
            network.Loss(PairExamples.Batch(source, target, padding), training: false);
            (network.Probe.Site, network.Probe.Branch) = (null, null);
            return seen;

            bool Note(string name, Tensor x)
            {
                seen.Add(name, x.contiguous().data<float>().ToArray());
                return true;
            }
        }
    }
}
