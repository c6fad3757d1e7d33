"""Run the tests of an offload runtime in an environment of its own: dpnp on Intel's OpenCL CPU device.

python tools/accelerator.py FOLDER makes a virtual environment there (kept for the next run) and runs
tests/accelerator in it. The runtime's drivers come from PyPI and are found through two environment variables, set here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("dpnp==0.20.0", "intel-opencl-rt==2026.2.0", "pytest", "ml_dtypes")


def main() -> int:
    """Make the environment if it is not there, then run the tests."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".venv-accelerator").resolve()
    python = folder / "bin" / "python"
    ready = folder / ".ready"
    if not ready.exists():
        venv.create(folder, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "--upgrade", "pip"], check=True)
        subprocess.run([*pip, *PACKAGES, "--editable", str(ROOT)], check=True)
        ready.touch()
    library = folder / "lib"
    driver = library / "libintelocl.so"
    env = os.environ | {
        "OCL_ICD_FILENAMES": str(driver),
        "LD_LIBRARY_PATH": str(library),
        "ADAMCORE_ACCELERATOR": "dpnp",
    }
    return subprocess.run([str(python), "-m", "pytest", "-q", str(ROOT / "tests" / "accelerator")], env=env).returncode


if __name__ == "__main__":
    sys.exit(main())
