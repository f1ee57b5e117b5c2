#!/usr/bin/env bash
# Builds the fuzz programs and runs each for so many seconds (default 30) from its corpus; a finding fails and is kept
# under build/fuzz/findings. New inputs of interest stay in build/fuzz/corpus and are not checked in.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${1:-30}
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
cmake --preset fuzz > /dev/null
cmake --build --preset fuzz -j"$(nproc)" --target drover_fuzzers
mkdir -p build/fuzz/findings
failed=0
for source in tests/fuzz/*_fuzz.cpp; do
  name=$(basename "$source" _fuzz.cpp)
  found=build/fuzz/corpus/$name
  mkdir -p "$found"
  if "build/fuzz/${name}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1500 -max_len=4096 -print_final_stats=1 \
      -artifact_prefix="build/fuzz/findings/$name-" "$found" "tests/fuzz/corpus/$name" > "build/fuzz/$name.log" 2>&1; then
    echo "ok   $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.log") inputs"
  else
    echo "FAIL $name: see build/fuzz/$name.log"; tail -25 "build/fuzz/$name.log"; failed=1
  fi
done
exit $failed
