using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using Iml4e.Functions;
using Iml4e.Functions.Datasets;
using Iml4e.LocalRuntime.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Iml4e.Tests.Unit.Infra;

/// <summary>The structure of infra/*.bicep: no keys, nothing unused, nothing dangling, and settings that the app understands.</summary>
public sealed partial class BicepTests
{
    /// <summary>Built-in roles by id.</summary>
    private static readonly Dictionary<string, string> Roles = new()
    {
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "storageBlobDataOwner",
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = "storageQueueDataContributor",
        ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"] = "storageTableDataContributor",
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "monitoringMetricsPublisher",
        ["0ad04412-c4d5-4796-b79c-f76d14c8d402"] = "durableTaskDataContributor",
        ["22926164-76b3-42b3-bc55-97df8dab3e41"] = "grafanaAdmin",
        ["43d0d8ad-25c7-4714-9337-8ba259a9fe05"] = "monitoringReader",
        ["7f951dda-4ed3-4680-a7ca-43fe172d538d"] = "acrPull",
    };

    /// <summary>Outputs that azd itself reads.</summary>
    private static readonly string[] ReadByAzd = ["AZURE_LOCATION", "AZURE_TENANT_ID", "AZURE_RESOURCE_GROUP", "AZURE_CONTAINER_REGISTRY_ENDPOINT"];

    public static TheoryData<string> Files => [.. InfraFolder.Bicep.Keys];

    [Theory]
    [MemberData(nameof(Files))]
    public void No_file_reads_or_writes_a_key(string path)
    {
        var file = InfraFolder.Bicep[path];
        Assert.DoesNotContain(file.Statements.SelectMany(s => s.Paths()), p => ListFunction().IsMatch(p.Split('.')[^1]));
        Assert.False(Secret().IsMatch(file.Text), $"{path}: {Secret().Match(file.Text).Value}");
    }

    [Theory]
    [InlineData("account.listKeys")]
    [InlineData("listAccountSas")]
    public void Functions_that_read_keys_are_found(string path) => Assert.Matches(ListFunction(), path.Split('.')[^1]);

    [Theory]
    [InlineData("AccountKey=abc")]
    [InlineData("DefaultEndpointsProtocol=https")]
    [InlineData("sharedKey: x")]
    [InlineData("properties.InstrumentationKey")]
    public void Keys_in_the_text_are_found(string text) => Assert.Matches(Secret(), text);

    [Theory]
    [MemberData(nameof(Files))]
    public void Nothing_declared_is_unused(string path) => Assert.Empty(InfraFolder.Bicep[path].Unused());

    [Fact]
    public void Every_module_file_is_used_and_every_module_is_a_file()
        => Assert.Equal(InfraFolder.Bicep.Keys.Where(k => k != "main.bicep").Order(), InfraFolder.Main.Of("module").Select(m => m.Target).Order());

    [Fact]
    public void Modules_are_given_the_parameters_that_they_take()
    {
        foreach (var module in InfraFolder.Main.Of("module"))
        {
            var given = module.Properties("params");
            var taken = InfraFolder.Bicep[module.Target].Of("param").ToList();
            Assert.Empty(given.Except(taken.Select(p => p.Name)));
            Assert.Empty(taken.Where(p => !p.HasDefault).Select(p => p.Name).Except(given));
        }
    }

    [Fact]
    public void Every_output_of_a_module_is_referenced_and_every_reference_is_an_output()
    {
        var main = InfraFolder.Main;
        var referenced = main.Statements.SelectMany(s => s.Paths()).Where(p => p.Contains(".outputs.", StringComparison.Ordinal)).Distinct().Order();
        var there = main.Of("module").SelectMany(m => InfraFolder.Bicep[m.Target].Of("output").Select(o => $"{m.Name}.outputs.{o.Name}")).Order();
        Assert.Equal(there, referenced);
    }

