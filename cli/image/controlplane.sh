#!/bin/sh
# Starts the control plane. Where the join token is a file that nodes share, makes it first.
set -eu
if [ -n "${PODLAB_JOIN_TOKEN_FILE:-}" ] && [ ! -s "$PODLAB_JOIN_TOKEN_FILE" ]; then
  umask 077
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$PODLAB_JOIN_TOKEN_FILE.new"
  mv "$PODLAB_JOIN_TOKEN_FILE.new" "$PODLAB_JOIN_TOKEN_FILE"
fi
export MALLOC_ARENA_MAX=1
exec node /opt/podlab/controlplane.mjs
