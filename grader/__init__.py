"""The program behind `nox -s kata`: grade tests by the planted bugs that they catch."""
