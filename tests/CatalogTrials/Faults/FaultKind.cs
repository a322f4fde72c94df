namespace Iml4e.CatalogTrials.Faults;

/// <summary>What goes wrong with a request.</summary>
internal enum FaultKind
{
    /// <summary>503 "ServerBusy"; the storage never saw the request.</summary>
    Busy,

    /// <summary>429 with Retry-After; the storage never saw the request.</summary>
    Throttled,

    /// <summary>503, though the storage carried the request out.</summary>
    BusyAfter,

    /// <summary>The connection is reset before the storage saw the request.</summary>
    ResetBefore,

    /// <summary>The connection is reset after the storage carried the request out: the answer is lost.</summary>
    ResetAfter,

    /// <summary>No answer in time; the storage never saw the request.</summary>
    TimeoutBefore,

    /// <summary>No answer in time; the storage carried the request out.</summary>
    TimeoutAfter,

    /// <summary>The storage gets half of the body, then the connection breaks.</summary>
    HalfWritten,

    /// <summary>The answer breaks off in the middle of its body.</summary>
    HalfAnswer,

    /// <summary>All is well but the clock of the answer, which is an hour off.</summary>
    WrongClock,
}
