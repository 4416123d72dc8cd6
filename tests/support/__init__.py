"""What the three layers share: configuration, databases, login, HTML and the Flask-Testing shim."""
