#!/usr/bin/env bash
# The figures of docs/benchmarks.md: run.sh BUILD-FOLDER
set -euo pipefail
build=$1
folder=$build/bench
rm -rf "$folder"
mkdir -p "$folder"
printf 'machine: %s, %s cores, %s, %s\n\n' "$(uname -srm)" "$(nproc)" "$(awk -F': ' '/model name/{print $2; exit}' /proc/cpuinfo)" "$(date -u +%F)"
"$build/drover_bench" "$build/drover" "$build/drover_bench_empty" "$folder"
"$build/drover_simulation_tests" --gtest_filter='CriticalPath*' | grep '^seed'
mkdir -p "$folder/jobs"
"$(dirname "$0")/jobs.sh" "$build" "$folder/jobs"
rm -rf "$folder"
