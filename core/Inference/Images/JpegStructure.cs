using System.Buffers.Binary;
using System.Globalization;

namespace Iml4e.Inference.Images;

/// <summary>Checks the structure of a JPEG completely, marker by marker, before the native decoder sees it.</summary>
/// <remarks>
/// The decoder behind the operator is libjpeg with its default error handler, which ends the process on every fatal error. So each condition that
/// it regards as fatal is refused here: baseline, extended sequential and progressive Huffman images of 8 bits with one or three components pass,
/// everything else does not. Damage within the entropy-coded data is no fatal error there (it is filled up), hence not looked at here.
/// Reference: ITU-T T.81, annex B.
/// </remarks>
internal ref struct JpegStructure
{
    private const int MaximumBlocksInMcu = 10;

    private readonly ReadOnlySpan<byte> _file;
    private readonly ImageLimits _limits;
    private readonly Component[] _components = new Component[3];
    private readonly bool[] _quantization = new bool[4];
    private readonly bool[] _dcTables = new bool[4];
    private readonly bool[] _acTables = new bool[4];
    private int _count;
    private int _width;
    private int _height;
    private bool _progressive;
    private bool _complete;
    private int _scans;

    private JpegStructure(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        _file = file;
        _limits = limits;
    }

    /// <exception cref="InvalidImageException">Cut off, damaged, or of a kind that the decoder does not know.</exception>
    internal static ImageHeader Read(ReadOnlySpan<byte> file, ImageLimits limits) => new JpegStructure(file, limits).Walk();

    private static InvalidImageException Damaged(string what) => new("the JPEG is damaged: " + what);

    private static InvalidImageException Cut() => new("the JPEG is cut off");

    private ImageHeader Walk()
    {
        var at = 2;
        while (true)
        {
            if (at >= _file.Length)
                throw Cut();
            if (_file[at] != 0xff)
                throw Damaged("a marker is missing");
            while (at < _file.Length && _file[at] == 0xff)
                at++;
            if (at >= _file.Length)
                throw Cut();
            var marker = _file[at++];
            if (marker == 0xd9)
                return Finish();
            if (at + 2 > _file.Length)
                throw Cut();
            var length = BinaryPrimitives.ReadUInt16BigEndian(_file[at..]);
            if (length < 2)
                throw Damaged("a segment has no length");
            if (at + length > _file.Length)
                throw Cut();
            var body = _file.Slice(at + 2, length - 2);
            at += length;
            switch (marker)
            {
                case 0xc0 or 0xc1 or 0xc2:
                    Frame(body, marker == 0xc2);
                    break;
                case 0xc4:
                    HuffmanTables(body);
                    break;
                case 0xdb:
                    QuantizationTables(body);
                    break;
                case 0xdd:
                    if (body.Length != 2)
                        throw Damaged("the restart interval");
                    break;
                case 0xda:
                    Scan(body);
                    at = SkipEntropyCoded(at);
                    break;
                case (>= 0xe0 and <= 0xef) or 0xfe:
                    break;
                default:
                    throw new InvalidImageException(string.Create(CultureInfo.InvariantCulture, $"the JPEG is of an unsupported kind (marker {marker:x2})"));
            }
        }
    }

    private readonly ImageHeader Finish()
    {
        for (var i = 0; i < _count; i++)
        {
            if (!_components[i].Scanned)
                throw Damaged("a component is missing");
        }

        return _count > 0 ? new ImageHeader(ImageFormat.Jpeg, _width, _height) : throw new InvalidImageException("the JPEG holds no image");
    }

    private void Frame(ReadOnlySpan<byte> body, bool progressive)
    {
        if (_count > 0 || body.Length < 6)
            throw Damaged("the frame header");
        if (body[0] != 8)
            throw new InvalidImageException(string.Create(CultureInfo.InvariantCulture, $"the JPEG has {body[0]} bits a sample; 8 are supported"));
        (_height, _width) = (BinaryPrimitives.ReadUInt16BigEndian(body[1..]), BinaryPrimitives.ReadUInt16BigEndian(body[3..]));
        ImageHeader.CheckSize(_width, _height, _limits);
        if (body[5] is not (1 or 3))
            throw new InvalidImageException(string.Create(CultureInfo.InvariantCulture, $"the JPEG has {body[5]} components; grey (1) and colour (3) are supported"));
        if (body.Length != 6 + 3 * body[5])
            throw Damaged("the frame header");
        var (widest, highest) = (0, 0);
        for (var i = 0; i < body[5]; i++)
        {
            var entry = body.Slice(6 + 3 * i, 3);
            var component = new Component { Id = entry[0], Horizontal = entry[1] >> 4, Vertical = entry[1] & 15, Quantization = entry[2] };
            if (component.Horizontal is < 1 or > 4 || component.Vertical is < 1 or > 4 || component.Quantization > 3 || Find(component.Id) >= 0)
                throw Damaged("a component of the frame header");
            (widest, highest) = (Math.Max(widest, component.Horizontal), Math.Max(highest, component.Vertical));
            _components[_count++] = component;
        }

        for (var i = 0; i < _count; i++)
        {
            if (widest % _components[i].Horizontal != 0 || highest % _components[i].Vertical != 0)
                throw new InvalidImageException("the JPEG samples its components at fractions of each other, which is not supported");
        }

        _progressive = progressive;
    }

    private readonly void QuantizationTables(ReadOnlySpan<byte> body)
    {
        while (body.Length > 0)
        {
            var (precision, table) = (body[0] >> 4, body[0] & 15);
            var size = 1 + (precision == 0 ? 64 : 128);
            if (precision > 1 || table > 3 || body.Length < size)
                throw Damaged("a quantisation table");
            _quantization[table] = true;
            body = body[size..];
        }
    }

    private readonly void HuffmanTables(ReadOnlySpan<byte> body)
    {
        while (body.Length > 0)
        {
            if (body.Length < 17 || (body[0] & 0xef) > 3)
                throw Damaged("a Huffman table");
            var dc = body[0] < 0x10;
            var (symbols, code) = (0, 0);
            for (var bits = 1; bits <= 16; bits++)
            {
                // Codes of this length continue after those of the shorter ones; there must be room for them, and none may be all ones.
                code = (code << 1) + body[bits];
                symbols += body[bits];
                if (code >= 1 << bits)
                    throw Damaged("a Huffman table");
            }

            if (symbols > 256 || body.Length < 17 + symbols || (dc && body.Slice(17, symbols).IndexOfAnyExceptInRange((byte)0, (byte)15) >= 0))
                throw Damaged("a Huffman table");
            (dc ? _dcTables : _acTables)[body[0] & 3] = true;
            body = body[(17 + symbols)..];
        }
    }

    private void Scan(ReadOnlySpan<byte> body)
    {
        if (++_scans > _limits.MaximumScans)
            throw new InvalidImageException(string.Create(CultureInfo.InvariantCulture, $"the JPEG has more than {_limits.MaximumScans} scans"));
        if (_count == 0 || _complete || body.Length < 1 || body[0] is < 1 or > 3 || body.Length != 4 + 2 * body[0])
            throw Damaged("a scan header");
        var n = body[0];
        var tail = body[(1 + 2 * n)..];
        var (start, end, high, low) = (tail[0], tail[1], tail[2] >> 4, tail[2] & 15);
        var valid = _progressive
            ? (start == 0 ? end == 0 : end >= start && end <= 63 && n == 1) && (high == 0 || high - 1 == low) && low <= 13
            : start == 0 && end == 63 && high == 0 && low == 0;
        if (!valid)
            throw Damaged("a scan header");

        var (seen, blocks) = (0, 0);
        for (var i = 0; i < n; i++)
        {
            var index = Find(body[1 + 2 * i]);
            var (dc, ac) = (body[2 + 2 * i] >> 4, body[2 + 2 * i] & 15);
            if (index < 0 || (seen & 1 << index) != 0 || dc > 3 || ac > 3)
                throw Damaged("a scan header");
            seen |= 1 << index;
            ref var component = ref _components[index];
            if (!_quantization[component.Quantization])
                throw Damaged("a quantisation table is missing");
            var needsDc = !_progressive || (start == 0 && high == 0);
            var needsAc = !_progressive || start > 0;
            if ((needsDc && !_dcTables[dc]) || (needsAc && !_acTables[ac]))
                throw Damaged("a Huffman table is missing");
            blocks += component.Horizontal * component.Vertical;
            component.Scanned = true;
        }

        if (n > 1 && blocks > MaximumBlocksInMcu)
            throw new InvalidImageException("the JPEG interleaves more blocks than the standard allows");
        // A sequential image whose first scan holds everything is complete; a further scan would be fatal.
        _complete = !_progressive && _scans == 1 && n == _count;
    }

    /// <summary>To the next marker that is not part of the data, which hold stuffed bytes (ff 00) and restart markers (ff d0 .. ff d7).</summary>
    private readonly int SkipEntropyCoded(int at)
    {
        while (true)
        {
            var next = _file[at..].IndexOf((byte)0xff);
            if (next < 0)
                throw Cut();
            var marker = at += next;
            while (at < _file.Length && _file[at] == 0xff)
                at++;
            if (at >= _file.Length)
                throw Cut();
            if (_file[at] is not (0x00 or (>= 0xd0 and <= 0xd7)))
                return marker;
            at++;
        }
    }

    private readonly int Find(byte id)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_components[i].Id == id)
                return i;
        }

        return -1;
    }

    private struct Component
    {
        internal byte Id;
        internal int Horizontal;
        internal int Vertical;
        internal byte Quantization;
        internal bool Scanned;
    }
}
