namespace Iml4e.LocalRuntime.Durable;

/// <summary>A session that keeps something in memory while it waits.</summary>
internal interface IRestingSession
{
    /// <summary>Where the session stands among those at rest; kept by the engine's list of them.</summary>
    LinkedListNode<IRestingSession>? RestingNode { get; set; }

    /// <summary>Closes the session if it rests; it gives up what it keeps.</summary>
    bool TryClose();

    /// <summary>Called once it was closed.</summary>
    void Closed();
}
