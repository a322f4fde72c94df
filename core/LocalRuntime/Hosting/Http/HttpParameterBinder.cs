using System.Reflection;
using Iml4e.LocalRuntime.Hosting.Invocation;
using Iml4e.LocalRuntime.Worker;
using Iml4e.LocalRuntime.Worker.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>Binds the parameters of HTTP functions: the request in any of its types, the JSON body, route values.</summary>
internal sealed class HttpParameterBinder(bool aspNetCore) : IParameterBinder
{
    public ParameterBinding? Bind(FunctionDescriptor function, ParameterInfo parameter)
    {
        if (function.Kind != TriggerKind.Http)
            return null;
        var type = parameter.ParameterType;
        if (type == typeof(HttpRequestData))
            return context => new(LocalHttpRequestData.Of(context));
        if (type == typeof(HttpRequest) || type == typeof(HttpContext))
        {
            if (!aspNetCore)
                throw new FunctionBindingException($"parameter '{parameter.Name}' needs ConfigureFunctionsWebApplication() in Program.cs");
            return type == typeof(HttpRequest) ? context => new(context.HttpContext!.Request) : context => new(context.HttpContext);
        }

        if (parameter.IsDefined(typeof(FromBodyAttribute)))
            return JsonBody.Bind(parameter);
        if (parameter.IsDefined(typeof(DurableClientAttribute)) || parameter.IsDefined(typeof(BlobInputAttribute)))
            return null;
        if (ScalarConverter.To(type) is { } convert)
            return BindRouteValue(function, parameter, convert);
        return parameter == function.TriggerParameter ? JsonBody.Bind(parameter) : null;
    }

    private static ParameterBinding BindRouteValue(FunctionDescriptor function, ParameterInfo parameter, ScalarConverter.Conversion convert)
    {
        var name = parameter.Name!;
        RoutePattern pattern;
        try
        {
            pattern = RoutePatternFactory.Parse(HttpFunctionEndpoints.Template(function, ""));
        }
        catch (RoutePatternException exception)
        {
            throw new FunctionBindingException($"the route is not valid: {exception.Message}");
        }

        var inRoute = pattern.GetParameter(name) is not null;
        if (!inRoute && parameter == function.TriggerParameter)
            return JsonBody.Bind(parameter);
        if (!inRoute)
            throw new FunctionBindingException($"parameter '{name}' is not in the route '{pattern.RawText}'");
        var optional = parameter.HasDefaultValue || !parameter.ParameterType.IsValueType || Nullable.GetUnderlyingType(parameter.ParameterType) is not null;
        var fallback = parameter.HasDefaultValue ? parameter.DefaultValue : null;
        return context =>
        {
            if (!context.BindingData.TryGetValue(name, out var raw) || raw is null)
                return optional ? new(fallback) : throw new ParameterValueException(name, $"'{name}' is missing.");
            if (convert(raw as string ?? raw.ToString()!, out var value))
                return new(value);
            throw new ParameterValueException(name, $"'{name}' is not a valid {Describe(parameter.ParameterType)}.");
        };
    }

    private static string Describe(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum)
            return "value; known are " + string.Join(", ", Enum.GetNames(type));
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => "truth value",
            TypeCode.Double or TypeCode.Single or TypeCode.Decimal => "number",
            TypeCode.DateTime => "date and time",
            TypeCode.Object => type.Name,
            _ => $"whole number of type {type.Name}",
        };
    }
}
