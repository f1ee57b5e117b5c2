#!/usr/bin/env bash
# The short form of the benchmarks that need no peer: each command is seen to work, and its cost at two sizes in one run
# may have grown only so much. Times are printed and never judged.
#   short.sh BUILD-FOLDER
set -euo pipefail
build=$(realpath "$1")
drover=$build/drover
folder=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || "$drover" serve --stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap finish EXIT
unset DROVER_SERVER DROVER_TOKEN DROVER_SERVE DROVER_STATE
failed=0
TIMEFORMAT='%U %S'

# growth WHAT SMALL LARGE FACTOR MOST : costs (any unit) of two sizes that are FACTOR apart.
growth() {
  awk -v what="$1" -v small="$2" -v large="$3" -v factor="$4" -v most="$5" 'BEGIN {
    by = large / (small > 0 ? small : 1e-9)
    printf "%-52s %.2f and %.2f: %.1f x for %g x as much (at most %g x)\n", what, small, large, by, factor, most
    exit by > most }' || failed=1
}
# cpu COMMAND... : its processor time in seconds; what it prints is kept for an error.
cpu() {
  { time "$@" >"$folder/out" 2>&1; } 2>"$folder/time" || { echo "$* failed:" >&2; cat "$folder/out" >&2; exit 1; }
  awk '{ print $1 + $2 }' "$folder/time"
}

"$build/drover_bench" "$drover" "$build/drover_bench_empty" "$folder/whole" --short || failed=1

# Decisions: one more minute, and choosing anew over a fortnight.
"$build/drover_scaling_bench" --benchmark_filter='decide_once|choose_over_a_fortnight' --benchmark_min_time=0.05 2>/dev/null

# Replay of a load of minutes, 10 and 20 days.
for days in 10 20; do
  python3 -c '
import datetime, math, sys
start = datetime.datetime(2026, 3, 2)
print("timestamp,load")
for i in range(int(sys.argv[1]) * 1440):
    at = start + datetime.timedelta(minutes=i)
    print(f"{at:%Y-%m-%dT%H:%M:%SZ},{int(700 + 600 * math.sin((i / 60 - 8) / 24 * 2 * math.pi))}")' $days >"$folder/$days.csv"
done
# What is the same for every length (start, the search's own steps) is left out of neither.
growth "replay of minutes, CPU s" "$(cpu "$drover" scale replay --log "$folder/10.csv" --lead 5m)" \
  "$(cpu "$drover" scale replay --log "$folder/20.csv" --lead 5m)" 2 3.5

# Jobs: processor time of the server for one, among few and among many; and reading one of them.
export DROVER_STATE=$folder/jobs DROVER_SLOTS=8
printf 'command: "true"\nenvironment: host\n' >"$folder/job.yml"
"$drover" serve --background >/dev/null
server=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$DROVER_STATE/serve.json")
url=$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' "$DROVER_STATE/serve.json")
token=$(sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' "$DROVER_STATE/serve.json")
[ -n "$server" ] && [ -n "$url" ] || { echo "drover serve did not start" >&2; exit 1; }
ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }
on_record() { curl -s "$url/metrics" | sed -n "s/^drover_jobs{state=\"completed\"} //p"; }
# dispatch COUNT TOTAL : ticks that COUNT more jobs cost; then there are TOTAL.
dispatch() {
  local from files=()
  from=$(ticks)
  for _ in $(seq "$1"); do files+=("$folder/job.yml"); done
  "$drover" job submit "${files[@]}" >/dev/null
  for _ in $(seq 600); do [ "$(on_record)" = "$2" ] && break; sleep 0.1; done
  [ "$(on_record)" = "$2" ] || { echo "of $2 jobs $(on_record) completed" >&2; exit 1; }
  echo $(($(ticks) - from))
}
# reads COUNT : ticks of so many reads of one job.
reads() {
  local from id
  id=$("$drover" job list -o json | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' | head -1)
  curl -sf -H "Authorization: Bearer $token" "$url/v1/jobs/$id" -o /dev/null || { echo "GET /v1/jobs/$id failed" >&2; exit 1; }
  from=$(ticks)
  curl -sf -H "Authorization: Bearer $token" "$url/v1/jobs/$id?n=[1-$1]" -o /dev/null
  echo $(($(ticks) - from))
}
few=$(dispatch 200 200)
few_reads=$(reads 2000)
many=$(dispatch 800 1000)
many_reads=$(reads 2000)
growth "jobs dispatched (200, then 800), server ticks" "$few" "$many" 4 8
growth "2,000 reads of a job (of 200, of 1,000), ticks" "$((few_reads + 1))" "$((many_reads + 1))" 1 2.5
[ $failed = 0 ] || { echo "a benchmark failed, or its cost grew too much" >&2; exit 1; }
