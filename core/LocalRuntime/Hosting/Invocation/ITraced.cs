using System.Diagnostics;

namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>What a trigger offers when it knows the place in a trace that an invocation belongs to.</summary>
internal interface ITraced
{
    /// <summary>The place; null for none.</summary>
    ActivityContext? Origin { get; }
}
