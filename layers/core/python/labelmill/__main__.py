"""``python -m labelmill``."""

from labelmill.cli.main import main

main()
