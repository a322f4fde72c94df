// The workspace that all logs and metrics go to, and Application Insights on top of it. Telemetry is taken from Entra identities alone.
param workspaceName string
param insightsName string
param location string
param tags object

@description('Days that data is kept.')
param retentionInDays int

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionInDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

output workspaceId string = workspace.id
output insightsName string = insights.name
// An address and an instrumentation id, no secret: without a token of an identity with the publisher role nothing is accepted.
output insightsConnectionString string = insights.properties.ConnectionString
