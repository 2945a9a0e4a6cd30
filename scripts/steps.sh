# Shared by the scripts beside it: where things are, and steps that print their time and budget.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# Debian's emscripten needs its own Node modules when Node.js comes from elsewhere.
if [ -d /usr/share/nodejs ]; then export NODE_PATH="/usr/share/nodejs${NODE_PATH:+:$NODE_PATH}"; fi

jobs=$(( $(nproc) < 2 ? $(nproc) : 2 ))

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# step NAME BUDGET_SECONDS COMMAND...: runs it and prints how long it took; a step over budget says so, a step
# that fails ends the script with its output. Time never fails a step: machines differ.
step() {
  local name=$1 budget=$2 begun=$SECONDS log
  shift 2
  log=$root/build/logs/${name// /-}.log
  mkdir -p "$root/build/logs"
  if ! "$@" >"$log" 2>&1; then
    cat "$log"
    say "FAILED  $name, after $((SECONDS - begun)) s (log: ${log#"$root"/})"
    return 1
  fi
  local took=$((SECONDS - begun)) note=""
  if [ "$took" -gt "$budget" ]; then note="  OVER BUDGET"; fi
  printf '%-28s %4d s (budget %d s)%s\n' "$name" "$took" "$budget" "$note"
}
