namespace Iml4e.LocalRuntime.Durable.History;

/// <summary>What is asked of an entity; kept as a number.</summary>
internal enum EntityRequestKind
{
    /// <summary>An operation that is answered.</summary>
    Call = 0,

    /// <summary>An operation that is not.</summary>
    Signal = 1,

    /// <summary>The entity is to belong to one orchestration alone, and the request to go on to the next one of the lock set.</summary>
    Lock = 2,

    /// <summary>The entity is free again.</summary>
    Unlock = 3,
}
