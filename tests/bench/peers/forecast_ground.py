"""forecast_ground.py DATA-FOLDER [SERIES]: statsmodels and R's forecast on the ground of drover_forecast_ground: M4 hourly (an even
sample of SERIES, 48 hours ahead, MASE over one day)."""
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import pandas as pd
from statsmodels.tsa.holtwinters import ExponentialSmoothing
from statsmodels.tsa.seasonal import STL
from statsmodels.tsa.ar_model import AutoReg

warnings.filterwarnings("ignore")
HORIZON, SEASON = 48, 24


def holt_winters(series):
    fit = ExponentialSmoothing(series, trend="add", seasonal="add", seasonal_periods=SEASON,
                               initialization_method="estimated").fit()
    return fit.forecast(HORIZON)


def autoregression(series):
    return AutoReg(series, lags=168 if len(series) > 2 * 168 + HORIZON else SEASON, old_names=False).fit().forecast(HORIZON)


def naive(series):
    return np.tile(series[-SEASON:], HORIZON // SEASON)


def scaled_error(series, actual, told):
    return np.abs(actual - told).mean() / np.abs(series[SEASON:] - series[:-SEASON]).mean()


def from_r(train, method):
    """All series in one run of R; its own clock gives the seconds."""
    with tempfile.TemporaryDirectory() as folder:
        for i, series in enumerate(train):
            np.savetxt(f"{folder}/{i}.csv", series, fmt="%.10g")
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "forecast_ground.R")
        subprocess.run(["Rscript", script, folder, str(len(train)), method], check=True)
        told = [np.loadtxt(f"{folder}/{i}.out") for i in range(len(train))]
        return told, float(open(f"{folder}/seconds").read())


def report(name, train, test, told, seconds):
    errors = [scaled_error(*row) for row in zip(train, test, told)]
    print(f"M4 hourly, {len(train)} of 414 series: {name}: MASE {np.mean(errors):.3f}, {seconds / len(train):.4f} s a series",
          flush=True)


def main():
    data, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 52
    read = lambda name: pd.read_csv(f"{data}/accuracy/{name}.csv", index_col=0)
    train_table, test_table = read("train"), read("test")
    sample = range(0, len(train_table), max(1, len(train_table) // count))
    train = [train_table.iloc[i].dropna().to_numpy(float) for i in sample]
    test = [test_table.iloc[i].to_numpy(float)[:HORIZON] for i in sample]
    for name, method in (("seasonal naive", naive), ("statsmodels Holt-Winters, fitted", holt_winters),
                         ("statsmodels AutoReg(168)", autoregression)):
        began = time.perf_counter()
        told = [method(series) for series in train]
        report(name, train, test, told, time.perf_counter() - began)
    for method in ("mstl", "auto.arima"):
        told, seconds = from_r(train, method)
        report("R " + {"mstl": "mstl + auto.arima", "auto.arima": "auto.arima, Fourier seasons"}[method], train, test, told, seconds)


main()
