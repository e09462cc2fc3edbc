#!/bin/sh
# The first process of a node container: starts the node's process again when it ends, so that the network namespace,
# in which the Pods' interfaces and the nftables rules live, outlasts it. SIGTERM stops the node in order.
stopping=
node=
trap 'stopping=1; [ -z "$node" ] || kill -TERM "$node" 2>/dev/null' TERM INT

# A node's process holds little and lives long: a small young generation and one malloc arena keep it 6 MB smaller.
export MALLOC_ARENA_MAX=1

while [ -z "$stopping" ]; do
  started=$(date +%s)
  node --max-semi-space-size=1 /opt/podlab/node.mjs &
  node=$!
  # A trapped signal ends `wait` before the process has ended.
  while :; do
    wait "$node"
    code=$?
    kill -0 "$node" 2>/dev/null || break
  done
  node=
  [ -n "$stopping" ] && exit "$code"
  echo "{\"level\":50,\"name\":\"supervise\",\"msg\":\"the node's process ended with $code; starting it again\"}" >&2
  # At once, because the node's Pods have no DNS meanwhile; slower when it cannot stay.
  [ $(($(date +%s) - started)) -ge 5 ] || sleep 1
done
