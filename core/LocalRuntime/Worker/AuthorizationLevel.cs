namespace Iml4e.LocalRuntime.Worker;

/// <summary>Says which key a caller of an HTTP function must hold.</summary>
public enum AuthorizationLevel
{
    /// <summary>No key.</summary>
    Anonymous = 0,

    /// <summary>A signed-in user; treated like <see cref="Function"/> here, as no identity provider stands in front.</summary>
    User = 1,

    /// <summary>The key of the function, a host key or the master key.</summary>
    Function = 2,

    /// <summary>A system key or the master key.</summary>
    System = 3,

    /// <summary>The master key.</summary>
    Admin = 4,
}
