namespace Iml4e.Tests.Integration.App;

/// <summary>
/// Tests of a second app, for what takes long: hostile files, rubbish, and whole tables of requests. They run beside those of <see cref="AppCollection"/>.
/// </summary>
[CollectionDefinition(Name)]
public sealed class AttackedAppCollection : ICollectionFixture<AppStack>
{
    public const string Name = "function app under attack";
}
