using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Iml4e.Inference.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Iml4e.Inference;

/// <summary>A loaded model. Runs may overlap; disposal waits for those under way.</summary>
public sealed class ModelSession : IDisposable
{
    private const long WarmUpBytes = 64 << 20;
    private readonly InferenceSession _session;
    private readonly string[] _outputNames;
    private readonly bool _shrinkArena;
    private readonly TimeSpan _longestRun;

    // As many as ever ran at once.
    private readonly ConcurrentStack<RunOptions> _options = new();
    private int _users = 1;
    private int _disposed;

    private ModelSession(InferenceSession session, ModelMetadata metadata, SessionSettings settings)
    {
        (_session, Metadata, _longestRun) = (session, metadata, settings.LongestRun);
        _shrinkArena = settings is { ShrinkArena: true, MemoryArena: true };
        _outputNames = metadata.Outputs.Select(o => o.Name).ToArray();
    }

    /// <summary>What the model takes and gives.</summary>
    public ModelMetadata Metadata { get; }

    /// <summary>Checks and loads a model.</summary>
    /// <param name="onnx">The ONNX file.</param>
    /// <param name="settings">Use of the machine; null = <see cref="SessionSettings.Default"/>.</param>
    /// <exception cref="InvalidModelException">
    /// The bytes are no ONNX model, the model is hostile or too large, uses operators that are not there, or has inputs or outputs that are no tensors.
    /// </exception>
    public static ModelSession Load(ReadOnlySpan<byte> onnx, SessionSettings? settings = null)
    {
        settings ??= SessionSettings.Default;
        var model = GraphSurgery.Parse(onnx, settings.Limits);
        return Load(model, onnx.ToArray(), settings);
    }

    /// <summary>Checks and loads a model that is already parsed.</summary>
    /// <exception cref="InvalidModelException">As for the bytes.</exception>
    public static ModelSession Load(ModelProto model, SessionSettings? settings = null)
    {
        settings ??= SessionSettings.Default;
        ModelGuard.CheckStructure(model, settings.Limits);
        return Load(model, model.ToByteArray(), settings);
    }

    /// <summary>Runs the model.</summary>
    /// <param name="inputs">One tensor for each of the model's inputs, in any order. Their memory is read in place.</param>
    /// <param name="outputs">Names of the wanted outputs; null or none = all, in the model's order.</param>
    /// <param name="ct">Ends a run under way.</param>
    /// <returns>The outputs, in the order asked for.</returns>
    /// <exception cref="ArgumentException">An input is missing, unknown, given twice or of the wrong type, or an output is unknown.</exception>
    /// <exception cref="InferenceFailedException">ONNX Runtime refused or failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IReadOnlyList<Tensor> Run(IReadOnlyList<Tensor> inputs, IReadOnlyList<string>? outputs = null, CancellationToken ct = default)
    {
        using var results = RunInPlace(inputs, outputs, ct);
        return results.Copy();
    }

