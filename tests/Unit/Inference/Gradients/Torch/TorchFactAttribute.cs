using Iml4e.Benchmarks.Gradients;

namespace Iml4e.Tests.Unit.Inference.Gradients.Torch;

/// <summary>A test against PyTorch; skipped, with the reason, where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TorchFactAttribute : FactAttribute
{
    public TorchFactAttribute()
    {
        if (TorchGraph.Python is null)
            Skip = "PyTorch is not installed (Debian: python3-torch)";
    }
}
