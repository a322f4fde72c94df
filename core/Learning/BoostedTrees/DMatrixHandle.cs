using System.Runtime.InteropServices;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>Owns a native data matrix.</summary>
internal sealed class DMatrixHandle : SafeHandle
{
    public DMatrixHandle(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => XgboostNative.XGDMatrixFree(handle) == 0;
}
