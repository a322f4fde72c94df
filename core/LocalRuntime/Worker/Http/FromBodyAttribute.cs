using Iml4e.LocalRuntime.Hosting.Http;
using Iml4e.LocalRuntime.Worker.Converters;

namespace Iml4e.LocalRuntime.Worker.Http;

/// <summary>Binds a parameter to the JSON body of the request.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public class FromBodyAttribute : InputConverterAttribute
{
    /// <summary>The body as JSON.</summary>
    public FromBodyAttribute()
        : base(typeof(JsonBody))
    {
    }
}
