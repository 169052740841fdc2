"""Table and JSON of the channels of a sample: what a device receives, and how it is normalised."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from integrad.datasets.channels import describe_channels
from integrad.datasets.preprocessing import Preprocessing

MOST_ROWS = 16
"""Maximum number of classes, key values and channels that are shown; the JSON output has all."""


def channel_rows(preprocessing: Preprocessing, names: list[str] | None) -> list[dict]:
    """One row per channel: its constants as the device uses them, and in original units."""
    described = describe_channels(preprocessing, names)
    return [
        {
            "name": channel.name,
            "mean": mean,
            "mad": mad,
            "device_receives": channel.formula(),
            "value_mean": channel.mean,
            "value_mad": channel.deviation,
            "value_lowest": channel.lowest,
            "value_highest": channel.highest,
        }
        for channel, mean, mad in zip(described, preprocessing.mean, preprocessing.mad, strict=True)
    ]


def show_channels(console: Console, channels: list[dict]) -> None:
    """channels: as made by channel_rows, with or without the range of the network input."""
    floats = channels[0]["value_lowest"] is not None
    table = Table("channel", title="Normalisation" + (", in the units of the data" if floats else ""))
    if floats:
        table.add_column("device receives")
        table.add_column("saturates outside", justify="right")
    for column in ("mean", "mean abs. deviation"):
        table.add_column(column, justify="right")
    if "lowest" in channels[0]:
        table.add_column("input range", justify="right")
    for row in channels[:MOST_ROWS]:
        cells = []
        if floats:
            cells = [row["device_receives"], f"{row['value_lowest']:.6g} … {row['value_highest']:.6g}"]
            cells += [f"{row['value_mean']:.6g}", f"{row['value_mad']:.4g}"]
        else:
            cells = [f"{row['value_mean']:,}", f"{row['value_mad']:,}"]
        if "lowest" in row:
            cells.append(f"{row['lowest']} … {row['highest']}")
        table.add_row(escape(row["name"]), *cells)
    if len(channels) > MOST_ROWS:
        table.add_row(f"… {len(channels) - MOST_ROWS:,} more")
    console.print(table)
