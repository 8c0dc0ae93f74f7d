"""``python -m labelmill``."""

from labelmill.cli.start import main

main()
