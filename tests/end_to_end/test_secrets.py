"""A run with a key and other secrets in its environment keeps none of them anywhere, and signs with that key."""

import json
import subprocess

from command_line import call

from gates.attest import GATE, GATEKEEPER, Keyring
from gates.attest.keys import PrivateKey
from gates.history.rollback_guard import Landmarks
from gates.registry import Registry
from gates.verification.signatures import verify

PLANTED = {
    "DEPLOY_TOKEN": "planted-deploy-token-1a2b",
    "AZURE_CLIENT_SECRET": "planted~client.secret_3c4d",
    "DATABASE_URL": "postgres://me:planted-password-5e6f@127.0.0.1:1/x",
}
LEAK = """

def test_it_leaks(evidence):
    import os
    print(dict(os.environ))
    assert not [name for name in os.environ if name in ("GATES_KEY", "GATES_GATEKEEPER_KEY")]
    evidence("leaks", 0, n=1, detail=os.environ["DEPLOY_TOKEN"])
"""


def test_no_secret_of_the_environment_is_kept_and_the_named_key_signs(papers, project, tmp_path):
    keys = {}
    for name in ("GATES_KEY", "GATES_GATEKEEPER_KEY"):
        command = ["openssl", "genpkey", "-algorithm", "ed25519"]
        keys[name] = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    suite = project / "data_checks" / "test_volume.py"
    suite.write_text(suite.read_text(encoding="utf-8") + LEAK, encoding="utf-8")
    config = project / "pyproject.toml"
    checks = '[tool.gates.data."data_checks/test_volume.py"]\n'
    text = config.read_text(encoding="utf-8")
    assert checks in text
    config.write_text(
        text.replace(checks, f'{checks}thresholds.it_leaks = {{ leaks = "<= 0" }}\n'),
        encoding="utf-8",
    )
    training = project / "leaking.py"
    training.write_text(
        "import os\nfrom ml.training import fit as honest\n\n\ndef fit(X, y, params):\n"
        "    print(dict(os.environ))\n    assert 'GATES_KEY' not in os.environ\n    return honest(X, y, params)\n",
        encoding="utf-8",
    )
    config.write_text(
        config.read_text(encoding="utf-8").replace('train = "ml.training:fit"', 'train = "leaking:fit"'),
        encoding="utf-8",
    )
    home = tmp_path / "home"

    told = call("run", "--data", str(papers), "--policy", str(config), home=home, env={**PLANTED, **keys})
    assert told.code == 0, told.out + told.err

    kept = [path for path in home.rglob("*") if path.is_file()]
    logs = [path for path in kept if path.suffix == ".log"]
    assert [path.name for path in logs if b"***" in path.read_bytes()] == ["train.log"]
    assert '"***"' in json.dumps(told.document), "the evidence of the data gate"
    secrets = [*PLANTED.values(), "planted-password-5e6f"]
    secrets += [line for pem in keys.values() for line in pem.splitlines() if not line.startswith("-----")]
    for content in (
        told.out.encode(),
        told.err.encode(),
        json.dumps(told.document).encode(),
        *(p.read_bytes() for p in kept),
    ):
        for secret in secrets:
            assert secret.encode() not in content
    assert not list((home / "keys").glob("*.pem")), "no key of its own was made"

    keyring = Keyring(home / "keys")
    for role, name in ((GATE, "GATES_KEY"), (GATEKEEPER, "GATES_GATEKEEPER_KEY")):
        assert set(keyring.trusted(role)) == {PrivateKey.from_pem(keys[name].encode(), name).public.id}
    assert verify(Registry(home), keyring, Landmarks(home / "keys" / "landmarks", keyring)) == ()
