"""From a queued run to its recorded end.

`desk` claims runs from the database and prepares them (`task`), `loop` takes them through the engine and
hands what comes of it (`job`) to the recorder, `wire` hears what the bus says. `body` puts the three
together; `start` does it in the web process, `manage.py runengine` in one of its own.
"""
