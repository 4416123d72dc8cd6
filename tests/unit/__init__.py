"""The unit layer: one function or one class, with unittest and Flask-Testing alone.

Run it with `python -m unittest discover -s tests/unit -t .`. No module here imports pytest.
"""
