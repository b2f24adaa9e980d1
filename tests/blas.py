"""Whether BLAS rounds the rows of a product alike, wherever they are in it.

OpenBLAS does with AVX-512, not with AVX2 (OPENBLAS_CORETYPE=Haswell): then the last bits differ
of what is computed in products of another size.
"""

import numpy as np


def rounds_rows_alike() -> bool:
    """Whether equal rows of a product, and of one with fewer rows, are equal to the last bit."""
    random = np.random.default_rng(0)
    rows = np.repeat(random.normal(size=(1, 320)).astype(np.float32), 96, axis=0)
    weight = random.normal(size=(1280, 320)).astype(np.float32)
    product = rows @ weight.T
    return bool((product == product[0]).all() and (rows[:50] @ weight.T == product[0]).all())


TOLERANCE = 1e-12 if rounds_rows_alike() else 1e-5  # of sums over a text, relative
