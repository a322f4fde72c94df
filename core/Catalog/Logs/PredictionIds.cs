using System.Security.Cryptography;

namespace Iml4e.Catalog;

/// <summary>
/// Gives out prediction ids: never one twice, and growing within the process. Times that come a little out of order (threads overtaking one another) are
/// lifted to the newest; a clock set back by more than a second is followed.
/// </summary>
internal sealed class PredictionIds(ulong worker)
{
    private readonly Lock guard = new();
    private long newest;

    // A process that takes over the number of a dead one must not give out its ids again: it begins anywhere in the lower half.
    private ulong sequence = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) & (PredictionId.Mask40 >> 1);

    public PredictionId Next(string model, DateTimeOffset at)
    {
        var milliseconds = Math.Max(0, at.ToUnixTimeMilliseconds());
        lock (guard)
        {
            if (milliseconds < newest && newest - milliseconds <= 1000)
                milliseconds = newest;
            newest = milliseconds;
            sequence = (sequence + 1) & PredictionId.Mask40;
            return new PredictionId(model, milliseconds, worker, sequence);
        }
    }
}
