"""How long a test waits for what comes at once on an idle machine.

Nothing is measured by it: whoever waits goes on as soon as the thing has come, and a test that waits to its
end fails. So it is longer than the slowest machine needs, and well below pytest's own limit for a test.
"""

SECONDS = 90.0
