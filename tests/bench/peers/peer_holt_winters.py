"""statsmodels' Holt-Winters as the predictive-horizontal-pod-autoscaler calls it: alpha, beta and gamma fixed, nothing
optimised, a season of a day, one step ahead. One step is a lead time, so the load is taken once a lead time."""
import time

import numpy as np
from statsmodels.tsa.holtwinters import ExponentialSmoothing

# The project's own example, and settings from which the training part chooses.
EXAMPLE = (0.9, 0.9, 0.9)
GRID = [(a, b, g) for a in (0.2, 0.5, 0.8) for b in (0.0, 0.01) for g in (0.05, 0.2, 0.5)]
SEASONS = 3  # of history for a call; it wants two


def model(values, season, settings):
    alpha, beta, gamma = settings
    return ExponentialSmoothing(values, trend="add", seasonal="add", seasonal_periods=season,
                                initialization_method="estimated").fit(
        smoothing_level=alpha, smoothing_trend=beta, smoothing_seasonal=gamma, optimized=False)


def one_ahead(task, settings, until):
    """For each step the forecast a lead time on: `lead` filters side by side, each over every lead-th step, begun anew every
    day so that it has seen three to four days, as a live call has seen three."""
    out = np.full(until, np.nan)
    season = round(task.day / task.lead)
    for phase in range(task.lead):
        values = task.load[phase:until:task.lead]
        ahead = np.full(len(values), np.nan)
        for start in range(2 * season, len(values), season):
            first = max(0, start - SEASONS * season)
            fit = model(values[first:start + season], season, settings)
            told = np.append(fit.fittedvalues[1:], fit.forecast(1))
            ahead[start:start + season] = told[start - first:]
        out[phase:until:task.lead] = ahead
    return out


def call_seconds(task, settings, filtered):
    """The call as it is made live, over a few seasons, at some steps; and how far it is from the filter over all."""
    season = round(task.day / task.lead)
    seconds, apart = [], []
    for step in np.linspace(task.first, len(task.load) - 1, 25).astype(int):
        values = task.load[step % task.lead:step + 1:task.lead][-SEASONS * season:]
        if len(values) < 2 * season:
            continue
        began = time.perf_counter()
        ahead = model(values, season, settings).forecast(1)[0]
        seconds.append(time.perf_counter() - began)
        if np.isfinite(filtered[step]):
            apart.append(abs(ahead - filtered[step]) / max(1e-9, task.load.mean()))
    return float(np.median(seconds)), float(np.median(apart))


def forecasts(task):
    train = task.load[:task.args.first]
    ahead = np.roll(train, -task.lead)[:-task.lead]

    def error(settings):
        guess = one_ahead(task, settings, len(train))[:-task.lead]
        known = np.isfinite(guess)
        return np.mean((guess[known] - ahead[known]) ** 2) if known.any() else np.inf

    tuned = min(GRID, key=error)
    for name, settings in (("statsmodels holt-winters example", EXAMPLE), ("statsmodels holt-winters tuned", tuned)):
        values = one_ahead(task, settings, len(task.load))
        seconds, apart = call_seconds(task, settings, values)
        # As the project does by default, the larger of this and what is measured.
        yield name, np.fmax(values, task.load), seconds, \
            f"alpha, beta, gamma {settings}; live calls over {SEASONS} days are {100 * apart:.2f} % of the mean apart"
