using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Iml4e.Functions.Telemetry;

/// <summary>
/// Collects the measurements of the app's and the runtime's meters and writes them in the Prometheus text exposition format 0.0.4: counters end in
/// <c>_total</c>, histograms have fixed buckets in seconds, label values are escaped. Series are capped so that hostile names cannot fill the memory.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    private const int MaxSeries = 20_000;
    private static readonly double[] Buckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly string[] Meters = [AppMetrics.MeterName, "System.Runtime", "Iml4e.DurableTask"];

    private static readonly double[] Sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, Family> _families = new();
    private int _series;

    /// <summary>Starts to listen.</summary>
    public PrometheusText()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Meters.Contains(instrument.Meter.Name))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Writes all series.</summary>
    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder(16 * 1024);
        foreach (var family in _families.Values.OrderBy(f => f.Instrument.Name, StringComparer.Ordinal))
        {
            var help = (family.Instrument.Description ?? family.Name).Replace("\\", "\\\\").Replace("\n", " ");
            text.Append("# HELP ").Append(family.Name).Append(' ').Append(help).Append('\n');
            text.Append("# TYPE ").Append(family.Name).Append(' ').Append(family.Kind).Append('\n');
            foreach (var (labels, series) in family.Series.OrderBy(s => s.Key, StringComparer.Ordinal))
                series.Write(text, family.Name, labels, family.Kind);
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_families.TryGetValue(instrument, out var family))
            family = _families.GetOrAdd(instrument, static i => new Family(i));
        if (family.Find(tags) is not { } series)
        {
            if (Volatile.Read(ref _series) >= MaxSeries)
                return;
            Interlocked.Increment(ref _series);
            series = family.Add(tags);
        }

        series.Record(value);
    }

    private static string KindOf(Instrument instrument)
    {
        var type = instrument.GetType().Name;
        return type.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram"
            : type.StartsWith("Counter", StringComparison.Ordinal) || type.StartsWith("ObservableCounter", StringComparison.Ordinal) ? "counter" : "gauge";
    }

    private static string NameOf(Instrument instrument, string kind)
    {
        var name = new StringBuilder();
        foreach (var c in instrument.Name)
            name.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", "ms" => "_milliseconds", _ => "" };
        if (unit.Length > 0 && !name.ToString().EndsWith(unit, StringComparison.Ordinal))
            name.Append(unit);
        if (kind == "counter")
            name.Append("_total");
        return name.ToString();
    }

    /// <summary>An instrument and its series by labels.</summary>
    private sealed class Family
    {
        private readonly ConcurrentDictionary<string, Series>.AlternateLookup<ReadOnlySpan<char>> _lookup;
        private readonly bool _unlabelled;

        public Family(Instrument instrument)
        {
            Instrument = instrument;
            Kind = KindOf(instrument);
            Name = NameOf(instrument, Kind);

            // The metrics are open to all: how many exceptions there were is told, not their types.
            _unlabelled = instrument.Name == "dotnet.exceptions";
            _lookup = Series.GetAlternateLookup<ReadOnlySpan<char>>();
        }

        public Instrument Instrument { get; }

        public string Kind { get; }

        public string Name { get; }

        public ConcurrentDictionary<string, Series> Series { get; } = new(StringComparer.Ordinal);

        /// <summary>The series of these labels; null when there is none. Makes no garbage: this is called several times a request.</summary>
        public Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var text = Labels(tags);
            return _lookup.TryGetValue(text.AsSpan(), out var series) ? series : null;
        }

        public Series Add(ReadOnlySpan<KeyValuePair<string, object?>> tags) => Series.GetOrAdd(
            Labels(tags).ToString(),
            static (_, family) => new Series(
                family.Instrument.IsObservable, family.Kind != "histogram" ? null : family.Instrument.Unit == "{sample}" ? Sizes : Buckets),
            this);

        private LabelText Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var text = LabelText.Begin();
            foreach (var (key, value) in _unlabelled ? [] : tags)
                text.Add(key, value);
            return text;
        }
    }

    /// <summary>Labels as the format writes them, <c>a="b",c="d"</c>, in a buffer of the thread.</summary>
    private sealed class LabelText
    {
        [ThreadStatic]
        private static LabelText? own;

        private char[] _text = new char[256];
        private int _length;

        public static LabelText Begin()
        {
            own ??= new LabelText();
            own._length = 0;
            return own;
        }

        public ReadOnlySpan<char> AsSpan() => _text.AsSpan(0, _length);

        public override string ToString() => new(AsSpan());

        public void Add(string key, object? value)
        {
            if (_length > 0)
                Add(',');
            foreach (var c in key)
                Add(char.IsAsciiLetterOrDigit(c) ? c : '_');
            Add('=');
            Add('"');
            foreach (var c in value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
            {
                if (c is '\\' or '"' or '\n')
                    Add('\\');
                Add(c == '\n' ? 'n' : c);
            }

            Add('"');
        }

        private void Add(char c)
        {
            if (_length == _text.Length)
                Array.Resize(ref _text, 2 * _length);
            _text[_length++] = c;
        }
    }

    private sealed class Series(bool replace, double[]? bounds)
    {
        private readonly Lock _lock = new();
        private readonly long[] _buckets = bounds is null ? [] : new long[bounds.Length + 1];
        private double _value;
        private long _count;

        public void Record(double value)
        {
            lock (_lock)
            {
                _value = replace ? value : _value + value;
                _count++;
                if (bounds is null)
                    return;
                var index = Array.BinarySearch(bounds, value);
                _buckets[index < 0 ? ~index : index]++;
            }
        }

        public void Write(StringBuilder text, string name, string labels, string kind)
        {
            lock (_lock)
            {
                if (kind != "histogram")
                {
                    Line(text, name, labels, _value);
                    return;
                }

                long cumulative = 0;
                var separator = labels.Length == 0 ? "" : ",";
                for (var i = 0; i < _buckets.Length; i++)
                {
                    cumulative += _buckets[i];
                    var bound = i < bounds!.Length ? bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
                    Line(text, name + "_bucket", $"{labels}{separator}le=\"{bound}\"", cumulative);
                }

                Line(text, name + "_sum", labels, _value);
                Line(text, name + "_count", labels, _count);
            }
        }

        private static void Line(StringBuilder text, string name, string labels, double value)
        {
            text.Append(name);
            if (labels.Length > 0)
                text.Append('{').Append(labels).Append('}');
            text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }
    }
}
