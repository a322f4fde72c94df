namespace Iml4e.LocalRuntime.Worker.Http;

/// <summary>A cookie.</summary>
public interface IHttpCookie
{
    /// <summary>The domain.</summary>
    string? Domain { get; }

    /// <summary>When it ends.</summary>
    DateTimeOffset? Expires { get; }

    /// <summary>Kept from scripts.</summary>
    bool? HttpOnly { get; }

    /// <summary>Seconds until it ends.</summary>
    double? MaxAge { get; }

    /// <summary>The name.</summary>
    string Name { get; }

    /// <summary>The path.</summary>
    string? Path { get; }

    /// <summary>Whether other sites send it.</summary>
    SameSite SameSite { get; }

    /// <summary>HTTPS only.</summary>
    bool? Secure { get; }

    /// <summary>The value.</summary>
    string Value { get; }
}
