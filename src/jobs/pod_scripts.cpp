#include "jobs/pod_scripts.hpp"

namespace drover::jobs {

const char* const run_script = R"(cd /tmp/drover || exit 125
mkfifo end 2>/dev/null
exec 9>end
drover__command=$1 drover__processes=$2 drover__node=$3
shift 3
mkdir -p code outputs || exit 125
for drover__folder in "$@"; do mkdir -p "outputs/$drover__folder" || exit 125; done
if [ -f /tmp/drover-files/files.tgz ]; then gzip -dc /tmp/drover-files/files.tgz | tar xf - || exit 125; fi
if [ -f /tmp/drover-files/fetch ]; then
  if ! command -v python3 >/dev/null 2>&1; then
    echo 'drover: code and data of more than 1 MiB are fetched with python3, which this image has not' >&2; exit 125
  fi
  python3 /tmp/drover-files/agent.py fetch || exit 125
fi
cd code || exit 125
# Scripts write to ./outputs, as they may on this machine and in a workspace.
if [ ! -L outputs ]; then
  if [ -d outputs ]; then cp -R outputs/. ../outputs && rm -r outputs || exit 125; fi
  ln -s ../outputs outputs || exit 125
fi
drover__shell=sh; command -v bash >/dev/null 2>&1 && drover__shell=bash
if [ -n "$drover__command" ]; then set -- -c "$drover__command"; else set -- /tmp/drover-files/command; fi
drover__children=
drover__local=0
while [ "$drover__local" -lt "$drover__processes" ]; do
  if [ "$drover__processes" -gt 1 ]; then
    export LOCAL_RANK=$drover__local RANK=$((drover__node * drover__processes + drover__local))
  fi
  "$drover__shell" "$@" 9>&- &
  drover__children="$drover__children $!"
  drover__local=$((drover__local + 1))
done
trap 'kill -TERM $drover__children 2>/dev/null' TERM INT
drover__code=0
for drover__child in $drover__children; do
  wait "$drover__child"; drover__this=$?
  while [ "$drover__this" -gt 128 ] && kill -0 "$drover__child" 2>/dev/null; do wait "$drover__child"; drover__this=$?; done
  if [ "$drover__this" -ne 0 ] && [ "$drover__code" -eq 0 ]; then
    drover__code=$drover__this; kill -TERM $drover__children 2>/dev/null
  fi
done
exit "$drover__code"
)";

const char* const hand_over_script = R"(trap '' TERM INT
cd /tmp/drover || exit 1
mkfifo end 2>/dev/null
if [ -f /tmp/drover-files/store.json ] && command -v python3 >/dev/null 2>&1; then
  python3 /tmp/drover-files/agent.py hand-over "$1" && exit 0
else
  cat end >/dev/null
fi
mkdir -p outputs
# A link to what else the job made has that in its place; one that leads to outputs by way of code does so directly.
find outputs -type l 2>/dev/null | while IFS= read -r link; do
  to=$(readlink -f "$link" 2>/dev/null) || continue
  case $to in
  /tmp/drover/outputs/*)
    case $(readlink "$link") in *code/outputs/*) rm "$link" && ln -s "$to" "$link" ;; esac ;;
  /tmp/drover/code/*)
    if [ -f "$to" ] || [ -d "$to" ]; then rm "$link" && cp -R "$to" "$link"; fi ;;
  esac
done >/dev/null 2>&1
# What tar has to say must not come between what it packs.
tar cf - -C outputs . 2>left | gzip | base64 && {
  find outputs '(' -type p -o -type b -o -type c ')' 2>/dev/null | while IFS= read -r odd; do
    echo "drover: $odd is left out: it is neither a file, nor a folder, nor a link"
  done
  while IFS= read -r words; do echo "drover: $words"; done <left
  echo 'drover: that is all'
}
)";

}  // namespace drover::jobs
