namespace Iml4e.Inference.Onnx;

/// <summary>Names of the operator sets that a model may use.</summary>
public static class OperatorDomains
{
    /// <summary>The standard operators.</summary>
    public const string Standard = "";

    /// <summary>Classical machine learning: trees, linear models, label encoders.</summary>
    public const string MachineLearning = "ai.onnx.ml";

    /// <summary>ONNX Runtime's contributed operators.</summary>
    public const string Microsoft = "com.microsoft";

    /// <summary>ONNX Runtime Extensions: image and text operators in a library of their own.</summary>
    public const string Extensions = "com.microsoft.extensions";

    /// <summary>The domain as it is compared: "ai.onnx" is another spelling of the standard one.</summary>
    public static string Normalize(string domain) => domain == "ai.onnx" ? Standard : domain;
}
