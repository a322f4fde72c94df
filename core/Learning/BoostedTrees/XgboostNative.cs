using System.Reflection;
using System.Runtime.InteropServices;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>The functions of XGBoost's C API (c_api.h, 1.7) that training needs.</summary>
internal static unsafe partial class XgboostNative
{
    private const string Library = "libxgboost.so.0";

    static XgboostNative() => NativeLibrary.SetDllImportResolver(typeof(XgboostNative).Assembly, Resolve);

    [LibraryImport(Library)]
    public static partial void XGBoostVersion(out int major, out int minor, out int patch);

    [LibraryImport(Library)]
    public static partial nint XGBGetLastError();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int XGBSetGlobalConfig(string config);

    [LibraryImport(Library, EntryPoint = "XGDMatrixCreateFromMat_omp")]
    public static partial int XGDMatrixCreateFromMat(float* rowMajor, ulong rows, ulong columns, float missing, out nint handle, int threads);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int XGDMatrixSetFloatInfo(DMatrixHandle handle, string field, float* values, ulong count);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int XGDMatrixSetStrFeatureInfo(DMatrixHandle handle, string field, string[] features, ulong count);

    [LibraryImport(Library)]
    public static partial int XGDMatrixFree(nint handle);

    [LibraryImport(Library)]
    public static partial int XGBoosterCreate(nint* matrices, ulong count, out nint handle);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int XGBoosterSetParam(BoosterHandle handle, string name, string value);

    [LibraryImport(Library)]
    public static partial int XGBoosterUpdateOneIter(BoosterHandle handle, int iteration, DMatrixHandle train);

    [LibraryImport(Library)]
    public static partial int XGBoosterEvalOneIter(BoosterHandle handle, int iteration, nint* matrices, nint* names, ulong count, out nint text);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int XGBoosterPredictFromDMatrix(BoosterHandle handle, DMatrixHandle matrix, string config, out ulong* shape, out ulong dimensions,
        out float* result);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int XGBoosterSaveModelToBuffer(BoosterHandle handle, string config, out ulong length, out byte* buffer);

    [LibraryImport(Library)]
    public static partial int XGBoosterSlice(BoosterHandle handle, int begin, int end, int step, out nint sliced);

    [LibraryImport(Library)]
    public static partial int XGBoosterFree(nint handle);

    /// <summary>Throws what the library said when a call did not answer 0.</summary>
    public static void Check(int result)
    {
        if (result != 0)
            throw new TrainingException("xgb.failed", FirstLine(Marshal.PtrToStringUTF8(XGBGetLastError())));
    }

    /// <summary>Loads the library, or says which package is missing.</summary>
    public static void EnsureAvailable()
    {
        try
        {
            XGBoostVersion(out _, out _, out _);
        }
        catch (Exception problem) when (problem is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw new TrainingException("native.xgboost_missing",
                "training boosted trees needs libxgboost.so.0, which is not on this machine; install the Debian package libxgboost0, or train with the parameter engine: managed (models already trained run without it)",
                problem);
        }
    }

    // The first line says what; the lines behind it are a native stack trace with paths of the build machine.
    private static string FirstLine(string? message)
    {
        var line = (message ?? "").Split('\n', 2)[0].Trim();
        var colon = line.IndexOf(": ", StringComparison.Ordinal);
        return line.StartsWith('[') && colon > 0 ? line[(colon + 2)..] : line.Length > 0 ? line : "the library gave no reason";
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Library)
            return 0;
        // Published beside the app, or installed by the distribution, or as other platforms name it.
        foreach (var candidate in new[] { Library, "libxgboost", "xgboost" })
            if (NativeLibrary.TryLoad(candidate, assembly, DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories, out var handle))
                return handle;
        return 0;
    }
}
