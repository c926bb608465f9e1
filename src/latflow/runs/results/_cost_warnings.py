"""Whether the times of a chain can be compared with those of others: was the machine its own?"""

import math

from latflow.runs.store import ChainData

_LARGEST_LOAD = 1.5
_LEAST_SHARE = 0.5
# What takes less says nothing about costs anyway, and the load is that of the minute before.
_SHORTEST = 1.0


def about_costs(data: ChainData) -> list[str]:
    """Sentences about what makes the times of a chain too long, "title: what was seen".

    Args:
        data: its samples, with the time that they took.
    """
    if math.isnan(data.seconds_per_sample):
        return [
            "the cost is not known: these samples are of an older version of latflow, which kept "
            "the time of compiling in that of sampling; more of them (`latflow extend`) have one"
        ]
    if data.seconds < _SHORTEST:
        return []
    seen = []
    if data.load > _LARGEST_LOAD:
        seen.append(f"{data.load:.1f} processes wanted to run for each of its processors")
    share = data.cpu_seconds / data.seconds
    if data.device == "cpu" and share < _LEAST_SHARE:
        seen.append(f"this one had a processor for {100 * share:.0f} % of the time")
    if not seen:
        return []
    return [
        f"the machine was loaded while sampling: {', '.join(seen)}; times and costs are too high, "
        "compare CPU time instead"
    ]
