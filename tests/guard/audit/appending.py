"""A process that appends to the tests' audit: `python -m tests.guard.audit.appending NAME TIMES`.

Says "ready" and waits for a line before it begins; says each number it was given.
"""

import sys

import django


def main(name: str, times: int) -> None:
    django.setup()
    from guard.audit import chain

    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(times):
        for entry in chain.append([chain.Draft("view", name, f"run:{number}", {}, name)] * 2):
            print(entry.seq, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
