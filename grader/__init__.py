"""The program behind `nox -s kata`: mutation testing, used to grade tests.

A planted bug is a mutant of the application, chosen by hand. A good test passes on the healthy
application and on correct rewrites of it, and fails on the mutants.
"""
