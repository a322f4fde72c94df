using Google.Protobuf;

namespace Iml4e.Inference;

/// <summary>What a runtime must have to load an ONNX file, as the file says.</summary>
/// <param name="IrVersion">Version of the format.</param>
/// <param name="Opsets">Version of each operator set by its domain; ai.onnx for the standard one.</param>
public sealed record ModelRequirements(long IrVersion, IReadOnlyDictionary<string, long> Opsets)
{
    private const int IrVersionField = 1;
    private const int OpsetImportField = 8;

    /// <summary>Reads the two fields and passes over the rest, to the end of the stream.</summary>
    /// <exception cref="InvalidModelException">The bytes are no ONNX file.</exception>
    public static ModelRequirements Read(Stream model)
    {
        var version = 0L;
        var opsets = new SortedDictionary<string, long>(StringComparer.Ordinal);
        try
        {
            using var input = CodedInputStream.CreateWithLimits(model, int.MaxValue, 100);
            for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
            {
                switch (WireFormat.GetTagFieldNumber(tag))
                {
                    case IrVersionField when WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint:
                        version = input.ReadInt64();
                        break;
                    case OpsetImportField when WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited:
                        var opset = Onnx.OperatorSetIdProto.Parser.ParseFrom(input.ReadBytes());
                        opsets[opset.Domain.Length == 0 ? "ai.onnx" : opset.Domain] = opset.Version;
                        break;
                    default:
                        input.SkipLastField();
                        break;
                }
            }
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidModelException("not an ONNX file: " + e.Message);
        }

        return new ModelRequirements(version, opsets);
    }
}
