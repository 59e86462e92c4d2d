"""The tables that the programs are made from, read as text."""
import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]


def _strip(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def _rows(file, macro):
    text = _strip((TOP / file).read_text())
    for m in re.finditer(rf"^{macro}\(", text, re.M):
        depth, i, quoted = 1, m.end(), False
        while depth:
            c = text[i]
            if quoted:
                i += c == "\\"
                quoted = c != '"'
            elif c == '"':
                quoted = True
            else:
                depth += {"(": 1, ")": -1}.get(c, 0)
            i += 1
        yield [f.strip() for f in _fields(text[m.end():i - 1])]


def _fields(text):
    field, quoted, i = "", False, 0
    while i < len(text):
        c = text[i]
        if c == '"':
            quoted = not quoted
        if c == "," and not quoted and not field.count("'") % 2:
            yield field
            field = ""
        else:
            field += c
        i += 1
    yield field


def _text(field):
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', field))


class Option:
    def __init__(self, f, groups):
        self.c = f[1].strip("'") if f[1] != "0" else ""
        self.word, self.arg, self.values, self.help = _text(f[2]), _text(f[3]), _text(f[4]).split(), _text(f[6])
        self.commands = [c for g in f[5].split("|") for c in groups[g.strip()]]


def commands():
    """nxctl's commands, by client/commands.def."""
    return [_text(f[1]) for f in _rows("client/commands.def", "NX_COMMAND")]


def options():
    groups = {f"IN_{c.upper()}": [c] for c in commands()}
    groups["IN_ASKED"] = ["tests", "output", "history", "flaky", "slowest", "compare"]
    groups["IN_STORE"] = ["list", "info", "export", "timeline", *groups["IN_ASKED"], "watch", "open"]
    groups["IN_ANY"] = commands()
    return [Option(f, groups) for f in _rows("client/commands.def", "NX_OPTION")]


def errors():
    """{code text: (HTTP status, exit status)} of base/err.def"""
    return {_text(f[1]): (int(f[2]), int(f[3])) for f in _rows("src/base/err.def", "NX_ERR")}


class Question:
    def __init__(self, f):
        self.name, self.word, self.route, self.command, self.help = f[0], *map(_text, f[1:5])
        self.params = []


def questions():
    """{name: Question} of api/questions.def"""
    found = {}
    for f in _rows("src/api/questions.def", "NX_QUESTION"):
        found[f[0]] = Question(f)
    for f in _rows("src/api/questions.def", "NX_PARAM"):
        found[f[0]].params.append((_text(f[1]), f[2], _text(f[3])))
    return found
