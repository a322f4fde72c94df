namespace Iml4e.Tests.Integration.Elec2;

/// <summary>A test on the Elec2 stream; skipped, with the reason, where it is not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class Elec2FactAttribute : FactAttribute
{
    public Elec2FactAttribute()
    {
        if (Elec2Stream.Path is null)
            Skip = "shared/data/drift/elec.csv is not beside the repository";
    }
}
