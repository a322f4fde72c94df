namespace Iml4e.LocalRuntime.Testing.Fakes;

/// <summary>The context of a function that a test calls as a plain method, in both flavours.</summary>
public sealed class FakeFunctionContext : FunctionContext
{
    private IServiceProvider? services;

    /// <summary>The name of the function.</summary>
    public string Name { get; init; } = "Function";

    /// <summary>Values of the trigger, such as route values, by name.</summary>
    public IReadOnlyDictionary<string, object?> BindingData { get; init; } = new Dictionary<string, object?>();

    /// <summary>What <see cref="CancellationToken"/> gives.</summary>
    public CancellationToken Cancellation { get; init; }

    public override string InvocationId { get; } = Guid.NewGuid().ToString();

    public override string FunctionId => Name;

    public override TraceContext TraceContext { get; } = new FakeTraceContext();

    public override BindingContext BindingContext => new FakeBindingContext(BindingData);

    public override FunctionRetryContext RetryContext { get; } = new FakeFunctionRetryContext();

    /// <summary>The services of the invocation; those of <see cref="FakeServices"/> unless others are set.</summary>
    public override IServiceProvider InstanceServices
    {
        get => services ??= FakeServices.Create();
        set => services = value;
    }

    public override FunctionDefinition FunctionDefinition => new FakeFunctionDefinition(Name);

    public override IDictionary<object, object> Items { get; set; } = new Dictionary<object, object>();

    public override IInvocationFeatures Features { get; } = new FakeInvocationFeatures();

    public override CancellationToken CancellationToken => Cancellation;

    private sealed class FakeTraceContext : TraceContext
    {
        public override string TraceParent => "";

        public override string TraceState => "";
    }

    private sealed class FakeBindingContext(IReadOnlyDictionary<string, object?> data) : BindingContext
    {
        public override IReadOnlyDictionary<string, object?> BindingData => data;
    }

    private sealed class FakeFunctionRetryContext : FunctionRetryContext
    {
        public override int RetryCount => 0;

        public override int MaxRetryCount => 0;
    }
}
