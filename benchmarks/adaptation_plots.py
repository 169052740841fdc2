"""The plots of benchmarks/adaptation.py: accuracy by number of samples, one line per learn set."""

import statistics

from integrad.report.figure import INK, new_figure, plain, save

COLOURS = {"output": "#9aa5b1", "last:1": "#7fb3d5", "last:2": "#f0932b", "all": "#1f78b4"}


def plot_speakers(path, curves):
    """curves: (learn set, stored samples) -> [(clips, scores)]. New speakers left, known ones right."""
    figure = new_figure(10, 4.4)
    for axes, what, title in zip(
        figure.subplots(1, 2),
        ("new", "known"),
        ("A speaker unknown to the host", "The five speakers it was trained on"),
        strict=True,
    ):
        for (learn, stored), curve in curves.items():
            label = f"{learn} learns" if stored else f"{learn} learns, without replay"
            _line(axes, curve, what, COLOURS[learn], label, "-" if stored else ":")
        _finish(axes, title, "clips learnt on the device")
    _save(figure, path)


def plot_drift(path, curves):
    """curves: (degrees, learn set) -> [(images, scores)]. One panel per angle; dashed: upright digits."""
    figure = new_figure(10, 4.4)
    angles = sorted({degrees for degrees, _ in curves})
    for axes, degrees in zip(figure.subplots(1, len(angles)), angles, strict=True):
        for (turned, learn), curve in curves.items():
            if turned == degrees:
                _line(axes, curve, "new", COLOURS[learn], f"{learn} learns", "-")
                if learn == "all":
                    _line(axes, curve, "known", COLOURS[learn], "upright images, all learns", "--")
        _finish(axes, f"MNIST rotated by {degrees} degrees", "rotated images learnt on the device")
    _save(figure, path)


def _line(axes, curve, what, colour, label, style):
    """From before any sample, drawn at half the smallest number of them."""

    def accuracy(scores, when):
        return 100 * statistics.mean(getattr(score, f"{what}_{when}") for score in scores)

    points = [(curve[0][0] / 2, accuracy(curve[0][1], "before"))]
    points += [(count, accuracy(scores, "after")) for count, scores in curve]
    x, y = zip(*points, strict=True)
    axes.plot(x, y, style, color=colour, marker="o", markersize=4, label=label)
    axes.set_xscale("log")
    axes.set_xticks(x, ["0", *(f"{count:,}" for count in x[1:])])
    axes.minorticks_off()


def _save(figure, path):
    """With one legend for both panels, below them."""
    lines, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(lines, labels, frameon=False, fontsize=9, loc="outside lower center", ncols=len(labels))
    save(figure, path, "--picture")


def _finish(axes, title, below):
    axes.set_title(title, color=INK, loc="left")
    axes.set_xlabel(below, color=INK)
    axes.set_ylabel("recognised, %", color=INK)
    axes.grid(axis="y", color="#e4e7eb", zorder=0)
    plain(axes)
