using Iml4e.Benchmarks.Gradients;

namespace Iml4e.Tests.Unit.Inference.Gradients.Torch;

/// <summary>A test against PyTorch; skipped, with the reason, where it is not installed, or where public models are needed and not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TorchFactAttribute : FactAttribute
{
    public TorchFactAttribute(bool publicModels = false)
    {
        if (publicModels && SharedData.Root is null)
            Skip = "shared/data is not beside the repository";
        else if (TorchGraph.Python is null)
            Skip = "PyTorch is not installed (Debian: python3-torch); its gradients of operators and small networks are compared from files all the same";
    }
}
