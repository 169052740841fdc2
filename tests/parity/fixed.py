"""Networks that every run compares on every executor."""

from cases import Case

CONV = {"type": "conv", "stride": [1, 1], "alpha_inv": 4, "head_pool": "max"}

FIXED = {
    "mlp": Case(
        "F",
        "int16",
        (24,),
        tuple(range(-12, 12)),
        (9000,) * 24,
        5,
        [
            {"type": "dense", "units": 16, "alpha_inv": 4},
            {"type": "dropout", "percent": 10},
            {"type": "dense", "units": 9, "alpha_inv": 3},
        ],
        batch=8,
        counts=(8, 8, 3),
        schedules=((64, 400, 200), (1, 0, 0)),
    ),
    # Heads pool 4x4 with padding 2 and 2x2 with padding 1; the second convolution strides.
    "cnn": Case(
        "HWC",
        "uint8",
        (11, 9, 3),
        (4, -7, 0),
        (31, 60, 45),
        4,
        [
            CONV | {"channels": 4, "kernel": [3, 3], "padding": [1, 1], "head_features": 40},
            {"type": "max_pool", "size": [2, 2]},
            CONV
            | {"channels": 6, "kernel": [3, 2], "stride": [2, 1], "padding": [1, 0], "head_features": 24},
            {"type": "dense", "units": 7, "alpha_inv": 4},
        ],
        batch=4,
        counts=(4, 2, 4),
        schedules=((8, 50, 20),),
    ),
    # 1-D: kernels and pools are (1, K), the average-pooled head too.
    "series": Case(
        "TC",
        "int16",
        (30, 3),
        (0, 12, -900),
        (4000, 5000, 300),
        3,
        [
            CONV
            | {"channels": 5, "kernel": [1, 5], "padding": [0, 2], "alpha_inv": 10}
            | {"head_features": 30, "head_pool": "avg"},
            {"type": "avg_pool", "size": [1, 2]},
            CONV | {"channels": 4, "kernel": [1, 3], "padding": [0, 0], "head_features": 16},
        ],
        batch=5,
        counts=(5, 5, 1),
        schedules=((40, 0, 30),),
    ),
    # Every error and every sum as large as it gets: gradients need their 64 bits.
    "wide": Case(
        "HW",
        "int32",
        (6, 5),
        (0,),
        (1,),
        2,
        [
            CONV | {"channels": 2, "kernel": [2, 2], "padding": [1, 1], "head_features": 99},
            {"type": "dense", "units": 3, "alpha_inv": 20},
        ],
        batch=9,
        counts=(9, 9),
        schedules=((1, 0, 0), (100000, 2, 1)),
        weights="extreme",
        inputs="extreme",
        seed=3,
    ),
    # The first block stays in flash, its maps are pooled before anything learns.
    "frozen": Case(
        "CHW",
        "int8",
        (2, 6, 6),
        (-3, 5),
        (40, 1),
        3,
        [
            CONV | {"channels": 3, "kernel": [1, 3], "padding": [0, 2], "head_features": 9},
            {"type": "max_pool", "size": [2, 3]},
            {"type": "dense", "units": 6, "alpha_inv": 7},
        ],
        learn="last:1",
        batch=3,
        counts=(3, 1, 2),
        schedules=((24, 30, 30),),
        weights="typical",
    ),
    # Depthwise, max-pooled; in groups, with stride and padding, average-pooled; depthwise, unpooled.
    "grouped": Case(
        "HWC",
        "uint8",
        (11, 9, 4),
        (4, -7, 0, 9),
        (31, 60, 45, 50),
        4,
        [
            CONV | {"channels": 4, "groups": 4, "kernel": [3, 3], "padding": [1, 1], "head_features": 40},
            CONV
            | {"channels": 6, "groups": 2, "kernel": [3, 2], "stride": [2, 1], "padding": [1, 1]}
            | {"head_features": 24, "head_pool": "avg", "alpha_inv": 3},
            {"type": "max_pool", "size": [2, 2]},
            CONV | {"channels": 6, "groups": 6, "kernel": [3, 3], "padding": [1, 1], "head_features": 99},
            CONV | {"channels": 5, "kernel": [1, 1], "padding": [0, 0], "head_features": 20},
        ],
        batch=4,
        counts=(4, 2, 4),
        schedules=((2, 50, 20),),
    ),
    # A depthwise convolution with two channels each stays in flash; errors of one in groups need 64 bits.
    "grouped wide": Case(
        "CT",
        "int8",
        (3, 17),
        (-3, 5, 0),
        (1, 1, 1),
        2,
        [
            CONV | {"channels": 6, "groups": 3, "kernel": [1, 5], "padding": [0, 2], "head_features": 9},
            CONV
            | {"channels": 9, "groups": 3, "kernel": [1, 4], "stride": [1, 2], "padding": [0, 3]}
            | {"head_features": 99},
        ],
        learn="last:1",
        batch=9,
        counts=(9, 9),
        schedules=((1, 0, 0), (100000, 2, 1)),
        weights="extreme",
        inputs="extreme",
        seed=3,
    ),
    "inference": Case(
        "T",
        "uint16",
        (33,),
        (30000,),
        (8000,),
        6,
        [
            CONV | {"channels": 3, "kernel": [1, 4], "stride": [1, 3], "padding": [0, 1], "head_features": 5},
            {"type": "avg_pool", "size": [1, 3]},
        ],
        learn="none",
    ),
}

SUMS = {
    # Sums of 600 and of 540 products, which need 64 bits: as large as they get, and of any size.
    "sums of 64 bits": Case(
        "F",
        "int8",
        (600,),
        (0,) * 600,
        (51,) * 600,
        4,
        [{"type": "dense", "units": 5, "alpha_inv": 4}],
        batch=3,
        counts=(3, 2),
        schedules=((3, 50, 20),),
        weights="all highest",
        inputs="constant",
        seed=107,
        sums=64,
    ),
    "maps of 64 bits": Case(
        "CHW",
        "int8",
        (120, 2, 3),
        (0,) * 120,
        (51,) * 120,
        3,
        [CONV | {"channels": 8, "groups": 2, "kernel": [3, 3], "padding": [1, 1], "head_features": 99}],
        batch=2,
        counts=(2, 2),
        schedules=((3, 50, 20),),
        seed=31,
        sums=64,
    ),
}
"""Networks whose forward sums need 64 bits."""
