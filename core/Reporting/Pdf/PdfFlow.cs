namespace Iml4e.Reporting.Pdf;

/// <summary>A4 pages that are filled from the top; what does not fit goes on on the next one.</summary>
internal sealed class PdfFlow
{
    /// <summary>Width of a page, points.</summary>
    public const double PageWidth = 595.28;

    /// <summary>Height of a page, points.</summary>
    public const double PageHeight = 841.89;

    /// <summary>Space at the sides.</summary>
    public const double Margin = 46;

    /// <summary>Width of what is on it.</summary>
    public const double Width = PageWidth - (2 * Margin);

    private const double Top = 46;
    private const double Bottom = 56;
    private readonly List<PdfPage> pages = [];

    /// <summary>Begins the first page.</summary>
    public PdfFlow() => Break();

    /// <summary>The pages so far.</summary>
    public IReadOnlyList<PdfPage> Pages => pages;

    /// <summary>The page that is being filled.</summary>
    public PdfPage Page => pages[^1];

    /// <summary>Where the next thing comes to lie.</summary>
    public double Y { get; private set; }

    /// <summary>Height that a page has room for.</summary>
    public static double Room => PageHeight - Top - Bottom;

    /// <summary>Height that is left on this page.</summary>
    public double Left => PageHeight - Bottom - Y;

    /// <summary>Whether nothing is on this page yet.</summary>
    public bool AtTop => Y <= Top;

    /// <summary>Begins a page.</summary>
    public void Break()
    {
        pages.Add(new PdfPage(PageHeight));
        Y = Top;
    }

    /// <summary>Begins a page unless so much is left, or the page is empty.</summary>
    /// <returns>Whether one was begun.</returns>
    public bool Need(double height)
    {
        if (height <= Left || AtTop)
            return false;
        Break();
        return true;
    }

    /// <summary>Goes down; at the top of a page space is not needed.</summary>
    public void Space(double height) => Y += AtTop ? 0 : height;

    /// <summary>Goes down behind something.</summary>
    public void Advance(double height) => Y += height;
}
