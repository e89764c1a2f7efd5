#!/usr/bin/env bash
# Builds the recorder's image where no image registry can be reached: recorder/Dockerfile as it stands, on a base of
# nothing but a Node.js of this machine and the shared libraries that it is linked with. Installs nothing and needs no
# root: only docker, tar and ldd.
#
#   hub/recorder-image.sh [--image NAME] [--node PATH] [--force]
#
# Progress goes to stderr, a line a step; when it fails, the last line is the reason. Exit codes: 0 the image is
# there, 64 usage, 69 something is missing or failed.
set -euo pipefail
umask 022 # the image's files are read by another user than the one that builds it

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
image=hub-mon/recorder:0.1.0
node=$(command -v node || true)
usage='usage: recorder-image.sh [--image NAME] [--node PATH] [--force]'
# shellcheck source=hub/image-options.sh
. "$root/hub/image-options.sh"
read_options '--image=image --node=node' "$@"

missing=()
for program in docker tar ldd; do
  command -v "$program" >/dev/null || missing+=("$program")
done
[ ${#missing[@]} -eq 0 ] || fail 69 "cannot build the recorder's image, missing here: ${missing[*]}"
node=$(readlink -f "${node:-}") && [ -x "$node" ] || fail 69 "cannot build the recorder's image: there is no node here"
for part in bin dist package.json oclif.manifest.json; do
  [ -e "$root/$part" ] || fail 69 "cannot build the recorder's image: $root/$part is not there (npm run build makes it)"
done

# The image says what it was built of: one of an older build is made anew, one that was not built here stays.
recipe=$(cd "$root" && find bin dist package.json oclif.manifest.json recorder/Dockerfile -type f -print0 |
  LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16)
label() { docker image inspect --format "{{index .Config.Labels \"org.hub-mon.$1\"}}" "$image" 2>/dev/null; }
if [ $force = no ] && docker image inspect "$image" >/dev/null 2>&1 &&
  { [ -z "$(label built-from)" ] || [ "$(label recipe)" = "$recipe" ]; }; then
  say "$image is there already: nothing to build"
  exit 0
fi

about=$("$node" -p 'process.version + " " + process.platform + "/" + ({x64: "amd64", ia32: "386"}[process.arch] ?? process.arch)')
engine=$(docker version --format '{{.Server.Os}}/{{.Server.Arch}}' 2>&1) ||
  fail 69 "cannot build the recorder's image: the Docker engine does not answer (${engine##*$'\n'})"
[ "$engine" = "${about#* }" ] ||
  fail 69 "cannot build the recorder's image: the engine runs $engine, and $node is for ${about#* }"

work=$(mktemp -d)
base=hub-mon/node-of-this-machine:$$-$RANDOM
# shellcheck disable=SC2317,SC2329 # called by the trap
clean_up() {
  # The name alone goes where an image stands on it.
  docker rmi "$base" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

previous=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
say "Building $image from the node of this machine (${about%% *})"
tree=$work/tree
mkdir -p "$tree"/{etc,proc,sys,dev,tmp,usr/local/bin}
chmod 1777 "$tree/tmp"
cp "$node" "$tree/usr/local/bin/node"
# What it is linked with, and what the C library loads by itself to look up names (not a file of its own everywhere).
# The list is read to its end: who closes a pipe early fails the command in front of it, now and then.
{
  ldd "$node" | grep -oE '/[^ ()]+' || true
  PATH=$PATH:/usr/sbin:/sbin ldconfig -p 2>/dev/null |
    awk '/^[[:space:]]*lib(nss_dns|nss_files|resolv)\.so\.2 / && !seen[$1]++ {print $NF}' || true
} | sort -u >"$work/libraries"
while read -r library; do
  mkdir -p "$tree$(dirname "$library")"
  cp -L "$library" "$tree$library"
done <"$work/libraries"
printf 'root:x:0:0:root:/root:/bin/false\nnode:x:1000:1000:node:/tmp:/bin/false\n' >"$tree/etc/passwd"
printf 'root:x:0:\nnode:x:1000:\n' >"$tree/etc/group"
printf 'hosts: files dns\n' >"$tree/etc/nsswitch.conf"
tar -C "$tree" --owner=0 --group=0 --numeric-owner -c . |
  docker import -c 'ENV PATH=/usr/local/bin' - "$base" >/dev/null 2>"$work/import" ||
  fail 69 "docker import failed: $(tail -n 1 "$work/import")"

docker build --build-arg "NODE_IMAGE=$base" --label "org.hub-mon.built-from=node ${about%% *} of the machine that built it" \
  --label "org.hub-mon.recipe=$recipe" \
  --file "$root/recorder/Dockerfile" --tag "$image" "$root" >"$work/build" 2>&1 ||
  fail 69 "docker build failed: $(tail -n 1 "$work/build")"
# The one that has lost its name to it; one that a container still uses is refused, and stays.
if [ -n "$previous" ] && [ "$previous" != "$(docker image inspect --format '{{.Id}}' "$image")" ]; then
  docker rmi "$previous" >/dev/null 2>&1 || true
fi
# Proves that no library was left out.
docker run --rm --network none "$image" --version >"$work/run" 2>&1 ||
  fail 69 "node does not run in the image: $(tail -n 1 "$work/run")"
say "Built $image ($SECONDS s)"
