"""A stand-in for the Hugging Face hub: its interface for files, on this machine, in memory."""

import base64
import json
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit


class Hub:
    """Repositories by name, each a dictionary of files; and the requests that came."""

    def __init__(self):
        self.repositories = {}
        self.gated = set()
        self.requests = []
        self.url = ""

    def commit(self, repository):
        files = self.repositories[repository]
        return sha1(b"".join(name.encode() + files[name] for name in sorted(files))).hexdigest()

    @contextmanager
    def serving(self):
        handler = type("Handler", (_Handler,), {"hub": self})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            yield self
            server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, body=b"", status=200, **headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def fail(self, status, code):
        self.answer({"error": code}, status, X_Error_Code=code)

    def do_GET(self):
        self.hub.requests.append(f"{self.command} {self.path}")
        match unquote(urlsplit(self.path).path).strip("/").split("/"):
            case ["api", "models", owner, name, *rest]:
                self.describe(f"{owner}/{name}", rest)
            case [owner, name, "resolve", _, *path]:
                self.file(f"{owner}/{name}", "/".join(path))
            case _:
                self.fail(404, "RepoNotFound")

    do_HEAD = do_GET  # noqa: N815

    def describe(self, repository, rest):
        files = self.hub.repositories.get(repository)
        if files is None:
            self.fail(401, "RepoNotFound")
        elif rest[:1] == ["tree"]:
            oids = {path: sha1(data).hexdigest() for path, data in files.items()}
            listed = [
                {"type": "file", "path": p, "size": len(files[p]), "oid": oids[p]} for p in oids
            ]
            self.answer(listed)
        else:
            siblings = [{"rfilename": path} for path in files]
            sha = self.hub.commit(repository)
            self.answer({"id": repository, "sha": sha, "siblings": siblings})

    def file(self, repository, path):
        files = self.hub.repositories.get(repository)
        if files is None:
            self.fail(401, "RepoNotFound")
        elif repository in self.hub.gated:
            self.fail(403, "GatedRepo")
        elif path not in files:
            self.fail(404, "EntryNotFound")
        else:
            etag = f'"{sha1(files[path]).hexdigest()}"'
            self.answer(files[path], ETag=etag, X_Repo_Commit=self.hub.commit(repository))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["api", "repos", "create"]:
                new = json.loads(body)
                repository = f"{new['organization']}/{new['name']}"
                self.hub.repositories.setdefault(repository, {})
                self.answer({"url": f"{self.hub.url}/{repository}"})
            case ["api", "models", _, _, "preupload", _]:
                paths = [file["path"] for file in json.loads(body)["files"]]
                files = [{"path": p, "uploadMode": "regular", "shouldIgnore": False} for p in paths]
                self.answer({"files": files})
            case ["api", "models", owner, name, "commit", _]:
                for line in map(json.loads, body.splitlines()):
                    if line["key"] == "file":
                        content = base64.b64decode(line["value"]["content"])
                        self.hub.repositories[f"{owner}/{name}"][line["value"]["path"]] = content
                url = f"{self.hub.url}/{owner}/{name}/commit/{'0' * 40}"
                self.answer({"commitUrl": url, "commitOid": "0" * 40})
            case _:
                self.answer({"errors": [], "warnings": []})  # nothing is wrong with a model card
