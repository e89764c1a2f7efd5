#!/usr/bin/env bash
# Builds the hub's images where no image registry can be reached: Redis and Celery out of the packages of the
# Debian or Ubuntu that this runs on. Asks apt for everything, so it uses the mirrors, proxies, pins and signatures
# that this machine is set up with. Installs nothing and needs no root: only docker, apt-get, dpkg-deb and tar.
#
# Flower is in no distribution. The app image says so with the label org.hub-mon.without=flower, and its `celery
# flower` tells it and waits, instead of failing over and over.
#
#   hub/debian-image.sh [--redis-image NAME] [--app-image NAME] [--force]
#
# Progress goes to stderr, a line a step; when it fails, the last line is the reason. Exit codes: 0 the images are
# there, 64 usage, 69 something is missing or failed.
set -euo pipefail
umask 022 # the images' folders are read by other users than the one that builds them

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
redis_image=redis:7-alpine
app_image=hub-mon/hub:0.1
usage='usage: debian-image.sh [--redis-image NAME] [--app-image NAME] [--force]'
# shellcheck source=hub/image-options.sh
. "$here/image-options.sh"
# shellcheck source=hub/from-packages.sh
. "$here/from-packages.sh"
read_options '--redis-image=redis_image --app-image=app_image' "$@"

# --- what is here ---------------------------------------------------------------------------------------------

look_around 'the images'

# The images say which version of this script built them. New packages alone are no reason to build again, so that
# an `up` need not ask apt each time: --force takes them.
recipe=$({ printf '%s\n' "$os"; cat "${BASH_SOURCE[0]}" "$here/hub-traffic"; } | sha256sum | cut -c 1-16)
is_built() {
  [ "$(docker image inspect --format '{{index .Config.Labels "org.hub-mon.recipe"}}' "$1" 2>/dev/null)" = "$recipe" ]
}
replaced=()
for image in "$redis_image" "$app_image"; do
  replaced+=("$(docker image inspect --format '{{if index .Config.Labels "org.hub-mon.recipe"}}{{.Id}}{{end}}' "$image" 2>/dev/null || true)")
done
if [ $force = no ] && is_built "$redis_image" && is_built "$app_image"; then
  say "$redis_image and $app_image are there already: nothing to build"
  exit 0
fi

