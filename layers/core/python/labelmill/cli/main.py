"""The ``labelmill`` command: its sub-commands are loaded when they are called, so that help comes at once."""

from __future__ import annotations

import importlib
import io
import sys

import click

from labelmill import __version__
from labelmill.cli.start import EXIT_INTERRUPTED, MESSAGE
from labelmill.errors import LabelmillError, MapError, OptionError, ServiceError

LOCAL_COMMANDS = {
    "convert": "Convert a dataset into one or more formats.",
    "formats": "List the formats.",
    "inspect": "Show what is in a dataset, and what is wrong with it.",
    "map": "Check an annotation map, or explain what it does.",
    "preview": "Draw labels on images.",
    "sample": "Make a small dataset to try things on.",
}
SERVICE_COMMANDS = {
    "login": "Keep the URL and a token of a service.",
    "logout": "Forget them.",
    "profiles": "List the services that are kept, or choose one.",
    "maps": "Annotation maps of your organization.",
    "workspaces": "Workspaces, and the maps they include.",
    "datasets": "Upload datasets, list and delete them.",
    "annotations": "Request labels, watch them being made, download them.",
    "subscriptions": "Who is told when labels are made.",
    "tokens": "Who may use the service.",
}
COMMANDS = LOCAL_COMMANDS | SERVICE_COMMANDS
EXIT_DATA, EXIT_USAGE = 1, 2


class LazyGroup(click.Group):
    """A group that imports ``labelmill.cli.<name>_command`` for a sub-command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, imported."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"labelmill.cli.{cmd_name}_command").command
        assert_command: click.Command = command
        return assert_command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; an unknown one is refused with the nearest name."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            ctx.fail(f"No such command {args[0]!a}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, without importing anything."""
        for title, commands in (("On this machine", LOCAL_COMMANDS), ("With the service", SERVICE_COMMANDS)):
            with formatter.section(title):
                formatter.write_dl([(name.ljust(max(map(len, COMMANDS))), text) for name, text in commands.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="labelmill")
@click.option("--debug", is_flag=True, help="Show a traceback with an error.")
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Turn image datasets into the labels that trainers read."""
    ctx.obj = debug


def run(arguments: list[str] | None = None) -> int:
    """Run the command and tell its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")  # names may hold what the terminal's encoding does not
    try:
        result = cli.main(arguments, prog_name="labelmill", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show() if isinstance(error, click.exceptions.NoArgsIsHelpError) else _show(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo(MESSAGE, err=True, nl=False)
        return EXIT_INTERRUPTED
    except LabelmillError as error:
        if "--debug" in arguments:
            raise
        from labelmill.cli.show import printable

        lines = str(error).splitlines() if isinstance(error, MapError | ServiceError) else [str(error)]
        for line in lines:
            click.echo(f"labelmill: {printable(line)}", err=True)
        return EXIT_USAGE if isinstance(error, OptionError) else EXIT_DATA
    except MemoryError:
        if "--debug" in arguments:
            raise
        click.echo("labelmill: there is not enough memory; try fewer --workers", err=True)
        return EXIT_DATA
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_DATA


def _show(error: click.ClickException) -> None:
    """Tell a mistake of usage as click does, but that what was typed can't command the terminal."""
    from labelmill.cli.show import printable

    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n", err=True)
    lines = [printable(line) for line in error.format_message().splitlines()]
    click.echo("Error: " + "\n".join(lines), err=True)


if __name__ == "__main__":
    from labelmill.cli.start import main

    main()
