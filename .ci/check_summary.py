"""Check the main job's summary.json against what the project promises of it."""

import json
import sys

# Within the four-sigma agreement asked of every number; the errors are upper limits.
LARGEST_PULL = 4.0
LARGEST_RELATIVE_ERROR = {"chi2": 0.01, "phi2": 0.002}


def problems(summary: dict) -> list[str]:
    """What is wrong with a summary; empty if nothing is."""
    found = []
    if not summary["training"]["ess"] >= 0.97:
        found.append(f"ESS {summary['training']['ess']} is below 0.97")
    log_z = summary["log_z"]
    pull = (log_z["value"] - 55.730) / (log_z["error"] ** 2 + 0.003**2) ** 0.5
    if not (abs(pull) <= LARGEST_PULL and log_z["error"] <= 0.01):
        found.append(f"log Z = {log_z['value']} +- {log_z['error']} has pull {pull:.1f}")
    for chain in ("flow", "hmc"):
        observables = summary["chains"][chain]["observables"]
        for name, reference in summary["reference"].items():
            if name not in observables:
                continue
            ours = observables[name]
            error = (ours["error"] ** 2 + reference["error"] ** 2) ** 0.5
            pull = (ours["value"] - reference["value"]) / error
            if not abs(pull) <= LARGEST_PULL:
                found.append(f"{chain}: {name} has pull {pull:.1f}")
        for name, largest in LARGEST_RELATIVE_ERROR.items():
            relative = observables[name]["error"] / observables[name]["value"]
            if not relative <= largest:
                found.append(f"{chain}: relative error of {name} is {relative:.2%}")
    return found


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        wrong = problems(json.load(file))
    print("\n".join(wrong) or "summary.json: all promises kept")
    sys.exit(bool(wrong))
