using System.Collections.Immutable;
using System.Diagnostics;
using Iml4e.LocalRuntime.Durable.Tracing;
using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Http;

namespace Iml4e.LocalRuntime.Hosting.Invocation;

/// <summary>The context of one invocation; what is seldom asked for is made when asked.</summary>
internal sealed class LocalFunctionContext : FunctionContext, IInvocationResultFeature
{
    private readonly FunctionCall call;
    private string? invocationId;
    private IInvocationFeatures? features;
    private IDictionary<object, object>? items;
    private TraceContext? trace;
    private BindingContext? binding;
    private RetryContext? retry;

    public LocalFunctionContext(FunctionCall call, IServiceProvider services, CancellationToken cancellationToken)
    {
        this.call = call;
        InstanceServices = services;
        CancellationToken = cancellationToken;
        Activity = Activity.Current;
    }

    public FunctionDescriptor Function => call.Function;

    public object? TriggerValue => call.TriggerValue;

    public HttpContext? HttpContext => call.HttpContext;

    /// <summary>Values of the trigger by name, case-insensitive; never null.</summary>
    public IReadOnlyDictionary<string, object?> BindingData => call.BindingData ?? ImmutableDictionary<string, object?>.Empty;

    public object? Result { get; set; }

    public override string InvocationId => invocationId ??= Guid.NewGuid().ToString();

    public override string FunctionId => Function.Definition.Id;

    public override TraceContext TraceContext => trace ??= new LocalTraceContext(FindTrace());

    public override BindingContext BindingContext => binding ??= new LocalBindingContext(BindingData);

    public override RetryContext RetryContext => retry ??= new LocalRetryContext(call.RetryCount, call.MaxRetryCount);

    public override IServiceProvider InstanceServices { get; set; }

    public override FunctionDefinition FunctionDefinition => Function.Definition;

    public override IDictionary<object, object> Items
    {
        get => items ??= new Dictionary<object, object>();
        set => items = value;
    }

    public override IInvocationFeatures Features => features ??= new InvocationFeatures();

    public override CancellationToken CancellationToken { get; }

    private Activity? Activity { get; }

    // What the invocation runs in; or, where nobody records traces, what its trigger comes from.
    private ActivityContext? FindTrace()
    {
        if ((Activity ?? Activity.Current) is { IdFormat: ActivityIdFormat.W3C } activity)
            return activity.Context;
        if (TriggerValue is ITraced traced)
            return traced.Origin;
        return HttpContext?.Request.Headers is { } headers && ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var place)
            ? place
            : null;
    }

    private sealed class LocalBindingContext(IReadOnlyDictionary<string, object?> data) : BindingContext
    {
        public override IReadOnlyDictionary<string, object?> BindingData => data;
    }

    private sealed class LocalRetryContext(int count, int max) : RetryContext
    {
        public override int RetryCount => count;

        public override int MaxRetryCount => max;
    }

    private sealed class LocalTraceContext(ActivityContext? place) : TraceContext
    {
        public override string TraceParent { get; } = place is { } known ? TraceText.Parent(known) : "";

        public override string TraceState => place?.TraceState ?? "";
    }
}
