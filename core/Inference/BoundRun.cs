using Microsoft.ML.OnnxRuntime;

namespace Iml4e.Inference;

/// <summary>A session's inputs and outputs tied to memory once, to be run many times without anything being copied or allocated. Not for several threads.</summary>
public sealed class BoundRun : IDisposable
{
    private readonly ModelSession _session;
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

    internal BoundRun(ModelSession session, OrtIoBinding binding) => (_session, _binding) = (session, binding);

    /// <summary>Runs once: from the input buffers to the output buffers.</summary>
    /// <exception cref="InferenceFailedException">ONNX Runtime refused or failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Run(CancellationToken ct = default) => _session.Run(_binding, _options, ct);

    /// <summary>Unties the memory.</summary>
    public void Dispose()
    {
        _binding.Dispose();
        _options.Dispose();
    }
}
