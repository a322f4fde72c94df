namespace Iml4e.Tests.Unit.Inference;

/// <summary>A test on real data; skipped, with the reason, where they are not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute()
    {
        if (SharedData.Root is null)
            Skip = "shared/data is not beside the repository";
    }
}
