"""Plateaus, counted in samples and epochs."""

from integrad.training.plateau import Plateau


def test_plateau_is_reached_after_patience_epochs_without_improvement():
    plateau = Plateau(3)
    results = [5, 5, 4, 6, 6, 6, 6, 6, 6, 6, 7]
    assert [plateau.reached(correct) for correct in results] == [
        False, False, False,  # best 5, two stale
        False, False, False, True,  # best 6, three stale
        False, False, True,  # the best stays, the count starts anew
        False,
    ]  # fmt: skip
    assert plateau.best == 7


def test_nothing_right_is_no_plateau_at_first():
    plateau = Plateau(1)
    assert not plateau.reached(0)
    assert plateau.reached(0)
