"""A real Prometheus over blocks backfilled by promtool: predict_linear, and the load of a week ago half an hour ahead (Grafana
Mimir's rule), both through its HTTP API."""
import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

import numpy as np

WEEK = 7 * 86400
POINTS = 10000  # of one answer; Prometheus gives 11,000 at most


def ask(port, path, **words):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}?" + urllib.parse.urlencode(words)) as answer:
        return json.load(answer)["data"]["result"]


def queries(task):
    ahead = int(task.lead * task.minutes * 60)
    span = max(15, 3 * task.minutes)
    week = "load offset 1w" if len(task.load) >= 8 * task.day and task.args.first >= 8 * task.day else "load offset 1d"
    period = WEEK if week.endswith("1w") else 86400
    return {
        "prometheus predict_linear": f"predict_linear(load[{span:.0f}m], {ahead})",
        "prometheus offset (mimir)": f"max_over_time(load[{max(5, 2 * task.minutes):.0f}m] offset {period - 1800}s)",
    }


def forecasts(task):
    step = int(task.minutes * 60)
    # Whole weeks later, so that the newest sample is about now: old blocks would be dropped.
    shift = (int(time.time()) - int(task.time.iloc[-1].timestamp())) // WEEK * WEEK
    begin = int(task.time.iloc[0].timestamp()) + shift
    with tempfile.TemporaryDirectory() as folder:
        text = os.path.join(folder, "load.om")
        with open(text, "w") as file:
            file.write("# TYPE load gauge\n")
            file.writelines(f"load {value:.9g} {begin + i * step}\n" for i, value in enumerate(task.load))
            file.write("# EOF\n")
        subprocess.run([task.args.promtool, "tsdb", "create-blocks-from", "openmetrics", text, folder + "/data"],
                       check=True, stdout=subprocess.DEVNULL)
        with open(folder + "/p.yml", "w") as file:
            file.write("global: {scrape_interval: 1m}\n")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen(
            [task.args.prometheus, f"--config.file={folder}/p.yml", f"--storage.tsdb.path={folder}/data",
             "--storage.tsdb.retention.time=10y", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until_ready(port)
            yield from answers(task, port, begin, step)
        finally:
            server.terminate()
            server.wait()


def wait_until_ready(port):
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready").close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("Prometheus did not start")


def answers(task, port, begin, step):
    for name, query in queries(task).items():
        values = np.full(len(task.load), np.nan)
        for at in range(task.first, len(task.load), POINTS):
            last = min(at + POINTS, len(task.load)) - 1
            for series in ask(port, "query_range", query=query, start=begin + at * step, end=begin + last * step, step=step):
                for when, value in series["values"]:
                    values[round((when - begin) / step)] = float(value)
        seconds = []
        for at in np.linspace(task.first, len(task.load) - 1, 50).astype(int):
            began = time.perf_counter()
            ask(port, "query", query=query, time=begin + int(at) * step)
            seconds.append(time.perf_counter() - began)
        # Mimir's trigger stands beside one on the load as it is, and the larger counts; so does a trend's.
        yield name, np.fmax(values, task.load), float(np.median(seconds)), query
