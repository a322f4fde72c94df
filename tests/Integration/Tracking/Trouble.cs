namespace Iml4e.Tests.Integration.Tracking;

/// <summary>When a call is answered with 503.</summary>
internal enum Trouble
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>Before anything is done.</summary>
    Before,

    /// <summary>After it was done.</summary>
    After,
}
