"""scikit-learn's k-means for scripts/bench, speaking the line protocol of tests/benchmarks/line_protocol.h.

    python3 clustering_peer.py FOLDER      FOLDER holds points.npy and start.npy

{"case": "lloyd" | "elkan" | "plus_plus", "iterations": 20, "threads": 2} -> {"seconds", "loss", "iterations"}
{"case": "versions"}
"""

import json
import platform
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.metrics import pairwise_distances_argmin_min
from threadpoolctl import threadpool_limits

warnings.filterwarnings("ignore")
folder = Path(sys.argv[1])
data = {}


def load():
    if not data:
        data["points"] = np.load(folder / "points.npy")
        data["start"] = np.load(folder / "start.npy")
    return data["points"], data["start"]


def timed(threads, work):
    """Processor seconds on one thread, the clock on the wall on several; and what the work returns."""
    clock = time.process_time if threads == 1 else time.perf_counter
    begun = clock()
    result = work()
    return clock() - begun, result


def answer(request):
    if request["case"] == "versions":
        return {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        }
    points, start = load()
    threads = request.get("threads", 1)
    with threadpool_limits(limits=threads):
        if request["case"] == "plus_plus":
            seconds, (seeds, _) = timed(
                threads, lambda: kmeans_plusplus(points, len(start), random_state=request.get("seed", 1))
            )
            distances = pairwise_distances_argmin_min(points, seeds)[1]
            return {"seconds": seconds, "loss": float(np.sum(distances**2))}
        # One assignment and one update an iteration, a last assignment after them: one iteration less than ours.
        model = KMeans(
            len(start), init=start, n_init=1, max_iter=request["iterations"] - 1, tol=0, algorithm=request["case"]
        )
        seconds, found = timed(threads, lambda: model.fit(points))
        return {"seconds": seconds, "loss": float(found.inertia_), "iterations": int(found.n_iter_) + 1}


for line in sys.stdin:
    try:
        reply = {"ok": answer(json.loads(line))}
    except Exception as error:  # the caller shows it
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
