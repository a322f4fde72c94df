namespace Iml4e.Inference.OpenInference;

/// <summary>An input as the request states it, before anything is believed.</summary>
internal sealed class RawInput
{
    internal string? Name { get; set; }

    internal string? Datatype { get; set; }

    internal long[]? Shape { get; set; }

    internal Dictionary<string, object>? Parameters { get; set; }

    /// <summary>Where the JSON value of <c>data</c> begins; -1 when there is none.</summary>
    internal int DataStart { get; set; } = -1;

    internal int DataLength { get; set; }

    /// <summary>Scalars in <c>data</c>.</summary>
    internal long Leaves { get; set; }

    /// <summary>Arrays around the scalar that lies least deep; int.MaxValue without scalars.</summary>
    internal int ShallowestLeaf { get; set; } = int.MaxValue;

    /// <summary>Arrays around the scalar that lies deepest; -1 without scalars.</summary>
    internal int DeepestLeaf { get; set; } = -1;

    internal bool Base64 => Parameters is not null && Parameters.TryGetValue("content_type", out var type) && type is "base64";
}
