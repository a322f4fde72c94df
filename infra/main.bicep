// Everything that the function app needs in Azure, in a resource group of its own. Plain resources, no keys: whoever talks to whom does so with a
// managed identity. Deployed by azd from this folder, or by hand:
//   az deployment sub create --location <region> --template-file main.bicep --parameters environmentName=<name> location=<region>
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Name of the environment: part of the names of all resources.')
param environmentName string

@minLength(1)
@description('Region of all resources.')
param location string

@description('Object id of the person who deploys; gets the data roles of the storage account. Empty: nobody does.')
param principalId string = ''

@allowed(['flex', 'containerApps'])
@description('flex: Flex Consumption. containerApps: an image of our own, for native libraries, GPUs and long training.')
param hosting string = 'flex'

@description('Image of the function app for hosting containerApps, built from container/Containerfile. Empty: the registry is made and the app is left out.')
param containerImage string = ''

@allowed(['storage', 'scheduler'])
@description('Where the durable orchestrations live: the storage account, or the Durable Task Scheduler. The package must be published for the same one.')
param durableBackend string = 'storage'

@description('Whether a Managed Grafana is made for the dashboards.')
param grafanaEnabled bool = false

@description('Address that the alerts are mailed to. Empty: they are only shown in the portal.')
param alertEmail string = ''

@allowed([512, 2048, 4096])
@description('Memory of an instance, MB. A quarter of it keeps models loaded.')
param instanceMemoryMB int = 2048

@minValue(40)
@maxValue(1000)
@description('Instances at most on Flex Consumption.')
param maximumInstanceCount int = 100

@minValue(0)
@maxValue(20)
@description('Instances that are always warm for HTTP on Flex Consumption.')
param alwaysReadyInstances int = 0

@minValue(30)
@maxValue(730)
@description('Days that logs and metrics are kept.')
param retentionInDays int = 30

var abbreviations = loadJsonContent('abbreviations.json')
var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var scheduler = durableBackend == 'scheduler'
var flex = hosting == 'flex'
var deployContainerApp = !flex && !empty(containerImage)
var taskHubName = '${abbreviations.durableTaskSchedulersTaskhubs}${resourceToken}'

resource group 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: '${abbreviations.resourcesResourceGroups}${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: '${abbreviations.managedIdentityUserAssignedIdentities}${resourceToken}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: '${abbreviations.operationalInsightsWorkspaces}${resourceToken}'
    insightsName: '${abbreviations.insightsComponents}${resourceToken}'
    location: location
    tags: tags
    retentionInDays: retentionInDays
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: '${abbreviations.storageStorageAccounts}${resourceToken}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

module durableTask 'modules/durable-task.bicep' = if (scheduler) {
  name: 'durable-task'
  scope: group
  params: {
    name: '${abbreviations.durableTaskSchedulers}${resourceToken}'
    taskHubName: taskHubName
    location: location
    tags: tags
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    identityPrincipalId: identity.outputs.principalId
    userPrincipalId: principalId
    storageName: storage.outputs.name
    insightsName: monitoring.outputs.insightsName
    schedulerName: scheduler ? durableTask!.outputs.name : ''
  }
}

module settings 'modules/settings.bicep' = {
  name: 'settings'
  scope: group
  params: {
    storageBlobUri: storage.outputs.blobUri
    storageQueueUri: storage.outputs.queueUri
    storageTableUri: storage.outputs.tableUri
    identityClientId: identity.outputs.clientId
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    schedulerEndpoint: scheduler ? durableTask!.outputs.endpoint : ''
    taskHubName: taskHubName
    instanceMemoryMB: instanceMemoryMB
  }
}

module plan 'modules/plan.bicep' = if (flex) {
  name: 'plan'
  scope: group
  params: {
    name: '${abbreviations.webServerFarms}${resourceToken}'
    location: location
    tags: tags
  }
}

// The roles come first: the platform fetches the package, and the host its keys, with the identity.
module functionApp 'modules/function-app.bicep' = if (flex) {
  name: 'function-app'
  scope: group
  params: {
    name: '${abbreviations.webSitesFunctions}${resourceToken}'
    location: location
    tags: tags
    planId: plan!.outputs.id
    identityId: identity.outputs.id
    deploymentContainerUri: storage.outputs.deploymentContainerUri
    settings: settings.outputs.values
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
  }
  dependsOn: [roles]
}

module registry 'modules/registry.bicep' = if (!flex) {
  name: 'registry'
  scope: group
  params: {
    name: '${abbreviations.containerRegistryRegistries}${resourceToken}'
    location: location
    tags: tags
    identityPrincipalId: identity.outputs.principalId
  }
}

module containerApp 'modules/container-app.bicep' = if (deployContainerApp) {
  name: 'container-app'
  scope: group
  params: {
    name: '${abbreviations.appContainerApps}${resourceToken}'
    environmentName: '${abbreviations.appManagedEnvironments}${resourceToken}'
    location: location
    tags: tags
    image: containerImage
    registryServer: registry!.outputs.loginServer
    identityId: identity.outputs.id
    settings: settings.outputs.values
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [roles]
}

module eventGrid 'modules/event-grid.bicep' = {
  name: 'event-grid'
  scope: group
  params: {
    name: '${abbreviations.eventGridSystemTopics}${resourceToken}'
    location: location
    tags: tags
    storageId: storage.outputs.id
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    actionGroupName: '${abbreviations.insightsActionGroups}${resourceToken}'
    location: location
    tags: tags
    email: alertEmail
    workspaceId: monitoring.outputs.workspaceId
    storageId: storage.outputs.id
  }
}

module grafana 'modules/grafana.bicep' = if (grafanaEnabled) {
  name: 'grafana'
  scope: group
  params: {
    name: '${abbreviations.dashboardGrafana}${take(resourceToken, 13)}'
    location: location
    tags: tags
    userPrincipalId: principalId
  }
}

// What azd and the hooks read.
output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = !flex ? registry!.outputs.loginServer : ''
output AZURE_GRAFANA_NAME string = grafanaEnabled ? grafana!.outputs.name : ''
output EVENT_GRID_TOPIC_NAME string = eventGrid.outputs.name
output SERVICE_API_HOSTING string = hosting
output SERVICE_API_NAME string = flex ? functionApp!.outputs.name : deployContainerApp ? containerApp!.outputs.name : ''
output SERVICE_API_HOST string = flex ? functionApp!.outputs.hostName : deployContainerApp ? containerApp!.outputs.hostName : ''
