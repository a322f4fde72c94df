// Managed Grafana for the dashboards in dashboards/, which hooks/postdeploy.sh imports. Its identity may read metrics and logs of the resource group.
@minLength(2)
@maxLength(23)
param name string
param location string
param tags object

@description('Object id of the person who administers Grafana; empty: nobody.')
param userPrincipalId string

var grafanaAdmin = '22926164-76b3-42b3-bc55-97df8dab3e41'
var monitoringReader = '43d0d8ad-25c7-4714-9337-8ba259a9fe05'

resource grafana 'Microsoft.Dashboard/grafana@2023-09-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard' }
  identity: { type: 'SystemAssigned' }
  properties: {
    apiKey: 'Disabled'
    grafanaMajorVersion: '11'
    publicNetworkAccess: 'Enabled'
  }
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, name, monitoringReader)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringReader)
    principalId: grafana.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource admin 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(userPrincipalId)) {
  name: guid(grafana.id, userPrincipalId, grafanaAdmin)
  scope: grafana
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grafanaAdmin)
    principalId: userPrincipalId
    principalType: 'User'
  }
}

output name string = grafana.name
