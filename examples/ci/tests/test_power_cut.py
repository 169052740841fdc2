"""What was learnt survives a power cut at any moment, also while it is saved."""

SAMPLED = 389
"""The power is cut before every so many words of flash that a save changes, unless --every-cut is given."""


def test_a_cut_leaves_the_weights_of_before_or_of_after(model, flash, gestures, request):
    model.train(gestures.x[0], gestures.y[0])
    model.save()
    before = model.crc()
    model.train(gestures.x[1], gestures.y[1])
    after = model.crc()

    found = []
    for cut in flash.cuts(every=1 if request.config.getoption("every_cut") else SAMPLED):
        model.begin()
        model.train(gestures.x[1], gestures.y[1])
        with cut:
            model.save()
        model.begin()
        found.append(model.crc())
        assert found[-1] in (before, after), (
            f"power cut before word {cut.at} of the save: the firmware started with other weights "
            f"({found[-1]:08x}) than those of before ({before:08x}) and of after ({after:08x})"
        )
    assert set(found) == {before, after}
