# What the scripts that build images out of the distribution's packages have in common: to be sourced behind
# image-options.sh. Sets `os`.

# look_around WHAT: ends with 69 where WHAT cannot be built from packages here.
look_around() {
  local what=$1 program engine missing=()
  for program in docker apt-get dpkg-deb tar xargs; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  [ ${#missing[@]} -eq 0 ] || fail 69 "cannot build $what, missing here: ${missing[*]}"
  # shellcheck source=/dev/null
  os=$(. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-}" "${VERSION_ID:-}") || true
  case $os in
    debian\ * | ubuntu\ *) ;;
    *) fail 69 "cannot build $what from packages: this is neither Debian nor Ubuntu" ;;
  esac
  engine=$(docker version --format '{{.Server.Os}}/{{.Server.Arch}}' 2>&1) ||
    fail 69 "cannot build $what: the Docker engine does not answer (${engine##*$'\n'})"
  [ "$engine" = "linux/$(dpkg --print-architecture)" ] || [ "$engine" = linux/arm ] ||
    fail 69 "cannot build $what: the engine runs $engine, the packages here are for $(dpkg --print-architecture)"
}

# plan_packages WORK PACKAGE…: what installing these would take, as apt says it, in WORK/plan. An empty status file: apt
# then resolves as for a machine with nothing on it. The package lists are the host's.
plan_packages() {
  local work=$1 reason hint=
  shift
  mkdir -p "$work/cache/archives/partial" "$work/debs" "$work/tree"
  : >"$work/status"
  private=(-q
    -o "Dir::State::status=$work/status" -o "Dir::State::extended_states=$work/extended"
    -o "Dir::Cache=$work/cache" -o Debug::NoLocking=true
    -o APT::Install-Recommends=false -o APT::Sandbox::User="$(id -un)")
  export LC_ALL=C
  apt-get "${private[@]}" -s install "$@" >"$work/plan" 2>"$work/plan.err" && return
  reason=$(grep -m 1 '^E:' "$work/plan.err") || true
  [ "${os%% *}" != ubuntu ] || hint=', and that the component universe is switched on'
  fail 69 "apt cannot find the packages (${reason#E: }): see that 'apt-get update' has run$hint"
}

# fetch_packages WORK: those of WORK/packages, a line `name=version` each, into WORK/debs.
fetch_packages() {
  local work=$1 reason
  (cd "$work/debs" && xargs apt-get "${private[@]}" download <"$work/packages" >"$work/fetch" 2>&1) && return
  reason=$(grep -m 1 '^E:' "$work/fetch") || true
  fail 69 "the packages could not be fetched (${reason#E: }): 'apt-get update' helps when the lists are old"
}

# version_of WORK PACKAGE: 5:7.0.15-1~deb12u10 is 7.0.15 to a reader.
version_of() { sed -nE "s/^$2=([0-9]+:)?([^-+~]+).*/\2/p" "$1/packages"; }
