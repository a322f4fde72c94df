namespace Iml4e.LocalRuntime.DurableTask;

/// <summary>Decides after a failure whether to try again; it may await durable timers of the orchestration.</summary>
public delegate Task<bool> AsyncRetryHandler(RetryContext retryContext);
