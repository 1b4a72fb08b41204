"""Check what no compiler checks: that the repository can be read and built by a stranger.

Responsible for sizes of files and functions, module headers, links to the outside,
traces of the machine it was written on, requirement files without locations, and links
between pages that lead nowhere. Not responsible for style: ruff does that.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FILE_LINES = 300  # more has two reasons to change; said, not refused
FILE_LINES_MAX = 500
TEST_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
FILE_BYTES_MAX = 2_000_000

# Places this repository may point to. A package location or a private host is not among them.
HOSTS = {
    "127.0.0.1",
    "localhost",
    "example.org",
    "example.com",
    "www.apache.org",
    "keepachangelog.com",
    "semver.org",
    "hl7.org",
    "www.hl7.org",
    "build.fhir.org",
    "terminology.hl7.org",
    "unitsofmeasure.org",
    "snomed.info",
    "loinc.org",
    "www.w3.org",
    "json-schema.org",
    "micropython.org",
    "docs.micropython.org",
    "www.rfc-editor.org",
    "standardterms.edqm.eu",
    "www.nlm.nih.gov",
    "www.iana.org",
    "fhir.de",
    "fhir.ch",
    "fhir.org",
    "ncimeta.nci.nih.gov",
}
NOWHERE = re.compile(r"(^[^.]+|.*\.(example|invalid|test))$")  # names that nobody can own
URL = re.compile(r"\bhttps?://([^/\s\"'`)>\]:]+)")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)[^)]*\)")
SOMEBODYS_HOME = re.compile(r"(?<![\w.])/(?:home|Users)/\w+/")
BINARY = {".bin", ".png", ".jpg", ".wav", ".mpy", ".pdf", ".ico", ".gz", ".sqlite"}


def tracked() -> list[Path]:
    """Files that are, or could be committed, in this working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def machine_marks() -> list[str]:
    """Strings that only this machine would write: where the tree lies, whose home it is."""
    marks = [str(ROOT), str(ROOT.parent), str(Path.home())]
    return [f"{mark}/" for mark in marks if mark.count("/") and mark not in ("/", "/tmp")]


def text_faults(name: str, text: str) -> Iterator[str]:
    """What is wrong with one file as text."""
    marks = machine_marks()
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{name}:{number}"
        if any(re.search(rf"(?<![\w.~-]){re.escape(mark)}", line) for mark in marks):
            yield f"{place}: a path of this machine"
        if SOMEBODYS_HOME.search(line):
            yield f"{place}: a path in somebody's home"
        if re.match(r"(<{7}|>{7}) ", line):
            yield f"{place}: a merge was left open"
        for host in URL.findall(line) if not name.endswith(".json") else ():
            if host not in HOSTS and not NOWHERE.match(host) and "{" not in host:
                yield f"{place}: points to {host}; if that is meant, name it in HOSTS"
        if name.startswith("requirements/") and ("://" in line or line.startswith("--find-links")):
            yield f"{place}: a location in a requirement file"


def python_faults(name: str, text: str) -> Iterator[str]:
    """What is wrong with one Python file's shape."""
    lines = text.splitlines()
    most = TEST_LINES_MAX if name.startswith("tests/") else FILE_LINES_MAX
    if len(lines) > most:
        yield f"{name}: {len(lines)} lines, at most {most}"
    tree = ast.parse(text, name)
    if lines and ast.get_docstring(tree) is None:
        yield f"{name}:1: no module header (what it is responsible for, what not)"
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield f"{name}:{node.lineno}: {node.name} has {length} lines, at most 70"
            is_test = name.startswith("tests/") and node.name.startswith("test_")
            if is_test and ast.get_docstring(node) is None:
                yield f"{name}:{node.lineno}: {node.name} does not say what holds"


def page_faults(path: Path, text: str) -> Iterator[str]:
    """Links of a page to files that are not there."""
    for target in LINK.findall(text):
        if "://" in target or target.startswith("mailto:"):
            continue
        if not (path.parent / target).exists():
            yield f"{path.relative_to(ROOT)}: link to {target}, which does not exist"


def main() -> int:
    """Print what is wrong; 0 when nothing is."""
    wrong: list[str] = []
    long: list[str] = []
    count = 0
    for path in tracked():
        name = str(path.relative_to(ROOT))
        count += 1
        if path.stat().st_size > FILE_BYTES_MAX:
            wrong.append(f"{name}: over {FILE_BYTES_MAX} bytes")
        if path.suffix in BINARY:
            continue
        text = path.read_text(encoding="utf-8")
        wrong += text_faults(name, text)
        if path.suffix == ".py":
            wrong += python_faults(name, text)
            if len(text.splitlines()) > FILE_LINES and not name.startswith("tests/"):
                long.append(f"{name} ({len(text.splitlines())})")
        if path.suffix == ".md":
            wrong += page_faults(path, text)
    if long:
        print("hygiene: over 300 lines, two reasons to change? " + ", ".join(long))
    print("\n".join(wrong) or f"hygiene: {count} files in order")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
