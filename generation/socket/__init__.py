"""The WebSocket API, `GET /ws/v1/`: who gets in, what they ask, and the way of the steps to them.

`consumer` is the life of one socket, `admission` says who gets in and may stay, `conversation` answers
messages, a `pump` carries one run's steps through its `window`, `roster` knows the sockets of this process
and hears of revocations. The messages themselves are in `generation.protocol`.
"""
