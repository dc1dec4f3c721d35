"""`make alerts-test`: tests the alert rules and checks the dashboards' expressions with promtool.

Without promtool it says so and ends with status 0: `make unit` checks the same expressions, and
that their metrics and labels exist, but does not evaluate the rules.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
DASHBOARDS = HERE.parent / "grafana"
# Grafana's variables, with values of their kind.
VARIABLES = {"$__rate_interval": "5m", "$__range": "1h", "$department": "tax"}


def expressions(dashboard: Path) -> Iterator[str]:
    for panel in json.loads(dashboard.read_text())["panels"]:
        for target in panel.get("targets", ()):
            expression = target["expr"]
            for name, value in VARIABLES.items():
                expression = expression.replace(name, value)
            yield expression


def as_rules(dashboard: Path) -> str:
    """A file of rules with the dashboard's expressions: promtool checks no single expression. JSON
    is YAML too.
    """
    rules = [
        {"record": f"dashboard:expression:{number}", "expr": expression}
        for number, expression in enumerate(expressions(dashboard))
    ]
    return json.dumps({"groups": [{"name": dashboard.stem, "rules": rules}]})


def main() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        print("alerts-test: NOT TESTED: promtool is missing; Debian's package is `prometheus`")
        return
    commands = [
        ["check", "rules", str(HERE / "alerts.yml")],
        ["check", "config", "--syntax-only", str(HERE / "prometheus.yml")],
        ["test", "rules", str(HERE / "alerts.test.yml")],
    ]
    with tempfile.TemporaryDirectory() as folder:
        for dashboard in sorted(DASHBOARDS.glob("*.json")):
            rules = Path(folder) / f"{dashboard.stem}.yml"
            rules.write_text(as_rules(dashboard))
            commands.append(["check", "rules", str(rules)])
        failed = [
            command
            for command in commands
            if subprocess.run([promtool, *command], check=False).returncode
        ]
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
