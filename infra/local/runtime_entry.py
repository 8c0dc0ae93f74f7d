"""What a function's process runs: AWS' runtime client, and a watch on the process that started it.

It is run as a script, without site-packages, so it may import nothing of this project.
"""

import os
import sys
import threading


def _end_with_owner() -> None:
    """Leave when the owner's end of standard input closes: no function outlives its cloud."""
    while os.read(0, 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_owner, daemon=True).start()
    from awslambdaric.__main__ import main

    main(sys.argv)
