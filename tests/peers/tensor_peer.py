"""PyTorch at the work of tests/benchmarks/tensor_bench.cpp: one thread, float32, the same shapes.

    python3 tensor_peer.py     (Debian: python3-torch, libopenblas0-pthread)

Answers lines of JSON as that program does: {"case": "mlp_784", "repeats": 5} -> {"ok": {"seconds": per repeat}}.
"""

import json
import os
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

import torch  # noqa: E402  (reads the variables above)

torch.set_num_threads(1)


def mlp(widths, batch):
    layers = []
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        layers.append(torch.nn.Linear(inputs, outputs))
        if i + 2 < len(widths):
            layers.append(torch.nn.ReLU())
    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    x = torch.randn(batch, widths[0])
    y = torch.arange(batch) % widths[-1]

    def step():
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step


def gemm(size):
    a = torch.randn(size, size)
    b = torch.randn(size, size)
    c = torch.empty(size, size)
    return lambda: torch.mm(a, b, out=c)


def cross_entropy():
    logits = torch.randn(4096, 1000, requires_grad=True)
    labels = torch.arange(4096) % 1000

    def step():
        logits.grad = None
        torch.nn.functional.cross_entropy(logits, labels).backward()

    return step


def convolution(images, outputs, first):
    x = torch.randn(*images, requires_grad=not first)
    layer = torch.nn.Conv2d(images[1], outputs, 3, padding=1)
    g = torch.randn(images[0], outputs, images[2], images[3])

    def step():
        x.grad = layer.weight.grad = layer.bias.grad = None
        layer(x).backward(g)

    return step


cases = {
    "mlp_784": (5, lambda: mlp([784, 256, 256, 10], 128)),
    "mlp_2": (200, lambda: mlp([2, 32, 32, 2], 32)),
    "gemm_128": (50, lambda: gemm(128)),
    "gemm_256": (10, lambda: gemm(256)),
    "gemm_512": (2, lambda: gemm(512)),
    "gemm_1024": (1, lambda: gemm(1024)),
    "cross_entropy": (2, cross_entropy),
    "conv_1": (5, lambda: convolution([64, 1, 28, 28], 8, True)),
    "conv_2": (5, lambda: convolution([64, 8, 14, 14], 16, False)),
    "conv_64": (1, lambda: convolution([16, 64, 32, 32], 64, False)),
}
prepared = {}


def answer(request):
    name = request["case"]
    if name == "versions":
        return {"torch": torch.__version__}
    repeats, prepare = cases[name]
    work = prepared.setdefault(name, None) or prepare()
    prepared[name] = work
    repeats = request.get("repeats", repeats)
    begun = time.process_time()
    for _ in range(repeats):
        work()
    return {"seconds": (time.process_time() - begun) / repeats}


for line in sys.stdin:
    try:
        reply = {"ok": answer(json.loads(line))}
    except Exception as error:  # the other side prints it
        reply = {"error": repr(error)}
    print(json.dumps(reply), flush=True)
