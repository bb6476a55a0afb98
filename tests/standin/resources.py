"""The resources of a workspace, as much of them as a client can tell apart from the service: versions, operations that take time,
endpoints that share traffic out, schedules. What the service would refuse is refused: a version that is there already with other
content, traffic that does not add up, deletion of a deployment that answers customers.
"""

from __future__ import annotations

import re
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from standin import azurite
from standin.arm import GROUP, JOBS_CLIENT, PROVIDER, ROOT, SUBSCRIPTION, WORKSPACE, Arm, Asked, Json, Reply, error
from standin.jobs import Jobs
from standin.scoring import Deployments
from standin.storage import Storage
from standin.tokens import TENANT, make_token

BUCKET = "azureml-blobstore"
STORAGE_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Storage/storageAccounts/{azurite.ACCOUNT}"
_IMMUTABLE = {"models": ("modelUri",), "data": ("dataUri",)}


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


class Workspace:
    """The state of one workspace, behind `Arm`."""

    def __init__(self, arm: Arm, storage: Storage | None, deployments: Deployments, jobs: Jobs) -> None:
        self.arm = arm
        self.storage = storage
        self.deployments = deployments
        self.jobs = jobs
        self.there = True
        self.assigned = (JOBS_CLIENT,)
        self.resources: dict[str, Json] = {}
        self.keys: dict[str, list[str]] = {}
        self.traffic_is_ignored = False
        self._operations: dict[str, threading.Event | Json] = {}
        self._lock = threading.RLock()
        arm.route(rf"\A{re.escape(ROOT)}(/|\Z)", self._workspace)
        arm.route(r"/mfeOperations(Status|Results)/", self._operation)
        arm.route(r"\A/discovery\Z", lambda asked: Reply(200, {"api": arm.url, "history": arm.url}))
        arm.route(r"\A/history/v1\.0/.*/runs/[^/]+/children\Z", self._children)

    def forget(self) -> None:
        """Back to an empty workspace."""
        self.deployments.stop_all()
        with self._lock:
            self.resources.clear()
            self.keys.clear()
            self._operations.clear()
        self.there, self.traffic_is_ignored, self.assigned = True, False, (JOBS_CLIENT,)

    # ---- what is asked of the workspace

    def _workspace(self, asked: Asked) -> Reply:
        if not self.there:
            return error(404, "ResourceNotFound", f"The Resource '{PROVIDER}/workspaces/{WORKSPACE}' was not found.")
        parts = asked.tail.split("/") if asked.tail else []
        if not parts:
            return Reply(200, self._described())
        kind = parts[0]
        if kind == "datastores":
            return self._datastore(asked, parts)
        if kind == "onlineEndpoints":
            return self._endpoints(asked, parts)
        if kind in ("models", "data", "environments", "codes", "components"):
            return self._assets(asked, parts)
        if kind == "jobs":
            return self._jobs(asked, parts)
        if kind == "schedules":
            return self._schedules(asked, parts)
        return self._missing(asked)

    def _described(self) -> Json:
        properties = {
            "friendlyName": WORKSPACE, "workspaceId": "00000000-0000-0000-0000-000000000003",
            "discoveryUrl": f"{self.arm.url}/discovery", "provisioningState": "Succeeded", "storageAccount": STORAGE_ID,
            "mlFlowTrackingUri": f"azureml://127.0.0.1/mlflow/v1.0{ROOT}",
        }  # fmt: skip
        identity: Json = {"type": "SystemAssigned", "principalId": TENANT, "tenantId": TENANT}
        if self.assigned:
            group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.ManagedIdentity"
            identity["type"] = "SystemAssigned,UserAssigned"
            identity["userAssignedIdentities"] = {
                f"{group}/userAssignedIdentities/jobs{number}": {"principalId": TENANT, "clientId": client}
                for number, client in enumerate(self.assigned)
            }
        return {**_named(ROOT), "location": "westeurope", "tags": {}, "identity": identity, "properties": properties}

    def _datastore(self, asked: Asked, parts: list[str]) -> Reply:
        assert self.storage is not None, "this session has no blob storage"
        if asked.method == "POST":
            return Reply(200, {"secretsType": "AccountKey", "key": azurite.KEY})
        if len(parts) == 1 or parts[1] != "workspaceblobstore":
            return self._missing(asked)
        properties = {
            "datastoreType": "AzureBlob", "accountName": azurite.ACCOUNT, "containerName": BUCKET,
            "endpoint": self.storage.azurite.endpoint, "protocol": "https", "isDefault": True, "tags": {}, "properties": {},
            "credentials": {"credentialsType": "None"}, "serviceDataAccessAuthIdentity": "None",
        }  # fmt: skip
        return Reply(200, {**_named(asked.path), "properties": properties})

    # ---- assets: immutable versions under a name

    def _assets(self, asked: Asked, parts: list[str]) -> Reply:
        kind, name = parts[0], parts[1] if len(parts) > 1 else ""
        if asked.method == "POST" and asked.path.endswith("/startPendingUpload"):
            assert self.storage is not None
            return Reply(200, self.storage.pending_upload(STORAGE_ID))
        if len(parts) == 2:
            return self._container(asked, kind, name)
        if len(parts) == 3:
            return self._versions(asked, kind, name)
        if asked.method == "PUT":
            return self._put_version(asked, kind)
        return self._get(asked)

    def _container(self, asked: Asked, kind: str, name: str) -> Reply:
        found = self._known(f"{kind}/{name}/versions/")
        if not found:
            return self._missing(asked)
        numbers = [int(path.rpartition("/")[2]) for path in found if path.rpartition("/")[2].isdecimal()]
        newest, following = str(max(numbers, default=0)), str(max(numbers, default=0) + 1)
        properties: Json = {
            "latestVersion": newest,
            "nextVersion": following,
            "isArchived": False,
            "tags": {},
            "properties": {},
        }
        if kind == "data":
            properties["dataType"] = "uri_file"
        return Reply(200, {**_named(asked.path), "properties": properties})

    def _versions(self, asked: Asked, kind: str, name: str) -> Reply:
        found = [self.resources[path] for path in self._known(f"{kind}/{name}/versions/")]
        wanted = asked.query.get("hash")
        if wanted:
            found = [code for code in found if code["properties"].get("properties", {}).get("hash_sha256") == wanted]
        found.sort(key=lambda resource: resource["systemData"]["createdAt"], reverse=True)
        if not found and kind in ("models", "data") and "$top" not in asked.query:
            return self._missing(asked)
        top = int(asked.query.get("$top", "0")) or len(found)
        return Reply(200, {"value": found[:top]})

    def _put_version(self, asked: Asked, kind: str) -> Reply:
        content = asked.content or {}
        before = self.resources.get(_key(asked.path))
        properties: Json = {**content["properties"], "provisioningState": "Succeeded"}
        if kind == "data":
            del properties["provisioningState"]
        if kind == "models":
            properties.setdefault("flavors", {})
        for key in _IMMUTABLE.get(kind, ()) if before else ():
            if before["properties"][key] != properties[key]:
                return error(409, "UserError", f"The version exists already and its {key} cannot be changed.")
        return self._keep(asked, {**content, "properties": properties})

    # ---- endpoints and deployments

    def _endpoints(self, asked: Asked, parts: list[str]) -> Reply:
        name = parts[1] if len(parts) > 1 else ""
        if len(parts) >= 3 and parts[2] == "deployments":
            return self._deployments(asked, name, parts)
        if asked.method == "POST":
            return self._credentials(asked, name, parts[2])
        if asked.method == "PUT":
            return self._put_endpoint(asked, name)
        if asked.method == "DELETE":
            return self._delete(asked)
        return self._get(asked)

    def _put_endpoint(self, asked: Asked, name: str) -> Reply:
        content = asked.content or {}
        properties: Json = dict(content["properties"])
        traffic, mirror = properties.get("traffic") or {}, properties.get("mirrorTraffic") or {}
        deployed = {path.rpartition("/")[2] for path in self._known(f"onlineEndpoints/{name}/deployments/")}
        if not set(traffic) | set(mirror) <= deployed or sum(traffic.values()) not in (0, 100) or len(mirror) > 1:
            return error(
                400, "UserError", f"Traffic {traffic} with mirror {mirror} cannot be set on {sorted(deployed)}."
            )
        before = self.resources.get(_key(asked.path))
        if before is not None and self.traffic_is_ignored:
            properties["traffic"] = before["properties"]["traffic"]
        self.keys.setdefault(name, [f"planted{uuid.uuid4().hex}", f"planted{uuid.uuid4().hex}"])
        properties |= {
            "scoringUri": f"{self.arm.url}/endpoints/{name}/score", "provisioningState": "Succeeded",
            "swaggerUri": f"{self.arm.url}/endpoints/{name}/swagger.json",
        }  # fmt: skip
        reply = self._keep(asked, {**content, "properties": properties})
        self.deployments.share(name, dict(properties.get("traffic") or {}), dict(properties.get("mirrorTraffic") or {}))
        return self._long(reply)

    def _credentials(self, asked: Asked, name: str, act: str) -> Reply:
        if _key(asked.path.rpartition("/")[0]) not in self.resources:
            return self._missing(asked)
        if act == "listKeys":
            return Reply(200, {"primaryKey": self.keys[name][0], "secondaryKey": self.keys[name][1]})
        if act == "token":
            token = make_token(f"{self.arm.url}/endpoints/{name}", name="planted-endpoint-token")
            self.keys[name].append(token)
            soon = int((datetime.now(UTC) + timedelta(hours=1)).timestamp())
            return Reply(
                200, {"accessToken": token, "expiryTimeUtc": soon, "refreshAfterTimeUtc": soon, "tokenType": "Bearer"}
            )
        return self._missing(asked)

    def rotate_keys(self, name: str) -> None:
        self.keys[name] = [f"planted{uuid.uuid4().hex}", f"planted{uuid.uuid4().hex}"]

    def _deployments(self, asked: Asked, endpoint: str, parts: list[str]) -> Reply:
        if _key(f"{ROOT}/onlineEndpoints/{endpoint}") not in self.resources:
            return self._missing(asked)
        if len(parts) == 3:
            return Reply(
                200, {"value": [self.resources[p] for p in self._known(f"onlineEndpoints/{endpoint}/deployments/")]}
            )
        name = parts[3]
        if asked.method == "POST":
            return Reply(200, {"content": self.deployments.log(endpoint, name)})
        if asked.method == "DELETE":
            if self.deployments.has_traffic(endpoint, name):
                return error(409, "UserError", f"Deployment {name} has traffic and cannot be deleted.")
            self.deployments.stop(endpoint, name)
            return self._delete(asked)
        if asked.method == "PUT":
            return self._put_deployment(asked, endpoint, name)
        return self._get(asked)

    def _put_deployment(self, asked: Asked, endpoint: str, name: str) -> Reply:
        content = asked.content or {}
        managed = {
            "provisioningState": "Creating", "scaleSettings": {"scaleType": "Default"},
            "requestSettings": {"maxConcurrentRequestsPerInstance": 1, "requestTimeout": "PT5S", "maxQueueWait": "PT0S"},
            "livenessProbe": _PROBE, "readinessProbe": _PROBE, "egressPublicNetworkAccess": "Enabled",
        }  # fmt: skip
        if content["properties"].get("endpointComputeType") != "Managed":
            managed.pop("egressPublicNetworkAccess")
            size = {"cpu": "100m", "memory": "500Mi"}
            managed["containerResourceRequirements"] = {
                "containerResourceRequests": size,
                "containerResourceLimits": size,
            }
        reply = self._keep(asked, {**content, "properties": {**content["properties"], **managed}})
        code, model = (content["properties"].get(key) for key in ("codeConfiguration", "model"))

        def finish() -> Json:
            state = "Succeeded"
            try:
                self.deployments.start(
                    endpoint, name, self._property(code["codeId"], "codeUri"), self._property(model, "modelUri"),
                    code["scoringScript"], content["properties"].get("environmentVariables") or {},
                )  # fmt: skip
            except Exception as problem:
                state = "Failed"
                message = f"User container has crashed or terminated: {problem}"
                return {"status": state, "error": {"code": "ResourceNotReady", "message": message}}
            finally:
                if (kept := self.resources.get(_key(asked.path))) is not None:
                    kept["properties"]["provisioningState"] = state
            return {"status": state}

        return self._long(reply, finish)

    def _property(self, id: str, key: str) -> str:
        found = self.resources[_key(re.sub(r"\Aazureml:", "", id))]
        return str(found["properties"][key])

    # ---- jobs and schedules

    def _jobs(self, asked: Asked, parts: list[str]) -> Reply:
        if asked.method == "POST":
            self.jobs.cancel(parts[1])
            return Reply(200)
        if asked.method == "PUT":
            content = asked.content or {}
            services = {
                "Studio": {"endpoint": f"{self.arm.url}/studio/{parts[1]}", "jobServiceType": "Studio"},
                "Tracking": {"endpoint": self.arm.url, "jobServiceType": "Tracking"},
            }
            properties = {**content["properties"], "status": "Starting", "services": services}
            reply = self._keep(asked, {**content, "properties": properties})
            self.jobs.start(parts[1], content["properties"], self._property, self.resources)
            return reply
        found = self.resources.get(_key(asked.path))
        if found is None:
            return self._missing(asked)
        found["properties"]["status"] = self.jobs.status(parts[1])
        return Reply(200, found)

    def _children(self, asked: Asked) -> Reply:
        job = asked.path.split("/")[-2]
        return Reply(200, {"value": self.jobs.children(job)})

    def _schedules(self, asked: Asked, parts: list[str]) -> Reply:
        if asked.method == "PUT":
            content = asked.content or {}
            reply = self._keep(
                asked, {**content, "properties": {**content["properties"], "provisioningState": "Succeeded"}}
            )
            return self._long(reply)
        return self._get(asked)

    # ---- what they share

    def _known(self, prefix: str) -> list[str]:
        start = _key(f"{ROOT}/{prefix}") + "/"
        with self._lock:
            return [path for path in self.resources if path.startswith(start) and "/" not in path[len(start) :]]

    def _keep(self, asked: Asked, content: Json) -> Reply:
        key = _key(asked.path)
        with self._lock:
            before = self.resources.get(key)
            created = before["systemData"]["createdAt"] if before else now()
            by = {"createdBy": "loopback", "createdByType": "User", "lastModifiedAt": now()}
            self.resources[key] = {**content, **_named(asked.path), "systemData": {"createdAt": created, **by}}
            return Reply(200 if before else 201, self.resources[key])

    def _get(self, asked: Asked) -> Reply:
        found = self.resources.get(_key(asked.path))
        return self._missing(asked) if found is None else Reply(200, found)

    def _delete(self, asked: Asked) -> Reply:
        with self._lock:
            if self.resources.pop(_key(asked.path), None) is None:
                return Reply(204)
        return self._long(Reply(202))

    def _missing(self, asked: Asked) -> Reply:
        return error(404, "ResourceNotFound", f"The Resource '{asked.path}' was not found.")

    def _long(self, reply: Reply, finish: Any = None) -> Reply:
        """Answer at once and finish later, as the service does: the client polls an operation until it has ended."""
        id = uuid.uuid4().hex
        address = f"{self.arm.url}/subscriptions/{SUBSCRIPTION}{PROVIDER}/locations/westeurope/mfeOperationsStatus/{id}"
        self._operations[id] = {"status": "InProgress"}

        def run() -> None:
            self._operations[id] = finish() if finish else {"status": "Succeeded"}

        threading.Thread(target=run, daemon=True).start()
        headers = {"Azure-AsyncOperation": f"{address}?api-version=2022-02-01-preview", "x-ms-retry-after-ms": "50"}
        headers["Location"] = headers["Azure-AsyncOperation"].replace("OperationsStatus", "OperationsResults")
        return Reply(reply.status, reply.content, headers)

    def _operation(self, asked: Asked) -> Reply:
        found = self._operations.get(asked.path.rpartition("/")[2])
        if found is None:
            return error(404, "ResourceNotFound", "no such operation")
        return Reply(200, found, {"x-ms-retry-after-ms": "50"})


_PROBE = {"period": "PT10S", "initialDelay": "PT10S", "timeout": "PT2S", "successThreshold": 1, "failureThreshold": 30}


def _key(path: str) -> str:
    """Resource ids are compared without regard to case."""
    return quote(path.rstrip("/").lower(), safe="/:@")


def _named(path: str) -> Json:
    kinds = path.partition(f"{PROVIDER}/")[2].split("/")[::2]
    return {"id": path, "name": path.rpartition("/")[2], "type": "Microsoft.MachineLearningServices/" + "/".join(kinds)}
