using System.Runtime.InteropServices;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>Owns a native booster.</summary>
internal sealed class BoosterHandle : SafeHandle
{
    public BoosterHandle(nint handle)
        : base(0, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => XgboostNative.XGBoosterFree(handle) == 0;
}
