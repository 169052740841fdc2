"""Nothing in a model is code: whatever its names and its record say, exports and pages differ in texts and
comments only from those of a model with harmless names."""

import ast
import functools
import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from format_model_file import make_model
from fuzz_target import check_message
from hypothesis import given, settings
from hypothesis import strategies as st

from integrad.build.toolchain import WARNINGS
from integrad.errors import IntegradError
from integrad.report.arena_page import write_arena_page
from integrad.report.arena_picture import ArenaPicture, Tile
from integrad_codegen.c.module import emit_c
from integrad_codegen.micropython.export import emit_micropython
from integrad_codegen.plan import make_plan

PIECES = [
    *(
        '"',
        "'",
        "\\",
        "*/",
        "/*",
        "//",
        "??/",
        "??'",
        "\\n",
        "\\x41",
        "\\N{BULLET}",
        '"""',
        "'''",
        "%s",
        "%n",
    ),
    *(
        "{{ 7*7 }}",
        "{% raw %}",
        "{#",
        "%}",
        "</script><script>alert(1)</script>",
        "<!--",
        "-->",
        "&lt;",
        "<b>",
    ),
    *(
        "$(reboot)",
        "`id`",
        "; rm -rf .",
        "#include",
        "#define x",
        "_Pragma",
        "\u00e9",
        "\u6f22",
        "\U0001f600",
    ),
    *("\u2215", "\u00a0x", "a" * 30, ");", "]]>", "|", "~", "@", "```", "[x](y)", "end\\"),
]
NAMES = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1, max_size=4).map("".join)
ALLOWED = NAMES.filter(lambda name: name.isprintable() and 1 <= len(name) <= 64)
COMMAND = "integrad export harmless"
MODELS = {floats: make_model("nitro-d", "mlp:3", (4,), floats) for floats in (False, True)}


def emitted(model, command):
    plan = make_plan(model.network, "wand", "all", 2, model.constants)
    return {**emit_c(model, plan, command), **emit_micropython(model, plan, command)}


@functools.cache
def harmless(floats):
    return emitted(MODELS[floats], COMMAND)


def c_code(text):
    """C without comments, and with S for every sequence of string literals, as a compiler reads it."""
    text = text.replace("??/", "\\").replace("\\\n", "")
    tokens = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|.', re.DOTALL)
    out = "".join(_c_token(match[0]) for match in tokens.finditer(text))
    return re.sub(r"S(\s*S)*", "S", re.sub(r"\s+", " ", out))


def _c_token(token):
    if token.startswith(("/*", "//")):
        return " "
    return "S" if token.startswith('"') else token


def python_code(text):
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = "S"
    return ast.dump(tree)


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, [name for name, _ in attributes]))

    def handle_comment(self, data):
        self.found.append("comment")


def code_of(path, data):
    """What a file means to the tool that reads it."""
    text = data.decode() if isinstance(data, bytes) and not path.endswith(".weights") else data
    if path.endswith((".c", ".h")):
        return c_code(text)
    if path.endswith((".py", ".pyi")):
        return python_code(text)
    return None if path.endswith(".md") else text


@settings(max_examples=4)
@given(st.data())
def test_exports_differ_in_texts_only(data):
    floats = data.draw(st.booleans())
    names = data.draw(st.lists(ALLOWED, min_size=7, max_size=7))
    texts = {"data": names[0], "model_spec": names[1], "data_sha256": names[2], names[3]: names[4]}
    model = MODELS[floats]
    model = replace(
        model, class_names=names[:3], channel_names=names[3:], training={**model.training, **texts}
    )
    command = "integrad " + "".join(data.draw(st.lists(NAMES, max_size=3)))
    files = emitted(model, command)
    others = harmless(floats)
    assert files.keys() == others.keys()
    for path, text in files.items():
        if text != others[path] and code_of(path, text) != code_of(path, others[path]):
            raise AssertionError(f"{path} is other code: {text[:3000]!r}")


def test_compilers_agree(tmp_path):
    """What the scanner of this test takes for comments and texts, gcc does as well."""
    all_pieces = " ".join(piece for piece in PIECES if piece.isprintable())
    names = [all_pieces[i : i + 60] for i in range(0, 7 * 40, 40)]
    record = {**MODELS[True].training, "data": all_pieces, "model_spec": all_pieces, "data_sha256": "*/ x"}
    model = replace(MODELS[True], class_names=names[:3], channel_names=names[3:], training=record)
    plan = make_plan(model.network, "wand", "all", 2, model.constants)
    for path, text in emit_c(model, plan, f"integrad {all_pieces}\n*/ line").items():
        (tmp_path / path).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / path).write_text(text)
    words = ["gcc", "-std=c99", "-fsyntax-only", *WARNINGS, "-I.", "wand.c", "wand_weights.c"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name", ["a\nb", "\0", "", "a" * 65, "\x1b[1m", "\u202e", "\u2028", "\ud800", 7, None]
)
def test_other_names_are_refused(name):
    for change in ({"class_names": ["a", "b", name]}, {"channel_names": ["a", "b", "c", name]}):
        with pytest.raises(IntegradError) as caught:
            replace(MODELS[False], **change)
        check_message(str(caught.value))


def test_names_of_models_are_identifiers():
    """They become names of files, macros, modules and sections, without any quotes."""
    for piece in (*PIECES, "two\nlines", "", "\0", "a b"):
        if not re.fullmatch("[a-z]+", piece):
            with pytest.raises(IntegradError) as caught:
                make_plan(MODELS[False].network, piece, "all", 2)
            check_message(str(caught.value))


def test_a_page_has_no_tags_of_its_names(tmp_path):
    pages = []
    for text in ("harmless", "".join(PIECES)):
        tile = Tile(text, text, "#a6cee3", 0, 900, 0, 40)
        write_arena_page(tmp_path / "page.html", ArenaPicture(text, [text] * 41, [tile], 900, 900))
        pages.append(Tags((tmp_path / "page.html").read_text()).found)
    assert pages[0] == pages[1] and len(pages[0]) > 20


def test_the_comparison_notices_code():
    assert c_code('x = "a" "b"; /* y */') == c_code('x = "c"; // z\n')
    assert c_code("/* a */ b */") != c_code("/* a b */")
    assert c_code('"a\\"; b "') == c_code('"a"') != c_code('"a"; b "c"')
    assert c_code("// a ??/\nb\n") == c_code("//\n")
    assert python_code('x = "a"') == python_code('x = """b"""') != python_code('x = "a", 1')
    assert Tags("<p>&lt;b></p>").found != Tags("<p><b></p>").found
