"""nobody: runs the program as somebody without any rights, which takes root and setpriv."""

import os
import shutil
import subprocess
from pathlib import Path

NOBODY = 65534
PREFIX = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all",
          "--bounding-set=-all"]  # fmt: skip
WHY_NOT = "takes root, to become somebody else, setpriv, and libraries that everybody may read"


def as_nobody(program, work):
    """A command that nobody may run, a copy of the program in `work`; None where that cannot be."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return None
    os.chmod(work, 0o755)
    copy = Path(work) / "copy"
    shutil.copy(program, copy)
    os.chmod(copy, 0o755)
    command = [*PREFIX, str(copy)]
    works = subprocess.run([*command, "help"], capture_output=True, timeout=60).returncode == 0
    return command if works else None
