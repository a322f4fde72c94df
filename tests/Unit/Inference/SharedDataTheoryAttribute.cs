namespace Iml4e.Tests.Unit.Inference;

/// <summary>A table of tests on real data; skipped, with the reason, where they are not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataTheoryAttribute : TheoryAttribute
{
    public SharedDataTheoryAttribute()
    {
        if (SharedData.Root is null)
            Skip = "shared/data is not beside the repository";
    }
}
