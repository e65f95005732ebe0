"""``python -m empathia``."""

import sys

from empathia.cli import main

sys.exit(main())
