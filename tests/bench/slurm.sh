#!/usr/bin/env bash
# A throw-away Slurm of one node, from Debian's packages, as the peer of jobs on this machine:
#   slurm.sh up FOLDER SLOTS | down FOLDER
# Its settings are those that its own high-throughput guide asks for: nothing is accounted, nothing is delayed.
set -euo pipefail
verb=$1 folder=$2 slots=${3:-8}
export SLURM_CONF=$folder/slurm.conf

up() {
  mkdir -p "$folder"/{run,state,spool,log}
  dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 status=none
  chmod 400 "$folder/munge.key"
  cat >"$SLURM_CONF" <<CONF
ClusterName=bench
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/run/munge.sock
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
SlurmctldDebug=error
SlurmdDebug=error
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,default_queue_depth=100,bf_interval=5
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
MaxArraySize=100000
MaxJobCount=100000
MinJobAge=300
NodeName=n1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=16821 CPUs=$slots RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=n1 Default=YES MaxTime=INFINITE State=UP
CONF
  munged --force --key-file="$folder/munge.key" --socket="$folder/run/munge.sock" --pid-file="$folder/run/munged.pid" \
    --log-file="$folder/log/munged.log" --seed-file="$folder/run/munge.seed" 2>/dev/null
  slurmctld -f "$SLURM_CONF" -i
  slurmd -f "$SLURM_CONF" -N n1
  for _ in $(seq 100); do
    sinfo -h -o %T 2>/dev/null | grep -q '^idle' && return
    sleep 0.1
  done
  echo "Slurm did not come up; its logs are in $folder/log" >&2
  exit 1
}

down() {
  local name
  for name in slurmd slurmctld munged; do
    [ -f "$folder/run/$name.pid" ] && kill "$(cat "$folder/run/$name.pid")" 2>/dev/null || true
  done
  for _ in $(seq 50); do
    [ -f "$folder/run/slurmctld.pid" ] || break
    sleep 0.1
  done
  rm -rf "$folder"
}

case $verb in up) up ;; down) down ;; *) exit 2 ;; esac
