"""The files of a suite and the names of its checks, wherever the suite lies."""

from pathlib import Path

import pytest

from gates.errors import SubjectError
from gates.policy.suites import SHIPPED, SuiteMember, find_file, list_suite, list_tests, name_file, shipped_path

ROOT = Path(__file__).parents[2]


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def own(tmp_path):
    write(tmp_path, checks__test_rows_py="def test_rows():\n    pass\n", checks__inner__test_more_py="", other__x_py="")
    return tmp_path


@pytest.mark.parametrize("name", SHIPPED)
def test_every_suite_that_is_shipped_lies_where_it_is_looked_for(name):
    path = shipped_path(f"gates:{name}")
    assert path is not None
    assert list(path.rglob("test_*.py"))


@pytest.mark.parametrize("label", ["gates:date", "data_checks", "gates:data/../ml", "gates:"])
def test_nothing_else_is_shipped(label):
    assert shipped_path(label) is None


def test_a_setting_may_name_a_shipped_file_or_one_of_the_project(own):
    assert find_file("gates:model/behaviours.toml", own) == shipped_path("gates:model") / "behaviours.toml"
    assert find_file("other/x.py", own) == own / "other/x.py"


def test_a_file_has_the_label_of_the_closest_part_of_the_suite(own):
    model, nightly = (SuiteMember(f"gates:{name}", shipped_path(f"gates:{name}")) for name in ("model", "nightly"))
    file = nightly.path / "test_newest_rows.py"
    assert name_file(file, [model, nightly], own) == "gates:nightly/test_newest_rows.py"
    assert name_file(file, [model], own) == "gates:model/nightly/test_newest_rows.py"
    assert name_file(file, [SuiteMember("gates:nightly/test_newest_rows.py", file)], own) == (
        "gates:nightly/test_newest_rows.py"
    )
    assert name_file(own / "checks/test_rows.py", [SuiteMember("checks", own / "checks"), model], own) == (
        "checks/test_rows.py"
    )


def test_a_label_leads_back_to_its_file(own):
    for member in (SuiteMember("checks", own / "checks"), SuiteMember(".", own)):
        assert member.holds("checks/test_rows.py")
        assert member.path_of("checks/test_rows.py") == own / "checks/test_rows.py"
        assert not member.holds("gates:data/test_rows.py")
    assert SuiteMember(".", own).label_of("test_x.py") == "test_x.py"


def test_the_list_has_the_suite_and_every_conftest_that_pytest_loads_for_it(own):
    write(own, conftest_py="# root", checks__conftest_py="# inside", checks__inner__conftest_py="# below")
    listed = list_suite([SuiteMember("checks/inner", own / "checks/inner")], own)
    assert list(listed) == [
        "checks/conftest.py",
        "checks/inner/conftest.py",
        "checks/inner/test_more.py",
        "conftest.py",
    ]


def test_a_shipped_suite_is_listed_with_its_label_and_what_lies_above_it(own, tmp_path_factory):
    place = tmp_path_factory.mktemp("elsewhere")
    write(place, conftest_py="# loaded by pytest, though nobody thinks of it", suite__test_a_py="", suite__b_py="")
    write(own, conftest_py="")
    listed = list_suite([SuiteMember("gates:data", place / "suite")], own)
    assert list(listed) == ["conftest.py", "gates:data/../conftest.py", "gates:data/b.py", "gates:data/test_a.py"]


def test_files_that_settings_name_are_listed_once(own):
    member = SuiteMember("checks", own / "checks")
    beside = [own / "other/x.py", own / "checks/test_rows.py", own / "gone.json"]
    assert list(list_suite([member], own, beside)) == ["checks/inner/test_more.py", "checks/test_rows.py", "other/x.py"]


def test_a_link_in_a_suite_or_in_its_place_is_refused(own):
    (own / "checks/test_link.py").symlink_to(own / "other/x.py")
    with pytest.raises(SubjectError, match=r"checks/test_link.py is a symbolic link"):
        list_suite([SuiteMember("checks", own / "checks")], own)
    (own / "linked").symlink_to(own / "other")
    with pytest.raises(SubjectError, match="linked is a symbolic link"):
        list_suite([SuiteMember("linked", own / "linked")], own)


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        ("def test_a(): pass\ndef helper(): pass\nasync def test_b(): pass", {"test_a", "test_b"}),
        (
            "class TestA:\n    def test_b(self): pass\n    def help(self): pass\nclass B:\n    def test_c(self): pass",
            {"TestA::test_b"},
        ),
        ("from other import test_a, x as test_b\ntest_c = make()", {"test_a", "test_b", "test_c"}),
        ("if x:\n    def test_a(): pass\nelse:\n    def test_b(): pass", {"test_a", "test_b"}),
        ("try:\n    def test_a(): pass\nexcept E:\n    def test_b(): pass", {"test_a", "test_b"}),
        ("with x:\n    def test_c(): pass", {"test_c"}),
        ("from other import *", None),
        ("class TestA(Base):\n    pass", None),
        ("def test_a(:", None),
    ],
)  # fmt: skip
def test_the_tests_of_a_file_are_read_without_running_it(source, tests, tmp_path):
    (tmp_path / "test_x.py").write_text(source)
    assert list_tests(tmp_path / "test_x.py") == tests


def test_a_file_that_is_not_there_has_no_list_of_tests(tmp_path):
    assert list_tests(tmp_path / "gone.py") is None
