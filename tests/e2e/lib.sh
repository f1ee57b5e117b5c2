# What the scripts of this folder share: a scratch folder, what holds and what does not, a local cloud that is served.
# Sourced, by a script that knows its $binary:   . "$(dirname "$(realpath "$0")")/lib.sh"
#   KEEP=1: keep the scratch folder. A script that starts more than serve_cloud ends it in a function clean_up.
scratch=$(mktemp -d)
server=""  # of serve_cloud, which listens at $port
passed=0 failed=0 skipped=0
export XDG_CONFIG_HOME=$scratch/config
unset HTTPS_PROXY https_proxy

# stop_cloud [SIGNAL]
stop_cloud() {
  [ -n "$server" ] && { kill "${1:--TERM}" "$server" && wait "$server"; } 2>/dev/null
  server=""
}
leave() {
  declare -F clean_up >/dev/null && clean_up
  stop_cloud
  if [ -n "${KEEP:-}" ]; then echo "kept $scratch"; else chmod -R u+rwX "$scratch" 2>/dev/null; rm -rf "$scratch"; fi
}
trap leave EXIT
trap 'exit 130' INT TERM

# --- what holds -------------------------------------------------------------------------------------------------------
# pass NAME [REMARK]; fail NAME LINE...; skip NAME WHY
pass() { passed=$((passed + 1)); printf 'ok   %s\n' "$1${2:+  ($2)}"; }
fail() { failed=$((failed + 1)); printf 'FAIL %s\n' "$1"; shift; printf '     %s\n' "$@"; }
skip() { skipped=$((skipped + 1)); printf 'skip %s: %s\n' "$1" "$2"; }
# same NAME ACTUAL WANTED; holds NAME TEXT PART
same() { if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got:    ${2:0:900}" "wanted: $3"; fi; }
holds() { case $2 in *"$3"*) pass "$1" ;; *) fail "$1" "not in it: $3" "${2:0:1200}" ;; esac; }
# expect NAME EXIT COMMAND... : within a minute; what it said is then in $out and $err
expect() {
  local name=$1 wanted=$2 code
  shift 2
  out=$(timeout 60 "$@" 2>"$scratch/stderr" </dev/null)
  code=$?
  err=$(<"$scratch/stderr")
  if [ "$code" = "$wanted" ]; then pass "$name"; else fail "$name" "exit $code, not $wanted: $*" "${out:0:900}" "${err:0:900}"; fi
}
# expect_says NAME EXIT PART COMMAND... : and PART is in what it says, which is then in $out
expect_says() {
  local name=$1 wanted=$2 part=$3 code
  shift 3
  out=$(timeout 60 "$@" 2>&1 </dev/null)
  code=$?
  if [ "$code" = "$wanted" ] && [[ $out == *"$part"* ]]; then pass "$name"
  else fail "$name" "exit $code, not $wanted with \"$part\": $*" "${out:0:1200}"; fi
}
# soon NAME WANTED COMMAND... : the command comes to say that, and nothing else, within half a minute
soon() {
  local name=$1 wanted=$2
  shift 2
  for _ in $(seq 150); do
    out=$("$@" 2>&1 </dev/null)
    [ "$out" = "$wanted" ] && { pass "$name"; return; }
    sleep 0.2
  done
  fail "$name" "got:    ${out:0:900}" "wanted: $wanted"
}
# soon_says NAME PART COMMAND... : the command comes to say what holds PART, within half a minute
soon_says() {
  local name=$1 part=$2
  shift 2
  for _ in $(seq 150); do
    out=$("$@" 2>&1 </dev/null)
    [[ $out == *"$part"* ]] && { pass "$name"; return; }
    sleep 0.2
  done
  fail "$name" "never said: $part" "${out:0:1200}"
}
# tell : how it was, as the last line of the script
tell() {
  printf '\n%d passed, %d failed%s\n' $passed $failed "$([ $skipped -eq 0 ] || echo ", $skipped skipped")"
  [ $failed -eq 0 ]
}

# --- a local cloud --------------------------------------------------------------------------------------------------
# serve_cloud PORT SPEED [RETRY_AFTER_MS] : `drover cloud serve` of the folder $scratch/served, until it listens. A Drover
# that is to find it in Azure's place is started as "${azure[@]}" "$binary" ...
serve_cloud() {
  : >"$scratch/serve.log"
  DROVER_STATE=$scratch/served "$binary" cloud serve --port "$1" --speed "$2" --retry-after-ms "${3:-20}" >"$scratch/serve.log" 2>&1 &
  server=$!
  for _ in $(seq 200); do
    port=$(sed -n 's/^listening on https:\/\/localhost:\([0-9]*\)$/\1/p' "$scratch/serve.log")
    [ -n "$port" ] && break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
  done
  [ -n "$port" ] || { echo "FAIL the server did not start:"; cat "$scratch/serve.log"; exit 1; }
  cloud_url=https://localhost:$port ca=$scratch/served/tls/ca.pem
  azure=(env DROVER_STATE="$scratch/driving" AZURE_CLIENT_ID=10ca1000-0000-4000-8000-000000000003
    AZURE_CLIENT_SECRET=local-cloud-only DROVER_ARM_ENDPOINT="$cloud_url" DROVER_AUTHORITY="$cloud_url"
    DROVER_GRAPH_ENDPOINT="https://graph.localhost:$port" DROVER_BLOB_ENDPOINT="$cloud_url/{account}" DROVER_CA_FILE="$ca")
}
# json PATH : what stands there in the JSON on stdin ("a.b.0.c"; names with dots in them between bars: "a|b.txt")
json() {
  python3 -c 'import json,sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("|" if "|" in sys.argv[1] else "."):
    value = value[int(name)] if isinstance(value, list) else (value or {}).get(name)
print("" if value is None else value)' "$1" 2>/dev/null
}
# log_in : the bearer of arm and of details
log_in() {
  bearer=$(curl -sS --cacert "$ca" -d grant_type=client_credentials -d client_id=10ca1000-0000-4000-8000-000000000003 \
    -d client_secret=local-cloud-only -d scope=https://management.azure.com/.default \
    "$cloud_url/10ca1000-0000-4000-8000-000000000001/oauth2/v2.0/token" | json access_token)
}
# arm METHOD PATH [BODY] : the answer's body
arm() {
  local query="?"
  [[ $2 == *\?* ]] && query="&"
  curl -sS --cacert "$ca" -X "$1" -H "Authorization: Bearer $bearer" -H "Content-Type: application/json" \
    ${3:+-d "$3"} "$cloud_url$2${query}api-version=2024-04-01"
}
state_of() { arm GET "$1" | json properties.provisioningState; }
# Jobs of the workspace whose ARM id is $ws. log_of JOB [FILE]
status_of() { arm GET "$ws/jobs/$1" | json properties.status; }
details() { curl -sS --cacert "$ca" -H "Authorization: Bearer $bearer" "$cloud_url/history/v1.0$ws/runs/$1/details"; }
log_of() {
  local url
  url=$(details "$1" | json "logFiles|${2:-user_logs/std_log.txt}")
  [ -n "$url" ] && curl -sS --cacert "$ca" "$url"
}
