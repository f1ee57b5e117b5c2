#!/usr/bin/env python3
"""Do the tests notice faults? Makes small changes to the sources, one at a time, and runs the tests on each.

  mutate.py [--seed N] [--count N] [--folders A,B] [--only INDEX] [--list]

Each mutant is one change of one line: an operator, a condition, a constant, or a statement that is left out. Which ones
follows from the seed and the sources alone. The work happens in a git worktree under build/mutants, so the checkout is
not touched. Results are appended to build/mutants/results-SEED.jsonl; a run that was interrupted goes on where it
ended. A mutant that does not compile says nothing about tests and is replaced by the next one. One that makes a test run
longer than three times its usual time counts as noticed, since it would be.
Ends with 0 when at least 90 per cent were noticed.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ["planning", "control", "jobs", "scaling", "codec", "localcloud"]
SHARE_WANTED = 0.9

# What a change replaces, and by what. Each applies to one place in a line whose strings and comments are blanked out.
OPERATORS = [
    ("comparison", re.compile(r" (<=|>=|<|>|==|!=) "),
     {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}),
    ("logic", re.compile(r" (&&|\|\|) "), {"&&": "||", "||": "&&"}),
    ("arithmetic", re.compile(r" (\+|-|\*|/) "), {"+": "-", "-": "+", "*": "/", "/": "*"}),
    ("truth", re.compile(r"\b(true|false)\b"), {"true": "false", "false": "true"}),
    ("negation", re.compile(r"(?<=[ (])(!)(?=[a-z_(*])"), {"!": ""}),
    ("order", re.compile(r"\b(std::min|std::max)\b"), {"std::min": "std::max", "std::max": "std::min"}),
]
NUMBER = re.compile(r"(?<![\w.'])(\d{1,6})(?![\w.'])")
# A call or an assignment that stands alone on its line.
STATEMENT = re.compile(r"^\s+(?!return\b|co_return\b|throw\b|const\b|auto\b|static\b|using\b|break\b|continue\b|case\b|std::\w+<)"
                       r"[\w:>.\-\[\]()*]+(\(.*\)| [+\-|]?= .*|\+\+|--);$")


def blanked(line):
    """The line with what stands in strings and comments replaced by blanks, at the same columns."""
    out = re.sub(r'"(?:\\.|[^"\\])*"', lambda m: '"' + " " * (len(m.group()) - 2) + '"', line)
    out = re.sub(r"'(?:\\.|[^'\\])'", lambda m: " " * len(m.group()), out)
    return re.sub(r"//.*$", lambda m: " " * len(m.group()), out)


def changes_of(line):
    """All mutants of one line: (kind, line after)."""
    code = blanked(line)
    if not code.strip() or code.lstrip().startswith("#") or "template" in code or "static_assert" in code:
        return []
    found = []
    for kind, pattern, swaps in OPERATORS:
        for match in pattern.finditer(code):
            start, end = match.span(1)
            if kind == "comparison" and match.group(1) in "<>" and re.search(r"\w<[^;]*>", code[max(0, start - 20):]):
                continue  # angle brackets of a template
            found.append((kind, line[:start] + swaps[match.group(1)] + line[end:]))
    for match in NUMBER.finditer(code):
        start, end = match.span(1)
        found.append(("constant", line[:start] + str(int(match.group(1)) + 1) + line[end:]))
    if STATEMENT.match(code):
        indent = len(line) - len(line.lstrip())
        found.append(("left out", " " * indent + "/* left out */;"))
    return found


def mutants(folders):
    """All possible mutants, in the order of the sources."""
    every = []
    for folder in folders:
        for path in sorted((ROOT / "src" / folder).rglob("*.cpp")):
            if path.name.endswith("_test.cpp"):
                continue
            for number, line in enumerate(path.read_text().split("\n")):
                for kind, after in changes_of(line):
                    every.append({"file": str(path.relative_to(ROOT)), "line": number + 1, "kind": kind,
                                  "before": line.strip(), "after": after.strip(), "text": after})
    return every


def draw(folders, seed):
    """Mutants in the order in which they are tried: a file by lot, then one of its mutants, so that long tables do not
    crowd out the rest."""
    rng = random.Random(seed)
    by_file = {}
    for one in mutants(folders):
        by_file.setdefault(one["file"], []).append(one)
    while by_file:
        name = rng.choice(sorted(by_file))
        yield by_file[name].pop(rng.randrange(len(by_file[name])))
        if not by_file[name]:
            del by_file[name]


class Tests:
    """The worktree, how it is built, and the tests in the order of what they cost."""

    def __init__(self, folder):
        self.folder = folder
        self.build = folder / "build/release"
        self.stages = [
            ("unit", [str(self.build / "drover_unit_tests"), "--gtest_brief=1", "--gtest_fail_fast"], {}),
            ("simulation", [str(self.build / "drover_simulation_tests"), "--gtest_brief=1", "--gtest_fail_fast"],
             {"DROVER_SIM_RUNS": "20"}),
            ("golden", ["tests/golden/run.sh", str(self.build / "drover")], {}),
            ("property", [str(self.build / "drover_property_tests"), "--gtest_brief=1", "--gtest_fail_fast"], {}),
        ]
        self.usual = {}

    def prepare(self):
        head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()
        if not self.folder.exists():
            subprocess.check_call(["git", "worktree", "add", "-q", "--detach", str(self.folder), head], cwd=ROOT)
        subprocess.check_call(["git", "checkout", "-q", "--force", "--detach", head], cwd=self.folder)
        subprocess.check_call(["cmake", "--preset", "release"], cwd=self.folder, stdout=subprocess.DEVNULL)
        if not self.compile():
            sys.exit("mutate.py: the sources do not build without a change; see build/mutants/compile.log")
        for name, command, extra in self.stages:
            started = time.monotonic()
            if not self.passes(command, extra, 1800):
                sys.exit(f"mutate.py: the {name} tests fail without a change; see build/mutants/{name}.log")
            self.usual[name] = time.monotonic() - started
            print(f"{name} tests take {self.usual[name]:.0f} s", flush=True)

    def compile(self):
        targets = ["drover", "drover_unit_tests", "drover_property_tests", "drover_simulation_tests"]
        return self.run(["ninja", "-C", str(self.build), *targets], {}, 1800, "compile") == 0

    def passes(self, command, extra, limit):
        return self.run(command, extra, limit, Path(command[0]).name.replace("drover_", "").replace("_tests", "")) == 0

    def run(self, command, extra, limit, log):
        """Exit status; None when it ran too long. What it starts ends with it."""
        with open(self.folder.parent / f"{log}.log", "w") as out:
            child = subprocess.Popen(command, cwd=self.folder, env={**os.environ, **extra}, stdout=out,
                                     stderr=subprocess.STDOUT, start_new_session=True)
            try:
                return child.wait(limit)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                return None

    def noticed_by(self, mutant):
        """Name of the tests that fail, "" for none, None when it does not compile."""
        path = self.folder / mutant["file"]
        original = path.read_text()
        lines = original.split("\n")
        lines[mutant["line"] - 1] = mutant["text"]
        path.write_text("\n".join(lines))
        try:
            if not self.compile():
                return None
            for name, command, extra in self.stages:
                if not self.passes(command, extra, 30 + 3 * self.usual[name]):
                    return name
            return ""
        finally:
            path.write_text(original)


def report(results):
    judged = [one for one in results if one["noticed"] is not None]
    missed = [one for one in judged if one["noticed"] == ""]
    for one in missed:
        print(f"not noticed: {one['file']}:{one['line']} ({one['kind']})\n  - {one['before']}\n  + {one['after']}")
    share = 1 - len(missed) / len(judged) if judged else 0
    print(f"{len(judged) - len(missed)} of {len(judged)} mutants were noticed ({share:.0%}); "
          f"{len(results) - len(judged)} did not compile")
    return share


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200, help="mutants that compile")
    parser.add_argument("--folders", default=",".join(FOLDERS), help="below src/")
    parser.add_argument("--list", action="store_true", help="print the mutants and end")
    typed = parser.parse_args()
    drawn = draw(typed.folders.split(","), typed.seed)
    if typed.list:
        for _, one in zip(range(typed.count), drawn):
            print(f"{one['file']}:{one['line']} ({one['kind']})\n  - {one['before']}\n  + {one['after']}")
        return 0
    home = ROOT / "build/mutants"
    home.mkdir(parents=True, exist_ok=True)
    kept = home / f"results-{typed.seed}.jsonl"
    results = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    known = {(one["file"], one["line"], one["after"]): one for one in results}
    tests = Tests(home / "tree")
    tests.prepare()
    results = []
    for one in drawn:
        if sum(result["noticed"] is not None for result in results) >= typed.count:
            break
        before = known.get((one["file"], one["line"], one["after"]))
        if before is None:
            one["noticed"] = tests.noticed_by(one)
            before = one
            with open(kept, "a") as out:
                out.write(json.dumps(one) + "\n")
            said = {None: "does not compile", "": "NOT NOTICED"}.get(one["noticed"], one["noticed"])
            print(f"{one['file']}:{one['line']} ({one['kind']}): {said}", flush=True)
        results.append(before)
    return 0 if report(results) >= SHARE_WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
