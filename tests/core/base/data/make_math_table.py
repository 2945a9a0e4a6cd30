#!/usr/bin/env python3
"""Makes math_table.txt: arguments and correctly rounded results of core/base/math.h, by mpmath with >= 60 digits.

usage: make_math_table.py [COUNT [SEED]] > math_table.txt     (COUNT arguments of each kind, default 60)

A line "function", then lines of bits in hexadecimal "x result remainder" (pow: "x y result remainder"), where
the exact value is result + remainder × (last place of result).
"""
import math
import random
import struct
import sys

from mpmath import mp, mpf

mp.dps = 60
count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)


def bits(x):
    return format(struct.unpack("<Q", struct.pack("<d", x))[0], "x")


def value_of(pattern):
    return struct.unpack("<d", struct.pack("<Q", pattern))[0]


def near(x, steps=3):
    """x and its neighbours among the doubles"""
    result = [x]
    for direction in (math.inf, -math.inf):
        y = x
        for _ in range(steps):
            y = math.nextafter(y, direction)
            result.append(y)
    return result


def uniform(low, high, times=1):
    return [chance.uniform(low, high) for _ in range(count * times)]


def powers(low, high, signs=(1,), times=1):
    """log-uniform magnitudes between 2^low and 2^high"""
    return [chance.choice(signs) * 2.0 ** chance.uniform(low, high) for _ in range(count * times)]


