namespace Iml4e.Tests.Integration.Durable;

/// <summary>An HTTP request that a test has an orchestration make.</summary>
public sealed record HttpQuestion(string Method, string Address)
{
    public string? Content { get; init; }

    public bool Follow { get; init; } = true;

    public int Seconds { get; init; } = 60;

    public int Attempts { get; init; } = 1;
}
