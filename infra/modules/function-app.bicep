// The function app on Flex Consumption. Its package lies in the deployment container and is fetched with the identity; the blob trigger of the inbox is fed by
// Event Grid (event-grid.bicep), since this plan does not scan containers.
param name string
param location string
param tags object
param planId string

@description('Resource id of the identity.')
param identityId string

@description('Address of the container that packages are deployed to.')
param deploymentContainerUri string

@description('The app settings.')
param settings object
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyInstances int

resource app 'Microsoft.Web/sites@2023-12-01' = {
  name: name
  location: location
  // azd finds the app of service "api" by this tag.
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: planId
    httpsOnly: true
    siteConfig: {
      minTlsVersion: '1.2'
      http20Enabled: true
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0 ? [] : [
          {
            name: 'http'
            instanceCount: alwaysReadyInstances
          }
        ]
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2023-12-01' = {
  parent: app
  name: 'appsettings'
  properties: settings
}

// Publishing is by Entra identity alone: no user names and passwords.
resource publishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2023-12-01' = [for kind in ['ftp', 'scm']: {
  parent: app
  name: kind
  properties: { allow: false }
}]

output name string = app.name
output hostName string = app.properties.defaultHostName
