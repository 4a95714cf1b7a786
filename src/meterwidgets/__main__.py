"""``python -m meterwidgets``."""

from meterwidgets.cli.main import main

main()
