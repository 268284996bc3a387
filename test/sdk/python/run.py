"""Runs the tests of this folder against the server at PERDURA_TEST_ENDPOINT.

usage: run.py [PATTERN…]

A pattern chooses tests by a part of their names. The last line is "N passed, N failed".
"""

import faulthandler
import sys
import time
import unittest
from pathlib import Path

import hub

# Cuts off a run that hangs, and shows where, before CI does so without a word.
LIMIT_SECONDS = 540


class Sentences(unittest.TestResult):
    """Prints each test as the sentence that its name is, and a failure at once."""

    def startTest(self, test):
        super().startTest(test)
        self.has_failed = False
        self.started_at = time.monotonic()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.report("passed", test)

    def addError(self, test, err):
        super().addError(test, err)
        self.report_failure(test, self.errors)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.report_failure(test, self.failures)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            print(subtest._subDescription(), flush=True)
            self.report_failure(test, self.failures if issubclass(err[0], test.failureException) else self.errors)

    def report_failure(self, test, failures):
        print(failures[-1][1], end="", flush=True)
        # A test fails once, however many of its parts do.
        if not self.has_failed:
            self.failed += 1
            self.report("FAILED", test)
        self.has_failed = True

    def report(self, verdict, test):
        # A failure outside of a test, such as a file that can't be imported, has no method.
        name = getattr(test, "_testMethodName", str(test)).removeprefix("test_").replace("_", " ")
        file = type(test).__module__.removeprefix("test_").replace("_", "-")
        print(f"{verdict} {file}: {name} ({time.monotonic() - self.started_at:.1f} s)", flush=True)


def main():
    faulthandler.dump_traceback_later(LIMIT_SECONDS, exit=True)
    loader = unittest.TestLoader()
    if len(sys.argv) > 1:
        loader.testNamePatterns = [f"*{pattern.replace(' ', '_')}*" for pattern in sys.argv[1:]]
    result = Sentences()
    result.failed, result.started_at, result.has_failed = 0, time.monotonic(), False
    loader.discover(str(Path(__file__).parent)).run(result)
    hub.join_stopping_workers()
    passed = max(result.testsRun - result.failed, 0)
    print(f"{passed} passed, {result.failed} failed")
    return 1 if result.failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
