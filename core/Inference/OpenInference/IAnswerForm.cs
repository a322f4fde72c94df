using System.Text.Json;

namespace Iml4e.Inference.OpenInference;

/// <summary>How an answer is written: its parameters, straight into it, and which outputs follow it as binary tensors.</summary>
public interface IAnswerForm
{
    /// <summary>Whether the data in JSON are nested arrays rather than flat.</summary>
    bool IsNested { get; }

    /// <summary>Whether there are parameters.</summary>
    bool HasParameters { get; }

    /// <summary>Whether the parameters are known only when the outputs are written, such as the time that took, and so come after them.</summary>
    bool HasLateParameters { get; }

    /// <summary>Whether an output follows as a binary tensor.</summary>
    bool IsBinary(string output);

    /// <summary>Writes the parameters as members of their object.</summary>
    void WriteParameters(Utf8JsonWriter json);
}
