using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.RegularExpressions;
using Iml4e.Assessment.Validation;
using Iml4e.Functions.Jobs;

namespace Iml4e.Functions.OpenApi;

/// <summary>Builds the OpenAPI 3.1 contract from the functions themselves, so that it cannot tell anything else than they do.</summary>
internal static partial class OpenApiDocument
{
    /// <summary>The contract of all HTTP functions of an assembly.</summary>
    public static JsonObject Build(Assembly assembly, JobKinds kinds)
    {
        var paths = new JsonObject();
        foreach (var operation in Operations(assembly).Where(o => !o.Description.Hidden).OrderBy(o => o.Route, StringComparer.Ordinal))
        {
            if (operation.Route == "api/jobs/{kind}" && operation.Verbs.Contains("post"))
            {
                // One path a kind, so that each request has its own schema.
                foreach (var kind in kinds.All)
                    Add(paths, operation with { Route = "api/jobs/" + kind.Name }, "_" + kind.Name, kind.Summary, kind.RequestType);
                continue;
            }

            Add(paths, operation, "", operation.Description.Summary, operation.Description.Body);
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Iml4e.Serverless", ["version"] = AppVersion.Text,
                ["description"] = "Serves ONNX models, watches them and their data, retrains them when they decay, and proves by a live experiment that the new one is better.",
            },
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    ["functionKey"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = "x-functions-key" },
                },
                ["schemas"] = new JsonObject { ["Problem"] = Schema(typeof(Http.Problem)) },
            },
        };
    }

    /// <summary>All HTTP functions with their routes.</summary>
    public static IEnumerable<HttpOperation> Operations(Assembly assembly)
    {
        foreach (var type in assembly.GetTypes())
        {
            foreach (var method in type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            {
                if (method.GetCustomAttribute<FunctionAttribute>() is not { } function)
                    continue;
                var trigger = method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(t => t is not null);
                if (trigger is null)
                    continue;
                yield return new HttpOperation(
                    function.Name, (trigger.Route ?? function.Name).Trim('/'), trigger.Methods ?? ["get", "post"], trigger.AuthLevel,
                    method.GetCustomAttribute<OperationAttribute>() ?? new OperationAttribute(function.Name));
            }
        }
    }

    private static void Add(JsonObject paths, HttpOperation operation, string suffix, string summary, Type? body)
    {
        var path = "/" + Constraint().Replace(operation.Route, "{$1}");
        var item = paths[path] as JsonObject ?? new JsonObject();
        paths[path] = item;
        foreach (var verb in operation.Verbs)
        {
            var parameters = new JsonArray();
            foreach (Match match in Constraint().Matches(operation.Route))
                parameters.Add(Parameter("path", match.Groups[1].Value, null, required: true));
            foreach (var query in operation.Description.Query)
                parameters.Add(
                    Parameter(
                        "query", query[..query.IndexOf(':', StringComparison.Ordinal)], query[(query.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim(),
                        required: false));
            foreach (var header in operation.Description.Headers)
                parameters.Add(
                    Parameter(
                        "header", header[..header.IndexOf(':', StringComparison.Ordinal)], header[(header.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim(),
                        required: false));
            var entry = new JsonObject
            {
                ["operationId"] = operation.Name + suffix,
                ["summary"] = summary,
                ["responses"] = new JsonObject
                {
                    [operation.Description.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)] =
                        new JsonObject { ["description"] = "done as asked" },
                    ["default"] = new JsonObject
                    {
                        ["description"] = "what was wrong",
                        ["content"] = operation.Route.StartsWith("v2", StringComparison.Ordinal)
                            ? new JsonObject { ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["error"] = new JsonObject { ["type"] = "string" } } } } }
                            : new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" } } },
                    },
                },
            };
            if (parameters.Count > 0)
                entry["parameters"] = parameters;
            if (operation.Level != AuthorizationLevel.Anonymous)
                entry["security"] = new JsonArray(new JsonObject { ["functionKey"] = new JsonArray() });
            if (body is not null || operation.Description.BodyMediaType is not null)
            {
                var content = new JsonObject();
                if (body is not null)
                    content["application/json"] = new JsonObject { ["schema"] = Schema(body) };
                foreach (var media in operation.Description.BodyMediaType?.Split(", ") ?? [])
                    content[media] = new JsonObject();
                entry["requestBody"] = new JsonObject { ["content"] = content };
            }

            item[verb.ToLowerInvariant()] = entry;
        }
    }

    private static JsonObject Parameter(string place, string name, string? description, bool required)
    {
        var parameter = new JsonObject { ["name"] = name, ["in"] = place, ["required"] = required, ["schema"] = new JsonObject { ["type"] = "string" } };
        if (description is not null)
            parameter["description"] = description;
        return parameter;
    }

    private static JsonNode Schema(Type type) => DocumentJson.Options.GetJsonSchemaAsNode(type);

    [GeneratedRegex(@"\{\*?([A-Za-z0-9_]+)(?::[^}]*)?\??\}")]
    private static partial Regex Constraint();
}

/// <summary>An HTTP function.</summary>
internal sealed record HttpOperation(string Name, string Route, IReadOnlyList<string> Verbs, AuthorizationLevel Level, OperationAttribute Description);
