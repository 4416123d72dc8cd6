"""The kata: tests that are graded by planted bugs. README.md beside this file says how."""
