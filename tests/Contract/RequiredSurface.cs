namespace Iml4e.Tests.Contract;

/// <summary>
/// What function apps need of the real packages: type by type under its real name, the members that must be there. A name stands for all overloads that the
/// real type has; <c>new</c> is a constructor; a member of an enum is written with its value.
/// </summary>
internal static class RequiredSurface
{
    private const string Worker = "Microsoft.Azure.Functions.Worker.";
    private const string Hosting = "Microsoft.Extensions.Hosting.";
    private const string Durable = "Microsoft.DurableTask.";
    private const string Client = "Microsoft.DurableTask.Client.";
    private const string Entities = "Microsoft.DurableTask.Entities.";
    private const string EntityClient = "Microsoft.DurableTask.Client.Entities.";
    private const string History = "DurableTask.Core.History.";

    /// <summary>The members by type, generic types with the number of their parameters.</summary>
    public static IReadOnlyDictionary<string, string[]> Members { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        // Hosting
        [Worker + "Builder.FunctionsApplication"] = ["CreateBuilder"],
        [Worker + "Builder.FunctionsApplicationBuilder"] =
            ["Services", "Configuration", "Environment", "Logging", "Metrics", "Properties", "Build", "Use"],
        [Worker + "Builder.FunctionsApplicationBuilderAspNetCoreExtensions"] = ["ConfigureFunctionsWebApplication"],
        [Worker + "IFunctionsWorkerApplicationBuilder"] = ["Services", "Use"],
        [Worker + "Middleware.IFunctionsWorkerMiddleware"] = ["Invoke"],
        [Worker + "Middleware.FunctionExecutionDelegate"] = ["Invoke"],
        [Hosting + "FunctionsHostBuilderExtensions"] = ["ConfigureFunctionsWebApplication"],
        [Hosting + "WorkerHostBuilderExtensions"] = ["ConfigureFunctionsWorkerDefaults"],
        [Hosting + "MiddlewareWorkerApplicationBuilderExtensions"] = ["UseMiddleware", "UseWhen"],

        // Invocation context
        [Worker + "FunctionContext"] =
        [
            "InvocationId", "FunctionId", "TraceContext", "BindingContext", "RetryContext", "InstanceServices", "FunctionDefinition", "Items", "Features",
            "CancellationToken",
        ],
        [Worker + "FunctionContextLoggerExtensions"] = ["GetLogger"],
        [Worker + "FunctionContextHttpRequestExtensions"] = ["GetHttpRequestDataAsync", "GetHttpResponseData"],
        [Worker + "FunctionContextBindingFeatureExtensions"] = ["GetInvocationResult"],
        [Worker + "FunctionContextExtensions"] = ["GetHttpContext"],
        [Worker + "InvocationResult"] = [],
        [Worker + "InvocationResult`1"] = ["Value"],
        [Worker + "TraceContext"] = ["TraceParent", "TraceState", "Attributes", "Baggage"],
        [Worker + "RetryContext"] = ["RetryCount", "MaxRetryCount"],
        [Worker + "BindingContext"] = ["BindingData"],
        [Worker + "FunctionDefinition"] = ["Id", "Name", "EntryPoint", "PathToAssembly", "Parameters", "InputBindings", "OutputBindings"],
        [Worker + "FunctionAttribute"] = ["new", "Name"],
        [Worker + "RetryAttribute"] = ["MaxRetryCount"],
        [Worker + "FixedDelayRetryAttribute"] = ["new", "DelayInterval"],
        [Worker + "ExponentialBackoffRetryAttribute"] = ["new", "MinimumInterval", "MaximumInterval"],

        // HTTP
        [Worker + "HttpTriggerAttribute"] = ["new", "Route", "Methods", "AuthLevel"],
        [Worker + "AuthorizationLevel"] = ["Anonymous = 0", "User = 1", "Function = 2", "System = 3", "Admin = 4"],
        [Worker + "Http.HttpRequestData"] =
            ["new", "Body", "Headers", "Cookies", "Url", "Identities", "Method", "FunctionContext", "Query", "CreateResponse"],
        [Worker + "Http.HttpRequestDataExtensions"] = ["CreateResponse", "ReadAsStringAsync", "ReadFromJsonAsync"],
        [Worker + "Http.HttpResponseData"] = ["StatusCode", "Headers", "Body", "Cookies", "FunctionContext", "CreateResponse"],
        [Worker + "Http.HttpResponseDataExtensions"] = ["WriteString", "WriteStringAsync", "WriteBytes", "WriteBytesAsync", "WriteAsJsonAsync"],
        [Worker + "Http.HttpHeadersCollection"] = ["new"],
        [Worker + "Http.HttpCookies"] = ["Append", "CreateNew"],
        [Worker + "Http.FromBodyAttribute"] = ["new"],
        [Worker + "HttpResultAttribute"] = ["new"],

        // Timer and blob
        [Worker + "TimerTriggerAttribute"] = ["new", "Schedule", "UseMonitor", "RunOnStartup"],
        [Worker + "TimerInfo"] = ["ScheduleStatus", "IsPastDue"],
        [Worker + "ScheduleStatus"] = ["Last", "Next", "LastUpdated"],
        [Worker + "BlobTriggerAttribute"] = ["new", "BlobPath", "Connection", "Source"],
        [Worker + "BlobTriggerSource"] = ["LogsAndContainerScan = 0", "EventGrid = 1"],
        [Worker + "BlobInputAttribute"] = ["new", "BlobPath", "Connection"],
        [Worker + "BlobOutputAttribute"] = ["new", "BlobPath", "Connection"],

        // Durable triggers
        [Worker + "OrchestrationTriggerAttribute"] = ["new", "Orchestration"],
        [Worker + "ActivityTriggerAttribute"] = ["new", "Activity"],
        [Worker + "EntityTriggerAttribute"] = ["new", "EntityName"],
        [Worker + "DurableClientAttribute"] = ["new", "TaskHub", "ConnectionName"],
        [Worker + "DurableTaskClientExtensions"] = ["CreateCheckStatusResponse", "CreateCheckStatusResponseAsync", "CreateHttpManagementPayload"],
        [Worker + "HttpManagementPayload"] =
        [
            "Id", "StatusQueryGetUri", "SendEventPostUri", "TerminatePostUri", "RewindPostUri", "PurgeHistoryDeleteUri", "RestartPostUri", "SuspendPostUri",
            "ResumePostUri",
        ],

        // Orchestrations
        [Durable + "TaskOrchestrationContext"] =
        [
            "Name", "InstanceId", "Parent", "CurrentUtcDateTime", "IsReplaying", "Version", "Properties", "Entities", "CreateReplaySafeLogger",
            "ReplaySafeLoggerFactory", "LoggerFactory", "GetInput", "CallActivityAsync", "CallSubOrchestratorAsync", "CreateTimer", "WaitForExternalEvent",
            "SendEvent", "SetCustomStatus", "ContinueAsNew", "NewGuid", "CompareVersionTo",
        ],
        [Durable + "TaskActivityContext"] = ["Name", "InstanceId"],
        [Durable + "TaskName"] = ["new", "Name"],
        [Durable + "ParentOrchestrationInstance"] = ["new", "Name", "InstanceId"],
        [Durable + "ContinueAsNewOptions"] = ["new", "NewInput", "PreserveUnprocessedEvents", "NewVersion"],
        [Durable + "TaskOptions"] = ["new", "Retry", "Tags", "Version", "FromRetryPolicy", "FromRetryHandler", "WithInstanceId"],
        [Durable + "SubOrchestrationOptions"] = ["new", "InstanceId"],
        [Durable + "TaskRetryOptions"] = ["new", "Policy", "Handler", "FromRetryPolicy", "FromRetryHandler"],
        [Durable + "RetryPolicy"] =
        [
            "new", "MaxNumberOfAttempts", "FirstRetryInterval", "BackoffCoefficient", "MaxRetryInterval", "RetryTimeout", "HandleFailure",
        ],
        [Durable + "RetryContext"] = ["new", "OrchestrationContext", "LastAttemptNumber", "LastFailure", "TotalRetryTime", "CancellationToken"],
        [Durable + "RetryHandler"] = ["Invoke"],
        [Durable + "AsyncRetryHandler"] = ["Invoke"],
        [Durable + "StartOrchestrationOptions"] = ["new", "InstanceId", "StartAt", "Tags", "Version", "DedupeStatuses"],
        [Durable + "TaskFailedException"] = ["new", "TaskName", "TaskId", "FailureDetails"],
        [Durable + "TaskFailureDetails"] =
            ["new", "ErrorType", "ErrorMessage", "StackTrace", "InnerFailure", "Properties", "IsCausedBy", "FromException"],
        [Durable + "AsyncPageable`1"] = ["AsPages", "GetAsyncEnumerator"],
        [Durable + "Page`1"] = ["new", "Values", "ContinuationToken"],

        // Client
        [Client + "DurableTaskClient"] =
        [
            "new", "Name", "ScheduleNewOrchestrationInstanceAsync", "GetInstanceAsync", "GetInstancesAsync", "GetAllInstancesAsync",
            "WaitForInstanceStartAsync", "WaitForInstanceCompletionAsync", "RaiseEventAsync", "TerminateInstanceAsync", "SuspendInstanceAsync",
            "ResumeInstanceAsync", "PurgeInstanceAsync", "PurgeAllInstancesAsync", "RestartAsync", "RewindInstanceAsync", "GetOrchestrationHistoryAsync",
            "ListInstanceIdsAsync", "Entities", "DisposeAsync",
        ],
        [Client + "DurableTaskClientExtensions"] = ["PurgeInstancesAsync"],
        [Client + "StartOrchestrationOptionsExtensions"] = ["WithDedupeStatuses", "ValidDedupeStatuses"],
        [Client + "OrchestrationMetadata"] =
        [
            "new", "Name", "InstanceId", "RuntimeStatus", "CreatedAt", "LastUpdatedAt", "SerializedInput", "SerializedOutput", "SerializedCustomStatus",
            "FailureDetails", "Tags", "IsRunning", "IsCompleted", "ReadInputAs", "ReadOutputAs", "ReadCustomStatusAs",
        ],
        [Client + "OrchestrationRuntimeStatus"] =
        [
            "Running = 0", "Completed = 1", "ContinuedAsNew = 2", "Failed = 3", "Canceled = 4", "Terminated = 5", "Pending = 6", "Suspended = 7",
        ],
        [Client + "OrchestrationQuery"] =
        [
            "new", "CreatedFrom", "CreatedTo", "Statuses", "TaskHubNames", "InstanceIdPrefix", "PageSize", "FetchInputsAndOutputs", "ContinuationToken",
            "DefaultPageSize",
        ],
        [Client + "TerminateInstanceOptions"] = ["new", "Output", "Recursive"],
        [Client + "PurgeInstanceOptions"] = ["new", "Recursive"],
        [Client + "PurgeInstancesFilter"] = ["new", "CreatedFrom", "CreatedTo", "Statuses", "Timeout"],
        [Client + "PurgeResult"] = ["new", "PurgedInstanceCount", "IsComplete"],

        // Entities
        [Worker + "TaskEntityDispatcher"] = ["DispatchAsync"],
        [Entities + "ITaskEntity"] = ["RunAsync"],
        [Entities + "TaskEntity`1"] = ["new", "State", "Context", "InitializeState", "AllowStateDispatch", "RunAsync"],
        [Entities + "TaskEntityContext"] = ["Id", "SignalEntity", "ScheduleNewOrchestration"],
        [Entities + "TaskEntityOperation"] = ["Name", "Context", "State", "HasInput", "GetInput"],
        [Entities + "TaskEntityState"] = ["HasState", "GetState", "SetState"],
        [Entities + "EntityInstanceId"] = ["new", "Name", "Key", "FromString", "ToString"],
        [Entities + "TaskOrchestrationEntityFeature"] = ["CallEntityAsync", "SignalEntityAsync", "LockEntitiesAsync", "InCriticalSection"],
        [Entities + "CallEntityOptions"] = ["new"],
        [Entities + "SignalEntityOptions"] = ["new", "SignalTime"],
        [Entities + "EntityOperationFailedException"] = ["new", "EntityId", "OperationName", "FailureDetails"],
        [EntityClient + "DurableEntityClient"] =
            ["new", "Name", "SignalEntityAsync", "GetEntityAsync", "GetAllEntitiesAsync", "CleanEntityStorageAsync"],
        [EntityClient + "EntityMetadata"] = ["new"],
        [EntityClient + "EntityMetadata`1"] =
            ["new", "Id", "State", "IncludesState", "LastModifiedTime", "BacklogQueueSize", "LockedBy"],
        [EntityClient + "EntityQuery"] =
        [
            "new", "InstanceIdStartsWith", "LastModifiedFrom", "LastModifiedTo", "IncludeState", "IncludeTransient", "PageSize", "ContinuationToken",
            "DefaultPageSize",
        ],

        // History, as the client hands it out
        [History + "HistoryEvent"] = ["EventId", "EventType", "IsPlayed", "Timestamp"],
        [History + "ExecutionStartedEvent"] = ["Name", "Version", "Input", "Tags", "OrchestrationInstance", "ParentInstance", "ScheduledStartTime"],
        [History + "ExecutionCompletedEvent"] = ["OrchestrationStatus", "Result", "FailureDetails"],
        [History + "ExecutionTerminatedEvent"] = ["Input"],
        [History + "ExecutionSuspendedEvent"] = ["Reason"],
        [History + "ExecutionResumedEvent"] = ["Reason"],
        [History + "ExecutionRewoundEvent"] = ["Reason"],
        [History + "OrchestratorStartedEvent"] = [],
        [History + "OrchestratorCompletedEvent"] = [],
        [History + "TaskScheduledEvent"] = ["Name", "Version", "Input"],
        [History + "TaskCompletedEvent"] = ["TaskScheduledId", "Result"],
        [History + "TaskFailedEvent"] = ["TaskScheduledId", "Reason", "Details", "FailureDetails"],
        [History + "SubOrchestrationInstanceCreatedEvent"] = ["Name", "Version", "InstanceId", "Input"],
        [History + "SubOrchestrationInstanceCompletedEvent"] = ["TaskScheduledId", "Result"],
        [History + "SubOrchestrationInstanceFailedEvent"] = ["TaskScheduledId", "Reason", "Details", "FailureDetails"],
        [History + "TimerCreatedEvent"] = ["FireAt"],
        [History + "TimerFiredEvent"] = ["TimerId", "FireAt"],
        [History + "EventSentEvent"] = ["InstanceId", "Name", "Input"],
        [History + "EventRaisedEvent"] = ["Name", "Input"],
        [History + "ContinueAsNewEvent"] = [],
        [History + "GenericEvent"] = ["Data"],
    };
}
