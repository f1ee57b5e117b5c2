#!/usr/bin/env bash
# Builds fuzz programs and runs each for so many seconds from its corpus, two at a time; a finding fails and is kept
# under build/fuzz/findings. New inputs of interest stay in build/fuzz/corpus and are not checked in.
#   run.sh [SECONDS=30] [NAME...]     all of tests/fuzz/*_fuzz.cpp, or these
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-30}
[ $# -gt 0 ] && shift
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
names=("$@")
if [ ${#names[@]} -eq 0 ]; then for source in tests/fuzz/*_fuzz.cpp; do names+=("$(basename "$source" _fuzz.cpp)"); done; fi
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz -j"$(nproc)" --target "${names[@]/%/_fuzz}"
mkdir -p build/fuzz/findings

fuzz() {
  local name=$1 found=build/fuzz/corpus/$1
  mkdir -p "$found"
  if "build/fuzz/${name}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1500 -max_len=4096 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/findings/$name-" "$found" "tests/fuzz/corpus/$name" >"build/fuzz/$name.log" 2>&1; then
    echo "ok   $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.log") inputs"
  else
    echo "FAIL $name: see build/fuzz/$name.log"
    tail -25 "build/fuzz/$name.log"
    return 1
  fi
}
export -f fuzz
export seconds
# xargs says 123 when one of them failed.
printf '%s\n' "${names[@]}" | xargs -P 2 -I{} bash -euc 'fuzz {}'
