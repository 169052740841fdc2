"""Selects whole groups, such as all samples of a person, for testing or validation."""

from __future__ import annotations

import numpy as np

FEWEST_GROUPS = 3
"""One tests, and two remain, of which one can validate."""


def test_groups(groups: np.ndarray, y: np.ndarray, percent: int, rng: np.random.Generator) -> list[str]:
    """Groups that amount to the share as closely as a greedy choice in random order finds it.

    groups, y: group and class of each sample. At least one group is chosen, at least two remain, and samples
    of each class remain. Groups with classes that no chosen group has are preferred. [] if impossible.
    """
    names, members = np.unique(groups, return_inverse=True)
    if len(names) < FEWEST_GROUPS:
        return []
    classes = int(y.max()) + 1
    counts = np.bincount(members * classes + y, minlength=len(names) * classes).reshape(-1, classes)
    sizes, order = counts.sum(axis=1), rng.permutation(len(names))
    left, covered, size, wanted = counts.sum(axis=0), np.zeros(classes, bool), 0, len(y) * percent
    occurs, chosen = left > 0, np.zeros(len(names), bool)

    def spared(number: int) -> bool:
        return bool((left > counts[number])[occurs].all())

    for only_new_classes in (True, False):
        for number in order:
            has = counts[number] > 0
            if chosen[number] or not spared(number) or (only_new_classes and not (has & ~covered).any()):
                continue
            closer = abs((size + sizes[number]) * 100 - wanted) < abs(size * 100 - wanted)
            if closer and chosen.sum() < len(names) - 2:
                chosen[number], covered = True, covered | has
                size += sizes[number]
                left = left - counts[number]
    if not chosen.any():
        smallest = sorted(filter(spared, range(len(names))), key=sizes.__getitem__)[:1]
        chosen[smallest] = True
    return [str(name) for name in names[chosen]]


def validation_groups(groups: np.ndarray, y: np.ndarray, percent: int, rng: np.random.Generator) -> list[str]:
    """Groups that amount to at least the share and leave samples of each class. [] if impossible."""
    chosen: list[str] = []
    classes = len(np.unique(y))
    for name in rng.permutation(np.unique(groups)):
        rest = ~np.isin(groups, [*chosen, name])
        if len(np.unique(y[rest])) < classes:
            continue
        chosen.append(str(name))
        if (~rest).sum() * 100 >= len(groups) * percent:
            break
    return chosen
