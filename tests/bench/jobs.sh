#!/usr/bin/env bash
# Jobs on this machine beside Slurm's: COUNT no-op jobs in 8 slots, PAIRS times in turn, from the submission to the last
# end; and what one job costs above its bare launch. Slurm starts the same bubblewrap line, as one array of jobs, which is
# the fastest way that it has.
#   jobs.sh BUILD FOLDER [COUNT=2000] [PAIRS=3]
set -euo pipefail
build=$(realpath "$1") folder=$(realpath "$2") count=${3:-2000} pairs=${4:-3}
here=$(dirname "$(realpath "$0")")
slots=8
export DROVER_SLOTS=$slots

seconds() { date +%s.%N; }
row() { printf '%-52s %-34s %-24s %s\n' "$@"; }

# How many jobs of this state are on the server's record.
on_record() { curl -s "$url/metrics" | sed -n "s/^drover_jobs{state=\"$1\"} //p"; }

by_drover() {
  local state=$folder/drover-$1 i from
  export DROVER_STATE=$state XDG_CONFIG_HOME=$folder
  mkdir -p "$folder/files"
  for i in $(seq "$count"); do
    [ -f "$folder/files/$i.yml" ] || printf 'command: "true"\nenvironment: host\n' >"$folder/files/$i.yml"
  done
  "$build/drover" serve --background >/dev/null
  url=$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' "$state/serve.json")
  from=$(seconds)
  (cd "$folder/files" && "$build/drover" job submit $(seq -f '%g.yml' "$count") >/dev/null)
  while [ "$(on_record completed)" != "$count" ]; do sleep 0.2; done
  took=$(bc <<<"$(seconds) - $from")
  "$build/drover" serve --stop >/dev/null
}

by_slurm() {
  local from id done
  from=$(seconds)
  id=$(sbatch --parsable --array="1-$count" -o /dev/null -D "$folder/batch" "$folder/batch/job.sh")
  while [ -n "$(squeue -h)" ]; do sleep 0.2; done
  took=$(bc <<<"$(seconds) - $from")
  done=$(squeue -h -r -t CD -j "$id" | wc -l)
  [ "$done" = "$count" ] || { echo "Slurm completed $done of $count" >&2; exit 1; }
}

mkdir -p "$folder/batch" "$folder/cost"
{ echo '#!/bin/bash'; echo "exec $("$build/drover_job_cost" line "$folder/batch")"; } >"$folder/batch/job.sh"
trap '"$here/slurm.sh" down "$folder/slurm"' EXIT
"$here/slurm.sh" up "$folder/slurm" $slots
export SLURM_CONF=$folder/slurm/slurm.conf

for pair in $(seq "$pairs"); do
  if [ $((pair % 2)) = 1 ]; then by_drover "$pair"; ours=$took; by_slurm; theirs=$took
  else by_slurm; theirs=$took; by_drover "$pair"; ours=$took; fi
  row "$count no-op jobs, $slots slots, pair $pair of $pairs" "$(bc <<<"scale=1; $count / $ours") jobs/s" "2 x Slurm's" \
    "Slurm: $(bc <<<"scale=1; $count / $theirs") jobs/s; $(bc <<<"scale=1; $theirs / $ours") x"
done
"$build/drover_job_cost" cpu "$build/drover" "$folder/cost" 1000
