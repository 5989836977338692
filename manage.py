#!/usr/bin/env python
"""Django's command line for the returns desk."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["demo"] and not {"-h", "--help"} & set(sys.argv):
        # Printed before Django is imported, which takes seconds on a busy computer.
        print("Starting the returns desk ...", flush=True)  # noqa: T201
    from config.command_line import main

    sys.exit(main(sys.argv))
