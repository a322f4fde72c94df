using System.Diagnostics;
using System.Text;

namespace Iml4e.Tests.Unit.Reporting;

/// <summary>poppler's programs and qpdf.</summary>
internal static class PdfTools
{
    private static readonly string[] Programs = ["pdftotext", "pdffonts", "pdfinfo", "pdftoppm", "pdfimages", "qpdf"];

    /// <summary>The first program that is not there; null when all are.</summary>
    public static string? Missing { get; } = Programs.FirstOrDefault(program =>
        !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program))));

    /// <summary>Runs a program with a document, whose place in the arguments is "@"; its output.</summary>
    public static string Run(byte[] pdf, string program, params string[] arguments) => Encoding.UTF8.GetString(RunBytes(pdf, program, arguments));

    /// <summary>As <see cref="Run"/>, the output as it is.</summary>
    public static byte[] RunBytes(byte[] pdf, string program, params string[] arguments)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, pdf);
            var start = new ProcessStartInfo(program, arguments.Select(a => a == "@" ? file : a))
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            using var output = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            Assert.True(process.ExitCode == 0 && errors.Result.Length == 0, $"{program}: {process.ExitCode} {errors.Result}");
            return output.ToArray();
        }
        finally
        {
            File.Delete(file);
        }
    }
}
