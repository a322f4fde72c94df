using Iml4e.LocalRuntime.DurableTask.Entities;

namespace Iml4e.LocalRuntime.Durable;

/// <summary>Which texts may be the id of an orchestration instance or of an entity.</summary>
internal static class InstanceIds
{
    public const int MaxLength = 256;

    /// <exception cref="ArgumentException">The id is empty, longer than 256 characters, starts with @ or has one of / \ # ?, a control character or half a
    /// surrogate pair.</exception>
    public static string Check(string? instanceId)
    {
        if (string.IsNullOrEmpty(instanceId) || instanceId.Length > MaxLength)
            throw new ArgumentException($"An instance id has 1 to {MaxLength} characters.", nameof(instanceId));
        if (instanceId[0] == '@')
            throw new ArgumentException("An instance id must not start with '@', which marks entities.", nameof(instanceId));
        if (HasForbidden(instanceId))
            throw new ArgumentException(
                "An instance id must not contain '/', '\\', '#', '?', control characters or half a surrogate pair.", nameof(instanceId));
        return instanceId;
    }

    /// <summary>The text form of an entity's id.</summary>
    /// <exception cref="ArgumentException">The id is that of no entity, is longer than 256 characters, or has one of / \ # ?, a control character or half a
    /// surrogate pair.</exception>
    public static string Check(EntityInstanceId entityId)
    {
        if (string.IsNullOrEmpty(entityId.Name))
            throw new ArgumentException("An entity has a name and a key.", nameof(entityId));
        var text = entityId.ToString();
        if (text.Length > MaxLength)
            throw new ArgumentException($"The id of an entity, as '@name@key', has at most {MaxLength} characters.", nameof(entityId));
        if (HasForbidden(text))
            throw new ArgumentException(
                "The key of an entity must not contain '/', '\\', '#', '?', control characters or half a surrogate pair.", nameof(entityId));
        return text;
    }

    private static bool HasForbidden(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '/' or '\\' or '#' or '?' || char.IsControl(c))
                return true;
            if (!char.IsSurrogate(c))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(c, text[++i]))
                return true;
        }

        return false;
    }
}
