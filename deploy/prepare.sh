#!/bin/sh
# Finds a Python that is new enough, then hands over to prepare.py.
# Plain sh, so that it can also speak where there is no Python at all. PYTHON=… names the one to take.

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
version_of() { "$1" -c 'import sys; sys.stdout.write("%d.%d" % sys.version_info[:2])' 2>/dev/null; }
stop() { echo "$1" >&2; exit 1; }

if [ -n "$PYTHON" ]; then
    candidates=$PYTHON
else
    candidates="python3 python3.14 python3.13 python3.12 python3.11"
fi

found=""
for candidate in $candidates; do
    if new_enough "$candidate"; then
        exec "$candidate" "$(dirname "$0")/prepare.py" "$@"
    fi
    [ -n "$found" ] || found=$(version_of "$candidate")
done

[ -n "$found" ] && stop "SafeLens needs Python 3.11 or newer, and this is Python $found: install a newer one, or name it with PYTHON=/path/to/python3."
[ -n "$PYTHON" ] && stop "There is no Python at $PYTHON: SafeLens needs Python 3.11 or newer."
stop "There is no Python here: install Python 3.11 or newer, or name it with PYTHON=/path/to/python3."
