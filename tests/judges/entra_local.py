"""A foreign host: the official Python client sends its person to sign in, as mcp-entra-id asks, in both revisions.

Usage: entra_local.py JOB, where JOB is the JSON that tests/it/entra_local.rs writes, and judges the lines of.
"""

import asyncio
import html.parser
import json
import sys
from urllib.parse import urljoin, urlsplit

import httpx2

from client_python import causes, outcome, plain
from mcp import Client, StdioServerParameters
from mcp.types import ElicitResult

SECONDS = 60
TOOL = "get_user_details_from_graph"


class Form(html.parser.HTMLParser):
    """The first form of a page: where it leads, its hidden fields, and what else it asks for."""

    def __init__(self, text):
        super().__init__()
        self.action, self.hidden, self.asks = None, {}, set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = attributes.get("action", "")
        if tag in ("input", "button") and "name" in attributes:
            if attributes.get("type") == "hidden":
                self.hidden[attributes["name"]] = attributes.get("value", "")
            else:
                self.asks.add(attributes["name"])


async def browse(link, job):
    """Signs in and allows what is asked; returns the page that the browser ends at, on the server's own port."""
    async with httpx2.AsyncClient(trust_env=False) as browser:
        response = await browser.get(link)
        for _ in range(10):
            if response.is_redirect:
                response = await browser.get(urljoin(str(response.url), response.headers["location"]))
                continue
            form = Form(response.text)
            if form.action is None:
                return response.text
            if "password" in form.asks:
                fields = {"username": job["user"], "password": job["password"]}
            else:
                fields = {"decision": "allow"}
            at = urljoin(str(response.url), form.action)
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(at))
            response = await browser.post(at, data={**form.hidden, **fields}, headers={"Origin": origin})
    raise RuntimeError("the pages have no end")


class Person:
    """Opens what it is asked to open."""

    def __init__(self, job):
        self.job, self.asked, self.pages = job, [], []

    async def __call__(self, context, params):
        self.asked.append(plain(params))
        if params.mode != "url":
            return ElicitResult(action="decline")
        if "/logout" not in params.url:
            self.pages.append(await browse(params.url, self.job))
        return ElicitResult(action="accept")


async def see(job, revision):
    stdio = StdioServerParameters(command=job["path"], args=["stdio"], env=job["environment"])
    person, seen = Person(job), {}
    mode = "legacy" if revision == "2025-11-25" else "auto"
    async with Client(stdio, mode=mode, elicitation_callback=person, read_timeout_seconds=SECONDS) as client:
        seen["version"] = client.protocol_version
        for key, tool in [("first", TOOL), ("second", TOOL), ("status", "auth_status"), ("out", "sign_out")]:
            seen[key] = await outcome(client.call_tool(tool, {}))
    return {**seen, "asked": person.asked, "pages": person.pages}


async def main():
    job = json.loads(sys.argv[1])
    for revision in job["revisions"]:
        try:
            seen = await asyncio.wait_for(see(job, revision), SECONDS)
        except Exception as error:
            seen = {"broken": causes(error)}
        print(json.dumps({"revision": revision, **seen}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
