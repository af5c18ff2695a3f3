"""A foreign host: the official Python client answers what mcp-sampling asks of a model, on each leg.

Usage: sampling.py JOB, where JOB is the JSON that tests/it/sampling.rs writes, and judges the lines of.
"""

import asyncio
import json
import sys

from client_python import causes, outcome, plain
from mcp import Client, StdioServerParameters, types

SECONDS = 60
TEXT = "Ada Lovelace wrote the first program. She worked with Babbage on the engine in London."


class Model:
    """Answers with one tool use where tools are offered, and with a text once it has their result."""

    def __init__(self):
        self.asked, self.refuses = [], False

    async def __call__(self, context, params):
        self.asked.append(plain(params))
        if self.refuses:
            return types.ErrorData(code=-1, message="User rejected sampling request")
        last = self.asked[-1]["messages"][-1]["content"]
        results = [block for block in (last if isinstance(last, list) else [last]) if block["type"] == "tool_result"]
        if params.tools and not results:
            use = types.ToolUseContent(id="use-1", name="calculator", input={"expression": "17 * (2 + 3)"})
            return types.CreateMessageResultWithTools(
                role="assistant", content=[use], model="python-model", stop_reason="toolUse"
            )
        text = results[0]["content"][0]["text"] if results else "Ada wrote a program."
        content = types.TextContent(text=f"The model says: {text}")
        kind = types.CreateMessageResultWithTools if params.tools else types.CreateMessageResult
        return kind(role="assistant", content=content, model="python-model", stop_reason="endTurn")


async def see(job, leg):
    stdio = StdioServerParameters(command=job["path"], args=["stdio", "--backends", "client"])
    target = job["url"] if leg["transport"] == "http" else stdio
    mode = "legacy" if leg["revision"] == "2025-11-25" else "auto"
    model, seen = Model(), {}
    capabilities = types.SamplingCapability(tools=types.SamplingToolsCapability())
    options = {"sampling_callback": model, "sampling_capabilities": capabilities, "read_timeout_seconds": SECONDS}
    async with Client(target, mode=mode, **options) as client:
        seen["version"] = client.protocol_version
        for key, tool, arguments, refuses in [
            ("summarize", "summarize", {"text": TEXT, "max_words": 10}, False),
            ("agent", "agent_answer", {"question": "How much is 17 * (2 + 3)?"}, False),
            ("refused", "summarize", {"text": TEXT, "max_words": 10}, True),
        ]:
            model.asked, model.refuses = [], refuses
            seen[key] = {**await outcome(client.call_tool(tool, arguments)), "asked": model.asked}
    return seen


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
