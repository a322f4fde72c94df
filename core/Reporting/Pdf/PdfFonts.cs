namespace Iml4e.Reporting.Pdf;

/// <summary>The fonts of one document.</summary>
internal sealed class PdfFonts
{
    private static readonly Lazy<TrueTypeFont> SansFile = new(() => Load("DejaVuSans.ttf"));
    private static readonly Lazy<TrueTypeFont> BoldFile = new(() => Load("DejaVuSans-Bold.ttf"));
    private static readonly Lazy<TrueTypeFont> MonoFile = new(() => Load("DejaVuSansMono.ttf"));

    /// <summary>For reading.</summary>
    public PdfFont Sans { get; } = new("F1", SansFile.Value);

    /// <summary>For headings.</summary>
    public PdfFont Bold { get; } = new("F2", BoldFile.Value);

    /// <summary>For digests.</summary>
    public PdfFont Mono { get; } = new("F3", MonoFile.Value);

    /// <summary>All of them.</summary>
    public IReadOnlyList<PdfFont> All => [Sans, Bold, Mono];

    private static TrueTypeFont Load(string name)
    {
        using var resource = typeof(PdfFonts).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The font {name} is not there.");
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return new TrueTypeFont(bytes);
    }
}
