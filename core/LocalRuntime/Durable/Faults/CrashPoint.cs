namespace Iml4e.LocalRuntime.Durable.Faults;

/// <summary>The named points at which a test may take the engine down.</summary>
internal static class CrashPoint
{
    public const string BeforeLoad = nameof(BeforeLoad);
    public const string AfterLoad = nameof(AfterLoad);
    public const string BeforeTurn = nameof(BeforeTurn);
    public const string AfterTurn = nameof(AfterTurn);
    public const string BeforeTransaction = nameof(BeforeTransaction);
    public const string InsideTransaction = nameof(InsideTransaction);
    public const string AfterTransaction = nameof(AfterTransaction);
    public const string BeforeDispatch = nameof(BeforeDispatch);
    public const string AfterDispatch = nameof(AfterDispatch);
    public const string BeforeActivity = nameof(BeforeActivity);
    public const string AfterActivity = nameof(AfterActivity);
    public const string AfterActivityReport = nameof(AfterActivityReport);
    public const string BeforeTimerFires = nameof(BeforeTimerFires);
    public const string AfterTimerFires = nameof(AfterTimerFires);

    public const string BeforeEntityLoad = nameof(BeforeEntityLoad);
    public const string BeforeEntityBatch = nameof(BeforeEntityBatch);
    public const string AfterEntityBatch = nameof(AfterEntityBatch);
    public const string AfterEntityCommit = nameof(AfterEntityCommit);

    /// <summary>Those that only entities pass.</summary>
    public static readonly IReadOnlyList<string> OfEntities = [BeforeEntityLoad, BeforeEntityBatch, AfterEntityBatch, AfterEntityCommit];

    public static readonly IReadOnlyList<string> All =
    [
        BeforeLoad, AfterLoad, BeforeTurn, AfterTurn, BeforeTransaction, InsideTransaction, AfterTransaction,
        BeforeDispatch, AfterDispatch, BeforeActivity, AfterActivity, AfterActivityReport, BeforeTimerFires, AfterTimerFires,
        .. OfEntities,
    ];
}
