"""A service whose work is scripted, as a process that can be killed: FOLDER PORT."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":  # its workers import this file, too, and need none of it
    import uvicorn
    from serving import scripted

    from empathia.service.settings import Settings

    app = scripted(Settings(Path(sys.argv[1])))
    uvicorn.run(app, port=int(sys.argv[2]), log_config=None)
