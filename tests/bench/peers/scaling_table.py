"""scaling_table.py FOLDER: the answers that scaling_peers.sh left there, as a table: cost over the optimum, the violations in per
cent of the steps (! where the SLO of 99.5 % is missed), and the seconds that one decision takes."""
import glob
import json
import os
import sys

ORDER = ["mongo", "nasa", "azure_vm", "wc98", "helios", "philly"]
OURS = ["hpa-0.7", "ours / utilisation", "portfolio"]


def cell(policy):
    missed = policy["violation_percent"]
    return f"{policy['cost_ratio']:.3f} ({missed:.2f}{' !' if missed > 0.5 else ''})"


def table(folder):
    traces, seconds, rows = [], {}, {}
    for name in ORDER:
        path = os.path.join(folder, name)
        if not os.path.exists(path + ".json") or not os.path.getsize(path + ".json"):
            continue
        traces.append(name)
        took = {}
        for told in sorted(glob.glob(path + ".*.csv.json")):
            with open(told) as file:
                took |= json.load(file)["seconds"]
        with open(path + ".json") as file:
            policies = {policy["name"]: policy for policy in json.load(file)["policies"]}
        for policy in [*took, *OURS]:
            rows.setdefault(policy, {})[name] = cell(policies[policy])
            seconds.setdefault(policy, []).append(took.get(policy, policies[policy]["decision_ms_p99"] / 1000))
    if not traces:
        return
    print("| | " + " | ".join(traces) + " | seconds a decision |")
    print("|---" * (len(traces) + 2) + "|")
    for policy in [*(name for name in rows if name not in OURS), *OURS]:
        cost = sorted(seconds[policy])
        print(f"| {policy} | " + " | ".join(rows[policy].get(name, "-") for name in traces)
              + f" | {cost[0]:.2g} to {cost[-1]:.2g} |")
    print()


def ces(folder):
    if not os.path.exists(os.path.join(folder, "ces.json")):
        return
    with open(os.path.join(folder, "philly.load.csv")) as file:
        needed = sum(max(1.0, float(line.split(",")[1])) for line in file if "2017-12-01" <= line[:10] < "2017-12-15")
    with open(os.path.join(folder, "ces.json")) as file:
        answer = json.load(file)
    print("| CES's fortnight of Philly | powered / needed | short, % of minutes |\n|---|---|---|")
    for policy in answer["policies"]:
        if policy["name"] in OURS or " " in policy["name"]:
            powered = policy["cost_ratio"] * answer["optimum_node_minutes"] / needed
            print(f"| {policy['name']} | {powered:.3f} | {policy['violation_percent']:.2f} |")


table(sys.argv[1])
ces(sys.argv[1])
