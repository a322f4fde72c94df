namespace Iml4e.Tests.Unit.Inference.Onnx.Hostile;

/// <summary>An ONNX file that nobody should load.</summary>
/// <param name="Name">What is wrong with it, in words of a file name.</param>
/// <param name="Reason">Part of the message that refuses it.</param>
/// <param name="Make">Makes the file.</param>
/// <param name="OnlyWhenTried">Nothing in the file tells; it shows when the session is built and run.</param>
public sealed record HostileModel(string Name, string Reason, Func<byte[]> Make, bool OnlyWhenTried = false)
{
    public override string ToString() => Name;
}