    [Fact]
    public void Outputs_of_the_deployment_are_read_by_azd_or_a_hook()
    {
        var hooks = string.Concat(Directory.EnumerateFiles(Path.Combine(InfraFolder.Root, "hooks"), "*.sh").Select(File.ReadAllText));
        foreach (var output in InfraFolder.Main.Of("output"))
        {
            Assert.Matches("^[A-Z][A-Z0-9_]*$", output.Name);
            Assert.True(
                ReadByAzd.Contains(output.Name) || Regex.IsMatch(hooks, $@"\$\{{?{output.Name}\b|\${{{output.Name}:"), $"{output.Name} is read by nobody");
        }
    }

    [Fact]
    public void Every_parameter_of_the_deployment_can_be_set_and_no_other()
    {
        var parameters = JsonNode.Parse(InfraFolder.Read("main.parameters.json"))!["parameters"]!.AsObject();
        Assert.Equal(InfraFolder.Main.Of("param").Select(p => p.Name).Order(), parameters.Select(p => p.Key).Order());
        foreach (var (name, value) in parameters)
            Assert.Matches(@"^\$\{[A-Z][A-Z0-9_]*(=[^}]*)?\}$", (string?)value!["value"] ?? name);
    }

    [Fact]
    public void Every_abbreviation_is_used_and_every_one_used_is_there()
    {
        var used = InfraFolder.Main.Statements.SelectMany(s => s.Paths()).Where(p => p.StartsWith("abbreviations.", StringComparison.Ordinal));
        Assert.Equal(
            JsonNode.Parse(InfraFolder.Read("abbreviations.json"))!.AsObject().Select(p => p.Key).Order(),
            used.Select(p => p["abbreviations.".Length..]).Distinct().Order());
    }

    [Fact]
    public void A_resource_type_has_one_version_everywhere()
    {
        var types = InfraFolder.Bicep.Values.SelectMany(f => f.Of("resource")).Select(r => r.Target).Distinct().ToList();
        Assert.All(types, t => Assert.Matches(@"^Microsoft\.[A-Za-z]+(/[A-Za-z]+)+@\d{4}-\d\d-\d\d(-preview)?$", t));
        Assert.All(types.GroupBy(t => t.Split('@')[0]), g => Assert.Single(g));
    }

    [Fact]
    public void The_storage_account_takes_identities_alone_over_new_TLS()
    {
        var account = Assert.Single(Made("Microsoft.Storage/storageAccounts"));
        Assert.Equal("false", account.Value("allowSharedKeyAccess"));
        Assert.Equal("false", account.Value("allowBlobPublicAccess"));
        Assert.Equal("true", account.Value("defaultToOAuthAuthentication"));
        Assert.Equal("true", account.Value("supportsHttpsTrafficOnly"));
        Assert.Equal("TLS1_2", account.Value("minimumTlsVersion"));
        Assert.All(Made("Microsoft.Storage/storageAccounts/blobServices/containers"), c => Assert.Equal("None", c.Value("publicAccess")));
    }

    [Fact]
    public void The_app_speaks_HTTPS_alone_and_nobody_has_a_password()
    {
        var app = Assert.Single(Made("Microsoft.Web/sites"));
        Assert.Equal("true", app.Value("httpsOnly"));
        Assert.Equal("1.2", app.Value("minTlsVersion"));
        Assert.Equal("UserAssignedIdentity", app.Tokens.Select(t => t.Text).Single(t => t == "UserAssignedIdentity"));
        Assert.Equal("false", Assert.Single(Made("Microsoft.Web/sites/basicPublishingCredentialsPolicies")).Value("allow"));
        Assert.Equal("false", Assert.Single(Made("Microsoft.App/containerApps")).Value("allowInsecure"));
        Assert.Equal("false", Assert.Single(Made("Microsoft.ContainerRegistry/registries")).Value("adminUserEnabled"));
        Assert.Equal("true", Assert.Single(Made("Microsoft.Insights/components")).Value("DisableLocalAuth"));
    }

