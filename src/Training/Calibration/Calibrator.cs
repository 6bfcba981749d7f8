using System.Runtime.InteropServices;
using DyT.Collectives;
using DyT.Config;
using DyT.Model;
using DyT.Training.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Training.Calibration;

/// <summary>
/// The first stage of a two-stage run: sets the sites' and branches' scales in closed form from the moments of the activations, site by site in forward order, earlier
/// ones already set. All moments are summed in double and in the batches' order, so every worker sets the same bits whatever the world size. Doing it again gives the same.
/// </summary>
/// <param name="network">Whose sites are set.</param>
/// <param name="parameters">Its weights.</param>
/// <param name="model">Its architecture.</param>
/// <param name="batch">Micro-batch k, in the caller's dispose scope.</param>
/// <param name="collective">Over whose ranks the batches are split.</param>
/// <param name="target">What a site is fitted to: its name and its input [N, C] fp64 to [N, C]; null: the norm that the stage names.</param>
/// <param name="mostKept">Values of a site's inputs that are kept for its second pass, by default 512 MiB; what is more is computed again, which changes nothing.</param>
internal sealed class Calibrator(
    INetwork network, ParameterSet parameters, ModelConfig model, Func<int, MicroBatch> batch, ICollective collective, Func<string, Tensor, Tensor>? target = null, long mostKept = 1 << 26)
{
    private const double Saturated = 2;

    public CalibrationReport Run(StageConfig stage)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var places = Discover();
        var kappas = stage.Kappas();
        var tried = new List<KappaLoss>();
        foreach (var kappa in kappas)
        {
            var report = Set(stage, kappa, places);
            tried.Add(new KappaLoss(kappa, Loss(stage.Batches)));
            if (kappas.Count == 1)
                return report with { Tried = tried };
        }

        var best = tried.Where(t => double.IsFinite(t.Loss)).DefaultIfEmpty(tried[0]).MinBy(t => t.Loss)!;
        return Set(stage, best.Kappa, places) with { Tried = tried };
    }

    /// <summary>Sites and branches in forward order. Every rank looks by itself, on the same batch.</summary>
    private List<(string Name, bool IsSite)> Discover()
    {
        var places = new List<(string, bool)>();
        network.Probe.Site = (name, _, _) => Note(name, true);
        network.Probe.Branch = (name, _, _) => Note(name, false);
        Forward(0);
        return places;

        bool Note(string name, bool isSite)
        {
            places.Add((name, isSite));
            return true;
        }
    }

    private CalibrationReport Set(StageConfig stage, double kappa, List<(string Name, bool IsSite)> places)
    {
        var (sites, branches) = (new List<SiteRow>(), new List<BranchRow>());
        Reset(places);
        double? first = null; // E[x0^2]
        var scaled = places.Count(p => !p.IsSite && parameters.Find($"{p.Name}.scale") is not null);
        foreach (var (name, isSite) in places)
        {
            if (isSite)
            {
                var site = SiteFormula.Of(name, model, parameters);
                if (site.Kind != SiteKind.None)
                    sites.Add(SetSite(stage, kappa, site));
            }
            else if (parameters.Find($"{name}.scale") is not null)
            {
                branches.Add(SetBranch(stage, name, scaled, ref first));
            }
        }

        return new CalibrationReport(kappa, stage.Batches, [], sites, branches);
    }

    /// <summary>
    /// What is about to be set, as the network's table says that it starts. Within a recurrence a site's input depends on its own output for the token before: the result must
    /// not depend on what an earlier pass had set.
    /// </summary>
    private void Reset(List<(string Name, bool IsSite)> places)
    {
        foreach (var (name, isSite) in places)
        {
            if (isSite ? IsFitted(SiteFormula.Of(name, model, parameters)) : model.Residual.Init == ResidualInit.ClosedForm)
                parameters.Restart(name);
        }
    }

    private SiteRow SetSite(StageConfig stage, double kappa, SiteFormula site)
    {
        var inputs = new Dictionary<int, Tensor>(); // of this rank's batches: [N, C] fp64
        try
        {
            return SetSite(stage, kappa, site, inputs);
        }
        finally
        {
            foreach (var x in inputs.Values)
                x.Dispose();
        }
    }

    private SiteRow SetSite(StageConfig stage, double kappa, SiteFormula site, Dictionary<int, Tensor> inputs)
    {
        var moments = InputMoments.Of(OrderedSums.Over(collective, stage.Batches, InputMoments.Width, (k, sums) =>
        {
            var x = InputOf(site.Name, k);
            using (NewDisposeScope())
                (sums[0], sums[1], sums[2]) = (x.numel(), x.sum().item<double>(), x.square().sum().item<double>());
            if (inputs.Values.Sum(t => t.numel()) + x.numel() <= mostKept)
                inputs.Add(k, x);
            else
                x.Dispose(); // it will be computed again
        }));
        if (!IsFitted(site))
            return new SiteRow(site.Name, moments.RootMeanSquare, null, null, 1, null);

        // Not set before the second pass is over: within a recurrence an input that is computed again would be another one than the kept.
        SiteScalars? scalars = site.HasScalars ? site.Scalars(kappa, moments) : null;
        var channels = site.Channels;
        var fitted = SiteFit.Width(channels);
        var sums = OrderedSums.Over(collective, stage.Batches, fitted + 1, (k, numbers) =>
        {
            using var inner = NewDisposeScope();
            var kept = inputs.GetValueOrDefault(k);
            using var again = kept is null ? InputOf(site.Name, k) : null;
            var x = kept ?? again!;
            var y = Target(stage, site.Name, x);
            var t = site.Curve(x, scalars ?? default);
            numbers[0] = x.shape[0];
            var at = 1;
            foreach (var values in (Tensor[])[t, y, t.square(), y.square(), t.mul(y)])
            {
                MemoryMarshal.Cast<byte, double>(values.sum(dim: 0).bytes).CopyTo(numbers.Slice(at, channels));
                at += channels;
            }

            numbers[at] = scalars is { } set ? x.abs().gt(Saturated / set.Slope).sum().item<long>() : 0;
        });
        var fit = SiteFit.Of(sums.AsSpan(0, fitted), site.HasBeta);
        if (scalars is { } found)
            site.SetScalars(found);
        site.SetAffine(fit);
        return new SiteRow(site.Name, moments.RootMeanSquare, scalars?.Slope, fit.Gamma.Average(), fit.RSquared, scalars is null ? null : sums[^1] / moments.Count);
    }

    private BranchRow SetBranch(StageConfig stage, string name, int branches, ref double? first)
    {
        var sums = OrderedSums.Over(collective, stage.Batches, 4, (k, numbers) =>
        {
            using var scope = NewDisposeScope();
            var own = new double[4];
            network.Probe.Site = null;
            network.Probe.Branch = (at, stream, branch) =>
            {
                if (at != name)
                    return true;
                using var inner = NewDisposeScope();
                var (x, f) = (stream.to(ScalarType.Float64), branch.to(ScalarType.Float64));
                own = [x.numel(), x.square().sum().item<double>(), f.square().sum().item<double>(), x.mul(f).sum().item<double>()];
                return false;
            };
            Forward(k);
            own.CopyTo(numbers);
        });
        var (stream, added, both) = (sums[1] / sums[0], sums[2] / sums[0], sums[3] / sums[0]);
        first ??= stream;
        var place = parameters.Layout[$"{name}.scale"].Offset;
        if (model.Residual.Init == ResidualInit.ClosedForm)
            parameters.Weights.Span[place] = (float)ClosedForms.Branch(first.Value, added, both, branches, model.Residual.Growth);
        return new BranchRow(name, parameters.Weights.Span[place], Math.Sqrt(added), Math.Sqrt(stream));
    }

    private Tensor Target(StageConfig stage, string name, Tensor x)
    {
        if (target is not null)
            return target(name, x);
        return SiteFormula.Norm(stage.Target == CalibrationTarget.Layernorm ? x.sub(x.mean([-1L], keepdim: true)) : x, model.Site.Eps);
    }

    /// <summary>A norm that is to be like a norm is left as it is; one that is to be like another site gets that one's gain and offset.</summary>
    private bool IsFitted(SiteFormula site) => site.HasScalars || (target is not null && site.Kind != SiteKind.None);

    /// <summary>What enters the site in batch k: [N, C] fp64, the caller's to dispose.</summary>
    private Tensor InputOf(string site, int k)
    {
        Tensor? found = null;
        network.Probe.Branch = null;
        network.Probe.Site = (name, x, _) =>
        {
            if (name != site)
                return true;
            found = x.to(ScalarType.Float64).reshape(-1, x.shape[^1]).DetachFromDisposeScope();
            return false;
        };
        Forward(k);
        return found!;
    }

    /// <summary>As training would see it: mixed images have two classes, which a score leaves aside.</summary>
    private double Loss(int batches)
    {
        var sums = OrderedSums.Over(collective, batches, 1, (k, numbers) =>
        {
            using var scope = NewDisposeScope();
            numbers[0] = network.Loss(batch(k), training: false).item<float>();
        });
        return sums[0] / batches;
    }

    private void Forward(int k)
    {
        using var scope = NewDisposeScope();
        try
        {
            NetworkProbe.Until(() => network.Loss(batch(k), training: false));
        }
        finally
        {
            (network.Probe.Site, network.Probe.Branch) = (null, null);
        }
    }
}
