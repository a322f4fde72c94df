using Microsoft.ML.OnnxRuntime;

namespace Iml4e.Inference;

/// <summary>The native values behind the outputs of a run; frees them when the last of their users is done.</summary>
internal sealed class NativeOutputs(IDisposableReadOnlyCollection<OrtValue> values, NativeTensorMemory?[] memory) : IDisposable
{
    private int _users = 1;

    /// <summary>Lets so many more users hold the values.</summary>
    internal void Share(int users) => Interlocked.Add(ref _users, users);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) != 0)
            return;
        foreach (var block in memory)
            block?.Invalidate();
        values.Dispose();
    }
}
