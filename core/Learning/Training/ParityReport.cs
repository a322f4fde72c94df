namespace Iml4e.Learning;

/// <summary>How far the ONNX model is from the trainer's own predictions.</summary>
/// <param name="Rows">Rows compared, at least 100.</param>
/// <param name="MaxRelativeError">Largest |onnx - trainer| / max(|trainer|, root mean square of the trainer's outputs).</param>
/// <param name="Tolerance">What is allowed.</param>
/// <param name="Ok">Whether it holds.</param>
public sealed record ParityReport(int Rows, double MaxRelativeError, double Tolerance, bool Ok);
