using Iml4e.Assessment.Adversarial.Models;

namespace Iml4e.Assessment.Adversarial.Detection;

/// <summary>Runs rows through one graph of a detector over memory that stays. For one thread at a time.</summary>
internal sealed class DetectorRun : IDisposable
{
    private readonly Detector _detector;
    private readonly BoundGraph _run;
    private readonly bool _hasTargets;

    internal DetectorRun(Detector detector, DetectorLossKind? loss)
    {
        _detector = detector;
        _hasTargets = loss == DetectorLossKind.Assigned;
        var (rows, shape, points, classes) = (detector.Rows, detector.Shape, detector.Points, detector.Classes);
        (string, long[]) Of(string name, params long[] rest) => (name, [rows, .. rest]);
        List<(string, long[])> inputs = [Of(PreprocessingGraph.Input, shape.Channels, shape.Height, shape.Width)];
        List<(string, long[])> outputs = [];
        if (loss is null)
        {
            outputs.AddRange([Of(DecoderGraph.Boxes, points, 4), Of(DecoderGraph.Objectness, points, 1), Of(DecoderGraph.Classes, points, classes)]);
        }
        else
        {
            inputs.Add(Of(DetectorLossGraph.LossSeed, 1));
            outputs.AddRange([Of(DetectorLossGraph.Loss, 1), Of(ClassifierGraphs.Gradient, shape.Channels, shape.Height, shape.Width)]);
        }

        if (_hasTargets)
        {
            inputs.AddRange(
            [
                Of(DetectorLossGraph.Present, points, 1), Of(DetectorLossGraph.Absent, points, 1), Of(DetectorLossGraph.Located, points, 1),
                Of(DetectorLossGraph.Classified, points, 1), Of(DetectorLossGraph.TrueBoxes, points, 4), Of(DetectorLossGraph.TrueClasses, points, classes),
            ]);
        }

        _run = new BoundGraph(detector.Session(loss), inputs, outputs);
    }

    internal delegate void Row(int row, CandidateRow candidates);

    /// <summary>Boxes and scores.</summary>
    internal void Forward(ReadOnlySpan<float> images, Row each, CancellationToken ct)
    {
        var (size, points, classes, count) = (_detector.Shape.Size, _detector.Points, _detector.Classes, images.Length / _detector.Shape.Size);
        for (var start = 0; start < count; start += _detector.Rows)
        {
            var rows = Math.Min(_detector.Rows, count - start);
            _run.Fill(PreprocessingGraph.Input, images.Slice(start * size, rows * size));
            _run.Run(ct);
            for (var i = 0; i < rows; i++)
            {
                each(start + i, new CandidateRow(
                    _detector.Decoder, _run.Floats(DecoderGraph.Boxes).Slice(i * points * 4, points * 4),
                    _run.Floats(DecoderGraph.Objectness).Slice(i * points, points), _run.Floats(DecoderGraph.Classes).Slice(i * points * classes,
                        points * classes)));
            }
        }
    }

    /// <summary>Losses and gradients.</summary>
    /// <param name="images">One image a row.</param>
    /// <param name="targets">What is assigned to the candidates of each row; not read by losses without.</param>
    /// <param name="sign">-1 turns losses and gradients around.</param>
    /// <param name="losses">One for each row.</param>
    /// <param name="gradients">Of the losses for the images.</param>
    /// <param name="ct">Ends the work.</param>
    internal void Losses(
        ReadOnlySpan<float> images, IReadOnlyList<DetectorAssignment> targets, float sign, Span<float> losses, Span<float> gradients, CancellationToken ct)
    {
        var size = _detector.Shape.Size;
        _run.Floats(DetectorLossGraph.LossSeed).Fill(sign);
        for (var start = 0; start < losses.Length; start += _detector.Rows)
        {
            var rows = Math.Min(_detector.Rows, losses.Length - start);
            _run.Fill(PreprocessingGraph.Input, images.Slice(start * size, rows * size));
            if (_hasTargets)
                Assign(targets, start, rows);
            _run.Run(ct);
            var values = _run.Floats(DetectorLossGraph.Loss);
            for (var i = 0; i < rows; i++)
                losses[start + i] = sign * values[i];
            _run.Floats(ClassifierGraphs.Gradient)[..(rows * size)].CopyTo(gradients[(start * size)..]);
        }
    }

    public void Dispose() => _run.Dispose();

    private void Assign(IReadOnlyList<DetectorAssignment> targets, int start, int rows)
    {
        var (points, classes) = (_detector.Points, _detector.Classes);
        var kinds = _run.Floats(DetectorLossGraph.TrueClasses);
        kinds.Clear();
        for (var i = 0; i < _detector.Rows; i++)
        {
            var target = i < rows ? targets[start + i] : null;
            Copy(DetectorLossGraph.Present, i, points, target?.Present);
            Copy(DetectorLossGraph.Absent, i, points, target?.Absent);
            Copy(DetectorLossGraph.Located, i, points, target?.Located);
            Copy(DetectorLossGraph.Classified, i, points, target?.Classified);
            Copy(DetectorLossGraph.TrueBoxes, i, points * 4, target?.Boxes);
            for (var p = 0; p < points && target is not null; p++)
            {
                if (target.Classified[p] != 0)
                    kinds[(i * points + p) * classes + target.Classes[p]] = 1;
            }
        }
    }

    private void Copy(string name, int row, int length, float[]? values)
    {
        var memory = _run.Floats(name).Slice(row * length, length);
        if (values is null)
            memory.Clear();
        else
            values.CopyTo(memory);
    }
}
