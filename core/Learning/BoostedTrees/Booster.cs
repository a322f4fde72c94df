using System.Globalization;
using System.Runtime.InteropServices;

namespace Iml4e.Learning.BoostedTrees;

/// <summary>A native booster. Not thread-safe: one thread at a time.</summary>
internal sealed unsafe class Booster : IDisposable
{
    private readonly BoosterHandle handle;

    /// <summary>Makes a booster over the matrices that it will be trained and evaluated on.</summary>
    public Booster(ReadOnlySpan<DMatrix> matrices, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        XgboostNative.EnsureAvailable();
        var handles = new nint[matrices.Length];
        for (var i = 0; i < handles.Length; i++)
            handles[i] = matrices[i].Handle.DangerousGetHandle();
        fixed (nint* pointer = handles)
        {
            XgboostNative.Check(XgboostNative.XGBoosterCreate(pointer, (ulong)handles.Length, out var created));
            handle = new BoosterHandle(created);
        }
        foreach (var matrix in matrices)
            GC.KeepAlive(matrix);
        foreach (var (name, value) in parameters)
            XgboostNative.Check(XgboostNative.XGBoosterSetParam(handle, name, value));
    }

    private Booster(nint created) => handle = new BoosterHandle(created);

    /// <summary>Adds one round of trees.</summary>
    public void Update(int round, DMatrix train) => XgboostNative.Check(XgboostNative.XGBoosterUpdateOneIter(handle, round, train.Handle));

    /// <summary>The evaluation metric on one matrix after the rounds so far.</summary>
    public double Evaluate(int round, DMatrix matrix)
    {
        var matrices = stackalloc nint[1];
        matrices[0] = matrix.Handle.DangerousGetHandle();
        var name = Marshal.StringToCoTaskMemUTF8("part");
        try
        {
            XgboostNative.Check(XgboostNative.XGBoosterEvalOneIter(handle, round, matrices, &name, 1, out var answer));
            // "[0]<TAB>part-logloss:0.48489567935466765"
            var text = Marshal.PtrToStringUTF8(answer) ?? "";
            return double.Parse(text[(text.LastIndexOf(':') + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture);
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
            GC.KeepAlive(matrix);
        }
    }

    /// <summary>Predictions, row-major: [rows] or [rows × classes].</summary>
    public float[] Predict(DMatrix matrix, bool margin = false)
    {
        var config = $$"""{"type":{{(margin ? 1 : 0)}},"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true}""";
        XgboostNative.Check(XgboostNative.XGBoosterPredictFromDMatrix(handle, matrix.Handle, config, out var shape, out var dimensions, out var result));
        var count = 1UL;
        for (var i = 0UL; i < dimensions; i++)
            count *= shape[i];
        // The buffer belongs to the library and dies at the next call.
        return new ReadOnlySpan<float>(result, checked((int)count)).ToArray();
    }

    /// <summary>The model as XGBoost's JSON, UTF-8.</summary>
    public byte[] SaveJson()
    {
        XgboostNative.Check(XgboostNative.XGBoosterSaveModelToBuffer(handle, """{"format":"json"}""", out var length, out var buffer));
        return new ReadOnlySpan<byte>(buffer, checked((int)length)).ToArray();
    }

    /// <summary>A copy that keeps the rounds [0, count).</summary>
    public Booster First(int count)
    {
        XgboostNative.Check(XgboostNative.XGBoosterSlice(handle, 0, count, 1, out var sliced));
        return new Booster(sliced);
    }

    public void Dispose() => handle.Dispose();
}
