"""`leadrelay completion`: prints the completion script of a shell."""

import click
from click.shell_completion import get_completion_class


@click.command(epilog='\b\nExample:\n  eval "$(leadrelay completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for a shell."""
    from connector.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(cli, {}, "leadrelay", "_LEADRELAY_COMPLETE").source())
