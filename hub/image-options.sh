# What the scripts that build images have in common: to be sourced by one that has set `usage`.

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "${@:2}"
  exit "$1"
}

# What nobody thought of has a reason as well.
trap 'fail 69 "$(basename "$0"), line $LINENO: $BASH_COMMAND failed"' ERR

# read_options '--image=image --node=node' "$@": what is given goes into these variables; `force` is yes or no.
read_options() {
  local pair variable
  local known=$1
  shift
  force=no
  while [ $# -gt 0 ]; do
    case $1 in
      --force)
        force=yes
        shift
        continue
        ;;
      -h | --help)
        printf '%s\n' "$usage"
        exit 0
        ;;
    esac
    variable=
    for pair in $known; do [ "${pair%%=*}" != "$1" ] || variable=${pair#*=}; done
    [ -n "$variable" ] || fail 64 "unknown argument '$1'; $usage"
    [ -n "${2:-}" ] || fail 64 "$1 wants a value; $usage"
    printf -v "$variable" %s "$2"
    shift 2
  done
}
