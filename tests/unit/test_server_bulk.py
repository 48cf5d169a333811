"""What bulk statements and sockets must agree on, without a server."""

from __future__ import annotations

import ast
import socket
from pathlib import Path

from server.serve import listen

LEDGER = Path(__file__).resolve().parents[2] / "server" / "ledger"


def names_in(path: Path, class_name: str) -> set[str]:
    """The fields that a class body assigns or annotates."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    body = next(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == class_name)
    found = {
        target.id
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return found | {
        node.target.id for node in body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def test_the_rows_of_operations_have_every_column_of_their_table() -> None:
    assert names_in(LEDGER / "operation_rows.py", "OperationRow") == names_in(LEDGER / "models.py", "Operation")


def test_answers_do_not_wait_for_their_headers_to_be_acknowledged() -> None:
    """asyncio sets TCP_NODELAY on accepted sockets only where the listening one names its protocol."""
    with listen("127.0.0.1", 0) as sock:
        assert sock.proto == socket.IPPROTO_TCP