    [Fact]
    public void Every_role_that_is_named_is_assigned_and_every_id_is_a_known_role()
    {
        var named = new List<string>();
        foreach (var file in InfraFolder.Bicep.Values)
        {
            Assert.All(Guids().Matches(file.Text), g => Assert.Contains(g.Value, Roles.Keys));
            foreach (var role in file.Of("var").Where(v => v.Tokens.Any(t => Roles.ContainsKey(t.Text))))
            {
                Assert.Equal(Roles[role.Tokens.Single(t => t.Kind == 's').Text], role.Name);
                var assignment = Assert.Single(file.Made(), r => Type(r) == "Microsoft.Authorization/roleAssignments" && r.References().Contains(role.Name));
                // In the name as well as in the definition: an assignment's name is made of scope, principal and role.
                Assert.Equal(2, assignment.References().Count(r => r == role.Name));
                named.Add(role.Name);
            }
        }

        Assert.Equal(Roles.Values.Order(), named.Order());
        Assert.Equal(named.Count, Made("Microsoft.Authorization/roleAssignments").Count());
    }

    [Fact]
    public void The_containers_are_those_that_the_app_uses_and_one_for_packages()
    {
        var catalog = File.ReadAllText(Path.Combine(InfraFolder.Repository, "core", "Catalog", "CatalogStore.cs"));
        var used = Regex.Matches(catalog, "ContainerPrefix \\+ \"([a-z]+)\"").Select(m => m.Groups[1].Value);
        var storage = InfraFolder.Bicep["modules/storage.bicep"];
        Assert.Equal("deployment", storage.Find("var", "deploymentContainer").Tokens.Single(t => t.Kind == 's').Text);
        Assert.Equal(used.Order(), storage.Find("var", "containers").Tokens.Where(t => t.Kind == 's').Select(t => t.Text).Order());
    }

    [Fact]
    public void The_app_reads_the_settings_that_it_is_given()
    {
        var settings = InfraFolder.Bicep["modules/settings.bicep"].Find("var", "common");
        var names =
            settings.Tokens.Where((t, i) => t.Kind == 'i' && i + 1 < settings.Tokens.Count && settings.Tokens[i + 1].Text == ":").Select(t => t.Text).ToList();
        Assert.DoesNotContain("AzureWebJobsStorage", names);
        Assert.DoesNotContain("FUNCTIONS_WORKER_RUNTIME", names);
        Assert.DoesNotContain("FUNCTIONS_EXTENSION_VERSION", names);
        string[] host = ["blobServiceUri", "queueServiceUri", "tableServiceUri", "credential", "clientId"];
        Assert.Empty(host.Select(n => "AzureWebJobsStorage__" + n).Except(names));
        Assert.Equal("managedidentity", settings.Value("AzureWebJobsStorage__credential"));

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(names.ToDictionary(
            n => n.Replace("__", ":", StringComparison.Ordinal),
            n => n switch { "AzureWebJobsStorage__blobServiceUri" => "https://account.blob.example/", "Iml4e__SessionCacheBytes" => "123456", _ => "x" })!).Build();
        using var services = new ServiceCollection().AddLogging().AddIml4e(configuration).BuildServiceProvider();
        Assert.Equal(new Uri("https://account.blob.example/"), services.GetRequiredService<BlobServiceClient>().Uri);
        Assert.Equal(123456, services.GetRequiredService<IOptions<AppOptions>>().Value.SessionCacheBytes);
        Assert.All(
            names.Where(n => n.StartsWith("Iml4e__", StringComparison.Ordinal)), n => Assert.NotNull(typeof(AppOptions).GetProperty(n["Iml4e__".Length..])));
    }

