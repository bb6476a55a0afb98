"""The Bicep files parse, fit together, and fit the code that they are for.

What this proves: they are Bicep by an independent grammar (pycep), every module gets exactly its parameters, every name that is
used is declared, and what they promise about keys, TLS and the function is in them. What it does not prove: that Azure accepts the
types, versions and properties; only `az deployment group validate` can say that.
"""

import json
import re
import sys
from pathlib import Path
from subprocess import run

import pytest
from ci.files import ROOT, load

pycep = pytest.importorskip("pycep", reason="needs pycep-parser, a parser of Bicep")
INFRA = ROOT / "infra"
FILES = sorted(INFRA.glob("*.bicep"))
ROLES = {
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "f6c7c914-8db3-469d-8ca1-694a8f32e121": "AzureML Data Scientist",
    "12338af0-0e69-4776-bea7-57ae8d297424": "Key Vault Crypto User",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
}


def parse(text):
    return pycep.BicepParser().parse(text=text)


def faults_of(name, text):
    """What does not hold together in one file."""
    document = parse(text)
    code = re.sub(r"(?m)//.*$", "", text)
    known = {*document.get("parameters", {}), *document.get("variables", {}), *document.get("resources", {})}
    known |= set(document.get("modules", {}))
    for parameter in document.get("parameters", {}):
        if len(re.findall(rf"\b{parameter}\b", code)) < 2:
            yield f"{name}: parameter {parameter} is never used"
    for variable in document.get("variables", {}):
        if len(re.findall(rf"\b{variable}\b", code)) < 2:
            yield f"{name}: variable {variable} is never used"
    for used in re.findall(r"(?m)^\s*(?:parent|scope): (\w+)$", code) + re.findall(
        r"\b(\w+)\.(?:id|properties|identity|outputs)\b", code
    ):
        if used not in known:
            yield f"{name}: {used} is not declared"
    for module, content in document.get("modules", {}).items():
        target = parse((INFRA / content["detail"]["path"]).read_text())
        given, wanted = set(content["config"]["params"]), target["parameters"]
        required = {key for key, value in wanted.items() if value["default"] is None}
        if given - set(wanted):
            yield f"{name}: module {module} has no parameter {', '.join(sorted(given - set(wanted)))}"
        if required - given:
            yield f"{name}: module {module} is not given {', '.join(sorted(required - given))}"
        for output in re.findall(rf"\b{module}\.outputs\.(\w+)", code):
            if output not in target["outputs"]:
                yield f"{name}: module {module} has no output {output}"
    for version in re.findall(r"'Microsoft\.[\w.]+/[\w./]+@([^']+)'", code):
        if not re.fullmatch(r"20\d\d-\d\d-\d\d", version):
            yield f"{name}: {version} is no stable api-version"
    for role in re.findall(r"'([0-9a-f]{8}-[0-9a-f-]{27})'", code):
        if role not in ROLES:
            yield f"{name}: {role} is none of the roles that were looked up"
    for assignment, content in document.get("resources", {}).items():
        principal = content["config"].get("properties", {}).get("principalId", "")
        if "'workspace'" in str(principal):
            yield f"{name}: {assignment} grants what Azure ML grants its own identity: RoleAssignmentExists"
    if re.search(r"(?i)listAccountSas|listServiceSas|AccountKey=|connectionString|@secure", code):
        yield f"{name}: a key or a signature is made"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_parses_and_holds_together(path):
    assert list(faults_of(path.name, path.read_text())) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("main.bicep", "maxNodes: maxNodes", "nodes: maxNodes", "module workspace has no parameter nodes"),
        ("main.bicep", "    container: container\n    maxNodes", "    maxNodes", "module workspace is not given container"),
        ("main.bicep", "workspace.outputs.vaultName", "workspace.outputs.vault", "module workspace has no output vault"),
        ("trigger.bicep", "parent: topic", "parent: topics", "topics is not declared"),
        ("trigger.bicep", "if (subscribe)", "if (true)", "parameter subscribe is never used"),
        ("identity.bicep", "param prefix string", "param prefix string\nvar unused = 1", "variable unused is never used"),
        ("workspace.bicep", "vaults@2023-07-01", "vaults@2023-07-01-preview", "is no stable api-version"),
        ("workspace.bicep", "ba92f5b4", "ba92f5b5", "none of the roles"),
        ("workspace.bicep", "jobs.properties.principalId", "workspace.identity.principalId", "RoleAssignmentExists"),
        ("trigger.bicep", "value: storage.name", "value: 'AccountKey=x'", "a key or a signature is made"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_hold_together_is_told(name, old, new, expected):
    text = (INFRA / name).read_text()
    assert old in text
    assert any(expected in fault for fault in faults_of(name, text.replace(old, new)))


def test_a_file_that_is_no_bicep_does_not_parse():
    text = (INFRA / "trigger.bicep").read_text()
    with pytest.raises(Exception, match=r"Unexpected|Expected|No terminal"):
        parse(text.replace("httpsOnly: true", "httpsOnly: {"))


def resource(file, name):
    return parse((INFRA / file).read_text())["resources"][name]["config"]


def test_storage_is_private_and_knows_no_keys():
    properties = resource("workspace.bicep", "storage")["properties"]
    assert (properties["allowBlobPublicAccess"], properties["allowSharedKeyAccess"]) == (False, False)
    assert (properties["minimumTlsVersion"], properties["supportsHttpsTrafficOnly"]) == ("TLS1_2", True)


def test_one_identity_is_that_of_the_jobs_on_both_kinds_of_compute_and_has_what_a_job_needs():
    assigned = {"'${jobs.id}'": {}}
    workspace, cluster = (resource("workspace.bicep", name)["identity"] for name in ("workspace", "cluster"))
    assert workspace == {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": assigned}
    assert cluster == {"type": "UserAssigned", "userAssignedIdentities": assigned}
    assert grants("workspace.bicep", "jobs") == {("storage", "blobContributor"), ("workspace", "dataScientist")}


def grants(file, principal):
    """The scope and the role of each assignment to a principal."""
    resources = parse((INFRA / file).read_text())["resources"]
    configs = [one["config"] for one in resources.values() if "principalId" in one["config"].get("properties", {})]
    return {
        (config["scope"], config["properties"]["roleDefinitionId"]["function"]["parameters"]["resource_name_1"])
        for config in configs
        if f"'{principal}'" in str(config["properties"]["principalId"])
    }


def settings():
    configured = resource("trigger.bicep", "function")["properties"]["siteConfig"]["appSettings"]
    return {setting["name"]: setting["value"] for setting in configured}


def test_the_function_gets_every_setting_that_it_reads():
    code = "".join(
        (ROOT / "gates/work/triggers" / name).read_text() for name in ("function_app.py", "receive.py", "github.py")
    )
    read = set(re.findall(r'environment\.get\("(\w+)"|environ\.get\("(\w+)"', code))
    wanted = {name for pair in read for name in pair if name} - {"GH_TOKEN", "GITHUB_API_URL"}
    assert wanted == settings().keys() - {"AzureWebJobsStorage__accountName"}


def test_the_token_of_the_function_is_only_named():
    assert str(settings()["GITHUB_TOKEN"]).startswith("@Microsoft.KeyVault(VaultName=")


def test_event_grid_calls_the_route_that_the_function_has_and_only_for_the_watched_blob():
    text = (INFRA / "trigger.bicep").read_text()
    (route,) = re.findall(r'@app\.route\(route="([\w-]+)"', (ROOT / "gates/work/triggers/function_app.py").read_text())
    assert f"/api/{route}?code=" in text
    assert "subjectBeginsWith: '/blobServices/default/containers/${container}/blobs/${blob}'" in text
    assert "'Microsoft.Storage.BlobCreated'" in text
    assert "eventDeliverySchema: 'EventGridSchema'" in text


@pytest.mark.parametrize(("blob", "ending"), [("papers.csv", "papers.csv"), ("new/", "")])
def test_a_folder_is_watched_with_everything_below_it(blob, ending):
    """No subject of an event ends with a slash: a filter for that would match nothing."""
    (choice,) = re.findall(r"subjectEndsWith: (.+?) //", (INFRA / "trigger.bicep").read_text())
    yes, no = re.fullmatch(r"endsWith\(blob, '/'\) \? (.+) : (.+)", choice).groups()
    assert value_of(yes if blob.endswith("/") else no, {"blob": blob}) == ending


def test_github_is_trusted_for_the_branch_and_the_environment_that_the_workflow_uses():
    workflow = load((ROOT / ".github/workflows/train_deploy.yml").read_text())
    text = (INFRA / "identity.bicep").read_text()
    assert set(re.findall(r"subject: 'repo:\$\{owner\}/\$\{name\}:([\w:/]+)'", text)) == {
        f"environment:{workflow['jobs']['deploy']['environment']}",
        f"ref:refs/heads/{workflow['on']['push']['branches'][0]}",
    }


def value_of(expression, known):
    """What an expression of the few forms in identity.bicep is worth: a choice, a part of a text, a text with values in it."""
    expression = expression.strip()
    if choice := re.fullmatch(r"empty\((\w+)\) \? (.+?) : (.+)", expression):
        return value_of(choice[3] if known[choice[1]] else choice[2], known)
    if part := re.fullmatch(r"split\((\w+), '(.)'\)\[(\d)\]", expression):
        return known[part[1]].split(part[2])[int(part[3])]
    if expression.startswith("'"):
        return re.sub(r"\$\{(.+?)\}", lambda inner: value_of(inner[1], known), expression[1:-1])
    return known[expression]


def subjects(repository, owner_id, repository_id):
    """The subjects of tokens that the identity of the pipelines trusts."""
    text = (INFRA / "identity.bicep").read_text()
    known = {"repository": repository, "ownerId": owner_id, "repositoryId": repository_id}
    for name in ("owner", "name"):
        known[name] = value_of(re.search(rf"(?m)^var {name} = (.+)$", text)[1], known)
    return {value_of(subject, known) for subject in re.findall(r"(?m)^\s*subject: (.+)$", text)}


@pytest.mark.parametrize(
    ("ids", "repository"),
    [(("", ""), "octo-org/papers"), (("123456", "456789"), "octo-org@123456/papers@456789")],
    ids=["an-old-repository", "a-repository-since-July-2026"],
)
def test_github_is_trusted_with_the_subject_that_it_sends(ids, repository):
    assert subjects("octo-org/papers", *ids) == {
        f"repo:{repository}:ref:refs/heads/main",
        f"repo:{repository}:environment:production",
    }


@pytest.mark.parametrize("ids", [("123456", ""), ("", "456789")])
def test_one_id_alone_lets_nobody_in(ids):
    sent = {"octo-org/papers", "octo-org@123456/papers@456789"}
    assert not any(subject.split(":")[1] in sent for subject in subjects("octo-org/papers", *ids))


def test_what_is_published_with_the_function_starts_without_the_packages_for_training(tmp_path):
    pytest.importorskip("azure.functions")
    heavy = ("pandas", "numpy", "sklearn", "azure.ai")
    code = f"import sys; sys.path.insert(0, {str(INFRA / 'function')!r}); import function_app"
    code += f"; print([module for module in {heavy!r} if module in sys.modules])"
    done = run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_versions_of_the_function_are_those_of_the_project():
    constraints = (ROOT / "constraints.txt").read_text().splitlines()
    for line in (INFRA / "function/requirements.txt").read_text().split():
        assert line in constraints
    assert json.loads((INFRA / "function/host.json").read_text())["version"] == "2.0"
    assert Path(INFRA / "main.bicepparam").read_text().startswith("using 'main.bicep'")
