using DyT.Model.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// A model's parameters: one flat buffer of weights, one of gradients, and the named parameters as views of both. Backward adds into the gradient
/// buffer in place; the pointers never change while the set lives.
/// </summary>
public sealed class ParameterSet : IDisposable
{
    private readonly Dictionary<string, Parameter> _parameters = [];
    private readonly List<Tensor> _gradientViews = [];
    private readonly NativeFloats _weights;
    private readonly NativeFloats? _gradients;

    private ParameterSet(FlatLayout layout, bool withGradients)
    {
        Layout = layout;
        Flat = zeros(layout.Length).DetachFromDisposeScope();
        _weights = new NativeFloats(Flat);
        if (withGradients)
        {
            FlatGradient = zeros(layout.Length).DetachFromDisposeScope();
            _gradients = new NativeFloats(FlatGradient);
        }

        foreach (var entry in layout.Entries)
        {
            using var scope = NewDisposeScope();
            var parameter = new Parameter(Flat.narrow(0, entry.Offset, entry.Length).view(entry.Spec.Shape).detach(), requires_grad: withGradients);
            parameter.DetachFromDisposeScope();
            if (FlatGradient is not null)
            {
                var view = FlatGradient.narrow(0, entry.Offset, entry.Length).view(entry.Spec.Shape).DetachFromDisposeScope();
                parameter.grad = view;
                _gradientViews.Add(view);
            }

            _parameters.Add(entry.Spec.Name, parameter);
        }
    }

    public FlatLayout Layout { get; }

    /// <summary>All weights: [layout.Length], fp32.</summary>
    public Tensor Flat { get; }

    /// <summary>All gradients, or null when the set was allocated without.</summary>
    public Tensor? FlatGradient { get; }

    /// <summary>The weights' own memory; valid while the set lives.</summary>
    public Memory<float> Weights => _weights.Memory;

    /// <summary>The gradients' own memory; valid while the set lives.</summary>
    public Memory<float> Gradients => _gradients?.Memory ?? throw new InvalidOperationException("the parameters were allocated without gradients");

    public Parameter this[string name] => _parameters[name];

    /// <summary>Null where the model has no such parameter (a bias that is switched off).</summary>
    public Parameter? Find(string name) => _parameters.GetValueOrDefault(name);

    public static ParameterSet Allocate(FlatLayout layout, bool withGradients)
    {
        NativeRuntime.Load();
        return new ParameterSet(layout, withGradients);
    }

    /// <summary>On all of torch's threads.</summary>
    public void ZeroGradients()
    {
        using var noGrad = no_grad();
        (FlatGradient ?? throw new InvalidOperationException("the parameters were allocated without gradients")).zero_();
    }

    /// <summary>Start values by the table. Each parameter draws from a generator of its own, seeded by (seed, name), so that the others do not matter.</summary>
    public void Initialize(long seed)
    {
        using var noGrad = no_grad();
        foreach (var entry in Layout.Entries)
        {
            var values = Weights.Span.Slice(entry.Offset, entry.Length);
            switch (entry.Spec.Init)
            {
                case Initializer.Constant constant:
                    values.Fill((float)constant.Value);
                    break;
                case Initializer.Normal normal:
                    NormalValues.Fill(values, normal.Std, seed, entry.Spec.Name);
                    break;
            }
        }
    }

    public void Dispose()
    {
        foreach (var parameter in _parameters.Values)
            parameter.Dispose();
        foreach (var view in _gradientViews)
            view.Dispose();
        FlatGradient?.Dispose();
        Flat.Dispose();
    }
}