    [Fact]
    public void Event_Grid_calls_the_function_that_watches_the_inbox()
    {
        var hook = InfraFolder.Read("hooks/postdeploy.sh");
        Assert.Contains("/runtime/webhooks/blobs?functionName=Host.Functions.$function&code=", hook, StringComparison.Ordinal);
        Assert.Contains("\"/blobServices/default/containers/inbox/blobs/$folder/\"", hook, StringComparison.Ordinal);
        var inboxes = typeof(DatasetFunctions).Assembly.GetTypes().SelectMany(t => t.GetMethods())
            .Select(m => (Method: m, Trigger: m.GetParameters().Select(p => p.GetCustomAttribute<BlobTriggerAttribute>()).FirstOrDefault(a => a is not null)))
            .Where(m => m.Trigger is not null).ToList();
        Assert.Equal(3, inboxes.Count);
        foreach (var (method, trigger) in inboxes)
        {
            var folders = trigger!.BlobPath[..trigger.BlobPath.IndexOf('{', StringComparison.Ordinal)].Split('/', 2);
            Assert.Equal("inbox", folders[0]);
            Assert.Contains($"  subscribe {method.GetCustomAttribute<FunctionAttribute>()!.Name} {folders[1].TrimEnd('/')} ", hook, StringComparison.Ordinal);
        }

        // On Flex Consumption no trigger may scan.
        var triggers = typeof(DatasetFunctions).Assembly.GetTypes().SelectMany(t => t.GetMethods()).SelectMany(m => m.GetParameters())
            .Select(p => p.GetCustomAttribute<BlobTriggerAttribute>()).OfType<BlobTriggerAttribute>();
        Assert.All(triggers, t => Assert.Equal(BlobTriggerSource.EventGrid, t.Source));
    }

    [Fact]
    public void The_host_files_of_the_two_backends_differ_in_the_backend_alone()
    {
        var storage = JsonNode.Parse(File.ReadAllText(Path.Combine(InfraFolder.Repository, "host.json")))!;
        var scheduler = JsonNode.Parse(InfraFolder.Read("host.scheduler.json"))!;
        var durable = scheduler["extensions"]!["durableTask"]!.AsObject();
        var names = InfraFolder.Bicep["modules/settings.bicep"].Find("var", "durable").Tokens.Where(t => t.Kind == 'i').Select(t => t.Text).ToList();
        Assert.Equal("azureManaged", (string?)durable["storageProvider"]!["type"]);
        Assert.Contains((string?)durable["storageProvider"]!["connectionStringName"], names);
        Assert.Contains(((string)durable["hubName"]!).Trim('%'), names);
        durable.Remove("storageProvider");
        durable["hubName"] = (string?)storage["extensions"]!["durableTask"]!["hubName"];
        Assert.True(JsonNode.DeepEquals(storage, scheduler), "host.json and host.scheduler.json have drifted apart");
    }

    [Fact]
    public void Every_JSON_file_is_JSON()
    {
        var files = Directory.EnumerateFiles(InfraFolder.Root, "*.json", SearchOption.AllDirectories).ToList();
        Assert.NotEmpty(files);
        foreach (var file in files)
            JsonDocument.Parse(File.ReadAllText(file)).Dispose();
    }

    private static string Type(BicepStatement resource) => resource.Target.Split('@')[0];

    private static IEnumerable<BicepStatement> Made(string type) => InfraFolder.Bicep.Values.SelectMany(f => f.Made()).Where(r => Type(r) == type);

    [GeneratedRegex("^list[A-Z]", RegexOptions.CultureInvariant)]
    private static partial Regex ListFunction();

    [GeneratedRegex(
        "AccountKey|SharedAccessKey|sharedKey\\b|DefaultEndpointsProtocol|InstrumentationKey|\\bsig=|password|primaryKey|[Ss]ecretValue",
        RegexOptions.CultureInvariant)]
    private static partial Regex Secret();

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.CultureInvariant)]
    private static partial Regex Guids();
}
