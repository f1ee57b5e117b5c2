#!/usr/bin/env bash
# Does drover say, to the letter, what it should? Two kinds of cases:
#   broken/NN-name.yaml (or .sh, which writes the estate) + NN-name.txt: a bad estate; every command must end with exit 2,
#     print exactly the expected errors, call nothing and leave nothing but the lock and an empty store behind.
#   transcripts/NAME.txt: sessions; lines beginning with "$ " are run, what they print must be what stands below them. One
#     whose "# needs: COMMAND" fails is skipped, visibly.
# Usage: run.sh [--update] [--only PATTERN] DROVER      --update rewrites the expectations: read the diff before committing.
set -u
shopt -s nullglob
export LC_ALL=C.UTF-8 TZ=UTC

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
update=no only='*' binary=
while [ $# -gt 0 ]; do
  case $1 in
    --update) update=yes ;;
    --only) only="*$2*"; shift ;;
    *) binary=$1 ;;
  esac
  shift
done
[ -x "$binary" ] || { echo "usage: $0 [--update] [--only PATTERN] DROVER" >&2; exit 2; }
binary=$(realpath "$binary")
examples=$(realpath "$here/../../examples")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

# A broken estate may cost so much, and no more.
memory_kib_max=2000000 seconds_max=20

# The ONE place where what varies from run to run is masked: times of the world (its clock begins at the real time), the
# process that holds a lock, how long calls took (the seed draws it, but one call more or less shifts every draw), ids that the cloud draws for what it makes, which of several nodes of one age goes, and the temporary folder.
mask() {
  sed -E \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z/<time>/g' \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})? UTC/<time>/g' \
    -e 's/(app_id|object_id|principal_id) +[0-9a-f]{8}-[0-9a-f-]{27}/\1 <guid>/g' \
    -e 's/-vmss[0-9a-z]{6}/-vmss<n>/g' \
    -e 's/by process [0-9]+/by process <pid>/' \
    -e 's/\(process [0-9]+/(process <pid>/' \
    -e 's#http://127\.0\.0\.1:[0-9]+#http://127.0.0.1:<port>#' \
    -e 's/(created|deleted|changed|done|failed) {1,8}([0-9:]+|[0-9.]+ s)$/\1     <took>/' \
    -e 's/done in ([0-9:]+|[0-9.]+ s)/done in <took>/' \
    -e 's/([0-9:]+|[0-9.]+ s) after the call/<took> after the call/' \
    -e "s/last change [0-9]+ s ago/last change <span> ago/" \
    -e "s/the cool-down of 10 min ends in [0-9]+ min/the cool-down of 10 min ends in <span>/" \
    -e 's/[0-9]+\.[0-9]{3} ms$/<took>/' \
    -e 's/"decision_ms_p99": [0-9.e-]+/"decision_ms_p99": <took>/' \
    -e "s#$scratch#<scratch>#g"
}

# A clean environment, so that no variable of the developer's own answers for a missing one; and a local cloud in which
# waiting takes no time, between commands too.
drover() {
  env -i PATH=/usr/bin:/bin HOME="$PWD/home" LC_ALL=C.UTF-8 TZ=UTC NO_COLOR=1 DROVER_SPEED=instant "${variables[@]}" "$binary" "$@"
}

# verdict NAME EXPECTATION ACTUAL-FILE [COMPLAINT]
verdict() {
  if [ -n "${4:-}" ]; then
    echo "FAIL $1: $(head -3 <<< "$4")"; failed=$((failed + 1)); return
  fi
  if [ "$update" = yes ]; then cp "$3" "$2"; fi
  if diff -u --label expected --label actual "$2" "$3" > "$scratch/diff" 2>&1; then
    echo "ok   $1"; passed=$((passed + 1))
  else
    echo "FAIL $1"; sed 's/^/     /' "$scratch/diff"; failed=$((failed + 1))
  fi
}

