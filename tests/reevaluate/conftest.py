"""The example lies outside of the packages that are installed."""

import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "reevaluate"
sys.path.insert(0, str(EXAMPLE))
