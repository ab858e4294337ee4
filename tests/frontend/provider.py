"""A small OpenID Connect provider on a free port, which logs in whoever asks as one person."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

CLIENT, SECRET = "lens", "kept between the two"


class Provider:
    """Checks what a real one checks: client, secret, code, and the proof key (PKCE) of the code."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {"sub": "17", "preferred_username": "hugo", "email": "hugo@id.example"}
        self.challenges: dict[str, str] = {}
        self.broken = False
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if provider.broken:
                    self.send_error(500)
                elif self.path == "/.well-known/openid-configuration":
                    self.answer(provider.configuration())
                elif self.path == "/userinfo" and self.headers["Authorization"] == "Bearer granted":
                    self.answer(provider.person)
                else:
                    self.send_error(404)

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.answer(provider.grant({name: values[0] for name, values in form.items()}))

            def answer(self, value: dict[str, Any]) -> None:
                body = json.dumps(value).encode()
                self.send_response(400 if "error" in value else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing: the tests look at what comes back."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def configuration(self) -> dict[str, Any]:
        ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        } | {f"{name}_endpoint": f"{self.url}/{path}" for name, path in ends.items()}

    def authorize(self, query: dict[str, list[str]]) -> str:
        """What the person's browser does at the provider; answers with the code that it takes back."""
        assert query["client_id"] == [CLIENT]
        assert query["code_challenge_method"] == ["S256"]
        self.challenges["a code"] = query["code_challenge"][0]
        return "a code"

    def grant(self, form: dict[str, str]) -> dict[str, Any]:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        good = form["client_id"] == CLIENT and form["client_secret"] == SECRET
        if not good or self.challenges.pop(form["code"], None) != challenge:
            return {"error": "invalid_grant"}
        return {"access_token": "granted", "token_type": "Bearer", "expires_in": 60}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
