"""Gunicorn's settings, for the command in docs/deploy.md and the Procfile.

From the course's "Desplegando en Gunicorn" and Gunicorn's "Settings".
"""

# A client that connects and sends nothing occupies a thread, for five seconds at most. Without
# threads, it would occupy a worker for half a minute. If there are more such clients than threads,
# a page can wait several times as long. If they send a part of a request, it waits until they
# disconnect. Nginx in front of Gunicorn keeps both kinds of clients away.
threads = 8

# With keep-alive, Gunicorn would announce that a connection stays open, and then close it if the
# request body is too large: the next request on it would fail.
keepalive = 0

# Bytes of the request line. The default of 4094 is half of what browsers and other servers accept.
limit_request_line = 8190

# Trust no header of a proxy: by default, every program on this machine can choose SCRIPT_NAME.
# FLASK_PROXY_HOPS makes the application trust X-Forwarded-For and X-Forwarded-Proto.
forwarded_allow_ips = ""

# Open no socket for Gunicorn's own commands, because two servers would use the same one.
control_socket_disable = True
