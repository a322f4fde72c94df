namespace Iml4e.LocalRuntime.Hosting.Http;

/// <summary>Stands for the conversion of a request's JSON body.</summary>
internal static class JsonBody
{
}
