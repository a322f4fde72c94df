// The function app in an image of our own (container/Containerfile): for boosted trees, whose native library the plan's image lacks, for GPUs, and for
// instances with more memory. One replica stays up: orchestrations kept in the storage account cannot wake an app from zero here.
param name string
param environmentName string
param location string
param tags object

@description('Image with registry and tag.')
param image string
param registryServer string

@description('Resource id of the identity.')
param identityId string

@description('The app settings.')
param settings object
param workspaceId string

var hostSettings = {
  AzureWebJobsScriptRoot: '/home/site/wwwroot'
  AzureFunctionsJobHost__Logging__Console__IsEnabled: 'true'
  FUNCTIONS_WORKER_RUNTIME: 'dotnet-isolated'
}

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: environmentName
  location: location
  tags: tags
  properties: {
    // Logs go by diagnostic setting, which needs no key of the workspace.
    appLogsConfiguration: { destination: 'azure-monitor' }
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
  }
}

resource environmentLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: environment
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
  }
}

resource app 'Microsoft.App/containerApps@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    managedEnvironmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        allowInsecure: false
        targetPort: 80
        transport: 'auto'
      }
      registries: [
        {
          server: registryServer
          identity: identityId
        }
      ]
    }
    template: {
      containers: [
        {
          name: 'api'
          image: image
          resources: {
            cpu: json('2.0')
            memory: '4Gi'
          }
          env: map(items(union(settings, hostSettings)), setting => { name: setting.key, value: setting.value })
        }
      ]
      scale: {
        minReplicas: 1
        maxReplicas: 10
      }
    }
  }
}

output name string = app.name
output hostName string = app.properties.configuration.ingress.fqdn
