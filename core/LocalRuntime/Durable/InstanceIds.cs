namespace Iml4e.LocalRuntime.Durable;

/// <summary>Which texts may be the id of an orchestration instance.</summary>
internal static class InstanceIds
{
    public const int MaxLength = 256;

    /// <exception cref="ArgumentException">The id is empty, longer than 256 characters, starts with @ or has one of / \ # ? or a control character.</exception>
    public static string Check(string? instanceId)
    {
        if (string.IsNullOrEmpty(instanceId) || instanceId.Length > MaxLength)
            throw new ArgumentException($"An instance id has 1 to {MaxLength} characters.", nameof(instanceId));
        if (instanceId[0] == '@')
            throw new ArgumentException("An instance id must not start with '@', which marks entities.", nameof(instanceId));
        foreach (var c in instanceId)
        {
            if (c is '/' or '\\' or '#' or '?' || char.IsControl(c))
                throw new ArgumentException("An instance id must not contain '/', '\\', '#', '?' or control characters.", nameof(instanceId));
        }

        return instanceId;
    }
}
