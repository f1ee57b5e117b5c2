"""one_call.py CALLS: seconds of each of so many Holt-Winters calls of statsmodels as the predictive-horizontal-pod-autoscaler makes
them (fixed parameters, one step ahead) on three days of five minutes: what it does for one decision, its start-up left out."""
import sys
import time
import warnings

import numpy as np

import peer_holt_winters

warnings.filterwarnings("ignore")
noise = np.random.default_rng(1).normal(size=3 * 288)
load = 100 * (1.3 - np.cos(2 * np.pi * np.arange(3 * 288) / 288)) * np.exp(0.1 * noise)
peer_holt_winters.model(load, 288, peer_holt_winters.EXAMPLE).forecast(1)
for _ in range(int(sys.argv[1])):
    began = time.perf_counter()
    peer_holt_winters.model(load, 288, peer_holt_winters.EXAMPLE).forecast(1)
    print(time.perf_counter() - began)
