"""Products for grouped convolutions on Torch tensors, computed as one batch."""

from __future__ import annotations

import torch

from integrad.engines.torch.arithmetic import Arithmetic
from integrad.engines.torch.digits import Bounded
from integrad.matmul import FLOAT64_EXACT


def products(arithmetic: Arithmetic, a: Bounded, b: Bounded) -> Bounded:
    """a: (groups, n, k), b: (groups, m, k) → all a[g] @ b[g]ᵀ, exact, concatenated to (groups·n, m).

    Computed together in float64 if it can represent the sums, which is the case except for the widest errors;
    otherwise one by one, in digits.
    """
    bound = a.values.shape[2] * a.bound * b.bound
    if bound < FLOAT64_EXACT:
        sums = torch.bmm(a.values.to(torch.float64), b.values.to(torch.float64).mT)
        return Bounded(sums.flatten(0, 1), bound)
    pairs = zip(a.values, b.values, strict=True)
    parts = [arithmetic.product(Bounded(x, a.bound), Bounded(y, b.bound)) for x, y in pairs]
    return Bounded(torch.cat([part.values for part in parts]), max(part.bound for part in parts))
