"""The official Python client on each leg of one server: one JSON line per leg, of what it saw. clients.mjs judges it.

Usage: client_python.py JOB, where JOB is the JSON that clients.mjs writes. client_typescript.mjs is its twin.
"""

import asyncio
import json
import sys

from mcp import Client, MCPError, StdioServerParameters
from mcp.types import PromptReference, ResourceTemplateReference

SECONDS = 60


def plain(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


async def every(list_page, part):
    """All pages of a list."""
    items, cursor = [], None
    while True:
        page = await list_page(cursor=cursor)
        items += plain(page)[part]
        cursor = page.next_cursor
        if not cursor:
            return items


async def outcome(call):
    """A result, or the error that the server answered with."""
    try:
        return {"result": plain(await call)}
    except MCPError as error:
        return {"error": {"code": error.code, "message": error.message}}


async def see(job, leg):
    target = job["url"] if leg["transport"] == "http" else StdioServerParameters(command=job["path"], args=["stdio"])
    # A pinned 2026-07-28 would skip server/discover and see no capabilities; what "auto" settles on is judged.
    mode = "legacy" if leg["revision"] == "2025-11-25" else "auto"
    seen = {}
    async with Client(target, mode=mode, read_timeout_seconds=SECONDS) as client:
        seen["version"] = client.protocol_version
        seen["capabilities"] = has = plain(client.server_capabilities)
        if "tools" in has:
            seen["tools"] = await every(client.list_tools, "tools")
            seen["unknown"] = await outcome(client.call_tool("no_such_tool", {}))
            smoke = job["smoke"] or free_of_arguments(seen["tools"])
            if smoke:
                call = client.call_tool(smoke["tool"], smoke.get("arguments", {}))
                seen["call"] = {"tool": smoke["tool"], **await outcome(call)}
        if "resources" in has:
            seen["resources"] = await every(client.list_resources, "resources")
            seen["templates"] = await every(client.list_resource_templates, "resourceTemplates")
            if seen["resources"]:
                uri = seen["resources"][0]["uri"]
                seen["read"] = {"uri": uri, **await outcome(client.read_resource(uri))}
        if "prompts" in has:
            seen["prompts"] = await every(client.list_prompts, "prompts")
        if "completions" in has:
            seen["completion"] = await outcome(complete(client, seen))
    return seen


def free_of_arguments(tools):
    return next(({"tool": tool["name"]} for tool in tools if not tool["inputSchema"].get("required")), None)


def complete(client, seen):
    for prompt in seen.get("prompts", []):
        for argument in prompt.get("arguments", []):
            reference = PromptReference(type="ref/prompt", name=prompt["name"])
            return client.complete(reference, {"name": argument["name"], "value": ""})
    for template in seen.get("templates", []):
        uri = template["uriTemplate"]
        variable = uri.partition("{")[2].partition("}")[0].lstrip("+#./;?&").split(",")[0].rstrip("*")
        return client.complete(ResourceTemplateReference(type="ref/resource", uri=uri), {"name": variable, "value": ""})
    raise ValueError("completions are declared, and there is neither a prompt's argument nor a template to complete")


def causes(error):
    """The leaves of an exception group: its own message names none of them."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(causes(inner) for inner in error.exceptions)
    return f"{type(error).__name__}: {error}"


async def main():
    job = json.loads(sys.argv[1])
    for leg in job["legs"]:
        try:
            seen = await asyncio.wait_for(see(job, leg), SECONDS)
        except Exception as error:
            seen = {"broken": causes(error)}
        print(json.dumps({**leg, **seen}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