def subnormals():
    return [value_of(1 + chance.getrandbits(chance.randint(1, 51))) for _ in range(count // 3)] + [5e-324, 2.0**-1022]


def rounded(exact):
    """(nearest double, remainder in its last place) or None beyond the doubles"""
    if exact == 0:
        return 0.0, 0.0
    exponent = max(int(mp.floor(mp.log(abs(exact), 2))) - 52, -1074)
    if abs(exact) >= mpf(2) ** (exponent + 53):
        exponent += 1
    scaled = exact * mpf(2) ** -exponent
    whole = mp.nint(scaled)
    if abs(whole) * mpf(2) ** exponent >= mpf(2) ** 1024 or whole == 0:
        return None
    return math.ldexp(int(whole), exponent), float(scaled - whole)


def quantile(p):
    p = mpf(p)
    if p > 0.5:
        return -quantile(1 - p)
    if p == 0.5:
        return mpf(0)
    x = mpf(-math.sqrt(-2 * float(mp.log(p)))) if p < 1e-3 else -mp.sqrt(2) * mp.erfinv(1 - 2 * p)
    for _ in range(80):  # Newton's method for log Φ(x) = log p, which is concave
        tail = mp.erfc(-x / mp.sqrt(2)) / 2
        step = tail * (mp.log(tail / p)) / (mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi))
        x -= step
        if abs(step) < abs(x) * mpf(10) ** -40:
            break
    return x


def wide(function, digits):
    def evaluate(*arguments):
        with mp.workdps(digits):
            return function(*arguments)
    return evaluate


def log_gamma(x):
    return mp.loggamma(x).real if x > 0 else mp.log(mp.pi / abs(x * mp.sin(mp.pi * x))) - mp.loggamma(-x).real


both = (1, -1)
small = subnormals() + [-x for x in subnormals()[:10]]
probabilities = (uniform(0, 1, 3) + powers(-1074, -5) + powers(-53, -1, times=2) + [1 - x for x in powers(-53, -5)]
                 + [0.5 + x for x in powers(-53, -2, both)] + subnormals()
                 + [y for c in (1 / 32, 1 / 16, 1 / 8, 0.25, 0.4375, 0.5, 0.5625, 0.75, 0.96875) for y in near(c)]
                 + [2.0**-53, 1 - 2.0**-53, 1e-300])
probabilities = [p for p in probabilities if 0 < p < 1]

functions = {
    "exp": (mp.exp, uniform(-745.1, 709.7, 3) + uniform(-1, 1, 2) + powers(-60, 0, both) + uniform(-745.1, -708)
            + small + near(709.782712893384, 1)[:1] + near(-708.3964185322641) + near(-745.1)
            + [y for k in range(-20, 21, 4) for y in near(k * math.log(2) / 256, 1)]),
    "expm1": (mp.expm1, uniform(-38.5, 50, 2) + uniform(-1, 1, 3) + powers(-1074, -1, both) + powers(-60, 0, both, 2)
              + small + near(0.3) + near(-0.3) + uniform(600, 709.7)),
    "log": (mp.log, powers(-1022, 1023, times=3) + uniform(0.5, 2, 3) + [1 + x for x in powers(-52, -4, both, 2)]
            + subnormals() + near(1.0, 5) + near(2.0) + near(0.6875) + near(1.375) + near(1.7976931348623157e308, 1)[2:]),
    "log1p": (wide(lambda x: mp.log(1 + mpf(x)), 700), powers(-60, 0, both, 3) + uniform(-0.999, 3, 3)
              + powers(-1074, 1023) + [-1 + 2.0**-k for k in range(1, 54, 4)] + small + powers(40, 60)),
    "sin": (wide(mp.sin, 60), uniform(-10, 10, 3) + powers(-30, 0, both) + powers(0, 21, both, 2) + powers(18, 1023, both, 2)
            + [float(k * mp.pi / 2) for k in list(range(1, 40)) + [355, 103993, 208341, 573204, 800000]]
            + [6381956970095103 * 2.0**797, 1e22, 1.7976931348623157e308] + near(0.78) + small[:10]),
    "cos": (wide(mp.cos, 60), uniform(-10, 10, 3) + powers(-30, 0, both) + powers(0, 21, both, 2) + powers(18, 1023, both, 2)
            + [float(k * mp.pi / 2) for k in list(range(1, 40)) + [355, 103993, 208341, 573204, 800000]]
            + [6381956970095103 * 2.0**797, 1e22, 1.7976931348623157e308] + near(0.78) + small[:10]),
    "tanh": (wide(mp.tanh, 400), uniform(-20, 20, 2) + uniform(-1.5, 1.5, 4) + powers(-60, 2, both, 2) + near(0.35) + small
             + powers(-1074, -1, both)),
    "erfc": (mp.erfc, uniform(-6, 6, 3) + uniform(0, 27.2, 3) + uniform(26, 27.22) + powers(-60, 0, both)
             + near(0.25) + near(-0.25) + [y for e in (0.5, 1, 2, 4, 8, 16) for y in near(e, 1)]),
    "lgamma": (log_gamma, uniform(0, 3, 3) + uniform(2, 30, 3) + powers(-1074, 0) + powers(0, 1014, times=2)
               + [1 + x for x in powers(-52, -3, both)] + [2 + x for x in powers(-51, -3, both)] + near(1.0) + near(2.0)
               + near(0.75) + near(2.5) + near(8.0) + near(1.5) + [-x for x in powers(-1000, -1)]),
    "pow": (wide(lambda x, y: mp.power(mpf(x), mpf(y)), 120), None),
    "normal_quantile": (quantile, probabilities),
    "normal_cdf": (lambda x: mp.erfc(-mpf(x) / mp.sqrt(2)) / 2, uniform(-8, 8, 3) + uniform(-38.5, 0, 3)
                   + powers(-60, 0, both) + uniform(-1, 1) + near(0.36) + near(-0.36) + uniform(-38.5, -37.4)),
    "logistic": (lambda x: 1 / (1 + mp.exp(-mpf(x))), uniform(-745, 40) + uniform(-40, 40, 3) + uniform(-2, 2, 3)
                 + powers(-60, 0, both) + near(-40.0) + near(37.0)),
    "logit": (wide(lambda p: mp.log(mpf(p) / (1 - mpf(p))), 700), probabilities),
}


def pow_arguments():
    for x, power in zip(powers(-3, 3, times=3), uniform(-300, 300, 3)):
        yield x, power
    for x, power in zip(powers(-1022, 1023, times=2), uniform(-1.5, 1.5, 2)):
        yield x, power
    for x, power in zip([1 + x for x in powers(-52, -5, both, 2)], uniform(-700, 700, 2)):
        y = power / math.log(x)
        yield x, y
    for _ in range(count):
        yield float(chance.randint(-30, 30)), float(chance.randint(-40, 40))
    for x in subnormals():
        yield x, chance.uniform(-0.95, 0.95)
    for x, y in zip(powers(-1074, 1023), powers(-80, -8, both)):
        yield x, y


for name, (function, arguments) in functions.items():
    print(name)
    for argument in pow_arguments() if arguments is None else arguments:
        argument = argument if isinstance(argument, tuple) else (argument,)
        if not all(map(math.isfinite, argument)) or (name == "pow" and argument[0] == 0):
            continue
        result = rounded(function(*map(mpf, argument)))
        if result is not None:
            print(*[bits(x) for x in argument], bits(result[0]), format(result[1], ".2f"))
