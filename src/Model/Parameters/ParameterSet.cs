using System.Buffers;
using DyT.Config;
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
    private readonly Dictionary<string, GradientSlot> _slots = [];
    private List<(int Start, int Count)>? _unslotted; // made when all layers are
    private readonly NativeFloats _weights;
    private readonly NativeFloats? _gradients;
    private readonly List<MemoryHandle> _given = [];

    private ParameterSet(FlatLayout layout, bool withGradients, Memory<float>? weights, Memory<float>? gradients, ProductKind products)
    {
        Layout = layout;
        Products = products;
        Flat = Buffer(weights);
        _weights = new NativeFloats(Flat);
        if (withGradients)
        {
            FlatGradient = Buffer(gradients);
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

    /// <summary>Numbers in which layers multiply these weights; those without gradients always in fp32.</summary>
    public ProductKind Products { get; }

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

    public static ParameterSet Allocate(FlatLayout layout, bool withGradients, ProductKind products = ProductKind.Fp32)
    {
        NativeRuntime.Load();
        return new ParameterSet(layout, withGradients, null, null, products);
    }

    /// <summary>With gradients, and in given memory, zeroed and [layout.Length], where it is not null; it has to outlive the set.</summary>
    public static ParameterSet Allocate(FlatLayout layout, Memory<float>? weights, Memory<float>? gradients, ProductKind products)
    {
        NativeRuntime.Load();
        return new ParameterSet(layout, withGradients: true, weights, gradients, products);
    }

    /// <summary>On all of torch's threads.</summary>
    public void ZeroGradients() => Zero(0, Layout.Length);

    /// <summary>
    /// The gradients of the backward to come shall stand here alone. Cheaper than <see cref="ZeroGradients"/>: what layers write as a whole stays as it is until they do.
    /// Only before the backward of <see cref="INetwork.Loss"/>, which writes all of these; <see cref="EndGradients"/> has to follow it.
    /// </summary>
    public void BeginGradients()
    {
        foreach (var slot in _slots.Values)
            slot.Expire();
        foreach (var (start, count) in _unslotted ??= Unslotted())
            Zero(start, count);
    }

    /// <summary>After backward.</summary>
    /// <exception cref="InvalidOperationException">A layer took no part in it: its gradient is still that of the backward before.</exception>
    public void EndGradients()
    {
        foreach (var (name, slot) in _slots)
        {
            if (slot.IsStale)
                throw new InvalidOperationException($"backward left no gradient for {name}");
        }
    }

    /// <summary>For the layer that makes all of a parameter's gradient.</summary>
    internal GradientSlot Slot(string name)
    {
        if (!_slots.TryGetValue(name, out var slot))
            _slots.Add(name, slot = new GradientSlot());
        _unslotted = null;
        return slot;
    }

    /// <summary>[layout.Length], zero.</summary>
    private Tensor Buffer(Memory<float>? memory)
    {
        if (memory is not { } given)
            return zeros(Layout.Length).DetachFromDisposeScope();
        if (given.Length != Layout.Length)
            throw new ArgumentException($"memory for {given.Length} elements where there are {Layout.Length}", nameof(memory));
        var tensor = ForeignTensor.Of(given, out var handle).DetachFromDisposeScope();
        _given.Add(handle);
        return tensor;
    }

    private void Zero(int start, int count)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        (FlatGradient ?? throw new InvalidOperationException("the parameters were allocated without gradients")).narrow(0, start, count).zero_();
    }

    /// <summary>The buffer without the parameters that have a slot, in as few pieces as possible.</summary>
    private List<(int Start, int Count)> Unslotted()
    {
        var pieces = new List<(int Start, int Count)>();
        var start = 0;
        foreach (var entry in Layout.Entries.Where(e => _slots.ContainsKey(e.Spec.Name)).OrderBy(e => e.Offset))
        {
            if (entry.Offset > start)
                pieces.Add((start, entry.Offset - start));
            start = entry.Offset + entry.Length;
        }

        if (start < Layout.Length)
            pieces.Add((start, Layout.Length - start));
        return pieces;
    }

    /// <summary>Start values by the table. Each parameter draws from a generator of its own, seeded by (seed, name), so that the others do not matter.</summary>
    public void Initialize(long seed)
    {
        using var noGrad = no_grad();
        foreach (var entry in Layout.Entries)
        {
            if (entry.Spec.Init is Initializer.Normal normal)
                NormalValues.Fill(Weights.Span.Slice(entry.Offset, entry.Length), normal.Std, seed, entry.Spec.Name);
            else
                Restart(entry);
        }
    }

    /// <summary>Puts the parameters <c>place.*</c> that start as constants back to them.</summary>
    public void Restart(string place)
    {
        foreach (var entry in Layout.Entries)
        {
            if (entry.Spec.Name.StartsWith($"{place}.", StringComparison.Ordinal))
                Restart(entry);
        }
    }

    private void Restart(FlatEntry entry)
    {
        if (entry.Spec.Init is Initializer.Constant constant)
            Weights.Span.Slice(entry.Offset, entry.Length).Fill((float)constant.Value);
    }

    public void Dispose()
    {
        foreach (var parameter in _parameters.Values)
            parameter.Dispose();
        foreach (var view in _gradientViews)
            view.Dispose();
        FlatGradient?.Dispose();
        Flat.Dispose();
        foreach (var handle in _given)
            handle.Dispose();
    }
}
