namespace Iml4e.LocalRuntime.Worker.Http;

/// <summary>The SameSite mode of a cookie.</summary>
public enum SameSite
{
    /// <summary>Not stated.</summary>
    None = 0,

    /// <summary>Lax.</summary>
    Lax = 1,

    /// <summary>Strict.</summary>
    Strict = 2,

    /// <summary>None, stated.</summary>
    ExplicitNone = 3,
}
