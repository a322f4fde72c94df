namespace Iml4e.Assessment;

/// <summary>Collects what is wrong in one part of a document.</summary>
internal sealed class ConfigurationCheck(string path)
{
    private readonly List<ConfigurationError> _errors = [];

    public IReadOnlyList<ConfigurationError> Errors => _errors;

    public void That(bool right, string field, string message)
    {
        if (!right)
            Fail(field, message);
    }

    public void Fail(string field, string message) => _errors.Add(new ConfigurationError(path.Length == 0 ? field : $"{path}.{field}", message));
}
