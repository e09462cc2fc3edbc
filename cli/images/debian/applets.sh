#!/bin/sh
# Links busybox's applets in /out, which already holds busybox itself.
set -eu

for applet in $(busybox --list); do
  [ -e "/out/usr/bin/$applet" ] || [ -e "/out/usr/sbin/$applet" ] || ln -s busybox "/out/usr/bin/$applet"
done
