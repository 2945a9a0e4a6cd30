"""What other software needs for the work of tests/benchmarks/recalibration_bench.cpp, on the same files.

    python3 recalibration_peer.py FOLDER     (Debian: python3-numpy, python3-sklearn)

Answers lines of JSON as that program does: {"case": …} -> {"ok": {"seconds": …, "result": […]}}. Seconds are
processor seconds, as there. Every case is written the way somebody who knows NumPy well would write it; where there are
several good ways, all of them are cases.
"""

import json
import sys
import time

import numpy as np
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression

folder = sys.argv[1]
rows = np.load(folder + "/scores.npy")
score = np.ascontiguousarray(rows[:, 0])
label = rows[:, 1].astype(np.int64)
label_as_float = np.ascontiguousarray(rows[:, 1])


def summary(values, total):
    return [float(total), float(values[0]), float(values[-1])]


def umb_argsort(request):
    """One argsort, running sums of the labels, then a binary search per number of bins."""
    n = score.size
    total = 0.0
    begun = time.process_time()
    order = np.argsort(score)
    ascending = score[order]
    running = np.concatenate(([0], np.cumsum(label[order])))
    for bins in request["bins"]:
        edges = ascending[n * np.arange(1, bins) // bins - 1]
        ends = np.concatenate(([0], np.searchsorted(ascending, edges, side="right"), [n]))
        value = np.diff(running[ends]) / np.diff(ends)
        total += value.sum()
    return time.process_time() - begun, summary(value, total)


def umb_two_sorts(request):
    """No permutation: all scores and those of the positive rows are sorted by themselves, labels are counted by search."""
    n = score.size
    total = 0.0
    begun = time.process_time()
    ascending = np.sort(score)
    positive = np.sort(score[label == 1])
    for bins in request["bins"]:
        edges = ascending[n * np.arange(1, bins) // bins - 1]
        ends = np.concatenate(([0], np.searchsorted(ascending, edges, side="right"), [n]))
        positives = np.concatenate(([0], np.searchsorted(positive, edges, side="right"), [positive.size]))
        value = np.diff(positives) / np.diff(ends)
        total += value.sum()
    return time.process_time() - begun, summary(value, total)


def calibration_curves(request):
    """scikit-learn, once for every number of bins: it sorts each time, with interpolated quantiles as edges."""
    total = 0.0
    begun = time.process_time()
    for bins in request["bins"]:
        value, _ = calibration_curve(label, score, n_bins=bins, strategy="quantile")
        total += value.sum()
    return time.process_time() - begun, summary(value, total)


def isotonic(_):
    begun = time.process_time()
    model = IsotonicRegression(out_of_bounds="clip").fit(score, label_as_float)
    seconds = time.process_time() - begun
    return seconds, [float(v) for v in model.predict([0.1, 0.3, 0.5, 0.7, 0.9])]


def read_result(begun, table):
    seconds = time.process_time() - begun
    return seconds, [float(len(table)), float(table[:, 0].sum()), float(table[:, 1].sum())]


def csv_loadtxt(_):
    """The reader that NumPy recommends, in C since 1.23."""
    begun = time.process_time()
    return read_result(begun, np.loadtxt(folder + "/scores.csv", delimiter=",", skiprows=1))


def csv_fromstring(_):
    """The fastest way without another package; reads anything, checks nothing."""
    begun = time.process_time()
    with open(folder + "/scores.csv", encoding="ascii") as file:
        file.readline()
        text = file.read()
    table = np.fromstring(text.replace("\n", ","), sep=",").reshape(-1, 2)
    return read_result(begun, table)


def coverage_bincount(_):
    """One argsort; a resample is a histogram of drawn places, two running sums and a search for the ranks."""
    n = score.size
    generator = np.random.default_rng(1)
    begun = time.process_time()
    right = label[np.argsort(-score)].astype(np.int32)
    accuracy = np.cumsum(right) / np.arange(1, n + 1)
    aurc = 1 - accuracy.mean()
    ranks = -(-np.arange(1, 101) * n // 100)
    resampled = np.empty((200, ranks.size))
    for row in resampled:
        weight = np.bincount(generator.integers(0, n, n, dtype=np.int32), minlength=n)
        draws = np.cumsum(weight)
        rights = np.cumsum(weight * right)
        at = np.searchsorted(draws, ranks)
        row[:] = (rights[at] - right[at] * (draws[at] - ranks)) / ranks
    low, high = np.quantile(resampled, [0.025, 0.975], axis=0)
    return time.process_time() - begun, [float(aurc), float(accuracy[ranks[49] - 1]), float(low[49]), float(high[49])]


cases = {
    "umb_argsort": umb_argsort,
    "umb_two_sorts": umb_two_sorts,
    "calibration_curve": calibration_curves,
    "isotonic": isotonic,
    "csv_loadtxt": csv_loadtxt,
    "csv_fromstring": csv_fromstring,
    "coverage_bincount": coverage_bincount,
}

for line in sys.stdin:
    request = json.loads(line)
    if request["case"] == "versions":
        answer = {"numpy": np.__version__, "scikit-learn": sklearn.__version__, "python": sys.version.split()[0]}
    else:
        seconds, result = cases[request["case"]](request)
        answer = {"seconds": seconds, "result": result}
    print(json.dumps({"ok": answer}), flush=True)
