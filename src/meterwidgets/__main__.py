"""``python -m meterwidgets``."""

from meterwidgets.cli import main

main()
