"""Your mission: test the `flask` command line.

The code is app/cli.py and wsgi.py: how `flask` finds the application, `flask routes`, `flask run`,
the names in `flask shell`, and the commands `mycommand`, `group1 command1`, `init-db` and `seed`.
Check what each prints, its exit status, and what it stores.

Fixtures (see conftest.py and tests/support/blog_fixtures.py): `app`, `runner`, `dataset`.

- unit: call `make_shell_context` and the commands' functions directly.
- integration: `runner.invoke(args=[...])` runs a command in this process, with a real database.
- system: `subprocess.run([sys.executable, "-m", "flask", ...])` runs a real `flask`. It stores data
  in `FLASK_INSTANCE_PATH`: set it to `tmp_path` in the environment of the subprocess.
"""


class TestCommand:
    def test_mycommand_prints_the_name(self, runner):
        result = runner.invoke(args=["mycommand", "John"])

        assert result.output == "John\n"


# Write your tests here, then run `nox -s kata -- cli` to grade them.
