namespace Iml4e.LocalRuntime.Hosting;

/// <summary>What makes a function run.</summary>
internal enum TriggerKind
{
    Http,
    Timer,
    Blob,
    Orchestration,
    Activity,
    Entity,
}
