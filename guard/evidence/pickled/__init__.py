"""Takes a scikit-learn pickle apart without ever unpickling it, and makes a guard's weights of it.

`machine` reads the file's opcodes into inert values: no name in it is looked up, nothing in it is called.
That happens in a process of its own (`child`), without network, files, secrets or much memory
(`confinement`); `convert` starts it, checks what comes back, and compares it with scikit-learn.
"""
