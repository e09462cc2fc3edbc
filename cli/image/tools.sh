#!/bin/sh
# Installs what a node's process calls, where the base image does not have it.
set -eu

command -v nft >/dev/null && command -v ip >/dev/null && command -v conntrack >/dev/null && command -v arping >/dev/null && exit 0
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
  busybox conntrack iproute2 iputils-arping iputils-ping nftables procps tcpdump
rm -rf /var/lib/apt/lists/*
