using System.ComponentModel;
using System.Diagnostics;

namespace Iml4e.Tests.Unit.Inference.Gradients.Torch;

/// <summary>A test against PyTorch; skipped, with the reason, where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TorchFactAttribute : FactAttribute
{
    // Debian's packages belong to its own Python, which need not be the first on the path.
    private static readonly Lazy<string?> Found = new(() => Array.Find(["python3", "/usr/bin/python3"], HasTorch));

    public TorchFactAttribute()
    {
        if (Python is null)
            Skip = "PyTorch is not installed (Debian: python3-torch)";
    }

    /// <summary>The Python that has PyTorch; null if none has.</summary>
    internal static string? Python => Found.Value;

    private static bool HasTorch(string python)
    {
        try
        {
            // Importing it takes seconds; whether it is there can be told without.
            using var process = Process.Start(
                new ProcessStartInfo(python, ["-c", "import importlib.util,sys; sys.exit(importlib.util.find_spec('torch') is None)"]))!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
