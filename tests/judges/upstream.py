# A foreign server for the gateway of lesson 5.5, made with the official Python SDK: tools that answer, ask, sample, take
# their time and fail.

import asyncio

from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel

server = MCPServer("python-upstream")


class Name(BaseModel):
    name: str


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
async def steps(count: int, context: Context) -> str:
    """Reports progress with each step."""
    for step in range(count):
        await context.report_progress(step + 1, count, f"step {step + 1}")
        await asyncio.sleep(0.15)
    return f"{count} steps"


@server.tool()
async def greet(context: Context) -> str:
    """Asks for a name."""
    answer = await context.elicit("What is your name?", Name)
    return f"Hello, {answer.data.name}!" if answer.action == "accept" else "nobody"


@server.tool()
def fail() -> str:
    """Fails."""
    raise ValueError("on purpose")


@server.tool()
async def sleep() -> str:
    """Takes a minute."""
    await asyncio.sleep(60)
    return "slept"


server.run()