work=$(mktemp -d)
container=
base=
# shellcheck disable=SC2317,SC2329 # called by the trap
clean_up() {
  [ -z "$container" ] || docker rm -f "$container" >/dev/null 2>&1 || true
  # Refused once the images stand on it, and that is what we want: it goes only when nothing came of it.
  [ -z "$base" ] || docker rmi "$base" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- which packages -------------------------------------------------------------------------------------------

# libc-bin has the locale C.UTF-8, without which Redis 7.2 and later do not start.
plan_packages "$work" redis-server celery python3-redis busybox-static base-files libc-bin tzdata

# Left out: what only installing and removing packages needs, and what Celery imports for sunrise schedules alone.
left_out='^(lib)?perl|-perl$|^(adduser|debconf|dpkg|init-system-helpers|lsb-base|passwd|python3-ephem|readline-common|sysvinit-utils|tar|usrmerge)$|^lib(audit|pam|sema|sepol)'
awk -v skip="$left_out" '$1 == "Inst" && $2 !~ skip {print $2 "=" substr($3, 2)}' "$work/plan" >"$work/packages"

built_from="$os packages: redis $(version_of "$work" redis-server), celery $(version_of "$work" celery)"

say "Building $redis_image and $app_image from $built_from"

# --- fetch and unpack -----------------------------------------------------------------------------------------

say "Fetching $(wc -l <"$work/packages") packages"
fetch_packages "$work"

say 'Unpacking them'
tree=$work/tree
mkdir -p "$tree"/{data,dev,etc,hub,proc,root,run,sys,tmp,var} \
  "$tree"/usr/{bin,lib,lib64,sbin,local/bin}
for link in bin lib lib64 sbin; do ln -s "usr/$link" "$tree/$link"; done
chmod 1777 "$tree/tmp"
export tree
# shellcheck disable=SC2016 # expanded by the inner shell
printf '%s\0' "$work"/debs/*.deb | xargs -0 -n 8 -P "$(nproc)" bash -c '
  set -euo pipefail
  for deb; do
    # python3 -m test, idle, gconv and the like: a third of the size, and no worker needs them.
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tree" --no-same-owner --keep-directory-symlink \
      --exclude="./usr/share/doc" --exclude="./usr/share/man" --exclude="./usr/share/locale" \
      --exclude="./usr/share/lintian" --exclude="./usr/share/bug" --exclude="./usr/share/zoneinfo/posix" \
      --exclude="./usr/share/zoneinfo/right" --exclude="./usr/share/perl*" --exclude="./lib/systemd" \
      --exclude="./usr/lib/systemd" --exclude="./etc/init.d" --exclude="*/gconv" --exclude="*/perl" \
      --exclude="*/perl-base" --exclude="*/idlelib" --exclude="*/lib2to3" --exclude="*/pydoc_data" \
      --exclude="./usr/bin/redis-benchmark" --exclude="./boot"
  done' unpack || fail 69 'the packages could not be unpacked (is the disk full?)'

# --- what packages would set up when installed ----------------------------------------------------------------

# The redis uid is the one of the official image, so that a volume can move between the two.
cat >"$tree/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/sh
redis:x:999:999:redis:/data:/bin/sh
app:x:1000:1000:app:/hub:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
END
cat >"$tree/etc/group" <<'END'
root:x:0:
redis:x:999:
app:x:1000:
nogroup:x:65534:
END
printf 'hosts: files dns\n' >"$tree/etc/nsswitch.conf"

install -m 755 "$here/hub-traffic" "$tree/usr/local/bin/hub-traffic"
cat >"$tree/usr/local/bin/celery" <<'END'
#!/bin/sh
# Flower cannot be had from distribution packages. A container that is to run it says so and waits for its end:
# failing would make it restart for ever.
for word in "$@"; do
  if [ "$word" = flower ]; then
    echo "Flower is not in this image: it was built from distribution packages, which do not have it." >&2
    echo "Everything else works. For Flower: where an image registry can be reached, 'hub-mon up --build'." >&2
    trap 'exit 0' INT TERM
    while :; do sleep 3600 & wait $!; done
  fi
done
exec /usr/bin/celery "$@"
END
chmod 755 "$tree"/usr/local/bin/*

say 'Importing them'
path=/usr/local/bin:/usr/bin:/usr/sbin
base=$(tar -C "$tree" --owner=0 --group=0 --numeric-owner -c . |
  docker import -c "ENV PATH=$path" -c 'ENV LANG=C.UTF-8' -c 'ENV PYTHONUNBUFFERED=1' - 2>"$work/import") ||
  fail 69 "docker import failed: $(tail -n 1 "$work/import")"

# What needs programs of the tree runs inside it: nothing is asked of the host's own Python, nor of its root.
# The last lines prove that nothing was left out that is needed. Without .pyc files every start of Celery compiles a thousand modules anew: 1.7 s instead of 0.7 s.
say 'Compiling the Python modules'
container=hub-mon-image-$$-$RANDOM
# shellcheck disable=SC2016 # expanded in the container
docker run --name "$container" --network none "$base" /usr/bin/busybox sh -c '
  set -e
  for applet in $(/usr/bin/busybox --list); do
    [ -e "/usr/bin/$applet" ] || [ -e "/usr/sbin/$applet" ] || /usr/bin/busybox ln -s busybox "/usr/bin/$applet"
  done
  mkdir -p /var/lib/flower
  chown redis:redis /data
  chown app:app /var/lib/flower # a volume keeps this owner, for a day when there is a Flower
  python3 -m compileall -q -j 0 -x "/(test|tests|ensurepip|distutils|tkinter|turtledemo)/" \
    /usr/lib/python3.* /usr/lib/python3/dist-packages
  redis-server --version
  redis-cli --version
  celery --version
  python3 -c "import redis"
' >"$work/run" 2>&1 || fail 69 "the packages do not run in a container: $(tail -n 1 "$work/run")"

say 'Writing the images'
labels=(-c "LABEL org.hub-mon.built-from=\"$built_from\"" -c "LABEL org.hub-mon.recipe=$recipe")
docker commit "${labels[@]}" -c 'USER redis' -c 'WORKDIR /data' -c 'EXPOSE 6379' \
  -c 'CMD ["redis-server", "--protected-mode", "no"]' "$container" "$redis_image" >/dev/null 2>"$work/commit" ||
  fail 69 "docker commit failed: $(tail -n 1 "$work/commit")"
docker commit "${labels[@]}" -c 'LABEL org.hub-mon.without=flower' -c 'USER app' -c 'WORKDIR /hub' \
  -c 'CMD ["celery", "--help"]' "$container" "$app_image" >/dev/null 2>"$work/commit" ||
  fail 69 "docker commit failed: $(tail -n 1 "$work/commit")"

# Our own images that have lost their names to these; one that a container still uses is refused, and stays.
for image in "${replaced[@]}"; do
  [ -z "$image" ] || docker rmi "$image" >/dev/null 2>&1 || true
done

say "Built $redis_image and $app_image ($SECONDS s). Flower is left out: no distribution has it."
