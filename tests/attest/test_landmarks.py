"""A registry that was lost, emptied, exchanged or set back is refused, and never taken for that of a first model."""

import shutil
from pathlib import Path

import pytest
from promotion.small_home import NAME, SmallHome, make_small_home

from gates.attest import GATEKEEPER, Keyring, sign
from gates.attest.rollback_guard import LANDMARK_TYPE, Landmark, read_landmark, write_landmark
from gates.errors import BackendError, PromotionRefused, SubjectError
from gates.promotion.execute import promote
from gates.workflow.pipeline import RunRequest, run_pipeline


@pytest.fixture
def home(tmp_path) -> SmallHome:
    """Two promotions old."""
    home = make_small_home(tmp_path / "project")
    for words in "AB":
        promote(home.session, home.judged(words))
    return home


def place(home: SmallHome) -> Path:
    return home.folder / "keys" / "landmarks" / f"{NAME}.json"


def lose(home: SmallHome) -> None:
    """What a careless clean-up does."""
    for path in home.folder.glob("registry.db*"):
        path.unlink()
    shutil.rmtree(home.folder / "blobs")


def why(home: SmallHome) -> str:
    """Why neither a run nor a promotion goes on."""
    with pytest.raises(PromotionRefused) as of_run:
        run_pipeline(home.session, RunRequest())
    version = home.judged("C")
    with pytest.raises(PromotionRefused) as of_promotion:
        promote(home.session, version)
    assert of_run.value.message == of_promotion.value.message
    assert "to begin anew on purpose, remove" in of_run.value.remedy
    return of_run.value.message


def test_the_first_promotion_is_recorded_and_signed_outside_the_registry(home):
    session = home.session
    log = session.registry.log(NAME)
    assert session.landmarks.names() == (NAME,)
    assert tuple(session.landmarks.faults(NAME, log)) == ()
    assert place(home).exists()


def test_a_lost_registry_makes_no_first_model(home):
    since = home.session.registry.log(NAME)[0].at
    lose(home)
    assert why(home) == (
        f"{NAME} has had a champion since {since:%Y-%m-%d %H:%M:%S} UTC (epoch 2, by {place(home)}),"
        " but this registry knows of none: it was lost or emptied, and no model becomes the first by that"
    )


def test_to_begin_anew_takes_a_hand(home):
    lose(home)
    place(home).unlink()
    assert promote(home.session, home.judged("C")).epoch == 1


def test_a_registry_that_was_set_back_is_refused(home, tmp_path):
    shutil.copytree(home.folder, tmp_path / "backup")
    promote(home.session, home.judged("C"))
    for path in home.folder.glob("registry.db*"):
        path.unlink()
    for path in (tmp_path / "backup").glob("registry.db*"):
        shutil.copy(path, home.folder)
    assert why(home) == (
        f"{NAME} had come to epoch 3 (by {place(home)}), which this registry, at epoch 2, does not hold:"
        " it was exchanged or set back"
    )


def test_a_registry_of_another_home_is_refused(home, tmp_path):
    other = make_small_home(tmp_path / "other")
    for words in "XYZ":
        promote(other.session, other.judged(words))
    lose(home)
    for path in other.folder.glob("registry.db*"):
        shutil.copy(path, home.folder)
    shutil.copytree(other.folder / "blobs", home.folder / "blobs")
    with pytest.raises(PromotionRefused, match="at epoch 3, does not hold: it was exchanged or set back"):
        run_pipeline(home.session, RunRequest())


BENT = {
    "edited": (lambda path: path.write_bytes(path.read_bytes().replace(b"e", b"f", 1)), "is not known"),
    "emptied": (lambda path: path.write_bytes(b""), "cannot be read"),
    "a link": (lambda path: (path.rename(path.with_name("x")), path.symlink_to("x")), "cannot be read"),
    "a dangling link": (lambda path: (path.unlink(), path.symlink_to("nowhere")), "cannot be read"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "cannot be read: it is not a file"),
}


@pytest.mark.parametrize(("bend", "sentence"), BENT.values(), ids=list(BENT))
def test_a_landmark_that_cannot_be_trusted_is_no_landmark_less(bend, sentence, home):
    bend(place(home))
    message = why(home)
    assert message.startswith(f"whether {NAME} had a champion before is not known: ")
    assert sentence in message


def signed(home: SmallHome, keys: Keyring, **fields) -> None:
    log = home.session.registry.log(NAME)
    facts = {"name": NAME, "first": log[0].digest, "since": log[0].at, "epoch": 1, "entry": log[0].hash, **fields}
    place(home).write_bytes(sign(LANDMARK_TYPE, write_landmark(Landmark(**facts)), keys.signer(GATEKEEPER)))


def test_a_landmark_may_be_behind(home):
    signed(home, home.session.keys)
    home.session.landmarks.require(NAME, home.session.registry.log(NAME))


def test_the_landmark_of_a_stranger_or_of_another_name_is_refused(home, tmp_path):
    signed(home, Keyring(tmp_path / "strangers"))
    assert "is signed by the unknown key" in why(home)
    signed(home, home.session.keys, name="other")
    assert why(home) == f"{place(home)} is the landmark of other, wanted that of {NAME}"


def test_a_landmark_is_kept_in_the_repository_too(home, tmp_path):
    home.gates('landmark = "gates.landmark.json"')
    promote(home.session, home.judged("C"))
    in_repository = home.project.root / "gates.landmark.json"
    assert in_repository.read_bytes() == place(home).read_bytes()
    shutil.rmtree(home.folder)
    with pytest.raises(PromotionRefused) as refused:
        run_pipeline(home.session, RunRequest())
    assert f"whether {NAME} had a champion before is not known: the landmark {in_repository}" in refused.value.message
    in_repository.unlink()
    assert promote(home.session, home.judged("A")).epoch == 1


def test_a_missing_landmark_is_written_by_the_next_promotion(home):
    place(home).unlink()
    promote(home.session, home.judged("C"))
    assert place(home).exists()


def test_a_landmark_that_cannot_be_written_does_not_undo_a_promotion(home, monkeypatch, capsys):
    session = home.session

    def full(*_: object) -> None:
        raise BackendError("the landmark cannot be written: No space left on device")

    monkeypatch.setattr("gates.history.rollback_guard.Landmarks.keep", full)
    version = home.judged("C")
    session = home.session
    lines: list[str] = []
    monkeypatch.setattr(session.progress, "line", lambda text, style="": lines.append(text))
    assert promote(session, version).epoch == 3
    assert lines == ["the landmark cannot be written: No space left on device"]


def test_a_folder_that_takes_no_landmark_is_told(home):
    shutil.rmtree(place(home).parent)
    place(home).parent.write_text("in the way")
    with pytest.raises(BackendError, match="cannot be written: File exists"):
        home.session.landmarks.keep(NAME, home.session.registry.log(NAME))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b'"schema":1', b'"schema":2', "it has schema 2, wanted 1"),
        (b'"epoch":2', b'"epoch":true', "epoch has another type"),
        (b'"epoch":2', b'"epoch":2,"trust":1', "its fields are"),
        (b"+00:00", b"", "has no zone"),
    ],
)
def test_an_edited_landmark_is_not_read(old, new, sentence, home):
    log = home.session.registry.log(NAME)
    document = write_landmark(Landmark(NAME, log[0].digest, log[0].at, 2, log[1].hash))
    assert read_landmark(document).epoch == 2
    with pytest.raises(SubjectError) as refused:
        read_landmark(document.replace(old, new, 1))
    assert sentence in refused.value.message
