// What somebody should hear of. The queries read the workspace; iml4e_* are the app's own instruments (functions/Telemetry/AppMetrics.cs).
@maxLength(260)
param actionGroupName string
param location string
param tags object

@description('Address that is mailed; empty: nobody is.')
param email string
param workspaceId string
param storageId string

// An alert fires when the query's column Value, summed over the window, passes the threshold.
var logAlerts = [
  {
    name: 'failed-orchestrations'
    description: 'An orchestration ended in failure.'
    severity: 2
    window: 'PT15M'
    every: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: 'union isfuzzy=true AppRequests, AppDependencies | where Name startswith "orchestration:" and Success == false | summarize Value = count()'
  }
  {
    name: 'failed-jobs'
    description: 'A job ended in failure.'
    severity: 3
    window: 'PT15M'
    every: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: 'AppMetrics | where Name == "iml4e_jobs" and tostring(Properties.status) == "failed" | summarize Value = sum(Sum)'
  }
  {
    name: 'failed-retraining'
    description: 'A retraining run failed, so that a decayed model stays in service.'
    severity: 2
    window: 'PT15M'
    every: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: 'AppMetrics | where Name == "iml4e_triggers" and tostring(Properties.result) =~ "failed" | summarize Value = sum(Sum)'
  }
  {
    name: 'shadow-dropped'
    description: 'Shadow copies of requests were dropped: a shadow experiment sees less than it should.'
    severity: 3
    window: 'PT15M'
    every: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: 'AppMetrics | where Name == "iml4e_shadow_dropped" | summarize Value = sum(Sum)'
  }
  {
    name: 'poison-blobs'
    description: 'A blob of the inbox failed five times and was put into the poison queue.'
    severity: 2
    window: 'PT15M'
    every: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: 'AppTraces | where Message has "webjobs-blobtrigger-poison" | summarize Value = count()'
  }
  {
    name: 'server-errors'
    description: 'More than 1 % of the HTTP requests ended with a status of 500 or above.'
    severity: 1
    window: 'PT15M'
    every: 'PT5M'
    operator: 'GreaterThan'
    threshold: 1
    query: '''
      AppRequests
      | where toint(ResultCode) between (100 .. 599)
      | summarize Failed = countif(toint(ResultCode) >= 500), Answered = count()
      | project Value = iff(Answered == 0, 0.0, 100.0 * Failed / Answered)
    '''
  }
  {
    name: 'throttled-requests'
    description: 'Requests were answered with 429: the instances do not keep up.'
    severity: 3
    window: 'PT15M'
    every: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
    query: 'AppRequests | where ResultCode == "429" | summarize Value = count()'
  }
  {
    name: 'no-heartbeat'
    description: 'The timer that looks after the retraining triggers has not run for an hour.'
    severity: 1
    window: 'PT1H'
    every: 'PT15M'
    operator: 'LessThan'
    threshold: 1
    query: 'AppRequests | where OperationName has "TriggerWatch" or Name has "TriggerWatch" | summarize Value = count()'
  }
]

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'iml4e'
    enabled: true
    emailReceivers: empty(email) ? [] : [
      {
        name: 'mail'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource logRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for alert in logAlerts: {
  name: alert.name
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: alert.name
    description: alert.description
    severity: alert.severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: alert.every
    windowSize: alert.window
    autoMitigate: true
    // Tables are made by the first record; until then a query names one that is not there.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: alert.query
          metricMeasureColumn: 'Value'
          timeAggregation: 'Total'
          operator: alert.operator
          threshold: alert.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: { actionGroups: [group.id] }
  }
}]

resource storageRefused 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'storage-refused'
  location: 'global'
  tags: tags
  properties: {
    description: 'The storage account refused requests: the identity has lost a role.'
    severity: 1
    enabled: true
    scopes: [storageId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'refused'
          metricNamespace: 'Microsoft.Storage/storageAccounts'
          metricName: 'Transactions'
          dimensions: [
            {
              name: 'ResponseType'
              operator: 'Include'
              values: ['AuthorizationError']
            }
          ]
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [{ actionGroupId: group.id }]
  }
}
