"""`python -m grafana.builder` writes the dashboards anew."""

from pathlib import Path

from grafana.builder.dashboards import written

FOLDER = Path(__file__).parent.parent / "dashboards"

if __name__ == "__main__":
    for name, text in written().items():
        (FOLDER / name).write_text(text)
