namespace Iml4e.Reporting.Html;

/// <summary>The one style sheet of a report; part of the page, so that a report is one file.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root {
          color-scheme: light dark;
          --ground: #ffffff; --panel: #f6f7f9; --text: #1b2330; --muted: #5c6675; --line: #dfe3e9; --grid: #e9ecf0; --axis: #9aa3b0;
          --good: #17784a; --good-soft: #e3f4ea; --warning: #9a6200; --warning-soft: #fdf1dc; --bad: #b3261e; --bad-soft: #fce8e6;
          --s0: #2563c9; --s1: #d9622b; --s2: #158466; --s3: #8450c4; --s4: #b08400; --s5: #c2356b; --s6: #3f8ba6; --s7: #6b7280;
          --scale: #1f5fbf; --scale-hot: #c8501e; --scale-zero: #f1f4f8; --on-scale: #ffffff;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #14181f; --panel: #1c222b; --text: #e6e9ee; --muted: #9aa4b2; --line: #2e3642; --grid: #262d38; --axis: #5d6877;
            --good: #5cc98d; --good-soft: #17382a; --warning: #e5b25d; --warning-soft: #3a2e16; --bad: #f28b82; --bad-soft: #452220;
            --s0: #6ea2f5; --s1: #f09260; --s2: #4fc3a1; --s3: #b58cf0; --s4: #dcb54a; --s5: #ee7fa8; --s6: #74bcd6; --s7: #a3abb8;
            --scale: #5b95ee; --scale-hot: #ee8a5c; --scale-zero: #222a35; --on-scale: #0e1218;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--text);
          font: 15px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
        main { max-width: 1040px; margin: 0 auto; padding: 40px 28px 64px; }
        h1 { font-size: 28px; line-height: 1.2; margin: 0; letter-spacing: -0.01em; overflow-wrap: anywhere; }
        h2 { font-size: 19px; margin: 40px 0 10px; padding-top: 20px; border-top: 1px solid var(--line); }
        p { margin: 8px 0; max-width: 75ch; overflow-wrap: anywhere; white-space: pre-line; }
        .subtitle { color: var(--muted); font-size: 17px; margin: 6px 0 0; }
        .created { color: var(--muted); font-size: 13px; margin: 6px 0 0; }
        .verdict { display: flex; gap: 14px; align-items: baseline; margin: 22px 0 0; padding: 13px 18px; border-radius: 8px;
          border-left: 5px solid var(--axis); background: var(--panel); }
        .verdict strong { font-size: 17px; white-space: nowrap; }
        .verdict span { overflow-wrap: anywhere; }
        .verdict.good { border-color: var(--good); background: var(--good-soft); } .verdict.good strong { color: var(--good); }
        .verdict.warning { border-color: var(--warning); background: var(--warning-soft); } .verdict.warning strong { color: var(--warning); }
        .verdict.bad { border-color: var(--bad); background: var(--bad-soft); } .verdict.bad strong { color: var(--bad); }
        .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 12px; margin: 20px 0; padding: 0; }
        .figure { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 11px 14px; margin: 0; }
        .figure dt { color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
        .figure dd { margin: 0; }
        .figure .value { font-size: 24px; line-height: 1.3; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        .figure .unit { font-size: 14px; font-weight: 400; color: var(--muted); margin-left: 4px; }
        .figure .note { color: var(--muted); font-size: 13px; }
        .good .value, td.good { color: var(--good); } .warning .value { color: var(--warning); } .bad .value { color: var(--bad); }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 16px; margin: 16px 0; }
        figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; padding: 14px 14px 8px; min-width: 0; }
        figcaption { font-weight: 600; font-size: 14px; margin-bottom: 6px; overflow-wrap: anywhere; }
        figure svg { display: block; width: 100%; max-width: 920px; height: auto; margin: 0 auto; font-family: inherit; }
        .images { margin: 16px 0; } .images .row { display: grid; gap: 12px; }
        .picture { position: relative; max-width: 720px; } .picture img { display: block; width: 100%; height: auto; image-orientation: none; }
        .picture svg { position: absolute; inset: 0; max-width: none; height: 100%; }
        .caption { color: var(--muted); font-size: 13px; margin: 4px 0 0; }
        .tablebox { overflow-x: auto; margin: 16px 0; }
        table { border-collapse: collapse; width: 100%; font-size: 14px; }
        caption { text-align: left; font-weight: 600; padding-bottom: 6px; }
        th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; }
        th { color: var(--muted); font-weight: 500; font-size: 13px; border-bottom-color: var(--axis); }
        td:last-child, th:last-child { padding-right: 0; }
        .right { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } .center { text-align: center; }
        .identity { display: grid; grid-template-columns: max-content 1fr; gap: 3px 20px; margin: 0; font-size: 13px; }
        .identity dt { color: var(--muted); } .identity dd { margin: 0; font-family: ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
        @media (max-width: 620px) { figure { overflow-x: auto; } figure svg { min-width: 560px; } .figure .value { font-size: 20px; } }
        @media (max-width: 520px) { main { padding: 24px 16px; } .verdict { flex-direction: column; gap: 2px; } .identity { grid-template-columns: 1fr; } }
        @media print {
          @page { size: A4; margin: 16mm; }
          :root { --ground: #ffffff; --panel: #f6f7f9; --text: #1b2330; --muted: #5c6675; --line: #dfe3e9; --grid: #e9ecf0; --axis: #9aa3b0;
            --good: #17784a; --good-soft: #e3f4ea; --warning: #9a6200; --warning-soft: #fdf1dc; --bad: #b3261e; --bad-soft: #fce8e6;
            --s0: #2563c9; --s1: #d9622b; --s2: #158466; --s3: #8450c4; --s4: #b08400; --s5: #c2356b; --s6: #3f8ba6; --s7: #6b7280;
            --scale: #1f5fbf; --scale-hot: #c8501e; --scale-zero: #f1f4f8; --on-scale: #ffffff; }
          body { font-size: 11pt; } main { max-width: none; padding: 0; }
          * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
          figure, .figure, .verdict, tr { break-inside: avoid; } h2 { break-after: avoid; }
        }
        """;
}
