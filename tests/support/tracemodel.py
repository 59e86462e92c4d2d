"""What a trace says, computed from its JSON without Perfetto: slices on tracks in an SQLite of our own, which answers the
same queries."""
import json
import sqlite3


def _flat(value, path, into):
    """Perfetto's arguments: {full key: (flat key, value)}; null is none."""
    if isinstance(value, dict):
        for k, v in value.items():
            _flat(v, (f"{path[0]}.{k}", f"{path[1]}.{k}"), into)
    elif isinstance(value, list):
        for i, v in enumerate(value):
            _flat(v, (f"{path[0]}[{i}]", path[1]), into)
    elif value is not None:
        into[path[0]] = (path[1], int(value) if isinstance(value, bool) else value)


class Slice:
    def __init__(self, event):
        self.name, self.category, self.ts, self.dur = event["name"], event["cat"], event["ts"], -1
        self.track = event["pid"], event["tid"]
        self.args = {}
        self.take(event)

    def take(self, event):
        _flat(event.get("args", {}), ("args", "args"), self.args)


class Model:
    def __init__(self, body):
        self.document = json.loads(body)
        self.slices, self.processes, self.threads, self.flows = [], {}, {}, 0
        open_slices = {}
        events = self.document["traceEvents"]
        for e in sorted(events, key=lambda e: e["ts"]):
            track, kind = (e["pid"], e["tid"]), e["ph"]
            if kind == "M":
                names = {"process_name": (self.processes, e["pid"]), "thread_name": (self.threads, track)}
                if e["name"] in names:
                    into, key = names[e["name"]]
                    into[key] = e["args"]["name"]
            elif kind == "B":
                self.slices.append(Slice(e))
                open_slices.setdefault(track, []).append(self.slices[-1])
            elif kind == "E":
                if open_slices.get(track):
                    s = open_slices[track].pop()
                    s.dur = e["ts"] - s.ts
                    s.take(e)
            elif kind == "i":
                self.slices.append(Slice(e))
                self.slices[-1].dur = 0
            elif kind == "s":
                self.flows += 1
        self.db = self._fill()

    def _fill(self):
        db = sqlite3.connect(":memory:")
        db.executescript("""CREATE TABLE slice (id INTEGER PRIMARY KEY, name, category, ts, dur, arg_set_id, track_id);
            CREATE TABLE thread_track (id, utid); CREATE TABLE thread (utid, name); CREATE TABLE args (arg_set_id, flat_key, key)""")
        tracks = sorted({s.track for s in self.slices})
        db.executemany("INSERT INTO thread_track VALUES (?, ?)", ((i, i) for i in range(len(tracks))))
        db.executemany("INSERT INTO thread VALUES (?, ?)", ((i, self.threads.get(t)) for i, t in enumerate(tracks)))
        for i, s in enumerate(self.slices):
            db.execute("INSERT INTO slice VALUES (?, ?, ?, ?, ?, ?, ?)", (i, s.name, s.category, s.ts, s.dur, i, tracks.index(s.track)))
            db.executemany("INSERT INTO args VALUES (?, ?, ?)", ((i, flat, key) for key, (flat, _) in s.args.items()))
        db.create_function("EXTRACT_ARG", 2, lambda i, key: self.slices[i].args.get(key, (None, None))[1])
        return db

    def query(self, sql):
        return self.db.execute(sql).fetchall()

    def tracks(self):
        return {(self.processes[p], self.threads[p, t]) for p, t in {s.track for s in self.slices}}

    def signature(self):
        """What kinds of things are in it: to choose traces that differ."""
        return {(e["ph"], e["cat"], "" if e["cat"] == "test" else e["name"]) for e in self.document["traceEvents"] if e["ph"] != "M"} \
            | {str(v) for s in self.slices for k, (_, v) in s.args.items() if k in ("args.result.status", "args.is_slow", "args.total_attempts")}


def same(found, wanted):
    """Rows equal but for their order where it is not said, and for the last digits of sums."""
    def key(row):
        return [(v is None, isinstance(v, str), f"{v:.6g}" if isinstance(v, float) else v) for v in row]

    if len(found) != len(wanted):
        return False
    for a, b in zip(sorted(found, key=key), sorted(wanted, key=key)):
        for x, y in zip(a, b):
            if isinstance(x, float) or isinstance(y, float):
                if x is None or y is None or abs(x - y) > 1e-9 * max(abs(x), abs(y), 1):
                    return False
            elif x != y:
                return False
    return True
