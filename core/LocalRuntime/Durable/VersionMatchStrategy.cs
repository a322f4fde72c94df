namespace Iml4e.LocalRuntime.Durable;

/// <summary>Which versions of instances this host runs.</summary>
internal enum VersionMatchStrategy
{
    /// <summary>All of them.</summary>
    None,

    /// <summary>Those of the default version alone.</summary>
    Strict,

    /// <summary>Those of the default version or of an older one.</summary>
    CurrentOrOlder,
}
