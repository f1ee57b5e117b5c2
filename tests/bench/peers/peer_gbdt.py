"""scikit-learn's gradient-boosted quantile regression of the highest load around a lead time from now, fitted anew once a day
on the last fortnight."""
import time

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

QUANTILES = (0.5, 0.95)
ROWS_MAX = 6000  # of a fit
TRAIN_DAYS = 14


def inputs(task):
    load = pd.Series(task.load)
    step = lambda minutes: max(1, round(minutes / task.minutes))
    columns = {"now": load}
    for minutes in (1, 2, 5, 10, 15, 30, 60, 120):
        columns[f"lag {minutes}"] = load.shift(step(minutes))
    for minutes in (5, 15, 30, 60, 240):
        rolled = load.rolling(step(minutes), min_periods=1)
        columns[f"mean {minutes}"], columns[f"max {minutes}"] = rolled.mean(), rolled.max()
    for days in (1, 7):
        for ahead in (0, task.lead, 2 * task.lead):
            columns[f"{days} days before, {ahead} on"] = load.shift(days * task.day - ahead)
    columns["minute"] = pd.Series((task.time.dt.hour * 60 + task.time.dt.minute).to_numpy(float))
    columns["weekday"] = pd.Series(task.time.dt.weekday.to_numpy(float))
    return pd.DataFrame(columns).to_numpy(float)


def forecasts(task):
    x = inputs(task)
    reach = max(1, round(2 / task.minutes)) + 1
    ahead = pd.Series(task.load).rolling(reach, min_periods=1).max().shift(-(task.lead + reach - 1)).to_numpy()
    level = np.maximum(task.load, 1e-9 + 0.02 * task.load[:task.args.first].mean())
    for quantile in QUANTILES:
        values, fits, calls = np.full(len(task.load), np.nan), [], []
        for start in range(max(task.first, 2 * task.day), len(task.load), task.day):
            known = np.arange(max(0, start - TRAIN_DAYS * task.day), start - task.lead - reach)
            rows = known[:: max(1, len(known) // ROWS_MAX)]
            rows = rows[np.isfinite(ahead[rows])]
            began = time.perf_counter()
            fit = HistGradientBoostingRegressor(loss="quantile", quantile=quantile, max_iter=80, min_samples_leaf=30)
            fit.fit(x[rows], np.log(np.maximum(ahead[rows], 1e-9) / level[rows] + 0.01))
            fits.append(time.perf_counter() - began)
            until = min(start + task.day, len(task.load))
            values[start:until] = (np.exp(fit.predict(x[start:until])) - 0.01) * level[start:until]
            began = time.perf_counter()
            fit.predict(x[start:start + 1])
            calls.append(time.perf_counter() - began)
        yield f"scikit-learn gbdt q{quantile}", values, float(np.median(calls)), \
            f"and {np.median(fits):.1f} s for each daily fit of at most {ROWS_MAX} rows"
