using Iml4e.LocalRuntime.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>Maps HTTP functions to ASP.NET endpoints.</summary>
internal static class HttpFunctionEndpoints
{
    /// <summary>Maps every HTTP function; throws <see cref="FunctionDiscoveryException"/> when two answer the same route and method.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var registry = services.GetRequiredService<FunctionRegistry>();
        var settings = services.GetRequiredService<HostSettings>();
        var handler = services.GetRequiredService<HttpFunctionHandler>();
        var routes = registry.OfKind(TriggerKind.Http).Select(function => new Route(function, settings.RoutePrefix)).ToList();
        var errors = new List<string>();
        foreach (var group in routes.GroupBy(route => route.Shape, StringComparer.OrdinalIgnoreCase))
        {
            var taken = new Dictionary<string, Route>(StringComparer.OrdinalIgnoreCase);
            foreach (var route in group)
            {
                foreach (var method in route.Methods.Count == 0 ? ["*"] : route.Methods)
                {
                    if (taken.TryGetValue(method, out var other))
                        errors.Add($"{route.Function.Name}: {method} /{route.Pattern.RawText} is answered by {other.Function.Name} already");
                    else
                        taken.Add(method, route);
                }
            }

            // A HEAD request is a GET whose body is not sent, unless a function has its own idea of it.
            if (!taken.ContainsKey("HEAD") && taken.TryGetValue("GET", out var get))
                get.Methods.Add("HEAD");
        }

        if (errors.Count > 0)
            throw new FunctionDiscoveryException(errors);
        foreach (var route in routes)
        {
            var function = route.Function;
            RequestDelegate run = context => handler.HandleAsync(context, function);
            var builder = route.Methods.Count == 0
                ? endpoints.Map(route.Pattern, run)
                : endpoints.MapMethods(route.Pattern.RawText!, route.Methods, run);
            builder.WithDisplayName(function.Name).WithMetadata(function);
        }
    }

    /// <summary>The route template of a function, prefix included.</summary>
    public static string Template(FunctionDescriptor function, string routePrefix)
    {
        var own = ((HttpTriggerAttribute)function.Trigger).Route is { } route ? route.Trim('/') : function.Name;
        return routePrefix.Length == 0 ? own : own.Length == 0 ? routePrefix : routePrefix + "/" + own;
    }

    private sealed class Route
    {
        public Route(FunctionDescriptor function, string prefix)
        {
            Function = function;
            Pattern = RoutePatternFactory.Parse(Template(function, prefix));
            Methods = [.. (((HttpTriggerAttribute)function.Trigger).Methods ?? []).Select(method => method.ToUpperInvariant()).Distinct()];
            Shape = string.Join('/', Pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(ShapeOf))));
        }

        public FunctionDescriptor Function { get; }

        public RoutePattern Pattern { get; }

        public List<string> Methods { get; }

        /// <summary>The template without the names of its parameters: routes of one shape answer the same addresses.</summary>
        public string Shape { get; }

        private string ShapeOf(RoutePatternPart part) => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            RoutePatternParameterPart parameter => (parameter.IsCatchAll ? "{*" : "{")
                + string.Join(':', parameter.ParameterPolicies.Select(policy => policy.Content)) + "}",
            _ => "",
        };
    }
}
