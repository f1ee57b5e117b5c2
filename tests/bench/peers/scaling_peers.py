"""What forecasting peers would have said at each step of a load: Python's, R's and Prometheus' own code, only called here.

scaling_peers.py LOAD.csv OUT.csv --lead STEPS --first STEP [--peers holt-winters,gbdt,r,prometheus]

LOAD.csv is what `drover scale replay --load-out` wrote; OUT.csv gets the same rows and a column a peer: the load it expects
a lead time after the step has ended, from nothing later. OUT.csv.json gets the seconds that a decision takes. Peers begin
a fortnight before step FIRST, or as soon as they can, so that their knob can be chosen on a past, as everybody's is.
"""
import argparse
import json
import os
import sys
import warnings

import numpy as np
import pandas as pd

import peer_holt_winters
import peer_gbdt
import peer_prometheus
import peer_r

warnings.filterwarnings("ignore")


class Task:
    """A load (one value a step), when its steps began, and from which step on forecasts are wanted."""

    def __init__(self, args):
        table = pd.read_csv(args.load, parse_dates=["time"])
        self.time = table.time
        self.load = table.load.to_numpy(float)
        self.minutes = (table.time[1] - table.time[0]).total_seconds() / 60
        self.lead = args.lead
        self.day = round(1440 / self.minutes)
        self.first = max(0, args.first - 14 * self.day)
        self.args = args


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("load")
    parser.add_argument("out")
    parser.add_argument("--lead", type=int, required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--peers", default="holt-winters,gbdt,r,prometheus")
    parser.add_argument("--prometheus", default="prometheus")
    parser.add_argument("--promtool", default="promtool")
    args = parser.parse_args()
    task = Task(args)
    columns, seconds, notes = {}, {}, {}
    for name in args.peers.split(","):
        module = {"holt-winters": peer_holt_winters, "gbdt": peer_gbdt, "r": peer_r, "prometheus": peer_prometheus}[name]
        for column, values, cost, note in module.forecasts(task):
            # Before it says anything, and where it fails, a peer falls back on the load as it is.
            columns[column] = np.maximum(0, np.where(np.isfinite(values), values, task.load))
            seconds[column], notes[column] = cost, note
            print(f"{os.path.basename(args.load)}: {column}: {cost:.4f} s a decision; {note}", file=sys.stderr, flush=True)
    table = pd.DataFrame({"time": task.time.dt.strftime("%Y-%m-%dT%H:%M:%SZ"), **columns})
    table.to_csv(args.out, index=False, float_format="%.6g")
    with open(args.out + ".json", "w") as file:
        json.dump({"seconds": seconds, "notes": notes}, file, indent=1)


if __name__ == "__main__":
    main()
