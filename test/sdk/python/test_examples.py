"""Runs the samples as a reader would: each in a process of its own, on the default task hub of the server."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

from hub import ENDPOINT

FOLDER = Path(__file__).parents[3] / "examples" / "python"
# What samples share, which isn't one itself.
SHARED = "sample.py"


class Examples(unittest.TestCase):
    pass


def _running(path):
    def test(self):
        env = {**os.environ, "PERDURA_ENDPOINT": ENDPOINT}
        run = subprocess.run(
            [sys.executable, str(path)],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        self.assertEqual(run.returncode, 0, run.stdout)

    return test


for _path in sorted(FOLDER.glob("*.py")):
    if _path.name != SHARED:
        setattr(Examples, f"test_the_sample_{_path.stem}_does_what_it_says", _running(_path))
