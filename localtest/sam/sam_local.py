"""Runs every function on its event by "sam local", and checks the answers: sam_local.py TEMPLATE IMAGE

TEMPLATE is the template that "sam build" wrote, IMAGE the base image. AWS_ENDPOINT_URL_DYNAMODB is where the tables are, as this
machine sees it. A stand-in for the management API, which sam local does not have, keeps what is posted to connections.
"""

import base64
import http.server
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import boto3
from samcli.yamlhelper import parse_yaml_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SAM = [sys.executable, os.path.join(os.path.dirname(sys.executable), "sam")]
HOST = "host.docker.internal"  # this machine, as containers know it


class Failed(Exception):
    """A check that did not hold; says which."""


def check(holds, what, got):
    if not holds:
        raise Failed(f"{what}: {json.dumps(got, ensure_ascii=False)}")


def event(name):
    with open(os.path.join(ROOT, "events", name + ".json"), encoding="utf-8") as f:
        return json.load(f)


class Management:
    """The management API of a gateway whose connections all exist."""

    def __init__(self, image):
        self.posts = []
        self.server = http.server.ThreadingHTTPServer((host_address(image), 0), self._handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(self):
        posts = self.posts

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                posts.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        return Handler

    def endpoint(self):
        return f"http://{HOST}:{self.server.server_port}/dev"


def host_address(image):
    """The address to listen on so that containers reach it. Docker Desktop hands them on to 127.0.0.1."""
    hosts = subprocess.run(
        ["docker", "run", "--rm", "--add-host", HOST + ":host-gateway", "--entrypoint", "cat", image, "/etc/hosts"],
        check=True, capture_output=True, text=True,
    ).stdout
    address = next(line.split()[0] for line in hosts.splitlines() if HOST in line.split())
    with socket.socket() as s:
        try:
            s.bind((address, 0))
        except OSError:
            return "127.0.0.1"
    return address


class Sam:
    """sam local, with the functions' settings for this run."""

    def __init__(self, template, image, management):
        self.log = ""  # what the last invocation printed
        self.folder = tempfile.TemporaryDirectory()
        settings = os.path.join(self.folder.name, "settings.json")
        with open(settings, "w", encoding="utf-8") as f:
            json.dump({"Parameters": environment(template, management)}, f)
        architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
        self.options = [
            "--template-file", template, "--env-vars", settings, "--parameter-overrides", f"Architecture={architecture}",
            "--invoke-image", image, "--skip-pull-image", "--add-host", HOST + ":host-gateway", "--region", "us-east-1",
        ]  # fmt: skip

    def invoke(self, function, name):
        run = subprocess.run(
            [*SAM, "local", "invoke", function, "--event", os.path.join(ROOT, "events", name + ".json"), *self.options],
            capture_output=True, text=True,
        )  # fmt: skip
        self.log = run.stderr
        try:
            return json.loads(run.stdout)
        except ValueError:
            raise Failed(f"sam local invoke {function} printed no JSON: {run.stdout}") from None

    def start_api(self, port):
        log = open(os.path.join(ROOT, ".local", "log", "sam-local-api.log"), "wb")
        return subprocess.Popen([*SAM, "local", "start-api", "--port", str(port), *self.options], stdout=log, stderr=log)


def environment(template, management):
    """The settings that say where things are. sam local passes on only those that the template gives to the function."""
    with open(os.path.join(ROOT, "events", "token-key.jwks"), "rb") as f:
        keys = base64.urlsafe_b64encode(f.read().strip()).decode().rstrip("=")
    settings = {
        "TOKEN_KEYS": keys,
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://{HOST}:" + os.environ["AWS_ENDPOINT_URL_DYNAMODB"].rsplit(":", 1)[1],
        "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": management.endpoint(),
    }
    for resource in parse_yaml_file(template)["Resources"].values():
        variables = resource["Properties"].get("Environment", {}).get("Variables", {})
        settings |= {name: table(v["Ref"]) for name, v in variables.items() if name.endswith("_TABLE")}
    return settings


def dynamodb():
    return boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


def table(logical_id):
    return next(name for name in dynamodb().list_tables()["TableNames"] if logical_id in name)


def body(answer, status=200):
    check(answer.get("statusCode") == status, f"the status should be {status}", answer)
    return json.loads(answer["body"])


# The events tell one story, in this order. Each check gets the answer and the posts so far.


def connected(answer, posts):
    check(answer.get("statusCode") == 200, "the status should be 200", answer)
    check(answer.get("headers", {}).get("Sec-WebSocket-Protocol") == "chat.v1", "the subprotocol should be chat.v1", answer)


def joined(answer, posts):
    reply = body(answer)
    check(reply["type"] == "joined" and reply["request_id"] == "join-1", "the reply should be joined", reply)
    check(reply["last_id"] == 0 and reply["messages"] == [], "the room should be empty", reply)


def acked(answer, posts):
    reply = body(answer)
    check(reply["type"] == "ack", "the reply should be an ack", reply)
    check_entry(reply["message"])


def check_entry(entry):
    sent = json.loads(event("sendmessage")["body"])
    expected = {"id": 1, "kind": "message", "user_id": "alice"} | {k: sent[k] for k in ("room_id", "content", "client_message_id")}
    check({k: entry.get(k) for k in expected} == expected, "the entry should be what was sent", entry)


def pushed(answer, posts):
    check(not answer.get("batchItemFailures") and "errorMessage" not in answer, "nothing should fail", answer)
    check(len(posts) == 1, "there should be one post", posts)
    path, frame = posts.pop()
    check(urllib.request.unquote(path) == "/dev/@connections/L0SM9cOFvHcCIhw=", "it should go to the connection", path)
    check(frame["type"] == "messages" and frame["room_id"] == "general", "it should be a messages frame", frame)
    check_entry(frame["messages"][0])


def history(answer, posts):
    page = body(answer)
    check(page["first_id"] == 1 and page["last_id"] == 1 and len(page["messages"]) == 1, "the room should have one entry", page)
    check_entry(page["messages"][0])


def disconnected(answer, posts):
    check(answer.get("statusCode") == 200, "the status should be 200", answer)
    for name in ("ConnectionsTable", "SubscriptionsTable"):
        rows = dynamodb().scan(TableName=table(name))["Items"]
        check(rows == [], f"{name} should be empty", rows)


STORY = [
    ("ConnectFunction", "connect", connected),
    ("DefaultFunction", "default", joined),
    ("SendMessageFunction", "sendmessage", acked),
    ("FanoutFunction", "fanout", pushed),
    ("PushFunction", "push", pushed),
    ("HistoryFunction", "history", history),
]


def get(url, token=None):
    request = urllib.request.Request(url, headers={"Authorization": token} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as r:
            return {"statusCode": r.status, "body": r.read().decode()}
    except urllib.error.HTTPError as e:
        return {"statusCode": e.code, "body": e.read().decode()}


def wait_for(port, process):
    while process.poll() is None:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise Failed("sam local start-api ended; see .local/log/sam-local-api.log")


def over_http(sam):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    api = sam.start_api(port)
    try:
        wait_for(port, api)
        url = f"http://127.0.0.1:{port}"
        told("GET /health", lambda: check(body(get(url + "/health"))["status"] == "ok", "it should be well", "not ok"))
        messages = url + "/rooms/general/messages"
        told("GET /rooms/general/messages", lambda: history(get(messages, event("history")["headers"]["authorization"]), []))
        told("the same without a token", lambda: body(get(messages), 401))
    finally:
        api.terminate()
        api.wait()


def told(what, run):
    start = time.monotonic()
    run()
    print(f"  ok  {what}  ({time.monotonic() - start:.1f} s)", flush=True)


def tell(sam, image, management):
    print(f"sam local invoke, in {image}:")
    for function, name, holds in STORY:
        told(f"{function} on events/{name}.json", lambda: holds(sam.invoke(function, name), management.posts))
    print("sam local start-api:")
    over_http(sam)
    print("sam local invoke:")
    told("DisconnectFunction on events/disconnect.json", lambda: disconnected(sam.invoke("DisconnectFunction", "disconnect"), []))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    post_office = Management(sys.argv[2])
    sam_local = Sam(sys.argv[1], sys.argv[2], post_office)
    try:
        tell(sam_local, sys.argv[2], post_office)
    except Failed as e:
        sys.exit(f"{sam_local.log}\nsam-local: {e}")