# The first lines of a case may say what is run instead of the usual three, with which variables, and what it may leave in
# the state folder all the same:   "# runs: plan, apply"   "# with: NAME=value"   "# leaves: localcloud.db"
setting() { sed -nE "1,3s/^# $1: (.*)/\1/p" "$2" | head -1; }

broken() {
  local source=$1 name commands leaves actual=$scratch/actual complaint=
  name=$(basename "${source%.*}")
  rm -rf "$scratch/case"; mkdir -p "$scratch/case/home"; cd "$scratch/case" || exit 1
  case $source in
    *.sh) bash "$source" "$name.yaml" ;;
    *) cp "$source" . ;;
  esac
  commands=$(setting runs "$source"); [ -n "$commands" ] || commands="validate, plan, apply --yes"
  read -ra variables <<< "$(setting with "$source")"
  leaves=$(setting leaves "$source"); leaves=${leaves:-nothing}
  : > "$actual"
  local first= output code
  IFS=',' read -ra list <<< "$commands"
  for command in "${list[@]}"; do
    read -ra words <<< "$command"
    output=$(ulimit -v $memory_kib_max; drover_timed "${words[@]}" -f "$name.yaml" --trace 2>&1 >"$scratch/stdout"); code=$?
    output=$(mask <<< "$output")
    [ $code -eq 2 ] || complaint="'$command' ended with $code: $output"
    if [ -s "$scratch/stdout" ]; then complaint="'$command' printed to standard output: $(head -3 "$scratch/stdout")"; fi
    # --trace prints a line for each exchange with a cloud: "<time> GET https://...".
    if grep -qE '^<time> [A-Z]+ https?://' <<< "$output"; then complaint="'$command' called something"; fi
    local left; left=$(ls -A .drover 2>/dev/null | grep -vE '^(lock|state\.db(-wal|-shm)?|'"$leaves"'(-wal|-shm)?)$')
    [ -z "$left" ] || complaint="'$command' left $left in the state folder"
    if [ -z "$first" ]; then first=$output; printf 'exit %s\n%s\n' "$code" "$output" > "$actual"; fi
    [ "$output" = "$first" ] || complaint="'$command' says something else than the first command: $output"
  done
  verdict "broken/$name" "$here/broken/$name.txt" "$actual" "$complaint"
}

drover_timed() {
  timeout "$seconds_max" env -i PATH=/usr/bin:/bin HOME="$PWD/home" LC_ALL=C.UTF-8 TZ=UTC NO_COLOR=1 DROVER_SPEED=instant "${variables[@]}" "$binary" "$@"
}

# Runs the "$ " lines of a session in a folder of its own, where `drover` is the binary and $EXAMPLES the examples; prints
# them with what they print on both streams, and "exit N" where that is not 0.
session() {
  local line code
  while IFS= read -r line; do
    case $line in
      '$ '*) ;;
      '#'*) printf '%s\n' "$line"; continue ;;
      *) continue ;;
    esac
    printf '\n%s\n' "$line"
    eval "${line:2}" > "$scratch/output" 2>&1 < /dev/null; code=$?
    cat "$scratch/output"
    [ $code -eq 0 ] || echo "exit $code"
  done
}

transcript() {
  local source=$1 name
  name=$(basename "${source%.*}")
  rm -rf "$scratch/case"; mkdir -p "$scratch/case/home"; cd "$scratch/case" || exit 1
  variables=()
  local needs; needs=$(setting needs "$source")
  if [ -n "$needs" ] && ! eval "$needs" >/dev/null 2>&1; then echo "skipped: transcripts/$name needs $needs"; return; fi
  EXAMPLES=$examples session < "$source" | mask > "$scratch/actual"
  verdict "transcripts/$name" "$source" "$scratch/actual"
}

for source in "$here"/broken/*.yaml "$here"/broken/*.sh; do
  # shellcheck disable=SC2254
  case $source in $only) broken "$source" ;; esac
done
for source in "$here"/transcripts/*.txt; do
  # shellcheck disable=SC2254
  case $source in $only) transcript "$source" ;; esac
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
