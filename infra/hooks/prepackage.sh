#!/bin/sh
# Publishes the azure flavour into publish/, with the host.json of the durable backend that the environment asks for.
set -eu
root="$(cd "$(dirname "$0")/../.." && pwd)"
backend="${IML4E_DURABLE_BACKEND:-storage}"
case "$backend" in
  storage | scheduler) ;;
  *) echo "IML4E_DURABLE_BACKEND is '$backend'; it must be storage or scheduler." >&2; exit 1 ;;
esac
rm -rf "$root/publish"
# MSBuild takes it as a property: functions/Flavour.azure.props picks package and host.json by it.
DurableBackend="$backend" "$root/iml4e" publish
