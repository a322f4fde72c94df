using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Iml4e.Tests.Unit.Infra;

/// <summary>Dashboards, Prometheus rules and the alerts of Azure ask only for metrics that the app exposes.</summary>
public sealed partial class MonitoringFilesTests
{
    [Theory]
    [InlineData("sum by (model) (rate(a_total{model=~\"$model\",x=\"b_total\"}[$__rate_interval])) / b_count", "a_total b_count")]
    [InlineData("up{job=\"iml4e\"} == 0", "up")]
    [InlineData("label_values(a_total, model)", "a_total")]
    [InlineData("histogram_quantile(0.95, sum by (le) (rate(a_bucket[5m] offset 1h))) > 1e3 or vector(0) unless c", "a_bucket c")]
    public void Metric_names_are_found_in_queries(string query, string names) => Assert.Equal(names.Split(' '), MetricNames.InQuery(query));

    [Fact]
    public void The_app_exposes_its_instruments()
    {
        Assert.Contains("iml4e_predictions_total", MetricNames.Exposed);
        Assert.Contains("iml4e_prediction_duration_seconds_bucket", MetricNames.Exposed);
        Assert.Contains("iml4e_predictions", MetricNames.Instruments);
    }

    [Fact]
    public void The_dashboard_of_Prometheus_asks_for_what_is_exposed()
    {
        var board = Board("iml4e-prometheus.json");
        var queries = Targets(board).Select(t => (string)t["expr"]!)
            .Concat(Variables(board).Where(v => (string?)v["type"] == "query").Select(v => (string)v["query"]!)).ToList();
        AssertExposed(queries, MetricNames.Exposed);
        // Every instrument of ours is on the dashboard.
        var shown = queries.SelectMany(MetricNames.InQuery).ToList();
        Assert.All(MetricNames.Instruments, i => Assert.Contains(shown, s => s.StartsWith(i, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_dashboard_of_Azure_Monitor_asks_for_instruments()
    {
        var queries = Targets(Board("iml4e-azure-monitor.json")).Select(t => (string)t["azureLogAnalytics"]!["query"]!).ToList();
        var named = queries.SelectMany(q => MetricName().Matches(q)).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(MetricNames.Instruments.Order(), named.Distinct().Order());
    }

    [Theory]
    [InlineData("iml4e-prometheus.json")]
    [InlineData("iml4e-azure-monitor.json")]
    public void A_dashboard_has_titled_panels_that_do_not_overlap(string file)
    {
        var board = Board(file);
        Assert.Equal(Path.GetFileNameWithoutExtension(file), (string?)board["uid"]);
        var taken = new HashSet<(int, int)>();
        var ids = new HashSet<int>();
        foreach (var panel in board["panels"]!.AsArray())
        {
            Assert.True(ids.Add((int)panel!["id"]!));
            Assert.False(string.IsNullOrEmpty((string?)panel["title"]));
            Assert.NotEmpty(panel["targets"]!.AsArray());
            var grid = panel["gridPos"]!;
            Assert.True((int)grid["x"]! + (int)grid["w"]! <= 24);
            for (var x = (int)grid["x"]!; x < (int)grid["x"]! + (int)grid["w"]!; x++)
                for (var y = (int)grid["y"]!; y < (int)grid["y"]! + (int)grid["h"]!; y++)
                    Assert.True(taken.Add((x, y)), $"{panel["title"]} covers another panel");
        }
    }

    [Fact]
    public async Task The_rules_of_Prometheus_ask_for_what_is_exposed()
    {
        var rules = Rules();
        Assert.NotEmpty(rules);
        // "up" is Prometheus' own: whether the last scrape was answered.
        AssertExposed(rules.Select(r => Text(r, "expr")), new HashSet<string>([.. MetricNames.Exposed, .. await MetricNames.OfHubAsync(), "up"]));
        Assert.Equal(rules.Count, rules.Select(r => Text(r, "alert")).Distinct().Count());
        foreach (var rule in rules)
        {
            Assert.Contains(Text((YamlMappingNode)rule["labels"], "severity"), new[] { "info", "warning", "critical" });
            Assert.NotEmpty(Text((YamlMappingNode)rule["annotations"], "summary"));
        }
    }

    [Fact]
    public void The_tests_of_the_rules_name_rules()
    {
        var alerts = Rules().Select(r => Text(r, "alert")).ToList();
        var tested = Regex.Matches(InfraFolder.Read("prometheus/rules.test.yml"), @"alertname: (\w+)").Select(m => m.Groups[1].Value).ToList();
        Assert.NotEmpty(tested);
        Assert.All(tested, t => Assert.Contains(t, alerts));
        foreach (var gauge in new[] { "Iml4eOrchestrationsNotStarted", "Iml4eOrchestrationStandsStill" })
            Assert.Contains(gauge, tested);
    }

    [Fact]
    public void The_alerts_of_Azure_name_instruments()
    {
        var named = MetricName().Matches(InfraFolder.Bicep["modules/alerts.bicep"].Text).Select(m => m.Groups[1].Value).ToList();
        Assert.NotEmpty(named);
        Assert.All(named, n => Assert.Contains(n, MetricNames.Instruments));
    }

    [Fact]
    public void The_project_of_azd_names_files_that_are_there()
    {
        var project = Yaml("azure.yaml");
        var service = (YamlMappingNode)project["services"]["api"];
        Assert.True(Directory.Exists(Path.Combine(InfraFolder.Root, Text(service, "project"))));
        foreach (var (_, hook) in (YamlMappingNode)project["hooks"])
            Assert.True(File.Exists(Path.Combine(InfraFolder.Root, Text((YamlMappingNode)hook, "run"))));
        // azd finds the app by this tag.
        Assert.Contains("'azd-service-name': 'api'", InfraFolder.Bicep["modules/function-app.bicep"].Text, StringComparison.Ordinal);
    }

    private static void AssertExposed(IEnumerable<string> queries, IReadOnlySet<string> exposed)
    {
        foreach (var query in queries)
        {
            var names = MetricNames.InQuery(query);
            Assert.NotEmpty(names);
            Assert.All(names, name => Assert.True(exposed.Contains(name), $"{name} is not exposed: {query}"));
        }
    }

    private static JsonNode Board(string file) => JsonNode.Parse(InfraFolder.Read("dashboards/" + file))!;

    private static IEnumerable<JsonNode> Targets(JsonNode board) => board["panels"]!.AsArray().SelectMany(p => p!["targets"]!.AsArray()).Select(t => t!);

    private static IEnumerable<JsonNode> Variables(JsonNode board) => board["templating"]!["list"]!.AsArray().Select(v => v!);

    private static List<YamlMappingNode> Rules()
        => [.. ((YamlSequenceNode)Yaml("prometheus/rules.yml")["groups"]).SelectMany(g => (YamlSequenceNode)g["rules"]).Cast<YamlMappingNode>()];

    private static YamlMappingNode Yaml(string path)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(InfraFolder.Read(path)));
        return (YamlMappingNode)stream.Documents.Single().RootNode;
    }

    private static string Text(YamlMappingNode node, string key) => ((YamlScalarNode)node[key]).Value!;

    [GeneratedRegex("Name == \"(iml4e_\\w+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex MetricName();
}
