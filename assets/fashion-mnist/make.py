#!/usr/bin/env python3
"""Makes fashion-mnist-0.bin to fashion-mnist-3.bin from the test set of Fashion-MNIST (IDX files, gzip).

    assets/fashion-mnist/make.py [FOLDER with t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz]
"""

import gzip
import pathlib
import sys

SIDE, ROWS, LEVELS, PARTS = 14, 10_000, 16, 4


def nibbles(values):
    """Two values of 0 to 15 a byte, the first one in the lower half."""
    return bytes(low | high << 4 for low, high in zip(values[::2], values[1::2]))


def main():
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/datasets/fashion-mnist")
    images = gzip.open(source / "t10k-images-idx3-ubyte.gz").read()
    labels = gzip.open(source / "t10k-labels-idx1-ubyte.gz").read()
    assert images[:16] == bytes.fromhex("00000803000027100000001c0000001c"), "10,000 images of 28 x 28"
    assert labels[:8] == bytes.fromhex("0000080100002710"), "10,000 labels"

    grey = bytearray()
    for row in range(ROWS):
        image = images[16 + 784 * row : 16 + 784 * (row + 1)]
        for y in range(SIDE):
            for x in range(SIDE):
                at = 56 * y + 2 * x
                total = image[at] + image[at + 1] + image[at + 28] + image[at + 29]  # of four pixels: 0 to 1020
                grey.append((total * (LEVELS - 1) + 510) // 1020)  # nearest level, halves upwards
    whole = nibbles(labels[8:]) + nibbles(grey)

    size = -(-len(whole) // PARTS)
    for part in range(PARTS):
        target = pathlib.Path(__file__).parent / f"fashion-mnist-{part}.bin"
        target.write_bytes(whole[part * size : (part + 1) * size])


main()
