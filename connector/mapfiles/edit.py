"""Edits of mapping files that keep comments, order and quotes: set a value, append to a list.

The new value is spliced into the text at the place where ruamel's node tree says it belongs; every
other byte stays as it was, so that a diff shows what was decided and nothing else. Each edit is
read back: a text that would not say exactly what was asked is never returned.
"""

import json
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from connector.core.problems import Place, Problem
from connector.mapfiles.yaml_text import Path, Plain, parse, scalar

MOST_ON_A_LINE = 96
_UNSAFE_FIRST = set("-?:,[]{}#&*!|>'\"%@` ")
_UNSAFE = (": ", " #", "\n", ",", "[", "]", "{", "}")


def set_value(text: str, path: Path, value: Plain, file: str = "-") -> str | Problem:
    """The text with the value at `path` replaced, or added as the last key of its holder."""
    before = _read(text, file)
    if isinstance(before, Problem):
        return before
    wanted = _unshared(before)
    holder, key = _holder(wanted, path), path[-1]
    if isinstance(holder, dict) and isinstance(key, str):
        is_new = key not in holder
        holder[key] = value
    elif isinstance(holder, list) and isinstance(key, int) and 0 <= key < len(holder):
        is_new = False
        holder[key] = value
    else:
        return _lost(path, file)
    root = _compose(text)
    if is_new:
        written = _with_key(text, _node(root, path[:-1]), str(key), value)
    else:
        written = _replaced(text, root, path, value)
    return _verified(written, wanted, path, file)


def append(text: str, path: Path, value: Plain, file: str = "-") -> str | Problem:
    """The text with the value as the last item of the list at `path`; a list that is not there
    yet is made, so that a rule without examples gets its first."""
    before = _read(text, file)
    if isinstance(before, Problem):
        return before
    wanted = _unshared(before)
    holder, key = _holder(wanted, path), path[-1]
    if isinstance(holder, dict) and isinstance(key, str) and holder.get(key) is None:
        return set_value(text, path, [value], file)
    items = holder.get(key) if isinstance(holder, dict) and isinstance(key, str) else None
    if isinstance(holder, list) and isinstance(key, int) and 0 <= key < len(holder):
        items = holder[key]
    if not isinstance(items, list):
        return _lost(path, file)
    items.append(value)
    node = _node(_compose(text), path)
    return _verified(_with_item(text, node, value), wanted, path, file)


def _read(text: str, file: str) -> Plain | Problem:
    parsed, problems = parse(text, file)
    if problems:
        return problems[0]
    return None if parsed is None else parsed.value


def _holder(value: Plain, path: Path) -> Plain:
    """What holds the last step of a path; None where the path leads nowhere."""
    for step in path[:-1]:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def _lost(path: Path, file: str) -> Problem:
    return Problem(
        code="no-such-place",
        where=Place(file=file),
        what=f"the file has no place '{'.'.join(map(str, path))}' to edit",
        remedy="It was changed since; read it again.",
    )


def _unshared(value: Plain) -> Plain:
    """A copy in which aliases are written out: an edit means one place, not all that share it."""
    if isinstance(value, dict):
        return {key: _unshared(one) for key, one in value.items()}
    return [_unshared(one) for one in value] if isinstance(value, list) else value


def _verified(written: str, wanted: Plain, path: Path, file: str) -> str | Problem:
    if _read(written, file) == wanted:
        return written
    return Problem(
        code="shared-value",
        where=Place(file=file),
        what=f"'{'.'.join(map(str, path))}' is shared with other places by an anchor (&) and *",
        remedy="Write it out where it is to differ, then edit it there.",
    )


def _compose(text: str) -> Node:
    found: Any = YAML(typ="safe", pure=True).compose(text)
    assert isinstance(found, Node)
    return found


def _node(root: Node, path: Path) -> Node:
    """The node at a path that is known to exist."""
    for step in path:
        if isinstance(root, MappingNode):
            root = next(value for key, value in root.value if key.value == step)
        else:
            root = root.value[step]
    return root


# --- splicing ----------------------------------------------------------------------------------


def _replaced(text: str, root: Node, path: Path, value: Plain) -> str:
    node, holder = _node(root, path), _node(root, path[:-1])
    start, end = node.start_mark.index, _end(node)
    if isinstance(holder, MappingNode) and not _flows(node):
        key = next(key for key, one in holder.value if key.value == path[-1])
        start = text.index(":", key.end_mark.index) + 1
        end = max(end, start)
        tail = "\n" if text[end - 1 : end] == "\n" else ""
        return f"{text[:start]} {flow(value)}{tail}{text[end:]}"
    return text[:start] + flow(value) + text[end:]


def _with_key(text: str, holder: Node, key: str, value: Plain) -> str:
    if _flows(holder):
        return _before_close(text, holder, f"{flow(key)}: {flow(value)}")
    indent = " " * holder.value[0][0].start_mark.column
    line = f"{indent}{flow(key)}: {flow(value)}\n"
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        items = "".join(_item(one, indent + "  ") for one in value)
        line = f"{indent}{flow(key)}:\n{items}"
    return _after(text, holder, line)


def _with_item(text: str, node: Node, value: Plain) -> str:
    if _flows(node):
        return _before_close(text, node, flow(value))
    return _after(text, node, _item(value, " " * node.start_mark.column))


def _item(value: Plain, indent: str) -> str:
    """`- {…}` on one line; keys one below the other where that would be too long."""
    line = f"{indent}- {flow(value)}\n"
    if len(line) <= MOST_ON_A_LINE or not isinstance(value, dict) or not value:
        return line
    pairs = [f"{flow(key)}: {flow(one)}\n" for key, one in value.items()]
    return f"{indent}- " + f"{indent}  ".join(pairs)


def _flows(node: Node) -> bool:
    return isinstance(node, MappingNode | SequenceNode) and bool(node.flow_style)


def _end(node: Node) -> int:
    """Where the text of a node ends; a block collection ends with its last part."""
    if isinstance(node, ScalarNode) or _flows(node) or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    if isinstance(last, tuple):
        return max(int(last[0].end_mark.index) + 1, _end(last[1]))
    return _end(last)


def _after(text: str, node: Node, line: str) -> str:
    """A new line below a block collection, behind whatever comment ends its last line."""
    end = _end(node)
    if text[end - 1 : end] != "\n":
        stop = text.find("\n", end)
        if stop < 0:
            return f"{text}\n{line}"
        end = stop + 1
    return text[:end] + line + text[end:]


def _before_close(text: str, node: Node, piece: str) -> str:
    end = node.end_mark.index - 1
    before = text[:end].rstrip()
    comma = "" if not node.value or before.endswith(",") else ","
    space = "" if before.endswith(("{", "[")) else " "
    return f"{before}{comma}{space}{piece}{text[end:]}"


def flow(value: Plain) -> str:
    """A value on one line, quoted only where YAML 1.2 needs it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(one) for one in value) + "]"
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def _quoted(text: str) -> str:
    """JSON's quotes are YAML's; what cannot be printed is escaped besides."""
    shown = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in shown)


def _is_plain(text: str) -> bool:
    if not text or text != text.strip() or text[0] in _UNSAFE_FIRST or text.endswith(":"):
        return False
    return scalar(text) == text and not any(sign in text for sign in _UNSAFE) and text.isprintable()


__all__ = ["append", "flow", "set_value"]
