"""Your mission: prove that the `flask` command line does what the course says.

The topic is app/cli.py and wsgi.py: how `flask` finds the application, `flask routes` and
`flask run`, what `flask shell` knows, `mycommand`, `group1 command1`, `init-db` and `seed`. Prove
what each prints, how it ends (the exit code, too), and what it stores.

The fixtures, which conftest.py in the project's root explains: `app`, `runner`, `dataset`.

- unit: call `make_shell_context` and the commands' own functions, with nothing around them.
- integration: `runner.invoke(args=[...])` runs a command in this process, on a real database.
- system: `subprocess.run([sys.executable, "-m", "flask", ...])` is a real `flask`. Its data goes
  where `FLASK_INSTANCE_PATH` in its environment says: let that be `tmp_path`.
"""


class TestCommand:
    def test_it_prints_the_name(self, runner):
        result = runner.invoke(args=["mycommand", "John"])

        assert result.output == "John\n"


# Your tests go here. `nox -s kata -- cli` grades them.
