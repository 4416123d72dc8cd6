"""Tests of the tools around the application: grader, course map, workflows, Flask-Testing shim."""
