"""Writes the .npy files of this folder with NumPy itself (made with NumPy 1.24.2):  python3 make_npy.py"""
import os

import numpy as np

folder = os.path.dirname(os.path.abspath(__file__))


def save(name, array, version=None):
    with open(os.path.join(folder, name), "wb") as file:
        np.lib.format.write_array(file, array, version=version, allow_pickle=False)


grid = np.arange(12).reshape(3, 4)
save("f8_3x4.npy", grid.astype("<f8") / 8)
save("f8_3x4_fortran.npy", np.asfortranarray(grid.astype("<f8") / 8))
save("f4_5.npy", np.array([0.1, -2.5, 3e38, 1e-45, 0], dtype="<f4"))
save("i8_2x2x2.npy", np.array([0, 1, -1, 2**53, -(2**53), 7, 8, 9], dtype="<i8").reshape(2, 2, 2))
save("u1_4_v2.npy", np.array([0, 1, 128, 255], dtype="|u1"), version=(2, 0))
save("b1_3_v3.npy", np.array([True, False, True]), version=(3, 0))
save("f8_scalar.npy", np.array(2.5))
save("f8_0x3.npy", np.zeros((0, 3)))
save("big_endian_2.npy", np.array([1, 2], dtype=">f8"))
save("records_2.npy", np.zeros(2, dtype=[("score", "<f8"), ("label", "|u1")]))
save("text_2.npy", np.array(["ab", "c"]))
