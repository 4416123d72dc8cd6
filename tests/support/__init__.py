"""Code that the three layers share: settings, databases, login, HTML, the Flask-Testing shim."""
