using Iml4e.Inference.Admission;

namespace Iml4e.Functions.Serving;

/// <summary>A place among the requests that the process has taken on; given back once.</summary>
internal sealed class AdmissionPass : IDisposable
{
    private AdmissionControl? _admission;

    private AdmissionPass(AdmissionControl admission) => _admission = admission;

    /// <summary>Takes a place.</summary>
    /// <exception cref="Inference.OverloadedException">There is none.</exception>
    public static AdmissionPass Take(AdmissionControl admission)
    {
        admission.Enter();
        return new AdmissionPass(admission);
    }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _admission, null)?.Exit();
}
