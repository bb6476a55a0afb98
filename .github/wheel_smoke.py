"""Try an installed wheel from an empty folder: ``python .github/wheel_smoke.py PYTHON TAG``.

PYTHON is that of the fresh environment with the wheel. Ends with 1 and a sentence on stderr at the first thing that is wrong.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

# What a fresh environment must answer: a name, the code, and what it prints ({version} is that of the tag).
PROBES = (
    ("the version is that of the tag", "from importlib.metadata import version; print(version('gates'))", "{version}"),
    (
        "the wheel brings one package, and no ml, tests or benchmarks",
        "import importlib.util as u; print([n for n in ('ml', 'tests', 'benchmarks', 'data_checks') if u.find_spec(n)])",
        "[]",
    ),
    (
        "the suites lie inside the package",
        "import gates, pathlib; s = pathlib.Path(gates.__file__).parent / 'suites';"
        " print(*(n for n in ('data_checks', 'model_checks', 'endpoint_checks') if list((s / n).glob('test_*.py'))))",
        "data_checks model_checks endpoint_checks",
    ),
    (
        "types are shipped",
        "import gates, pathlib; print((pathlib.Path(gates.__file__).parent / 'py.typed').is_file())",
        "True",
    ),
    ("the command starts", "import sys; from gates.cli import main; main(['--version'])", "gates {version}"),
)


def main(arguments: list[str]) -> int:
    """Ask the Python in ``arguments`` each probe in an empty folder; return the exit code."""
    if len(arguments) != 2:
        print("usage: python .github/wheel_smoke.py PYTHON TAG", file=sys.stderr)
        return 2
    python, version = str(Path(arguments[0]).absolute()), arguments[1].removeprefix("v")
    with tempfile.TemporaryDirectory() as folder:
        for name, code, expected in PROBES:
            ended = subprocess.run([python, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
            wanted = expected.format(version=version)
            if ended.stdout.strip() != wanted:
                print(
                    f"error: {name}: wanted {wanted!r}, found {ended.stdout.strip()!r}\n{ended.stderr}", file=sys.stderr
                )
                return 1
    print(f"the wheel {version} holds: {len(PROBES)} probes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
