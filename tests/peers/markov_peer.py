"""Exact marginal laws of a uniform-rate chain by NumPy and SciPy, one thread: answers lines on stdin like
tests/benchmarks/markov_bench.cpp.

  {"case": "matmul"}      one level after the other: a matrix product an axis
  {"case": "slabs"}       one level after the other: sums over the axis in place, memory reused
  {"case": "polynomial"}  all levels at once, from terms that they share (what Reprise does), by BLAS
"""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import json
import sys
import time

import numpy as np
import scipy

S, D, LEVELS = 8, 7, 64
STATES = S**D


def make_law():
    p = np.empty(STATES)
    # x_k = 48271^k mod (2^31 - 1), by doubling: the same sequence as one multiplication after the other.
    modulus = 2147483647
    powers = np.array([48271], dtype=np.uint64)
    step = 48271
    while len(powers) < STATES:
        powers = np.concatenate([powers, powers * np.uint64(step * 1 % modulus) % np.uint64(modulus)])
        step = step * step % modulus
    p[:] = powers[:STATES].astype(np.float64) / 2147483647.0
    return p / p.sum()


LAW = make_law()
T = 1 - np.arange(LEVELS) / (LEVELS - 1)
SIGMA = 0.02 * np.exp(np.log(6 / 0.02) * T)
SIGMA[0], SIGMA[-1] = 6, 0.02
OUT = np.ones((LEVELS, STATES))
SCRATCH = np.ones(STATES)


def matmul():
    for k, sigma in enumerate(SIGMA):
        kernel = np.exp(-sigma) * np.eye(S) - np.expm1(-sigma) / S
        p, q = LAW, OUT[k]
        for axis in range(D):
            # (S, rest)ᵀ·kernel turns the axes round: after D products they stand as before.
            np.matmul(p.reshape(S, -1).T, kernel, out=(q if axis % 2 == 0 else SCRATCH).reshape(-1, S))
            p = q if axis % 2 == 0 else SCRATCH
    return OUT


def slabs():
    for k, sigma in enumerate(SIGMA):
        kept, redrawn = np.exp(-sigma), -np.expm1(-sigma) / S
        p = OUT[k]
        p[:] = LAW
        for axis in range(D):
            lines = p.reshape(S**axis, S, -1)
            sums = lines.sum(axis=1, keepdims=True)
            sums *= redrawn
            lines *= kept
            lines += sums
    return OUT


TERMS = np.zeros((D + 1, STATES))


def polynomial():
    TERMS[0] = LAW
    TERMS[1:] = 0
    for axis in range(D):
        for j in range(axis, -1, -1):
            source = TERMS[j].reshape(S**axis, S, -1)
            target = TERMS[j + 1].reshape(S**axis, S, -1)
            target += source.sum(axis=1, keepdims=True) / S
    kept, redrawn = np.exp(-SIGMA)[:, None], -np.expm1(-SIGMA)[:, None]
    j = np.arange(D + 1)[None, :]
    np.matmul(kept ** (D - j) * redrawn**j, TERMS, out=OUT)
    return OUT


def summary(p):
    return [float(p @ p), float(p[-1]), float(p @ (np.arange(STATES) % 17))]


def answer(request):
    case = request["case"]
    if case == "versions":
        return {"numpy": np.__version__, "scipy": scipy.__version__, "python": sys.version.split()[0]}
    work = {"matmul": matmul, "slabs": slabs, "polynomial": polynomial}[case]
    begun = time.process_time()
    laws = work()
    seconds = time.process_time() - begun
    result = [number for k in (0, LEVELS // 2, LEVELS - 1) for number in summary(laws[k])]
    return {"seconds": seconds, "result": result}


for line in sys.stdin:
    try:
        print(json.dumps({"ok": answer(json.loads(line))}), flush=True)
    except Exception as error:  # told to the program that asked
        print(json.dumps({"error": repr(error)}), flush=True)
