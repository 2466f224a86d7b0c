# shellcheck shell=bash disable=SC2034
# Sourced by the tools in scripts/: where things are, how they speak, and steps that show progress.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
scratch='' # a folder of this run, made on demand, gone when it ends
child=''   # the process group of the step that is running
attached='' # set while the step is not to be interrupted
ticker=''  # what says how far it is

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "${0##*/}: $*" >&2; }
die() {
  warn "$*"
  exit 1
}

# The comment under the shebang is what --help prints.
help_of() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$1"; }

make_scratch() {
  [ -n "$scratch" ] || scratch=$(mktemp -d "${TMPDIR:-/tmp}/streamvibe.XXXXXX")
}

# `read` on a pipe that nobody writes to: a sleep that leaves no process and lets traps run.
exec {never}<> <(:)
pause() { read -r -t "$1" -u "$never" || :; }

# lives PID: not one that only waits to be reaped, as children do while a trap runs
lives() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) && stat=${stat##*) } && [[ $stat != [ZX]* ]]
}

# A process that has just been forked may lose any other signal.
stop_ticker() {
  [ -n "$ticker" ] || return 0
  kill -KILL "$ticker" 2>/dev/null || :
  wait "$ticker" 2>/dev/null || :
  ticker=''
}

stop_child() {
  stop_ticker
  [ -n "$child" ] || return 0
  local tries
  if [ -n "$attached" ]; then # half an installation is worse than a late end
    warn 'waiting for the installation to end'
    wait "$child" 2>/dev/null || :
    child=''
    return
  fi
  # More than once, for the same reason.
  for ((tries = 0; tries < 150; tries++)); do
    if ((tries % 10 == 0)); then kill -TERM -- "-$child" 2>/dev/null || :; fi
    lives "$child" || break
    pause 0.1
  done
  kill -KILL -- "-$child" 2>/dev/null || :
  wait "$child" 2>/dev/null || :
  child=''
}

# on_exit COMMAND...: what to undo, the latest first, however the script ends.
undo=()
on_exit() { undo=("$(printf '%q ' "$@")" "${undo[@]}"); }
leave() {
  local rc=$? command
  # A signal may reach a process that has just been forked, which still has the script's traps.
  [ "$BASHPID" = "$$" ] || exit "$rc"
  trap '' INT TERM HUP
  stop_child
  for command in "${undo[@]}"; do eval "$command" || :; done
  [ -z "$scratch" ] || rm -rf "$scratch"
  exit "$rc"
}
trap leave EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# step LABEL COMMAND...: runs COMMAND with its output kept aside (in $step_log, if set). Past two
# seconds it says how long and what was printed last; a failure prints the lines of the output that
# match $step_reasons, or its end. The command has a process group of its own, so that whatever it
# started ends with this script.
step_log='' step_reasons=''
step() { run_step own "$@"; }

# The same in this script's process group, and never interrupted: for apt, perhaps behind sudo.
step_attached() { run_step shared "$@"; }

run_step() {
  local group=$1 label=$2 log began=$EPOCHREALTIME rc=0
  shift 2
  make_scratch
  log=${step_log:-$scratch/step.log}
  printf '%s …' "$label"
  [ -t 1 ] || printf '\n'
  if [ "$group" = own ]; then
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    child=$!
    set +m
  else
    attached=yes
    (trap '' INT HUP; "$@") >"$log" 2>&1 </dev/null &
    child=$!
  fi
  tick "$label" "$began" "$log" &
  ticker=$!
  wait "$child" || rc=$?
  child='' attached=''
  stop_ticker
  if [ -t 1 ]; then printf '\r\e[K%s: ' "$label"; else printf '  %s: ' "$label"; fi
  if [ "$rc" = 0 ]; then
    printf 'done in %s s\n' "$(elapsed "$began" 1)"
  else
    printf 'failed after %s s\n' "$(elapsed "$began")"
    show_reasons "$log" >&2
  fi
  return "$rc"
}

show_reasons() { # LOG
  local reasons=''
  if [ -n "$step_reasons" ]; then reasons=$(grep -aE -m 60 "$step_reasons" "$1") || :; fi
  { if [ -n "$reasons" ]; then printf '%s\n' "$reasons"; else tail -n 40 "$1"; fi; } | cut -c 1-400 | sed 's/^/  | /'
}

# tick LABEL SINCE LOG: says how far a step is, after two seconds and then now and again; it ends with
# the script. Traps run in the script's own `wait`, never in a `read` of its.
tick() {
  local last script=$$ often=10
  if [ -t 1 ]; then often=1; fi
  pause 2
  while [ -d "/proc/$script" ]; do
    last=$(tail -c 400 "$3" 2>/dev/null | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-70) || :
    if [ -t 1 ]; then printf '\r\e[K'; else printf '  '; fi
    printf '%s … %s s  %s' "$1" "$(elapsed "$2")" "$last"
    [ -t 1 ] || printf '\n'
    pause "$often"
  done
}

# elapsed SINCE [DECIMALS]: seconds
elapsed() {
  local micros=$((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}))
  printf '%d' $((micros / 1000000))
  if [ -n "${2:-}" ]; then printf '.%d' $((micros / 100000 % 10)); fi
}

# as_root COMMAND...: needs no sudo for root; ask_root has asked for the password before.
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi; }
ask_root() {
  [ "$(id -u)" != 0 ] || return 0
  command -v sudo >/dev/null || die 'this needs root once, and there is no sudo: run scripts/setup as root'
  say 'Using sudo for that.'
  sudo -v || die 'sudo refused'
}

# swift_tool ARGUMENT...: swift, which leaves folders where temporary files go; need_swift comes first
swift_tool() { TMPDIR=${scratch:?} swift "$@"; }

# The Swift toolchain: on PATH, or at a usual place that is then put on PATH.
need_swift() {
  local folder version
  if ! command -v swift >/dev/null; then
    for folder in /opt/swift/usr/bin /usr/local/swift/usr/bin ~/.local/share/swiftly/bin /usr/share/swift/usr/bin; do
      if [ -x "$folder/swift" ]; then PATH=$PATH:$folder && break; fi
    done
  fi
  command -v swift >/dev/null ||
    die 'Swift 6.3 or newer is needed and was not found on PATH or in /opt/swift: https://www.swift.org/install/linux/'
  make_scratch
  version=$(swift_tool --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | head -n 1)
  [ "$(printf '%s\n' 6.3 "${version:-0}" | sort -V | head -n 1)" = 6.3 ] ||
    die "Swift 6.3 or newer is needed; $(command -v swift) is ${version:-of an unknown version}"
}
