"""Microsoft's own Python SDK (azure-ai-ml 1.4, in Debian's python3-azure) against `drover cloud serve`, in Azure's place
through its proxy: environment, code upload, job, streamed log, outputs, failure, cancel. Started by azure-ai-ml.sh."""
import os
import sys
import tempfile
import time
import types


def lookup(thing, path, default=None):
    for part in path.split("."):
        thing = thing.get(part) if isinstance(thing, dict) else getattr(thing, part, None)
        if thing is None:
            return default
    return thing


# The SDK wants pydash, which bookworm has not: the two functions of it that it calls here.
pydash = types.ModuleType("pydash")
pydash.get = lookup
pydash.omit = lambda items, *keys: {k: v for k, v in items.items() if k not in keys and [k] not in keys}
pydash.objects = types.SimpleNamespace(get=lookup)
sys.modules["pydash"] = pydash

import requests  # noqa: E402
from azure.ai.ml import MLClient, Output, command  # noqa: E402
from azure.ai.ml.entities import AmlCompute, Environment  # noqa: E402
from azure.identity import ClientSecretCredential  # noqa: E402

TENANT = "10ca1000-0000-4000-8000-000000000001"
SUBSCRIPTION = "10ca1000-0000-4000-8000-000000000002"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/sdk-rg"
failed = []


def check(name, is_so, got=""):
    print(("ok   " if is_so else "FAIL ") + name + ("" if is_so else f": {got}"))
    if not is_so:
        failed.append(name)


credential = ClientSecretCredential(TENANT, "10ca1000-0000-4000-8000-000000000003", "local-cloud-only")


def arm(method, path, body=None):
    token = credential.get_token("https://management.azure.com/.default").token
    return requests.request(method, f"https://management.azure.com{path}?api-version=2024-04-01", json=body,
                            headers={"Authorization": "Bearer " + token}, timeout=30)


def put(path, body):
    """Makes a resource and waits until it is there, half a minute at most."""
    answer = arm("PUT", path, body)
    if not answer.ok:
        raise SystemExit(f"PUT {path}: {answer.status_code} {answer.text}")
    for _ in range(150):
        if arm("GET", path).json().get("properties", {}).get("provisioningState", "Succeeded") == "Succeeded":
            return
        time.sleep(0.2)
    raise SystemExit(path + " is not ready")


put(GROUP, {"location": "westus2"})
storage = GROUP + "/providers/Microsoft.Storage/storageAccounts/sdkdata"
vault = GROUP + "/providers/Microsoft.KeyVault/vaults/sdk-vault"
insights = GROUP + "/providers/Microsoft.Insights/components/sdk-insights"
put(storage, {"location": "westus2", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}})
put(vault, {"location": "westus2", "properties": {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"},
                                                  "accessPolicies": []}})
put(insights, {"location": "westus2", "kind": "web", "properties": {"Application_Type": "web"}})
put(GROUP + "/providers/Microsoft.MachineLearningServices/workspaces/sdk",
    {"location": "westus2", "identity": {"type": "SystemAssigned"},
     "properties": {"storageAccount": storage, "keyVault": vault, "applicationInsights": insights}})

ml = MLClient(credential, SUBSCRIPTION, "sdk-rg", "sdk")
ml.compute.begin_create_or_update(AmlCompute(name="cpu", size="STANDARD_DS3_V2", max_instances=2)).result()
check("the SDK makes a cluster", ml.compute.get("cpu").provisioning_state == "Succeeded")
host = ml.environments.create_or_update(Environment(name="host", version="1", image="host"))
check("and an environment", host.id.endswith("/environments/host/versions/1"), host.id)

scratch = tempfile.mkdtemp()
os.mkdir(scratch + "/src")
with open(scratch + "/src/train.sh", "w", encoding="utf-8") as script:
    script.write('echo "rate $1"; mkdir -p "$2"; echo w >"$2/weights"; echo done\n')
job = ml.jobs.create_or_update(
    command(code=scratch + "/src", command="bash train.sh ${{inputs.rate}} ${{outputs.model}}", inputs={"rate": 0.5},
            outputs={"model": Output(type="uri_folder")}, environment=host, compute="cpu", experiment_name="lab"))
ml.jobs.stream(job.name)
check("a job whose code it uploads completes", ml.jobs.get(job.name).status == "Completed", ml.jobs.get(job.name).status)
ml.jobs.download(job.name, download_path=scratch + "/out", all=True)
with open(scratch + "/out/artifacts/user_logs/std_log.txt", encoding="utf-8") as log:
    said = log.read()
check("its log comes down", said == "rate 0.5\ndone\n", said)
check("and its output", os.path.exists(scratch + "/out/named-outputs/model/weights"))

bad = ml.jobs.create_or_update(command(command="exit 4", environment=host, compute="cpu"))
try:
    ml.jobs.stream(bad.name)
    check("a failing script raises", False)
except Exception as error:  # pylint: disable=broad-except
    check("a failing script raises", "exited with status code 4" in str(error), error)

slow = ml.jobs.create_or_update(command(command="sleep 300", environment=host, compute="cpu"))
for _ in range(150):
    if ml.jobs.get(slow.name).status == "Running":
        break
    time.sleep(0.2)
ml.jobs.begin_cancel(slow.name).wait(60)
check("a cancel is followed to its end", ml.jobs.get(slow.name).status == "Canceled", ml.jobs.get(slow.name).status)
check("all jobs are listed", sorted(j.status for j in ml.jobs.list()) == ["Canceled", "Completed", "Failed"])
sys.exit(1 if failed else 0)
