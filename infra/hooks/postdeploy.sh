#!/bin/sh
# What can only be done once the app is deployed: the Event Grid subscription that feeds the blob trigger of the inbox (its address carries a key that the
# Functions host makes at its first start), and the dashboards of Managed Grafana. May be run again at any time. Needs az, logged in; azd gives the variables,
# by hand: eval "$(azd env get-values | sed 's/^/export /')"
set -eu
umask 077

: "${AZURE_SUBSCRIPTION_ID:?is not set}" "${AZURE_RESOURCE_GROUP:?is not set}" "${EVENT_GRID_TOPIC_NAME:?is not set}" "${SERVICE_API_HOSTING:?is not set}"
name="${SERVICE_API_NAME:-}"
host="${SERVICE_API_HOST:-}"
here="$(cd "$(dirname "$0")/.." && pwd)"

say() { printf 'postdeploy: %s\n' "$*" >&2; }

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

blobs_key() {
  if [ "$SERVICE_API_HOSTING" = containerApps ]; then
    az containerapp function keys show --resource-group "$AZURE_RESOURCE_GROUP" --name "$name" --key-type systemKey --key-name blobs_extension \
      --query value --output tsv 2>/dev/null
  else
    az functionapp keys list --resource-group "$AZURE_RESOURCE_GROUP" --name "$name" --query systemKeys.blobs_extension --output tsv 2>/dev/null
  fi
}

# The key appears when the host has started with the blob trigger; a request wakes it.
wait_for_key() {
  attempt=0
  while [ "$attempt" -lt 30 ]; do
    curl --silent --output /dev/null --max-time 60 "https://$host/v2/health/live" || true
    key="$(blobs_key || true)"
    if [ -n "$key" ] && [ "$key" != null ]; then
      printf '%s' "$key"
      return 0
    fi
    attempt=$((attempt + 1))
    sleep 10
  done
  return 1
}

# Blobs below a folder of the inbox reach a function.
subscribe() {
  function="$1" folder="$2" subscription="$3"
  key="$(wait_for_key)" || { say "the app $name has no key blobs_extension after five minutes: has it been deployed, and does it start?"; exit 1; }
  # The key goes through a file: command lines are seen by others on the machine.
  cat >"$work/subscription.json" <<JSON
{
  "properties": {
    "eventDeliverySchema": "EventGridSchema",
    "destination": {
      "endpointType": "WebHook",
      "properties": { "endpointUrl": "https://$host/runtime/webhooks/blobs?functionName=Host.Functions.$function&code=$key" }
    },
    "filter": {
      "includedEventTypes": ["Microsoft.Storage.BlobCreated"],
      "subjectBeginsWith": "/blobServices/default/containers/inbox/blobs/$folder/",
      "advancedFilters": [
        { "operatorType": "StringIn", "key": "data.api", "values": ["PutBlob", "PutBlockList", "CopyBlob", "FlushWithClose"] }
      ]
    },
    "retryPolicy": { "maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440 }
  }
}
JSON
  url="https://management.azure.com/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$AZURE_RESOURCE_GROUP/providers/Microsoft.EventGrid"
  url="$url/systemTopics/$EVENT_GRID_TOPIC_NAME/eventSubscriptions/$subscription?api-version=2022-06-15"
  az rest --method put --url "$url" --body "@$work/subscription.json" --output none
  attempt=0
  while [ "$attempt" -lt 30 ]; do
    state="$(az rest --method get --url "$url" --query properties.provisioningState --output tsv)"
    case "$state" in
      Succeeded) say "blobs in inbox/$folder/ reach the function $function"; return 0 ;;
      Failed | Canceled) say "the Event Grid subscription ended as $state: the app did not confirm its address"; exit 1 ;;
    esac
    attempt=$((attempt + 1))
    sleep 5
  done
  say "the Event Grid subscription is still $state"
  exit 1
}

import_dashboards() {
  for file in "$here"/dashboards/*.json; do
    az grafana dashboard import --resource-group "$AZURE_RESOURCE_GROUP" --name "$AZURE_GRAFANA_NAME" --definition "$file" --overwrite true --output none
    say "dashboard $(basename "$file" .json) imported"
  done
}

if [ -n "$name" ] && [ -n "$host" ]; then
  subscribe DatasetInbox datasets dataset-inbox
  subscribe AdversarialRequests adversarial/requests adversarial-requests
  subscribe PredictionInbox predictions prediction-inbox
else
  say "no app is deployed yet: the Event Grid subscription is left for later"
fi
if [ -n "${AZURE_GRAFANA_NAME:-}" ]; then
  import_dashboards
fi
