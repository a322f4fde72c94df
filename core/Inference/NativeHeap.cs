using System.Runtime.InteropServices;

namespace Iml4e.Inference;

/// <summary>The memory that native code (the runtime's sessions, XGBoost) takes from the C library.</summary>
internal static partial class NativeHeap
{
    private static bool _canTrim = OperatingSystem.IsLinux();

    /// <summary>Gives what is free back to the machine; without it the C library keeps whatever lies between pieces that are in use.</summary>
    internal static void Trim()
    {
        if (!_canTrim)
            return;
        try
        {
            _ = MallocTrim(0);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Only glibc has it.
            _canTrim = false;
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
