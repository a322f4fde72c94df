using System.Text;
using Microsoft.Extensions.Logging;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>Warns of large payloads and refuses very large ones: references belong into a history, not data.</summary>
internal sealed partial class PayloadGuard(DurableTaskSettings settings, ILogger logger)
{
    /// <param name="json">The payload; null has no size.</param>
    /// <param name="what">What it is, to be named in the message.</param>
    /// <returns>Why the payload cannot be taken; null when it can.</returns>
    public string? Refuse(string? json, string what)
    {
        if (json is null || json.Length <= settings.WarnPayloadBytes / 3)
            return null;
        var bytes = Encoding.UTF8.GetByteCount(json);
        if (bytes > settings.MaxPayloadBytes)
        {
            return FormattableString.Invariant(
                $"The {what} has {bytes} bytes; the limit is {settings.MaxPayloadBytes}. Store it and pass a reference (a blob's name or digest) instead.");
        }

        if (bytes > settings.WarnPayloadBytes)
            LogLarge(logger, what, bytes);
        return null;
    }

    /// <exception cref="ArgumentException">The payload is too large.</exception>
    public string? Check(string? json, string what) => Refuse(json, what) is { } refusal ? throw new ArgumentException(refusal) : json;

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The {What} has {Bytes} bytes; pass references through orchestrations, not data")]
    private static partial void LogLarge(ILogger logger, string what, int bytes);
}
