using System.Security.Cryptography;
using System.Text;

namespace Iml4e.Functions.Validation;

/// <summary>Why predictions that landed as a blob were not taken in.</summary>
internal sealed record PredictionRefusal(string Dataset, string File, string Message)
{
    /// <summary>Name of the note.</summary>
    public static string NameOf(string dataset, string file) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{dataset}/{file}")))[..16];
}
