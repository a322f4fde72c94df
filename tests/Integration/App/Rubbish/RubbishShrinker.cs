namespace Iml4e.Tests.Integration.App.Rubbish;

/// <summary>Makes a request that went wrong smaller as long as it still goes wrong, so that what is reported says why.</summary>
internal static class RubbishShrinker
{
    private const int Tries = 150;

    /// <summary>The smallest request found.</summary>
    /// <param name="request">One that went wrong.</param>
    /// <param name="goesWrong">Sends a request and says whether it goes wrong too.</param>
    public static async Task<RawRequest> ShrinkAsync(RawRequest request, Func<RawRequest, Task<bool>> goesWrong)
    {
        var tries = 0;
        for (var smaller = true; smaller && tries < Tries;)
        {
            smaller = false;
            foreach (var candidate in Candidates(request))
            {
                if (++tries > Tries)
                    break;
                if (!await goesWrong(candidate))
                    continue;
                request = candidate;
                smaller = true;
                break;
            }
        }

        return request;
    }

    private static IEnumerable<RawRequest> Candidates(RawRequest request)
    {
        if (request.Pieces > 1)
            yield return request with { Pieces = 1 };
        if (request.Target.Contains('?', StringComparison.Ordinal))
            yield return request with { Target = request.Target[..request.Target.IndexOf('?', StringComparison.Ordinal)] };
        for (var i = 0; i < request.Headers.Count; i++)
            yield return request with { Headers = [.. request.Headers.Take(i), .. request.Headers.Skip(i + 1)] };
        if (request.Body is not { Length: > 0 } body)
            yield break;
        yield return request with { Body = [] };
        for (var part = body.Length / 2; part > 0; part /= 2)
        {
            for (var at = 0; at < body.Length; at += part)
                yield return request with { Body = [.. body[..at], .. body[Math.Min(body.Length, at + part)..]] };
        }
    }
}
