using DyT.Coordinator.Core;

namespace DyT.Coordinator.Api;

/// <summary>Questions and orders from this process' HTTP server to the actor that decides; they have no form on the wire between processes.</summary>
public sealed record GetStatus;

/// <summary>The answer is a <see cref="DrainAnswer"/>.</summary>
public sealed record DrainWorker(string Name);
