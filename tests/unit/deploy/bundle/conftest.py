"""The scripts of the bundle run as files and import each other by name."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[4] / "deploy" / "bundle"))
