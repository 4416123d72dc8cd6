"""The unit layer: one function or class at a time, with unittest and Flask-Testing only.

Run it with `python -m unittest discover -s tests/unit -t .`. No module here imports pytest.
"""
