namespace Iml4e.Inference;

/// <summary>What a model takes, gives, and says about itself.</summary>
/// <param name="Platform">Format and runtime, <c>onnx_onnxv1</c>.</param>
/// <param name="Inputs">Inputs in the model's order.</param>
/// <param name="Outputs">Outputs in the model's order.</param>
/// <param name="Properties">The model's own properties (metadata_props).</param>
public sealed record ModelMetadata(
    string Platform, IReadOnlyList<TensorMetadata> Inputs, IReadOnlyList<TensorMetadata> Outputs, IReadOnlyDictionary<string, string> Properties)
{
    /// <summary>The platform name of ONNX models in the Open Inference Protocol.</summary>
    public const string OnnxPlatform = "onnx_onnxv1";

    /// <summary>The input of that name, or null.</summary>
    public TensorMetadata? Input(string name) => Find(Inputs, name);

    /// <summary>The output of that name, or null.</summary>
    public TensorMetadata? Output(string name) => Find(Outputs, name);

    private static TensorMetadata? Find(IReadOnlyList<TensorMetadata> tensors, string name)
    {
        for (var i = 0; i < tensors.Count; i++)
        {
            if (tensors[i].Name == name)
                return tensors[i];
        }

        return null;
    }
}
