"""tap: results of a test script in the Test Anything Protocol, as Meson reads them."""

import sys


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def result(self, ok, name, details=()):
        """One result; the details of a failure follow it as comments."""
        self.count += 1
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.count} - {name.replace('#', 'no.')}")
        if not ok:
            for line in details:
                print("#   " + str(line).replace("\n", "\n#   "))
        sys.stdout.flush()
        return ok

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def done(self):
        """Prints the plan; returns the exit status."""
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


def skip_all(why):
    """Prints that nothing of this script can be tested here; returns the exit status."""
    print(f"1..0 # SKIP {why}", flush=True)
    return 0
