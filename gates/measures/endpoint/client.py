"""Ask an endpoint over HTTP and trust nothing: time-outs, no redirects, a cap on the answer, and a sentence for every failure.

A managed online endpoint wants its key as a bearer token, answers 401 without it, and 429 when too much is pending; a 429 is
waited out as its ``Retry-After`` asks, within a budget. Everything else is sent once: a retry would hide a failure.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

import requests

from gates.measures.endpoint.answer import Answer
from gates.measures.endpoint.contract import OWN, EndpointContract
from gates.measures.endpoint.faults import EndpointFault
from gates.measures.endpoint.prediction import Prediction
from gates.measures.endpoint.rows import Row

JSON: Final = "application/json"
DEPLOYMENT: Final = "azureml-model-deployment"
_TOO_MANY = 429
_BROKEN = 500
_LARGEST = 64 << 20
_PAUSE = 1.0


class Endpoint:
    """Call an endpoint by its base address (``/score`` at its end is understood); where the ``contract`` is of an endpoint that
    Gates did not build, by the whole address of its predictions.

    ``deployment`` asks for one deployment by name, however the endpoint shares its traffic out. ``timeout`` seconds for one
    request, ``patience`` seconds for waiting after 429, over all attempts of one request. Raises `EndpointFault` for an
    address that cannot be called safely.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        deployment: str = "",
        timeout: float = 30.0,
        patience: float = 30.0,
        contract: EndpointContract = OWN,
    ) -> None:
        self.url, self._path = _parts(url, contract)
        self.contract = contract
        self.key = key
        self.deployment = deployment
        self._timeout = timeout
        self._patience = patience
        address = urlsplit(self.url)
        if key is not None and address.scheme != "https" and not _is_loopback(address):
            raise EndpointFault(f"{self.url} would carry the key in clear text; wanted https")
        self._session = _session(self.url, key)
        if deployment:
            self._session.headers[DEPLOYMENT] = deployment

    def twin(self) -> Self:
        """Return the same endpoint over connections of its own, for another thread."""
        return self.as_stranger(self.key)

    def as_stranger(self, key: str | None = None) -> Self:
        """Return the same endpoint for a caller without the key, or with another one."""
        more = {"timeout": self._timeout, "patience": self._patience}
        return type(self)(self.url + self._path, key, deployment=self.deployment, contract=self.contract, **more)

    def health(self) -> Answer:
        """Return what ``GET`` of the path of health answers, ``/`` where Gates built the endpoint."""
        return self._ask("GET", self.contract.health, None, None)

    def send(self, body: bytes, content_type: str | None = JSON) -> Answer:
        """Return what ``POST`` of the path of scoring answers to these very bytes, whatever it is."""
        return self._ask("POST", self._path, body, content_type)

    def post(self, rows: Sequence[Row]) -> Answer:
        """Return what is answered to a well-formed request of ``rows``, whatever it is."""
        return self.send(self.contract.write(rows))

    def score(self, rows: Sequence[Row], *, probabilities: bool = False) -> Prediction:
        """Return the prediction for ``rows``. Raises `EndpointFault` for every answer that is none."""
        return self.contract.read(self.send(self.contract.write(rows, probabilities=probabilities)), len(rows))

    @contextlib.contextmanager
    def half_a_request(self) -> Iterator[None]:
        """Hold a connection open that has sent the beginning of a request and sends nothing more, as a slow client does.

        Behind a proxy, or where no connection can be opened, nothing is held: what follows says so by itself.
        """
        address = urlsplit(self.url)
        with contextlib.ExitStack() as stack:
            if not self._session.proxies:
                with contextlib.suppress(OSError):
                    connection = stack.enter_context(_connect(address, str(self._session.verify), self._timeout))
                    head = [
                        f"POST {address.path}{self._path} HTTP/1.1",
                        f"Host: {address.netloc}",
                        "Content-Length: 100",
                    ]
                    head += [f"{name}: {value}" for name, value in self._session.headers.items()]
                    connection.sendall("\r\n".join([*head, f"Content-Type: {JSON}", "", '{"']).encode("latin-1"))
            yield

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _ask(self, method: str, path: str, body: bytes | None, content_type: str | None) -> Answer:
        waited, waits = 0.0, 0
        while True:
            answer = self._ask_once(method, path, body, content_type, waits)
            if answer.outer_status >= _BROKEN:
                self._session.close()  # some servers close the connection after it, without saying so
            if answer.status != _TOO_MANY:
                return answer
            pause = _pause(answer.headers.get("retry-after"))
            if waited + pause > self._patience:
                raise EndpointFault(
                    f"{method} {path} was answered with 429 after {waits} waits, and asks for {pause:.0f} s more; "
                    f"at most {self._patience:g} s are waited. Give the endpoint more instances, or ask it less"
                )
            time.sleep(pause)
            waited, waits = waited + pause, waits + 1

    def _ask_once(self, method: str, path: str, body: bytes | None, content_type: str | None, waits: int) -> Answer:
        request = f"{method} {path}"
        headers = {"Content-Type": content_type} if content_type is not None else {}
        started = time.perf_counter()
        try:
            with self._session.request(
                method,
                self.url + path,
                data=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._read(response, request, started)
        except requests.Timeout:
            raise EndpointFault(f"{request} was not answered within {self._timeout:g} s") from None
        except requests.RequestException as error:
            raise EndpointFault(f"{request} got no answer from {self.url}: {_reason(error)}") from None
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Answer(request, response.status_code, lowered, content, time.perf_counter() - started, waits)

    def _read(self, response: requests.Response, request: str, started: float) -> bytes:
        """The whole body, within the time-out as a whole: a server that drips is not one that answers."""
        content = bytearray()
        for part in response.iter_content(1 << 16):
            content += part
            if time.perf_counter() - started > self._timeout:
                raise EndpointFault(f"{request} was not answered within {self._timeout:g} s")
            if len(content) > _LARGEST:
                raise EndpointFault(f"{request} was answered with more than {_LARGEST >> 20} MiB")
        return bytes(content)


def _connect(address: SplitResult, verify: str, timeout: float) -> socket.socket:
    port = address.port or (443 if address.scheme == "https" else 80)
    plain = socket.create_connection((str(address.hostname), port), timeout)
    if address.scheme == "http":
        return plain
    bundle = Path(verify) if verify != "True" else Path(requests.certs.where())
    context = ssl.create_default_context()
    context.load_verify_locations(**{"capath" if bundle.is_dir() else "cafile": str(bundle)})
    return context.wrap_socket(plain, server_hostname=address.hostname)


def _session(url: str, key: str | None) -> requests.Session:
    """A session that adds nothing of its own: no credentials from ~/.netrc, no proxy in front of this machine."""
    session = requests.Session()
    session.trust_env = False
    session.proxies.update({} if _is_loopback(urlsplit(url)) else requests.utils.get_environ_proxies(url))
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    session.headers.update({"Accept": JSON, "Accept-Encoding": "identity", "User-Agent": "gates"})
    if key is not None:
        session.headers["Authorization"] = f"Bearer {key}"
    return session


def _base(url: str) -> str:
    try:
        address = urlsplit(url)
        usable = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise EndpointFault(f"{ascii(url)[:100]} is not an address; wanted one like http://127.0.0.1:5001")
    if address.username is not None or address.query or address.fragment:
        raise EndpointFault(
            f"the address of {address.hostname} has a user, a query or a fragment; give the key apart from it"
        )
    return address.geturl().rstrip("/")


def _parts(url: str, contract: EndpointContract) -> tuple[str, str]:
    """The address of the server, and the path of predictions. Raises `EndpointFault` where there is none."""
    base = _base(url)
    if not contract.mapped:
        return base.removesuffix(contract.path), contract.path
    address = urlsplit(base)
    path = address.path or contract.path
    if not path:
        raise EndpointFault(
            f"{base} has no path; wanted the whole address of its predictions, "
            f"like {base}/v2/models/NAME/infer of KServe"
        )
    return address._replace(path="").geturl(), path


def _is_loopback(address: SplitResult) -> bool:
    host = address.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _pause(retry_after: str | None) -> float:
    """Seconds that ``Retry-After`` asks for (a number or a date), one second where it says nothing that can be read."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return _PAUSE


def _reason(error: BaseException) -> str:
    """The innermost cause of a broken request: what is wrapped around it holds addresses in memory and no news."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return ascii(str(error) or type(error).__name__)[1:-1][:200]
