"""R's forecast package: mstl with auto.arima on what is left of the seasons, and auto.arima alone, refitted every six hours and
updated with every lead time's load in between (Arima(model = ...), nothing re-estimated)."""
import os
import subprocess
import tempfile

import numpy as np


def forecasts(task):
    every = task.lead
    with tempfile.TemporaryDirectory() as folder:
        given, answered = os.path.join(folder, "load.csv"), os.path.join(folder, "out.csv")
        # One value a lead time, so that one step ahead is a lead time ahead; in between the last forecast holds.
        steps = np.arange(0, len(task.load), every)
        np.savetxt(given, task.load[steps], fmt="%.9g")
        season = round(task.day / every)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer_forecast.R")
        subprocess.run(["Rscript", script, given, answered, str(season), str(task.first // every),
                        str(max(1, round(season / 4)))], check=True)
        table = np.genfromtxt(answered, delimiter=",", names=True)
    for name in ("mstl", "arima"):
        ahead = np.full(len(task.load), np.nan)
        for offset in range(every):
            held = steps[steps + offset < len(task.load)]
            ahead[held + offset] = table[name][:len(held)]
        label = {"mstl": "R mstl + auto.arima", "arima": "R auto.arima"}[name]
        yield label, np.fmax(ahead, task.load), float(np.nanmedian(table[name + "_call"])), \
            f"and {np.median(table[name + '_fit'][table[name + '_fit'] > 0]):.1f} s for each fit, every six hours"
