namespace Iml4e.LocalRuntime.Hosting;

/// <summary>A builder that can be told where its functions are.</summary>
internal interface IFunctionSource
{
    void UseFunctionsFrom(IEnumerable<Type> types);
}
