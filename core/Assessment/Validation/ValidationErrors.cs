namespace Iml4e.Assessment.Validation;

/// <summary>Collects everything that is wrong in a document, so that a caller mends it in one go.</summary>
public sealed class ValidationErrors
{
    private readonly List<ConfigurationError> _items = [];

    /// <summary>All errors found so far, in the order in which they were found.</summary>
    public IReadOnlyList<ConfigurationError> Items => _items;

    /// <summary>True when nothing is wrong.</summary>
    public bool IsEmpty => _items.Count == 0;

    /// <summary>Records an error at a field.</summary>
    public void Add(string path, string message) => _items.Add(new ConfigurationError(path, message));

    /// <summary>Records an error unless the condition holds, and returns the condition.</summary>
    public bool Require(bool condition, string path, string message)
    {
        if (!condition)
            Add(path, message);
        return condition;
    }

    /// <summary>Throws a <see cref="DocumentException"/> when something is wrong.</summary>
    public void ThrowIfAny()
    {
        if (!IsEmpty)
            throw new DocumentException(_items);
    }
}
