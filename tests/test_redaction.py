"""No secret of the environment gets into a record, a log, a verdict or a message."""

import json

import pytest
from pem import pem_around
from small_project import make_project

from gates.errors import BackendError
from gates.redaction import Secrets, find_url_secrets

PLANTED = "s3cr3t-Value/with+odd=chars"


@pytest.mark.parametrize(
    ("name", "value", "said", "kept"),
    [
        ("API_KEY", PLANTED, f"key {PLANTED}.", "key ***."),
        ("GITHUB_TOKEN", PLANTED, PLANTED, "***"),
        ("AZURE_CLIENT_SECRET", f" {PLANTED}\n", f"<{PLANTED}>", "<***>"),
        ("db_password", 'quo"ted\\back', json.dumps({"p": 'quo"ted\\back'}), '{"p": "***"}'),
        ("MY_SECRET", "schlüssel-wort", json.dumps("schlüssel-wort"), '"***"'),
        ("GATES_KEY", pem_around(PLANTED), f"x{PLANTED}x", "x***x"),
        ("DATABASE_URL", f"postgres://me:{PLANTED.replace('/', '_')}@db/x", PLANTED.replace("/", "_"), "***"),
        ("STORAGE", f"AccountName=a;AccountKey={PLANTED};Endpoint=x", f"with {PLANTED}", "with ***"),
        ("SOURCE", f"https://a/b.csv?sv=1&sig={PLANTED.replace('+', '%2B')}", PLANTED.replace("+", "%2B"), "***"),
    ],
)
def test_a_secret_is_hidden(name, value, said, kept):
    assert Secrets({name: value}).hide_text(said) == kept


@pytest.mark.parametrize(
    ("name", "value"), [("HOME", "/home/somebody"), ("API_KEY", "short"), ("KEY_LENGTH", "1234567890"), ("TOKEN", "")]
)
def test_ordinary_words_and_numbers_stay(name, value):
    assert Secrets({name: value}).hide_text(f"it is {value}, 1234567890") == f"it is {value}, 1234567890"


@pytest.mark.parametrize("name", ["PWD", "OLDPWD"])
def test_the_folder_of_a_shell_is_no_secret(name):
    assert (
        Secrets({name: "/srv/data_checks"}).hide_text("again: /srv/data_checks/lab.csv")
        == "again: /srv/data_checks/lab.csv"
    )


def test_a_folder_that_exists_is_no_secret(tmp_path, monkeypatch):
    (tmp_path / "data_checks").mkdir()
    monkeypatch.chdir(tmp_path)
    secrets = Secrets({"KEY_FOLDER": str(tmp_path), "SUITE_KEY": "data_checks", "OTHER_KEY": "model_checks"})
    assert secrets.hide_text(f"{tmp_path} data_checks model_checks") == f"{tmp_path} data_checks ***"


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("https://ada:hunter2pw@host/x.csv", {"hunter2pw"}),
        ("https://ada:p@ss-word-9@host/x.csv", {"p@ss-word-9"}),
        ("https://host/x.csv?sig=Abc%2Fdef123&sv=2024", {"Abc%2Fdef123", "Abc/def123"}),
        ("https://host/x.csv?sig=Abcdef123 tail456789", {"Abcdef123 tail456789", "Abcdef123", "tail456789"}),
        ("https://host/x.csv?Abcdef123456#sha256=00", {"Abcdef123456"}),
        ("postgres://user-name:pass-word@db/x", {"user-name", "pass-word"}),
        ('data = "https://host/a?sig=Abcdef123"\n[tool.gates]\nx = "1"', {"Abcdef123"}),
        ("azureblob://account/c?code=Abcdef123", {"Abcdef123"}),
    ],
)
def test_a_url_gives_its_user_and_the_values_of_its_query(text, secrets):
    found = {secret for secret in find_url_secrets(text) if len(secret) >= 8}
    assert found == secrets
    for secret in secrets:
        assert secret not in Secrets({}, find_url_secrets(text)).hide_text(f"the library says: {secret} is bad")


@pytest.mark.parametrize(
    "text", ["data/papers.csv", "https://host/x.csv", "https://host/x.csv?column=data_checks", "a?b=c", ""]
)
def test_an_ordinary_address_gives_no_secret(text):
    assert (
        Secrets({}, find_url_secrets(text)).hide_text("data_checks/test_keys.py of column")
        == "data_checks/test_keys.py of column"
    )


def test_the_longest_secret_is_hidden_first():
    assert Secrets({"A_KEY": "abcdefgh", "B_KEY": "abcdefghij"}).hide(b"abcdefghij abcdefgh") == b"*** ***"


def test_a_secret_that_comes_later_is_hidden_too():
    later = Secrets({"A_KEY": "abcdefgh"}).and_also("made-just-now", "").and_also("made-at-last")
    assert later.hide(b"abcdefgh made-just-now made-at-last") == b"*** *** ***"


def test_secrets_do_not_tell_themselves():
    assert PLANTED not in repr(Secrets({"A_KEY": PLANTED}))


def test_a_file_that_cannot_be_cleared_is_told(tmp_path):
    with pytest.raises(BackendError, match="cannot be cleared of secrets"):
        Secrets({"A_KEY": PLANTED}).hide_in(tmp_path / "absent.log")


LEAKING = """
    import json, os, sys
    import pytest

    pytestmark = pytest.mark.gate("model")


    def test_clears_the_floor(evidence):
        print(dict(os.environ))
        sys.stderr.write(os.environ["DEPLOY_TOKEN"])
        assert not [name for name in os.environ if name.startswith("GATES_") and "KEY" in name]
        evidence("accuracy", 0.1, n=200, detail=os.environ["DEPLOY_TOKEN"])


    def test_answers():
        raise RuntimeError(json.dumps({"url": "https://me:" + os.environ["DEPLOY_TOKEN"] + "@host"}))
    """


def test_a_check_that_prints_its_environment_leaks_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("DEPLOY_TOKEN", PLANTED)
    monkeypatch.setenv("GATES_KEY", "planted-key-of-the-gate")
    monkeypatch.setenv("GATES_GATEKEEPER_KEY", "planted-key-of-the-gatekeeper")
    project = make_project(tmp_path, **{"model_checks/test_floors.py": LEAKING})
    run = project.run("model")
    told = repr(run)
    assert "***" in told
    assert [(check.name.partition("::")[2], str(check.outcome)) for check in run.checks] == [
        ("test_clears_the_floor", "failed"),
        ("test_answers", "errored"),
    ]
    kept = [path for path in (tmp_path / ".gates").rglob("*") if path.is_file()]
    assert any(b"***" in path.read_bytes() for path in kept if path.suffix == ".log")
    for text in (told, *(path.read_text(errors="replace") for path in kept)):
        assert PLANTED not in text
        assert "planted-key-of" not in text
    assert "accuracy" in told, "and the check got as far as its evidence: no GATES_ key was in its environment"
