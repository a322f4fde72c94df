using Iml4e.Assessment.Adversarial.Detection;
using Iml4e.Assessment.Adversarial.Models;
using Iml4e.Tests.Unit.Inference;

namespace Iml4e.Tests.Unit.Assessment.Adversarial;

/// <summary>One detector for several tests: its gradient graph is written once.</summary>
public sealed class SharedDetector : IDisposable
{
    private readonly Lazy<Detector> _fastestDet = new(() => Detector.Load(
        SharedData.Read("models", "FastestDet.onnx"), new DetectorOptions { Family = "fastestdet",
            Preprocessing = new Preprocessing { Color = ColorOrder.Bgr } }));

    internal Detector FastestDet => _fastestDet.Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_fastestDet.IsValueCreated)
            _fastestDet.Value.Dispose();
    }
}
