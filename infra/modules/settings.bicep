// The settings of the app, the same for both hostings. The Functions host and the app read AzureWebJobsStorage__* alike: service addresses and an identity
// instead of a connection string. FUNCTIONS_WORKER_RUNTIME and FUNCTIONS_EXTENSION_VERSION are not here: Flex Consumption refuses them.
param storageBlobUri string
param storageQueueUri string
param storageTableUri string
param identityClientId string
param insightsConnectionString string

@description('Address of the Durable Task Scheduler; empty: orchestrations live in the storage account.')
param schedulerEndpoint string
param taskHubName string
param instanceMemoryMB int

var common = {
  AzureWebJobsStorage__blobServiceUri: storageBlobUri
  AzureWebJobsStorage__queueServiceUri: storageQueueUri
  AzureWebJobsStorage__tableServiceUri: storageTableUri
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AZURE_CLIENT_ID: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // When the triggers of all pipelines are looked at.
  TriggerWatchSchedule: '*/2 * * * * *'
  FeedbackWatchSchedule: '*/10 * * * * *'
  JobScheduleWatch: '*/10 * * * * *'
  TrackingWatch: '*/5 * * * * *'
  // Models kept loaded: a quarter of the memory.
  Iml4e__SessionCacheBytes: string(instanceMemoryMB * 262144)
}

var durable = empty(schedulerEndpoint) ? {} : {
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${schedulerEndpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'
  TASKHUB_NAME: taskHubName
}

output values object = union(common, durable)
