"""Fits a ridge regression, says how good it is, and keeps the model: the same script on every compute."""
import argparse
import json
import os
import pickle
import time

import numpy
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--model", required=True)
parser.add_argument("--alpha", type=float, default=0.1)
asked = parser.parse_args()

begun = time.monotonic()
table = numpy.genfromtxt(asked.data, delimiter=",", skip_header=1)
x_train, x_test, y_train, y_test = train_test_split(table[:, :-1], table[:, -1], test_size=0.25, random_state=7)
model = Ridge(alpha=asked.alpha).fit(x_train, y_train)
foretold = model.predict(x_test)
metrics = {"r2": round(r2_score(y_test, foretold), 4), "mae": round(mean_absolute_error(y_test, foretold), 4)}

os.makedirs(asked.model, exist_ok=True)
with open(os.path.join(asked.model, "model.pkl"), "wb") as file:
    pickle.dump(model, file)
with open(os.path.join(asked.model, "metrics.json"), "w", encoding="utf-8") as file:
    json.dump(metrics, file)
print(f"{len(x_train)} rows, r2 {metrics['r2']}, mae {metrics['mae']}", flush=True)
print(f"trained in {time.monotonic() - begun:.2f} s", flush=True)
