// How a blob that lands in the inbox reaches the functions DatasetInbox, AdversarialRequests and PredictionInbox. On Flex Consumption a blob trigger that scans does not exist; the trigger therefore
// says Source = BlobTriggerSource.EventGrid (functions/Datasets/DatasetFunctions.cs), and the storage account tells by Event Grid.
//
// The topic is made here. The subscription is made by hooks/postdeploy.sh: its address carries the key blobs_extension, which the Functions host makes
// at the first start of a deployed app, and Event Grid calls that address to confirm it, so that the app must be there and answer. By hand:
//   az eventgrid system-topic event-subscription create --system-topic-name <topic> --included-event-types Microsoft.Storage.BlobCreated
//     --subject-begins-with /blobServices/default/containers/inbox/blobs/datasets/
//     --endpoint 'https://<app>/runtime/webhooks/blobs?functionName=Host.Functions.DatasetInbox&code=<key>' ...
// Retries and the poison queue are the same as with a scan: the event is queued in webjobs-blobtrigger-* queues. Blobs that were there before the
// subscription are not told; events may come twice, which the function allows for.
param name string
param location string
param tags object

@description('Resource id of the storage account.')
param storageId string

resource topic 'Microsoft.EventGrid/systemTopics@2022-06-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    source: storageId
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

output name string = topic.name
