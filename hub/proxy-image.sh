#!/usr/bin/env bash
# Builds the proxy's image where no image registry can be reached: Caddy out of the packages of the Debian or Ubuntu that
# this runs on, laid out like the official image. Asks apt for everything, installs nothing and needs no root: only
# docker, apt-get, dpkg-deb and tar.
#
#   hub/proxy-image.sh [--image NAME] [--force]
#
# Progress goes to stderr, a line a step; when it fails, the last line is the reason. Exit codes: 0 the image is
# there, 64 usage, 69 something is missing or failed.
set -euo pipefail
umask 022 # the image's files are read by another user than the one that builds it

image=caddy:2-alpine
usage='usage: proxy-image.sh [--image NAME] [--force]'
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=hub/image-options.sh
. "$here/image-options.sh"
# shellcheck source=hub/from-packages.sh
. "$here/from-packages.sh"
read_options '--image=image' "$@"
look_around "the proxy's image"

# One that was not built here stays; one of an older version of this script is made anew.
recipe=$({ printf '%s\n' "$os"; cat "${BASH_SOURCE[0]}"; } | sha256sum | cut -c 1-16)
label() { docker image inspect --format "{{index .Config.Labels \"org.hub-mon.$1\"}}" "$image" 2>/dev/null; }
if [ $force = no ] && docker image inspect "$image" >/dev/null 2>&1 &&
  { [ -z "$(label built-from)" ] || [ "$(label recipe)" = "$recipe" ]; }; then
  say "$image is there already: nothing to build"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

plan_packages "$work" caddy ca-certificates busybox-static base-files
# Caddy and what it is linked with: the rest is for putting its authority into a browser's list.
awk '$1 == "Inst" && $2 ~ /^(caddy|ca-certificates|busybox-static|base-files|libc6|libgcc-s1|libzstd1|media-types)$/ {print $2 "=" substr($3, 2)}' \
  "$work/plan" >"$work/packages"
version=$(version_of "$work" caddy)

say "Building $image from $os packages: caddy $version"
fetch_packages "$work"

tree=$work/tree
mkdir -p "$tree"/{config,data,dev,etc/caddy,etc/ssl/certs,proc,run,srv,sys,tmp} "$tree"/usr/{bin,lib,lib64,sbin}
for link in bin lib lib64 sbin; do ln -s "usr/$link" "$tree/$link"; done
chmod 1777 "$tree/tmp"
for deb in "$work"/debs/*.deb; do
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tree" --no-same-owner --keep-directory-symlink \
    --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/caddy' --exclude='*/gconv' \
    --exclude='./lib/systemd' --exclude='./etc/init.d' || fail 69 'the packages could not be unpacked (is the disk full?)'
done
# What installing the package would do: one file of all authorities.
cat "$tree"/usr/share/ca-certificates/mozilla/*.crt >"$tree/etc/ssl/certs/ca-certificates.crt"
for applet in cat ls sh sleep wget; do ln -s busybox "$tree/usr/bin/$applet"; done
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$tree/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$tree/etc/group"
printf 'hosts: files dns\n' >"$tree/etc/nsswitch.conf"

previous=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
# shellcheck disable=SC2054 # the words of docker import
words=(-c 'ENV PATH=/usr/bin:/usr/sbin XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data' -c 'WORKDIR /srv'
  -c 'CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]'
  -c "LABEL org.hub-mon.built-from=\"$os packages: caddy $version\"" -c "LABEL org.hub-mon.recipe=$recipe")
tar -C "$tree" --owner=0 --group=0 --numeric-owner -c . | docker import "${words[@]}" - "$image" >/dev/null 2>"$work/import" ||
  fail 69 "docker import failed: $(tail -n 1 "$work/import")"
if [ -n "$previous" ] && [ "$previous" != "$(docker image inspect --format '{{.Id}}' "$image")" ]; then
  docker rmi "$previous" >/dev/null 2>&1 || true
fi
# Proves that no library was left out.
docker run --rm --network none "$image" caddy version >"$work/run" 2>&1 ||
  fail 69 "caddy does not run in the image: $(tail -n 1 "$work/run")"
say "Built $image ($SECONDS s)"
