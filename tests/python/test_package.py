"""The package as a whole: its names, its import, and the example of the README."""

import os
import re
import subprocess
import sys
from pathlib import Path

import wattlens as wl

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PRINTED = re.findall(r"^```text\n(.*?)^```", README, re.DOTALL | re.MULTILINE)[0]
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_the_public_names_are_few_and_all_there() -> None:
    assert len(wl.__all__) <= 46  # the tariff engine brought nine that a user calls or makes, the electrical rules two
    assert [name for name in wl.__all__ if not hasattr(wl, name)] == []
    assert len(set(wl.__all__)) == len(wl.__all__)


def test_nothing_heavy_is_imported() -> None:
    code = "import sys, wattlens; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for name in ("pandas", "polars", "pyarrow", "matplotlib", "holidays", "tqdm", "dateutil"):
        assert f"'{name}'" not in loaded


def test_the_example_of_the_readme_prints_what_it_says(tmp_path: Path) -> None:
    script = tmp_path / "readme.py"
    script.write_text("\n".join(EXAMPLES), encoding="utf-8")
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=environment, check=True, timeout=300, capture_output=True
    )
    printed = done.stdout.decode("utf-8")
    # A line that is only an ellipsis stands for any number of lines.
    lines = (r"(?:.*\n)*" if line.strip() == "…" else re.escape(line + "\n") for line in PRINTED.splitlines())
    pattern = "".join(lines)
    assert re.fullmatch(pattern, printed), printed
