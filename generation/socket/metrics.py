"""What sockets count. No user, run or prompt is in a label."""

from prometheus_client import Counter, Gauge, Histogram

OPEN = Gauge("safelens_sockets_open", "Sockets that were let in and are open.")
FRAMES = Counter("safelens_socket_frames", "Frames sent to clients.")
STEPS = Counter("safelens_socket_steps", "Steps sent to clients.")
SLOW = Counter("safelens_socket_slow_closes", "Sockets closed because their client took no steps (4408).")
RECONNECTS = Counter("safelens_socket_reconnects", "Subscriptions that went on behind a step.")
CLOSES = Counter("safelens_socket_closes", "Sockets that the server closed, by code.", ["code"])
FIRST_STEP = Histogram(
    "safelens_first_step_seconds",
    "From a client's question to its first step on the socket.",
    buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300),
)
STEP_INTERVAL = Histogram(
    "safelens_step_interval_seconds",
    "Between two frames of a run's steps, divided by the steps of the second.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