    /// <summary>Runs the model; the outputs stay in the runtime's memory.</summary>
    /// <param name="inputs">One tensor for each of the model's inputs, in any order. Their memory is read in place.</param>
    /// <param name="outputs">Names of the wanted outputs; null or none = all, in the model's order.</param>
    /// <param name="ct">Ends a run under way.</param>
    /// <returns>The outputs, in the order asked for; to be disposed of.</returns>
    /// <exception cref="ArgumentException">As of <see cref="Run"/>.</exception>
    /// <exception cref="InferenceFailedException">ONNX Runtime refused or failed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ModelOutputs RunInPlace(IReadOnlyList<Tensor> inputs, IReadOnlyList<string>? outputs = null, CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        CheckInputs(inputs);
        var wanted = outputs is null or { Count: 0 } ? _outputNames : CheckOutputs(outputs);
        Enter();
        try
        {
            return RunChecked(inputs, wanted, ct);
        }
        catch (OnnxRuntimeException) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(ct);
        }
        catch (OnnxRuntimeException e)
        {
            throw Failed(e);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Ties inputs and outputs to memory, for runs that copy nothing.</summary>
    /// <param name="inputs">A buffer for each of the model's inputs.</param>
    /// <param name="outputs">A buffer, of exactly its shape, for each wanted output; none of them may be an input's.</param>
    /// <exception cref="ArgumentException">An input is missing or unknown, a type does not fit, or a buffer is both read and written.</exception>
    public BoundRun Bind(IReadOnlyDictionary<string, TensorBuffer> inputs, IReadOnlyDictionary<string, TensorBuffer> outputs)
    {
        if (Metadata.Inputs.FirstOrDefault(i => !inputs.ContainsKey(i.Name)) is { } missing)
            throw new ArgumentException($"input '{missing.Name}' is missing", nameof(inputs));
        // The runtime does not promise that an operator may overwrite what it reads.
        var read = inputs.Values.ToHashSet();
        if (outputs.FirstOrDefault(o => read.Contains(o.Value)) is { Key: { } both })
            throw new ArgumentException($"output '{both}' has the buffer of an input", nameof(outputs));
        var binding = _session.CreateIoBinding();
        try
        {
            foreach (var (name, buffer) in inputs)
                binding.BindInput(Fitting(Metadata.Input(name), name, buffer, nameof(inputs)), buffer.Value);
            foreach (var (name, buffer) in outputs)
                binding.BindOutput(Fitting(Metadata.Output(name), name, buffer, nameof(outputs)), buffer.Value);
            return new BoundRun(this, binding);
        }
        catch
        {
            binding.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs the model once on zeros and empty texts, free dimensions taken as 1, so that the first request does not pay for memory and kernels. A model that
    /// cannot run on that is no worse for it.
    /// </summary>
    /// <param name="ct">Ends the run.</param>
    /// <returns>Whether the run succeeded; false, too, when the inputs would take more than 64 MiB.</returns>
    public bool WarmUp(CancellationToken ct = default)
    {
        var inputs = new List<Tensor>(Metadata.Inputs.Count);
        long room = WarmUpBytes;
        foreach (var input in Metadata.Inputs)
        {
            long[] shape = input.AnyRank ? [1] : Array.ConvertAll(input.Shape, d => d < 0 ? 1 : d);
            var count = ShapeMath.TryCount(shape);
            if (count < 0 || count > room / Math.Max(8, input.Datatype.ElementSize()))
                return false;
            room -= count * Math.Max(8, input.Datatype.ElementSize());
            inputs.Add(input.Datatype == TensorDatatype.Bytes
                ? new Tensor(input.Name, Enumerable.Repeat(Array.Empty<byte>(), (int)count).ToArray(), shape)
                : new Tensor(input.Name, input.Datatype, shape, new byte[count * input.Datatype.ElementSize()]));
        }

        try
        {
            RunInPlace(inputs, null, ct).Dispose();
            return true;
        }
        catch (Exception e) when (e is InferenceFailedException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Frees the native session as soon as no run uses it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            Leave();
    }

    /// <summary>Runs with inputs and outputs that are bound.</summary>
    internal void Run(OrtIoBinding binding, RunOptions options, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        Enter();
        try
        {
            using (RunWatch.Shared.Watch(options, _longestRun))
            using (ct.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, options))
                _session.RunWithBinding(options, binding);
        }
        catch (OnnxRuntimeException) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(ct);
        }
        catch (OnnxRuntimeException e)
        {
            throw Failed(e);
        }
        finally
        {
            options.Terminate = false;
            Leave();
        }
    }

    /// <summary>Loads a model that is parsed, and so checked, already.</summary>
    /// <param name="model">The model.</param>
    /// <param name="bytes">The file that it was parsed from.</param>
    /// <param name="settings">How the session uses the machine.</param>
    /// <exception cref="InvalidModelException">As for the bytes.</exception>
    internal static ModelSession Load(ModelProto model, byte[] bytes, SessionSettings settings)
    {
        ModelGuard.CheckDomains(model, settings.Extensions);
        using var options = Options(model, settings);
        if (settings.Extensions)
            options.RegisterOrtExtensions();
        InferenceSession session;
        try
        {
            session = new InferenceSession(bytes, options);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever stops the runtime from reading the model (a native refusal, a type that its C# side does not know) is the model's fault.
            throw new InvalidModelException("ONNX Runtime refuses the model: " + PublicText.Message(e.Message), e);
        }

        try
        {
            var inputs = Describe(session.InputNames, session.InputMetadata, model.Graph.Input, "input");
            var outputs = Describe(session.OutputNames, session.OutputMetadata, model.Graph.Output, "output");
            var properties = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var property in model.MetadataProps)
                properties[property.Key] = property.Value;
            return new ModelSession(session, new ModelMetadata(ModelMetadata.OnnxPlatform, inputs, outputs, properties), settings);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static SessionOptions Options(ModelProto model, SessionSettings settings)
    {
        var fixedShapes = model.Graph.Input.All(i => i.Type?.TensorType?.Shape?.Dim.All(d => d.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue) == true);
        var options = new SessionOptions
        {
            IntraOpNumThreads = settings.IntraOpThreads,
            EnableCpuMemArena = settings.MemoryArena,
            EnableMemoryPattern = settings.MemoryPattern ?? fixedShapes,
            GraphOptimizationLevel = settings.Optimization switch
            {
                GraphOptimization.None => GraphOptimizationLevel.ORT_DISABLE_ALL,
                GraphOptimization.Basic => GraphOptimizationLevel.ORT_ENABLE_BASIC,
                GraphOptimization.Extended => GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
                _ => GraphOptimizationLevel.ORT_ENABLE_ALL,
            },
            // Errors come back as exceptions; the native log would only repeat them on the console, source paths and all.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        if (settings.DenormalsAreZero)
            options.AddSessionConfigEntry("session.set_denormal_as_zero", "1");
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", settings.AllowSpinning ? "1" : "0");
        // Bytes that look like the runtime's own format as well would be read as that, past all that was checked.
        options.AddSessionConfigEntry("session.load_model_format", "ONNX");
        options.AddSessionConfigEntry("optimization.constant_folding_max_output_size_in_bytes", settings.MaximumFoldedBytes.ToString(CultureInfo.InvariantCulture));
        if (settings.MemoryArena && InferenceMemory.IsLimited)
            options.AddSessionConfigEntry("session.use_env_allocators", "1");
        return options;
    }

    private static List<TensorMetadata> Describe(
        IReadOnlyList<string> names, IReadOnlyDictionary<string, NodeMetadata> metadata, IEnumerable<ValueInfoProto> declared, string kind)
    {
        var declarations = new Dictionary<string, ValueInfoProto>(StringComparer.Ordinal);
        foreach (var value in declared)
            declarations.TryAdd(value.Name, value);
        var result = new List<TensorMetadata>(names.Count);
        foreach (var name in names)
        {
            var node = metadata[name];
            if (node.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR)
                throw new InvalidModelException($"{kind} {PublicText.Name(name)} is not a tensor but {TypeName(node.OnnxValueType)}, which cannot be served");
            if (!TensorDatatypes.TryFromOnnx((int)node.ElementDataType, out var datatype))
                throw new InvalidModelException($"{kind} {PublicText.Name(name)} has element type {node.ElementDataType}, which cannot be served");
            var shape = Array.ConvertAll(node.Dimensions, d => (long)d);
            // The runtime reports a tensor of unknown rank like a scalar; only the file tells them apart.
            var anyRank = shape.Length == 0 && declarations.GetValueOrDefault(name)?.Type?.TensorType?.Shape is null;
            result.Add(anyRank
                ? new TensorMetadata(name, datatype, [-1]) { AnyRank = true }
                : new TensorMetadata(name, datatype, shape) { Symbols = Array.ConvertAll(node.SymbolicDimensions, s => string.IsNullOrEmpty(s) ? null : s) });
        }

        return result;
    }

    private static string TypeName(OnnxValueType type) => type switch
    {
        OnnxValueType.ONNX_TYPE_SEQUENCE => "a sequence",
        OnnxValueType.ONNX_TYPE_MAP => "a map",
        OnnxValueType.ONNX_TYPE_OPTIONAL => "an optional value",
        OnnxValueType.ONNX_TYPE_SPARSETENSOR => "a sparse tensor",
        _ => "an opaque value",
    };

    private ModelOutputs RunChecked(IReadOnlyList<Tensor> inputs, string[] wanted, CancellationToken ct)
    {
        var names = new string[inputs.Count];
        var values = new OrtValue[inputs.Count];
        var pins = new MemoryHandle[inputs.Count];
        var options = RentOptions();
        try
        {
            for (var i = 0; i < values.Length; i++)
            {
                names[i] = inputs[i].Name;
                values[i] = inputs[i].Bytes is { } strings ? StringValue(strings, inputs[i].Shape) : NumericValue(inputs[i], out pins[i]);
            }

            IDisposableReadOnlyCollection<OrtValue> results;
            using (RunWatch.Shared.Watch(options, _longestRun))
            using (ct.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, options))
                results = _session.Run(options, names, values, wanted);
            return Read(wanted, results);
        }
        finally
        {
            foreach (var value in values)
                value?.Dispose();
            foreach (var pin in pins)
                pin.Dispose();
            ReturnOptions(options);
        }
    }

    private RunOptions RentOptions()
    {
        if (_options.TryPop(out var options))
            return options;
        options = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        if (_shrinkArena)
            options.AddRunConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
        return options;
    }

    private void ReturnOptions(RunOptions options)
    {
        options.Terminate = false;
        _options.Push(options);
    }

    private static unsafe OrtValue NumericValue(Tensor tensor, out MemoryHandle pin)
    {
        ReadOnlyMemory<byte> data = tensor.Data;
        if (data.IsEmpty)
            data = new byte[8];
        pin = data.Pin();
        if ((nuint)pin.Pointer % (nuint)tensor.Datatype.ElementSize() != 0)
        {
            // A slice of a larger message may begin anywhere; native kernels need whole elements on their natural boundary.
            pin.Dispose();
            pin = new ReadOnlyMemory<byte>(data.ToArray()).Pin();
        }

        return OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, (TensorElementType)(int)tensor.Datatype.ToOnnx(), tensor.Shape, (nint)pin.Pointer, tensor.Data.Length);
    }

    private static OrtValue StringValue(byte[][] strings, long[] shape)
    {
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        try
        {
            for (var i = 0; i < strings.Length; i++)
            {
                if (strings[i].Length > 0)
                    value.StringTensorSetElementAt((ReadOnlySpan<byte>)strings[i], i);
            }

            return value;
        }
        catch
        {
            value.Dispose();
            throw;
        }
    }

    private static ModelOutputs Read(string[] names, IDisposableReadOnlyCollection<OrtValue> values)
    {
        var tensors = new Tensor[names.Length];
        var memory = new NativeTensorMemory?[names.Length];
        var owner = new NativeOutputs(values, memory);
        try
        {
            for (var i = 0; i < tensors.Length; i++)
                tensors[i] = Read(names[i], values[i], out memory[i]);
            return new ModelOutputs(tensors, owner);
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    private static unsafe Tensor Read(string name, OrtValue value, out NativeTensorMemory? memory)
    {
        memory = null;
        var info = value.GetTensorTypeAndShape();
        if (!TensorDatatypes.TryFromOnnx((int)info.ElementDataType, out var datatype))
            throw new InvalidOperationException($"output '{name}' has element type {info.ElementDataType}");
        if (datatype == TensorDatatype.Bytes)
        {
            var strings = new byte[info.ElementCount][];
            for (var i = 0; i < strings.Length; i++)
                strings[i] = value.GetStringElementAsSpan(i).ToArray();
            return new Tensor(name, strings, info.Shape);
        }

        if (info.ElementCount == 0)
            return new Tensor(name, datatype, info.Shape, default(ReadOnlyMemory<byte>));
        var data = value.GetTensorMutableRawData();
        fixed (byte* start = data)
            memory = new NativeTensorMemory(start, data.Length);
        return new Tensor(name, datatype, info.Shape, memory.Memory);
    }

    private static string Fitting(TensorMetadata? declared, string name, TensorBuffer buffer, string parameter) =>
        declared is null ? throw new ArgumentException($"the model has no '{name}'", parameter)
        : declared.Datatype != buffer.Datatype ? throw new ArgumentException($"'{name}' is {declared.Datatype.ToWire()}, got {buffer.Datatype.ToWire()}", parameter)
        : name;

    private InferenceFailedException Failed(OnnxRuntimeException e)
    {
        var blamed = e.Message.StartsWith("[ErrorCode:InvalidArgument]", StringComparison.Ordinal);
        return new InferenceFailedException(LimitOf(e.Message) ?? PublicText.Message(e.Message), blamed, e);
    }

    // Why the runtime stopped a run that nobody cancelled, when it was for one of our limits.
    private string? LimitOf(string message) =>
        NativeMemory.IsShort(message) ? "the model needs more memory for this input than there is: " + PublicText.Message(message)
        : message.Contains("terminate flag", StringComparison.Ordinal) ? string.Create(CultureInfo.InvariantCulture, $"the model did not end within {_longestRun.TotalSeconds:0.###} s")
        : null;

    private void CheckInputs(IReadOnlyList<Tensor> inputs)
    {
        for (var i = 0; i < inputs.Count; i++)
        {
            var input = inputs[i];
            var declared = Metadata.Input(input.Name) ?? throw new ArgumentException($"the model has no input '{input.Name}'", nameof(inputs));
            if (declared.Datatype != input.Datatype)
                throw new ArgumentException($"input '{input.Name}' is {declared.Datatype.ToWire()}, got {input.Datatype.ToWire()}", nameof(inputs));
            for (var j = 0; j < i; j++)
            {
                if (inputs[j].Name == input.Name)
                    throw new ArgumentException($"input '{input.Name}' is given twice", nameof(inputs));
            }
        }

        if (inputs.Count == Metadata.Inputs.Count)
            return;
        var missing = Metadata.Inputs.First(m => inputs.All(i => i.Name != m.Name));
        throw new ArgumentException($"input '{missing.Name}' is missing", nameof(inputs));
    }

    private string[] CheckOutputs(IReadOnlyList<string> outputs)
    {
        foreach (var output in outputs)
        {
            if (Metadata.Output(output) is null)
                throw new ArgumentException($"the model has no output '{output}'", nameof(outputs));
        }

        return outputs as string[] ?? [.. outputs];
    }

    private void Enter()
    {
        for (var users = Volatile.Read(ref _users); ;)
        {
            ObjectDisposedException.ThrowIf(users == 0 || Volatile.Read(ref _disposed) != 0, this);
            var seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
                return;
            users = seen;
        }
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _users) != 0)
            return;
        _session.Dispose();
        while (_options.TryPop(out var options))
            options.Dispose();
    }
}
