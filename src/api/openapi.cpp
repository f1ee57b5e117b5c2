// The OpenAPI 3.1 document: paths from the table of routes, schemas from the text below. app/api_test.cpp holds real
// requests and answers against it.
#include <string>

#include "api/routes.hpp"
#include "base/json.hpp"

namespace drover::api {
namespace {

/// One schema a line or block. Requests name all their members, so that a misspelt one is seen; answers name those that
/// are always there, and may have more.
constexpr std::string_view schemas_text = R"json({
"Document": {"type": "object", "description": "A document in its own right"},
"Nothing": {"type": "object", "additionalProperties": false},
"Text": {"type": "string"},
"Texts": {"type": "array", "items": {"type": "string"}},
"Error": {"type": "object", "required": ["code", "message"], "additionalProperties": false, "properties": {
  "code": {"enum": ["invalid-input", "unauthenticated", "permission-denied", "not-found", "already-exists", "conflict", "precondition",
                    "throttled", "unavailable", "deadline", "cancelled", "failed", "corrupt", "internal"]},
  "message": {"type": "string"}, "hint": {"type": "string", "description": "What to do"},
  "service_code": {"type": "string", "description": "The cloud's own word"}, "key": {"type": "string"},
  "where": {"type": "object", "required": ["file", "line", "column"], "properties": {"file": {"type": "string"},
    "line": {"type": "integer"}, "column": {"type": "integer"}}}}},
"Errors": {"type": "object", "required": ["errors"], "properties": {"errors": {"type": "array", "minItems": 1,
  "items": {"$ref": "#/components/schemas/Error"}}}},
"Estate": {"type": "object", "required": ["file", "text"], "additionalProperties": false, "properties": {
  "file": {"type": "string", "description": "Its name, for messages"}, "text": {"type": "string", "description": "The YAML itself"},
  "folder": {"type": "string", "description": "Absolute; where relative files that it names are looked for"},
  "environment": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Values of the ${NAME}s in it"}}},
"Cloud": {"enum": ["", "local", "azure"], "description": "Instead of the estate's own"},
"ValidateRequest": {"type": "object", "required": ["estate"], "additionalProperties": false, "properties": {
  "estate": {"$ref": "#/components/schemas/Estate"}}},
"EstateRequest": {"type": "object", "required": ["estate"], "additionalProperties": false, "properties": {
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"}}},
"PlanRequest": {"type": "object", "required": ["estate"], "additionalProperties": false, "properties": {
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"},
  "only": {"$ref": "#/components/schemas/Texts"}, "destroy": {"type": "boolean"},
  "except": {"type": "array", "items": {"type": "string"}, "description": "Names that are left alone: by a destroy with what they need, by an apply with what needs them"},
  "also": {"type": "array", "items": {"type": "string"}, "description": "Names or ARM ids of what Drover did not make and may be deleted along with what it lies in"},
  "force_conflicts": {"type": "boolean", "description": "Take over fields of clusters' objects that others own"},
  "keep": {"type": "boolean", "description": "With what an apply of this very plan needs"}}},
"ApplyRequest": {"type": "object", "required": ["estate"], "additionalProperties": false, "properties": {
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"},
  "only": {"$ref": "#/components/schemas/Texts"}, "destroy": {"type": "boolean"},
  "except": {"type": "array", "items": {"type": "string"}, "description": "Names that are left alone: by a destroy with what they need, by an apply with what needs them"},
  "also": {"type": "array", "items": {"type": "string"}, "description": "Names or ARM ids of what Drover did not make and may be deleted along with what it lies in"},
  "force_conflicts": {"type": "boolean", "description": "Take over fields of clusters' objects that others own"},
  "keep": {"type": "boolean"}, "plan": {"$ref": "#/components/schemas/Plan"}}},
"TrainRequest": {"type": "object", "required": ["estate", "log"], "additionalProperties": false, "properties": {
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"}, "scaler": {"type": "string"},
  "log": {"type": "object", "required": ["text"], "additionalProperties": false, "properties": {"file": {"type": "string"},
    "text": {"type": "string"}, "format": {"type": "string"}, "time_column": {"type": "string"}, "value_column": {"type": "string"}}}}},
"ModelsRequest": {"type": "object", "required": ["estate"], "additionalProperties": false, "properties": {
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"}, "scaler": {"type": "string"}}},
"ScaleRequest": {"type": "object", "required": ["estate"], "additionalProperties": false, "properties": {
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"}, "scaler": {"type": "string"},
  "dry_run": {"type": "boolean"}}},
"ScaleHandRequest": {"type": "object", "required": ["estate"], "additionalProperties": false, "properties": {
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"}, "scaler": {"type": "string"},
  "nodes": {"type": "integer", "minimum": 0, "maximum": 1000}, "pause": {"type": "boolean"}, "release": {"type": "boolean"},
  "for_s": {"type": "number", "exclusiveMinimum": 0}, "until": {"type": "string", "description": "RFC 3339"}, "reason": {"type": "string"}, "by": {"type": "string"}}},
"PoolHandRequest": {"type": "object", "required": ["scaler"], "additionalProperties": false, "properties": {
  "scaler": {"type": "string"}, "nodes": {"type": "integer", "minimum": 0, "maximum": 1000}, "pause": {"type": "boolean"},
  "release": {"type": "boolean"}, "for_s": {"type": "number", "exclusiveMinimum": 0}, "reason": {"type": "string"}, "by": {"type": "string"}}},
"ExplainRequest": {"type": "object", "required": ["estate"], "additionalProperties": false, "properties": {
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"}, "scaler": {"type": "string"},
  "at": {"type": "string", "description": "RFC 3339; the newest if absent"}, "count": {"type": "integer", "minimum": 1, "maximum": 10000}}},
"WatchRequest": {"type": "object", "required": ["estate"], "additionalProperties": false, "properties": {
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"}, "scaler": {"type": "string"},
  "dry_run": {"type": "boolean"}, "every_s": {"type": "number", "exclusiveMinimum": 0, "description": "World time between decisions; a day"},
  "times": {"type": "integer", "minimum": 0, "description": "0: until it is stopped"},
  "keep": {"type": "boolean", "description": "true: the server goes on with it by itself, after a restart too; false: no more"}}},
"SecretRequest": {"type": "object", "required": ["value"], "additionalProperties": false, "properties": {"value": {"type": "string"}}},
"JobFile": {"type": "object", "required": ["text"], "additionalProperties": false, "properties": {"file": {"type": "string"},
  "text": {"type": "string", "description": "Azure ML CLI v2 command-job YAML"},
  "folder": {"type": "string", "description": "Absolute; of the job file, on the server's machine"}}},
"SubmitRequest": {"type": "object", "required": ["job"], "additionalProperties": false, "properties": {
  "job": {"$ref": "#/components/schemas/JobFile"},
  "environment": {"type": "string", "description": "host, or an image: instead of what the file asks for"},
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"},
  "kubeconfig": {"type": "string", "description": "Files that contexts are from, as KUBECONFIG names them, absolute"},
  "caller": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Variables of the person who submits: of a command on this machine, and for programs that give credentials"}, "set": {"type": "object", "additionalProperties": {"type": "string"}},
  "owner": {"type": "string"}, "priority": {"type": "integer", "minimum": -1000, "maximum": 1000}, "confined": {"type": "boolean"},
  "retries": {"type": "integer", "minimum": 0, "maximum": 10, "description": "After its command failed"},
  "store": {"type": "string", "description": "On Kubernetes: address of a container of blobs with a shared access signature, sp=rcwl"},
  "dry_run": {"type": "boolean", "description": "Only say what it lacks"}}},
"BatchRequest": {"type": "object", "required": ["jobs"], "additionalProperties": false, "properties": {
  "jobs": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/JobFile"}},
  "environment": {"type": "string", "description": "host, or an image: instead of what the file asks for"},
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"},
  "kubeconfig": {"type": "string", "description": "Files that contexts are from, as KUBECONFIG names them, absolute"},
  "caller": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Variables of the person who submits: of a command on this machine, and for programs that give credentials"}, "set": {"type": "object", "additionalProperties": {"type": "string"}},
  "owner": {"type": "string"}, "priority": {"type": "integer", "minimum": -1000, "maximum": 1000}, "confined": {"type": "boolean"},
  "retries": {"type": "integer", "minimum": 0, "maximum": 10, "description": "After its command failed"},
  "store": {"type": "string", "description": "On Kubernetes: address of a container of blobs with a shared access signature, sp=rcwl"},
  "dry_run": {"type": "boolean", "description": "Only say what they lack"}}},
"KubeconfigRequest": {"type": "object", "required": ["estate", "cluster"], "additionalProperties": false, "properties": {
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"},
  "cluster": {"type": "string"}, "admin": {"type": "boolean"}}},
"Kubeconfig": {"type": "object", "required": ["kubeconfig"], "properties": {"kubeconfig": {"type": "string"}}},
"LogQuery": {"type": "object", "additionalProperties": false, "properties": {
  "from": {"type": "integer", "minimum": 0, "description": "Byte to begin at"},
  "rank": {"type": "integer", "minimum": 0, "description": "Of a job on several nodes of a cluster; 0 at first"}}},
"JobsQuery": {"type": "object", "additionalProperties": false, "properties": {
  "open_max": {"type": "integer", "minimum": 0, "description": "Of those that are not over, only so many: what runs, and what is next"},
  "ended_max": {"type": "integer", "minimum": 0, "description": "Of those that are over, only so many, the last ones"},
  "metrics": {"type": "integer", "minimum": 0, "maximum": 1, "description": "1: with the last value of each metric"}}},
"OutputQuery": {"type": "object", "additionalProperties": false, "properties": {
  "from": {"type": "integer", "minimum": 0, "description": "Byte to begin at; an answer without bytes is the end"}}},
"AccessQuery": {"type": "object", "additionalProperties": false, "properties": {
  "rank": {"type": "integer", "minimum": 0, "description": "Of a distributed job; 0 at first"},
  "terminal": {"type": "integer", "minimum": 0, "maximum": 1, "description": "1: it will talk with a person at a terminal"}}},
"DownloadRequest": {"type": "object", "required": ["to"], "additionalProperties": false, "properties": {
  "to": {"type": "string", "description": "Absolute; a folder that is not there yet"}}},
"Validation": {"type": "object", "required": ["estate", "resources", "notes"], "properties": {"estate": {"type": "string"},
  "resources": {"type": "integer"}, "notes": {"$ref": "#/components/schemas/Texts"}}},
"Resource": {"type": "object", "required": ["key", "kind", "name", "account", "id", "spec"], "properties": {"key": {"type": "string"},
  "kind": {"type": "string"}, "name": {"type": "string"}, "account": {"type": "string"}, "id": {"type": "string"},
  "spec": {"type": "object"}, "needs": {"$ref": "#/components/schemas/Texts"}, "goes_with": {"type": "string"},
  "protected": {"type": "boolean"}}},
"Unmanaged": {"type": "object", "description": "Lies in something of the estate, and Drover neither made nor adopted it",
  "required": ["name", "id", "usd_per_hour"], "properties": {"name": {"type": "string"}, "id": {"type": "string"},
  "usd_per_hour": {"type": "number"}, "observed": {"type": "object", "additionalProperties": {"type": "string"}}}},
"Action": {"type": "object", "required": ["action", "resource", "reason", "expected_s", "usd_per_hour", "after"], "properties": {
  "action": {"enum": ["create", "adopt", "update", "replace", "settle", "remove", "forget"]},
  "resource": {"$ref": "#/components/schemas/Resource"}, "reason": {"type": "string"}, "expected_s": {"type": "number"},
  "usd_per_hour": {"type": "number"}, "usd_per_hour_before": {"type": "number"}, "comes_with": {"type": "string"},
  "after": {"type": "array", "items": {"type": "integer"}},
  "along": {"type": "array", "description": "What a deletion takes with it that has no action of its own",
    "items": {"$ref": "#/components/schemas/Unmanaged"}},
  "old": {"$ref": "#/components/schemas/Resource", "description": "Of a replace: the present one, where it lies elsewhere"},
  "changes": {"type": "array", "items": {"type": "object", "required": ["field", "before", "after", "replaces"], "properties": {
    "field": {"type": "string"}, "before": {"type": "string"}, "after": {"type": "string"}, "replaces": {"type": "boolean"}}}}}},
"Plan": {"type": "object", "required": ["format", "estate", "cloud", "destroys", "actions", "refusals", "notes", "unchanged",
  "counts", "usd_per_hour", "critical_path", "fingerprints"], "properties": {"format": {"const": 1}, "estate": {"type": "string"},
  "counts": {"type": "object", "required": ["create", "update", "replace", "delete", "along"], "properties": {
    "create": {"type": "integer"}, "update": {"type": "integer"}, "replace": {"type": "integer"}, "delete": {"type": "integer"},
    "along": {"type": "integer", "description": "What goes with the deleted and replaced"}}},
  "unmanaged": {"type": "array", "items": {"$ref": "#/components/schemas/Unmanaged"}},
  "cloud": {"enum": ["local", "azure"]}, "destroys": {"type": "boolean"},
  "actions": {"type": "array", "items": {"$ref": "#/components/schemas/Action"}},
  "refusals": {"type": "array", "items": {"type": "object", "required": ["key", "reason", "hint"], "properties": {"key": {"type": "string"},
    "reason": {"type": "string"}, "hint": {"type": "string"}}}},
  "notes": {"$ref": "#/components/schemas/Texts"}, "unchanged": {"type": "integer"}, "usd_per_hour": {"type": "number"},
  "critical_path": {"type": "object", "required": ["seconds", "keys"], "properties": {"seconds": {"type": "number"},
    "keys": {"$ref": "#/components/schemas/Texts"}}},
  "fingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
  "contents": {"type": "array", "items": {"$ref": "#/components/schemas/ContentsPlan"}}}},
"ContentsPlan": {"type": "object", "description": "What would become of the contents of a cluster",
  "required": ["cluster", "name", "later", "digest", "unchanged", "actions", "refusals"], "additionalProperties": false, "properties": {
  "cluster": {"type": "string", "description": "Key"}, "name": {"type": "string"}, "later": {"type": "string", "description": "Not empty: why it could not be asked; actions are all that is wanted"},
  "digest": {"type": "string"}, "unchanged": {"type": "integer"},
  "actions": {"type": "array", "items": {"type": "object", "required": ["action", "object"], "additionalProperties": false, "properties": {
    "action": {"enum": ["add", "adopt", "change", "prune", "forget"]}, "object": {"type": "string"},
    "fields": {"$ref": "#/components/schemas/Texts"}, "reason": {"type": "string"}}}},
  "refusals": {"type": "array", "items": {"type": "object", "required": ["object", "reason", "hint"], "properties": {
    "object": {"type": "string"}, "reason": {"type": "string"}, "hint": {"type": "string"}}}},
  "warnings": {"type": "array", "description": "What the cluster would take, but warns of", "items": {"type": "object", "required": ["object", "text"], "additionalProperties": false,
    "properties": {"object": {"type": "string"}, "text": {"type": "string"}}}}}},
"ApplyReport": {"type": "object", "required": ["done", "skipped", "took_s", "stopped", "ok", "failed"], "properties": {
  "done": {"type": "integer"}, "skipped": {"$ref": "#/components/schemas/Texts"}, "took_s": {"type": "number"},
  "stopped": {"type": "boolean"}, "ok": {"type": "boolean"}, "failed": {"type": "array", "items": {"$ref": "#/components/schemas/Error"}}}},
"Status": {"type": "object", "required": ["estate", "cloud", "at", "clock", "resources", "unmanaged"], "properties": {"estate": {"type": "string"},
  "clock": {"type": "string", "description": "How the time of `at` goes by, where it is not real time"},
  "unmanaged": {"type": "array", "items": {"$ref": "#/components/schemas/Unmanaged"}},
  "cloud": {"enum": ["local", "azure"]}, "at": {"type": "string"}, "resources": {"type": "array", "items": {"allOf": [
    {"$ref": "#/components/schemas/Resource"}, {"type": "object", "required": ["state", "service_state", "origin", "outputs",
    "usd_per_hour", "observed", "drift"], "properties": {"state": {"enum": ["absent", "ready", "busy", "failed", "soft-deleted"]},
    "origin": {"enum": ["created", "adopted", "unknown"]}, "usd_per_hour": {"type": "number"},
    "service_state": {"type": "string", "description": "In the words of its service"},
    "outputs": {"type": "object", "additionalProperties": {"type": "string"}},
    "observed": {"type": "object", "description": "Its fields as the cloud has them", "additionalProperties": {"type": "string"}},
    "drift": {"type": "array", "items": {"type": "object", "required": ["field", "wanted", "is"], "properties": {
      "field": {"type": "string"}, "wanted": {"type": "string"}, "is": {"type": "string"}}}}}}]}}}},
"History": {"type": "object", "required": ["history"], "properties": {"history": {"type": "array", "items": {"type": "object",
  "required": ["sequence", "at", "text"], "properties": {"sequence": {"type": "integer"}, "at": {"type": "string"},
  "text": {"type": "string"}}}}}},
"Model": {"type": "object", "required": ["scaler", "version", "kind", "target", "metrics", "trained_rows", "trained_at", "worse_than_naive"],
  "properties": {"scaler": {"type": "string"}, "version": {"type": "integer", "minimum": 1}, "kind": {"type": "string"},
  "target": {"type": "string"}, "metrics": {"$ref": "#/components/schemas/ModelMetrics"}, "trained_rows": {"type": "integer"},
  "trained_at": {"type": "string"}, "worse_than_naive": {"type": "boolean"}, "blob": {"type": "string"}}},
"ModelMetrics": {"type": "object", "required": ["r2", "mae", "naive_mae", "held_out_rows", "band_coverage"], "properties": {
  "r2": {"type": "number"}, "mae": {"type": "number"}, "naive_mae": {"type": "number"}, "held_out_rows": {"type": "integer"},
  "band_coverage": {"type": "number"}}},
"Training": {"type": "object", "required": ["version", "format", "lines", "days", "digest", "notes", "models"], "properties": {
  "format": {"type": "string", "description": "Of the log"}, "digest": {"type": "string", "description": "Of the log's content"},
  "version": {"type": "integer", "minimum": 1}, "lines": {"type": "integer"}, "days": {"type": "integer"},
  "notes": {"$ref": "#/components/schemas/Texts"}, "models": {"type": "array", "items": {"$ref": "#/components/schemas/Model"}}}},
"Models": {"type": "object", "required": ["models"], "properties": {"models": {"type": "array", "items": {"$ref": "#/components/schemas/Model"}}}},
"ScaleOutcome": {"oneOf": [{"$ref": "#/components/schemas/TargetOutcome"}, {"$ref": "#/components/schemas/LiveTurn"}]},
"LiveTurn": {"type": "object", "required": ["estate", "cloud", "scaler", "live", "at", "decision", "asked", "acts", "done", "notes", "alerts"],
  "properties": {"estate": {"type": "string"}, "cloud": {"enum": ["local", "azure"]}, "scaler": {"type": "string"},
  "live": {"const": true}, "decision": {"$ref": "#/components/schemas/Arbitration"},
  "asked": {"type": "integer", "description": "Nodes that the cloud was asked for before"}, "ready": {"type": "integer"},
  "leaving": {"type": "integer"}, "load": {"type": "number"}, "usd_per_node_hour": {"type": "number"}, "lead_s": {"type": "number"}, "lead_words": {"type": "string"},
  "forecast": {"type": "object", "required": ["up_to", "down_to", "policy"], "properties": {"up_to": {"type": "integer"},
    "down_to": {"type": "integer"}, "policy": {"type": "string"}}},
  "trial": {"type": "object", "required": ["portfolio", "reactive", "won", "words"], "properties": {
    "portfolio": {"$ref": "#/components/schemas/TrialSide"}, "reactive": {"$ref": "#/components/schemas/TrialSide"},
    "won": {"type": "boolean"}, "words": {"type": "string"}}},
  "acts": {"type": "boolean"}, "observes_because": {"type": "string"}, "done": {"$ref": "#/components/schemas/Texts"},
  "notes": {"$ref": "#/components/schemas/Texts"}, "alerts": {"$ref": "#/components/schemas/Texts"},
  "nodes_after": {"type": "integer"}, "took_s": {"type": "number"}, "at": {"type": "string"}}},
"TrialSide": {"type": "object", "required": ["node_hours", "violation_percent", "scale_ups"], "properties": {
  "node_hours": {"type": "number"}, "violation_percent": {"type": "number"}, "scale_ups": {"type": "integer"}}},
"Arbitration": {"type": "object", "required": ["from", "to", "wanted", "sentence", "bounds", "wishes", "terms"], "properties": {
  "from": {"type": "integer"}, "to": {"type": "integer"}, "wanted": {"type": "integer"}, "sentence": {"type": "string"},
  "bounds": {"$ref": "#/components/schemas/Texts"}, "wishes": {"type": "array", "items": {"$ref": "#/components/schemas/Wish"}},
  "terms": {"type": "object", "required": ["floor", "ceiling"], "properties": {"floor": {"type": "integer"}, "ceiling": {"type": "integer"}}},
  "alert": {"type": "string"}}},
"Wish": {"type": "object", "required": ["source", "reason"], "properties": {"source": {"type": "string"}, "reason": {"type": "string"},
  "at_least": {"type": "integer"}, "at_most": {"type": "integer"}, "keep": {"type": "integer"}}},
"ScaleHand": {"type": "object", "required": ["scaler"], "properties": {"scaler": {"type": "string"}, "nodes": {"type": "integer"},
  "paused": {"type": "boolean"}, "until": {"type": "string"},
  "released": {"type": "boolean", "description": "A pin or pause stood and was taken back; false: there was none"},
  "notes": {"$ref": "#/components/schemas/Texts", "description": "What keeps the word from being carried out as it is"}}},
"Pools": {"type": "object", "required": ["pools"], "properties": {"pools": {"type": "array", "items": {"$ref": "#/components/schemas/Pool"}}}},
"Pool": {"type": "object", "required": ["scaler", "at", "asked", "leaving", "acts", "observes_because", "floor", "ceiling", "sentence", "to",
    "wishes", "lead_words", "notes", "alerts", "is_kept", "points", "decisions"], "properties": {
  "scaler": {"type": "string"}, "at": {"type": "string", "description": "Of its last turn, in its cloud's time"},
  "asked": {"type": "integer"}, "ready": {"type": "integer"}, "leaving": {"type": "integer"}, "load": {"type": "number"},
  "acts": {"type": "boolean"}, "observes_because": {"type": "string"}, "floor": {"type": "integer"}, "ceiling": {"type": "integer"},
  "sentence": {"type": "string"}, "to": {"type": "integer"}, "lead_words": {"type": "string"}, "notes": {"$ref": "#/components/schemas/Texts"},
  "alerts": {"$ref": "#/components/schemas/Texts"}, "is_kept": {"type": "boolean", "description": "The server goes on scaling it by itself"},
  "trial": {"type": "object", "required": ["won", "words"], "properties": {"won": {"type": "boolean"}, "words": {"type": "string"}}},
  "hand": {"type": "object", "required": ["reason", "by"], "properties": {"reason": {"type": "string"}, "by": {"type": "string"},
    "until": {"type": ["string", "null"]}, "nodes": {"type": "integer"}}},
  "wishes": {"type": "array", "items": {"$ref": "#/components/schemas/Wish"}},
  "points": {"type": "array", "items": {"type": "object", "required": ["at", "asked", "to"], "properties": {"at": {"type": "string"},
    "asked": {"type": "integer"}, "to": {"type": "integer"}, "ready": {"type": "integer"}, "load": {"type": "number"}}}},
  "decisions": {"type": "array", "items": {"type": "object", "required": ["at", "from", "to", "sentence", "done", "acts"], "properties": {
    "at": {"type": "string"}, "from": {"type": "integer"}, "to": {"type": "integer"}, "sentence": {"type": "string"},
    "done": {"$ref": "#/components/schemas/Texts"}, "acts": {"type": "boolean"}}}}}},
"Explained": {"type": "object", "required": ["scaler", "decisions"], "properties": {"scaler": {"type": "string"},
  "decisions": {"type": "array", "items": {"type": "object", "required": ["at", "decision", "done"], "properties": {
    "at": {"type": "string"}, "decision": {"$ref": "#/components/schemas/Arbitration"}, "done": {"$ref": "#/components/schemas/Texts"}}}}}},
"TargetOutcome": {"type": "object", "required": ["estate", "cloud", "scaler", "policy", "target", "forecast", "model", "wanted",
  "decision", "explanation", "history", "performed", "nodes_after", "took_s", "at"], "properties": {
  "estate": {"type": "string"}, "cloud": {"enum": ["local", "azure"]}, "scaler": {"type": "string"},
  "policy": {"type": "string"}, "target": {"type": "string", "description": "The column of the log that is forecast"},
  "model": {"type": "object", "required": ["label", "version", "metrics"], "properties": {"label": {"type": "string"},
    "version": {"type": "integer"}, "metrics": {"$ref": "#/components/schemas/ModelMetrics"}}},
  "wanted": {"type": "object", "required": ["low", "high"], "properties": {"low": {"type": "number"}, "high": {"type": "number"}}},
  "history": {"type": "array", "items": {"type": ["number", "null"]}},
  "forecast": {"type": "object", "required": ["value", "low", "high", "level", "naive"], "properties": {"value": {"type": "number"},
    "low": {"type": "number"}, "high": {"type": "number"}, "level": {"type": "number"}, "naive": {"type": "number"}}},
  "decision": {"type": "object", "required": ["from", "to", "verdict", "reasons"], "properties": {"from": {"type": "integer"},
    "to": {"type": "integer"}, "verdict": {"enum": ["change", "hold", "refuse"]},
    "reasons": {"type": "array", "items": {"type": "object", "required": ["code", "sentence"], "properties": {
      "code": {"type": "string"}, "sentence": {"type": "string"}}}}}},
  "explanation": {"type": "array", "items": {"type": "object", "required": ["label", "value", "remark"], "properties": {
    "label": {"type": "string"}, "value": {"type": "string"}, "remark": {"type": "string"}}}},
  "performed": {"type": "boolean"}, "nodes_after": {"type": "integer"}, "took_s": {"type": "number"}, "at": {"type": "string"}}},
"WatchEnd": {"type": "object", "required": ["rounds", "stopped"], "properties": {"rounds": {"type": "integer"}, "stopped": {"type": "boolean"},
  "kept": {"type": "boolean"}, "was_kept": {"type": "boolean", "description": "Before this"}, "scaler": {"type": "string"}}},
"SecretKept": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
"Metric": {"type": "object", "required": ["key", "value", "timestamp", "step"], "properties": {"key": {"type": "string"},
  "value": {"$ref": "#/components/schemas/MetricValue"}, "timestamp": {"type": "integer", "description": "Milliseconds since 1970"},
  "step": {"type": "integer"}}},
"MetricValue": {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]},
"Pairs": {"type": "array", "items": {"type": "object", "required": ["key", "value"], "properties": {"key": {"type": "string"},
  "value": {"type": "string"}}}},
"Job": {"type": "object", "required": ["id", "owner", "spec", "state", "reason", "priority", "attempt", "past", "target", "why",
  "cost_note", "submitted_us", "started_us", "ended_us"], "properties": {"id": {"type": "string"}, "owner": {"type": "string"},
  "spec": {"type": "object", "required": ["command", "inputs", "outputs"], "description": "What its author wrote", "properties": {
    "name": {"type": "string"}, "display_name": {"type": "string"}, "experiment_name": {"type": "string"}, "description": {"type": "string"},
    "command": {"type": "string"}, "inputs": {"type": "object"}, "outputs": {"type": "object"}, "compute": {"type": "string"}, "instance_count": {"type": "integer"},
    "tags": {"type": "object", "additionalProperties": {"type": "string"}}}},
  "state": {"enum": ["queued", "starting", "running", "stopping", "completed", "failed", "canceled"]},
  "reason": {"type": "string"}, "priority": {"type": "integer"}, "cancel_asked": {"type": "boolean"},
  "target": {"type": "string", "description": "Where it runs"},
  "why": {"type": "string", "description": "One sentence: what it waits for, or ended of"}, "attempt": {"type": "integer"},
  "past": {"type": "array", "description": "Attempts that were followed by another", "items": {"type": "object",
    "required": ["attempt", "reason", "started_us", "ended_us"], "properties": {"attempt": {"type": "integer"},
    "reason": {"type": "string"}, "started_us": {"type": "integer"}, "ended_us": {"type": "integer"}}}},
  "metrics": {"type": "array", "description": "Last values, where they were asked for", "items": {"$ref": "#/components/schemas/Metric"}},
  "usd": {"type": "number", "description": "What it has cost so far by the price table; absent: not known"},
  "cost_note": {"type": "string", "description": "How that was reckoned, or why it is not known"},
  "notes": {"type": "array", "items": {"type": "string"}, "description": "What its author asked for and is not done, or stayed behind"},
  "exit_code": {"type": "integer"}, "submitted_us": {"type": "integer", "description": "Microseconds since 1970"},
  "started_us": {"type": "integer"}, "ended_us": {"type": "integer"}}},
"Jobs": {"type": "object", "required": ["jobs", "now_us"], "properties": {"now_us": {"type": "integer"},
  "runs": {"const": true, "description": "Of a dry run"}, "places": {"$ref": "#/components/schemas/Texts"},
  "notes": {"$ref": "#/components/schemas/Texts"},
  "open": {"type": "integer", "description": "How many are not over, in all"},
  "ended": {"type": "integer", "description": "How many are over, in all"},
  "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}}},
"JobInFull": {"allOf": [{"$ref": "#/components/schemas/Job"}, {"type": "object", "required": ["now_us", "log", "log_bytes", "outputs", "outputs_folder"],
  "properties": {"log": {"type": "string"}, "log_bytes": {"type": "integer"}, "now_us": {"type": "integer"}, "outputs_folder": {"type": "string"}, "params": {"$ref": "#/components/schemas/Pairs"},
    "tags": {"$ref": "#/components/schemas/Pairs"}, "outputs": {"type": "array", "items": {"type": "object", "required": ["path", "bytes"],
    "properties": {"path": {"type": "string"}, "bytes": {"type": "integer"}}}}}}]},
"JobMetrics": {"type": "object", "required": ["metrics", "params", "tags"], "properties": {
  "params": {"$ref": "#/components/schemas/Pairs"}, "tags": {"$ref": "#/components/schemas/Pairs"},
  "metrics": {"type": "array", "items": {"type": "object", "required": ["key", "count", "values"], "properties": {"key": {"type": "string"},
    "count": {"type": "integer", "description": "How many values were logged; of very many some are left out below"},
    "values": {"type": "array", "items": {"type": "object", "required": ["value", "timestamp", "step"], "properties": {
      "value": {"$ref": "#/components/schemas/MetricValue"}, "timestamp": {"type": "integer"}, "step": {"type": "integer"}}}}}}}}},
"Bytes": {"type": "string", "format": "binary"},
"AdviceRequest": {"allOf": [{"$ref": "#/components/schemas/SubmitRequest"}]},
"Advice": {"type": "object", "required": ["places", "best", "because", "past"], "properties": {
  "best": {"type": "string", "description": "As compute: takes it; empty when it can run nowhere"}, "because": {"type": "string"},
  "past": {"type": "object", "required": ["runs", "start_error", "run_error"], "description": "How good earlier advice was: medians of relative errors",
    "properties": {"runs": {"type": "integer"}, "start_error": {"type": "number"}, "run_error": {"type": "number"}}},
  "places": {"type": "array", "items": {"type": "object", "required": ["name", "nodes", "lacks", "notes", "start_p50_s", "start_p90_s",
    "start_basis", "start_runs", "usd", "usd_standing_per_hour"], "properties": {"name": {"type": "string"}, "nodes": {"type": "string"},
    "lacks": {"$ref": "#/components/schemas/Texts"}, "notes": {"$ref": "#/components/schemas/Texts"}, "start_p50_s": {"type": "number"},
    "start_p90_s": {"type": "number"}, "start_basis": {"enum": ["table", "measured"]}, "start_runs": {"type": "integer"},
    "usd": {"type": "number"}, "usd_standing_per_hour": {"type": "number"}, "run_s": {"type": "number"},
    "run_is_from_elsewhere": {"type": "boolean"}}}}}},
"VerifyRequest": {"type": "object", "required": ["estate"], "additionalProperties": false, "properties": {
  "estate": {"$ref": "#/components/schemas/Estate"}, "cloud": {"$ref": "#/components/schemas/Cloud"}, "owner": {"type": "string"},
  "environment": {"type": "string", "description": "host, or the image to run in"}, "confined": {"type": "boolean"},
  "timeout_s": {"type": "number", "exclusiveMinimum": 0, "description": "Then what has not ended is canceled"}}},
"Verification": {"type": "object", "required": ["places", "ok"], "properties": {"ok": {"type": "boolean"},
  "places": {"type": "array", "items": {"type": "object", "required": ["name", "ok", "why"], "properties": {"name": {"type": "string"},
    "ok": {"type": "boolean"}, "why": {"type": "string"}, "job": {"type": "string"}, "start_s": {"type": "number"}}}}}},
"Submitted": {"anyOf": [{"$ref": "#/components/schemas/Job"}, {"type": "object", "required": ["runs"], "additionalProperties": false,
  "properties": {"runs": {"const": true}, "places": {"$ref": "#/components/schemas/Texts"}, "notes": {"$ref": "#/components/schemas/Texts"}},
  "description": "Of a dry run"}]},
"LogPiece": {"anyOf": [{"type": "object", "required": ["text", "next"], "properties": {"text": {"type": "string"}, "next": {"type": "integer"},
  "base64": {"type": "string", "description": "The bytes, where they are not all UTF-8"}}},
  {"$ref": "#/components/schemas/Job"}]},
"PruneRequest": {"type": "object", "required": ["older_s"], "additionalProperties": false, "properties": {
  "older_s": {"type": "number", "minimum": 0, "description": "Since they ended"}, "dry_run": {"type": "boolean"}}},
"Pruned": {"type": "object", "required": ["jobs"], "properties": {"jobs": {"$ref": "#/components/schemas/Texts"}}},
"JobAccess": {"type": "object", "required": ["target", "exec", "forward", "no_forward", "environment"], "properties": {
  "target": {"type": "string"}, "exec": {"$ref": "#/components/schemas/Texts"}, "forward": {"$ref": "#/components/schemas/Texts"},
  "no_forward": {"type": "string"}, "environment": {"type": "object", "additionalProperties": {"type": "string"}}}},
"JobForgotten": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
"Downloaded": {"type": "object", "required": ["files"], "properties": {"files": {"type": "integer"},
  "left_out": {"type": "array", "items": {"type": "string"}, "description": "What could not be copied, and why"}}},
"Errands": {"type": "object", "required": ["errands"], "properties": {"errands": {"type": "array", "items": {"type": "object",
  "required": ["id", "what", "since"], "properties": {"id": {"type": "string"}, "what": {"type": "string"}, "since": {"type": "string"}}}}}},
"ErrandAsked": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
})json";

json reference(std::string_view schema) { return {{"$ref", "#/components/schemas/" + std::string(schema)}}; }

json content(std::string_view schema) {
  return {{schema == "Bytes" ? "application/octet-stream" : "application/json", {{"schema", reference(schema)}}}};
}

/// Members of path and query.
json parameters_of(const Route& route, const json& schemas) {
  json list = json::array();
  for (std::size_t at = 0; (at = route.path.find('{', at)) != route.path.npos; ++at) {
    const std::string name(route.path.substr(at + 1, route.path.find('}', at) - at - 1));
    list.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  if (route.query.empty()) return list;
  for (const auto& [name, schema] : schemas.at(std::string(route.query)).at("properties").items())
    list.push_back({{"name", name}, {"in", "query"}, {"schema", schema}});
  return list;
}

std::string lower(std::string_view method) {
  std::string out(method);
  for (char& c : out) c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Unique, for programs that are made from the document: POST /v1/jobs/{id}/cancel is postJobsIdCancel.
std::string operation_id(const Route& route) {
  std::string id = lower(route.method);
  bool begins = false;
  for (const char c : route.path.substr(route.path.starts_with("/v1/") ? 3 : 0)) {
    const bool is_small = c >= 'a' && c <= 'z';
    if (is_small) id += begins ? static_cast<char>(c - 'a' + 'A') : c;
    begins = !is_small;
  }
  return id;
}

json operation_of(const Route& route, const json& schemas) {
  json done = {{"description", "Done"}, {"content", content(route.answer)}};
  if (route.streams)
    done["content"]["text/event-stream"] = {
        {"schema",
         {{"type", "string"}, {"description", "Server-sent events; the last is end, with the answer, or error"}}}};
  json operation = {
      {"operationId", operation_id(route)},
      {"summary", route.summary},
      {"responses",
       {{"200", std::move(done)}, {"default", {{"description", "What was wrong"}, {"content", content("Errors")}}}}}};
  if (json list = parameters_of(route, schemas); !list.empty()) operation["parameters"] = std::move(list);
  if (!route.request.empty())
    operation["requestBody"] = {{"required", route.request != "Nothing"}, {"content", content(route.request)}};
  return operation;
}

}  // namespace

json openapi(const std::string& version) {
  json schemas = parse_json(schemas_text);
  json paths = json::object();
  for (const auto& route : routes()) paths[std::string(route.path)][lower(route.method)] = operation_of(route, schemas);
  return {
      {"openapi", "3.1.0"},
      {"info", {{"title", "Drover"}, {"version", version}}},
      {"servers", json::array({{{"url", "/"}}})},
      {"security", json::array({{{"token", json::array()}}})},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", std::move(schemas)}, {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
}

}  // namespace drover::api
